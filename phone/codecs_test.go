package phone_test

import (
	"testing"

	"webphone/phone"
)

// Another order of codecs takes a call that is under way over to another one,
// at both ends, and both go on hearing each other.
func TestApply_codecsWithinACall(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	in := func(name string) func(*phone.Snapshot) bool {
		return func(s *phone.Snapshot) bool {
			c := s.Calls[len(s.Calls)-1]
			return c.State == phone.CallConfirmed && c.Stats.Codec == name
		}
	}
	for _, c := range []struct {
		who   *user
		order []string
		want  string
	}{
		{alice, []string{"PCMA", "opus"}, "PCMA"},
		{bob, []string{"G722", "opus"}, "opus"}, // alice has no G.722 any more
	} {
		settings := c.who.Snapshot().Settings
		settings.Audio.Codecs = c.order
		c.who.must(c.who.Apply(settings))
		alice.until(c.want, in(c.want))
		bob.until(c.want, in(c.want))
		alice.hears(bobTone)
		bob.hears(aliceTone)
	}
}
