//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/phone/interop/rig"
)

// mostGap is what may be missing when a call goes over to another codec.
const mostGap = 100 * time.Millisecond

// speakers is a call between an agent and JsSIP.
type speakers struct {
	agent *rig.Agent
	jssip *rig.JsSIP
}

func newSpeakers(t *testing.T) speakers {
	t.Helper()
	k := kamailio(t)
	p := openAgent(t, actorOptions{server: k.WS, address: k.URI("alice"), password: k.Users["alice"], tone: phoneTone})
	t.Cleanup(p.Close)
	tellOnFailure(t, p)
	check(t, p.Register())
	return speakers{p.(*rig.Agent), registeredJsSIP(t, "bob", k.WS)}
}

// wait until both ends hear, and say that they hear and send, a codec.
func (s speakers) wait(t *testing.T, name codec.Name) {
	t.Helper()
	check(t, rig.Poll(rig.Limit, func() error {
		theirs, err := s.jssip.Stats()
		if err != nil {
			return rig.Final(err)
		}
		ours := s.agent.MediaStats()
		got := fmt.Sprint(ours.Codec, " ", ours.ReceiveCodec, " ", theirs["codec"], " ", theirs["speaks"])
		want := fmt.Sprint(name, " ", name, " audio/", name, " audio/", name)
		if !strings.EqualFold(got, want) {
			return fmt.Errorf("spoken and heard, ours and theirs: %s, want %s", got, want)
		}
		return nil
	}))
	hearEachOther(t, s.agent, s.jssip)
}

// Either side goes over to another codec by a new offer, in words of the
// other's library, and the sound hardly stops.
func TestCodecs_switchWithinACall(t *testing.T) {
	s := newSpeakers(t)
	for _, by := range []rig.Peer{s.agent, s.jssip} {
		connect(t, s.agent, s.jssip)
		s.wait(t, codec.Opus)
		for _, name := range []codec.Name{codec.PCMU, codec.G722, codec.Opus} {
			s.goOver(t, by, name)
		}
		check(t, s.agent.Hangup())
		ended(t, s.jssip)
		ended(t, s.agent)
	}
}

// goOver has one end go over to a codec and looks how long the sound is away.
func (s speakers) goOver(t *testing.T, by rig.Peer, name codec.Name) {
	t.Helper()
	parties := []rig.Party{s.agent, s.jssip}
	var from [2]int
	for i, p := range parties {
		at, err := p.Position()
		check(t, err)
		from[i] = at
	}
	// Chromium's answers have always the same order: it is offered one alone.
	check(t, by.(rig.Chooser).Prefer(name))
	s.wait(t, name)
	for i, p := range parties {
		pcm, err := p.Played(from[i])
		check(t, err)
		gap := audiotest.LongestQuiet(pcm, rig.SampleRate, 150.0/32768)
		t.Logf("%s asks for %s: %s hears nothing for %v", by.Name(), name, p.Name(), gap)
		if gap > mostGap {
			t.Errorf("%s asks for %s: %s hears nothing for %v", by.Name(), name, p.Name(), gap)
		}
	}
}

// Chromium sends redundant audio where others like that best, and is heard;
// what it is sent itself is Opus as long as nothing is lost.
func TestCodecs_redundantAudio(t *testing.T) {
	s := newSpeakers(t)
	s.jssip.CallOptions.Redundant = true
	for _, a := range []struct{ from, to rig.Party }{{s.jssip, s.agent}, {s.agent, s.jssip}} {
		connect(t, a.from, a.to)
		s.wait(t, codec.Opus)
		check(t, rig.Poll(rig.Limit, func() error {
			if st := s.agent.SoundStats(); st.Repeating < 50 || st.Lost > 0 && st.Repaired == 0 {
				return fmt.Errorf("%d packets of %d repeat others, %d of %d lost ones were repaired", st.Repeating, st.Received, st.Repaired, st.Lost)
			}
			return nil
		}))
		check(t, a.from.Hangup())
		ended(t, a.to)
		ended(t, a.from)
	}
}
