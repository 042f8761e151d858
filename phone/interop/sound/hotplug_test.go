//go:build interop

package sound

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"webphone/audio/device"
	"webphone/phone/interop/rig"
)

// TestHotplug_listedAtOnce has the list of devices follow what is plugged in
// while nothing is open, as the settings show it.
func TestHotplug_listedAtOnce(t *testing.T) {
	const soon = time.Second
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			s := open(t, server.start)
			listed := func(want bool) func() error {
				return func() error {
					id := hex.EncodeToString([]byte("out"))
					there := slices.ContainsFunc(s.Devices().Speakers, func(i device.Info) bool { return i.ID == id })
					if there != want {
						return errors.New("the list is an old one")
					}
					return nil
				}
			}
			var slowest time.Duration
			for range 3 {
				for _, c := range []struct {
					do   func()
					want bool
				}{
					{func() { s.plug("sink", "out") }, true},
					{func() { s.unplug("out") }, false},
				} {
					c.do()
					start := time.Now()
					check(t, rig.Poll(rig.Limit, listed(c.want)))
					slowest = max(slowest, time.Since(start))
				}
			}
			t.Logf("listed after at most %v", slowest)
			if slowest > soon {
				t.Errorf("that is more than %v", soon)
			}
		})
	}
}

// TestHotplug_serverRestarts has the sound server go away in a call and come
// back.
func TestHotplug_serverRestarts(t *testing.T) {
	const patience = 12 * time.Second
	s := open(t, rig.StartPulse)
	s.talk()
	dir := rig.Artefacts(t)
	check(t, s.pulse.Restart(dir))
	back := time.Now()
	voice, err := s.pulse.Play("room", rig.Sine(tone, 5*time.Minute), dir)
	check(t, err)
	t.Cleanup(voice.Stop)
	ear, err := s.pulse.Listen("speaker.monitor", dir)
	check(t, err)
	t.Cleanup(ear.Stop)
	check(t, ear.WaitTone(0, 200*time.Millisecond, tone))
	t.Logf("heard again after %v", time.Since(back))
	if time.Since(back) > patience {
		t.Errorf("that is more than %v", patience)
	}
	s.uses("after the restart", "speaker", "microphone")
}
