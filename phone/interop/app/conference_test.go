//go:build interop

package app

import (
	"fmt"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/phone/interop/rig"
)

// TestApp_conference merges two robots of the demonstration in the window: Echo
// answers the user, Music plays, both are heard at once, and one key ends it.
func TestApp_conference(t *testing.T) {
	dir := rig.Artefacts(t)
	d := desktop(t, dir)
	speaker, err := d.Pulse.Listen("speaker.monitor", dir)
	check(t, err)
	t.Cleanup(speaker.Stop)
	p := start(t, rig.PhoneOptions{LogDir: dir, AsIs: true, Args: []string{"demo"}, Env: append(d.Env(), "FYNE_THEME=light")})
	w := window(t, d)
	_, err = rig.WaitState(p, "confirmed")
	check(t, err)
	_, err = p.Run("dial", "Music")
	check(t, err)
	check(t, p.WaitStatus("two calls, one on hold", rig.Limit, func(s rig.Status) bool {
		return count(s, func(c rig.StatusCall) bool { return c.State == "confirmed" }) == 2 &&
			count(s, func(c rig.StatusCall) bool { return c.LocalHold }) == 1
	}))
	g := gallery{t: t, window: w, theme: "light"}
	g.shoot("two-calls")
	check(t, w.Key("ctrl+g"))
	check(t, p.WaitStatus("a conference", rig.Limit, func(s rig.Status) bool {
		return count(s, func(c rig.StatusCall) bool { return c.Conference != "" && !c.LocalHold }) == 2
	}))
	g.shoot("conference")
	check(t, w.Key("ctrl+2"))
	g.shoot("conference-bar")
	g.compare()

	check(t, rig.Poll(rig.Limit, func() error {
		pcm := speaker.Since(max(0, speaker.Position()-rig.Samples(time.Second)))
		if rms := audiotest.RMS(pcm); rms < 0.01 {
			return fmt.Errorf("the music is not heard: %.4f of full scale", rms)
		}
		return nil
	}))
	mouth, err := d.Pulse.Play("room", rig.Sine(voice, time.Minute), dir)
	check(t, err)
	t.Cleanup(mouth.Stop)
	check(t, rig.Poll(rig.Limit, func() error {
		pcm := speaker.Since(max(0, speaker.Position()-rig.Samples(time.Second)))
		if level := audiotest.Tone(pcm, rig.SampleRate, voice); level < 0.01 {
			return fmt.Errorf("what was said does not come back from Echo: %.4f of full scale", level)
		}
		return nil
	}))
	mouth.Stop()
	check(t, w.Key("ctrl+period"))
	check(t, p.WaitStatus("the end of both calls", rig.Limit, func(s rig.Status) bool {
		return count(s, func(c rig.StatusCall) bool { return c.State != "ended" }) == 0
	}))
}

func count(s rig.Status, is func(rig.StatusCall) bool) int {
	n := 0
	for _, c := range s.Calls {
		if is(c) {
			n++
		}
	}
	return n
}
