//go:build interop

package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/phone/interop/rig"
)

// TestApp_recording records a call by the keyboard and finds in the file what
// was said into the microphone on the left and what the other phone said on
// the right.
func TestApp_recording(t *testing.T) {
	const theirs = 880
	dir := rig.Artefacts(t)
	k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: dir})
	check(t, err)
	t.Cleanup(k.Stop)
	d := desktop(t, dir)
	caller := start(t, rig.PhoneOptions{
		Name: "caller", Address: k.URI("bob"), Password: k.Users["bob"], Server: k.WS,
		DisplayName: "Bob Builder", Frequency: theirs, LogDir: dir,
	})
	check(t, caller.WaitAccount("registered"))
	p := start(t, rig.PhoneOptions{
		Address: k.URI("alice"), Password: k.Users["alice"], Server: k.WSS, CA: k.Authority.File,
		LogDir: dir, AsIs: true, Args: []string{}, Env: append(d.Env(), "FYNE_THEME=light"),
	})
	w := window(t, d)
	check(t, p.WaitAccount("registered"))
	check(t, caller.Dial(p.URI()))
	_, err = rig.WaitState(p, "incoming")
	check(t, err)
	check(t, w.Key("ctrl+Return"))
	_, err = rig.WaitState(p, "confirmed")
	check(t, err)
	mouth, err := d.Pulse.Play("room", rig.Sine(voice, time.Minute), dir)
	check(t, err)
	t.Cleanup(mouth.Stop)

	g := gallery{t: t, window: w, theme: "light"}
	g.shoot("not-recorded")
	check(t, w.Key("ctrl+e"))
	check(t, p.WaitStatus("a recording", rig.Limit, recorded))
	g.shoot("recorded")
	check(t, w.Key("ctrl+2"))
	g.shoot("recorded-bar")
	check(t, p.WaitStatus("four seconds of it", rig.Limit, func(s rig.Status) bool {
		return count(s, func(c rig.StatusCall) bool {
			return c.RecordingSince != nil && time.Since(*c.RecordingSince) > 4*time.Second
		}) == 1
	}))
	check(t, w.Key("ctrl+e"))
	check(t, p.WaitStatus("the end of the recording", rig.Limit, func(s rig.Status) bool { return !recorded(s) }))
	check(t, w.Key("ctrl+period"))
	_, err = rig.WaitState(caller, "ended")
	check(t, err)
	g.shoot("recorded-before")
	g.compare()

	files := recordings(t, p)
	if len(files) != 1 {
		t.Fatalf("the history has the recordings %q, want one", files)
	}
	checkRecording(t, files[0], voice, theirs)
}

func recorded(s rig.Status) bool {
	return count(s, func(c rig.StatusCall) bool { return c.RecordingSince != nil }) == 1
}

// recordings are the files of the newest call.
func recordings(t *testing.T, p *rig.Phone) []string {
	t.Helper()
	out, err := p.Run("history", "--json")
	check(t, err)
	var history []struct {
		Recordings []string `json:"recordings"`
	}
	check(t, json.Unmarshal([]byte(out), &history))
	if len(history) == 0 {
		t.Fatal("the history is empty")
	}
	return history[0].Recordings
}

// checkRecording finds the tones of both sides in a file, each on its side
// alone, and nobody but the user who may read it.
func checkRecording(t *testing.T, path string, mine, theirs float64) {
	t.Helper()
	info, err := os.Stat(path)
	check(t, err)
	if filepath.Base(filepath.Dir(path)) != "Webphone" || info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(rig.ArtefactDir(t.Name()), "recording.opus"), b, 0o600))
	o, err := audiotest.ParseOggOpus(b)
	check(t, err)
	left, right, err := o.Decode()
	check(t, err)
	t.Logf("%s: %d bytes, %.2f s; left %s; right %s", filepath.Base(path), len(b), float64(len(left))/rig.SampleRate, rig.Describe(left), rig.Describe(right))
	for _, c := range []struct {
		side        string
		pcm         []int16
		tone, other float64
	}{{"left", left, mine, theirs}, {"right", right, theirs, mine}} {
		if got := rig.LongestTone(c.pcm, c.tone); got < time.Second {
			t.Errorf("%s: %.0f Hz for %v, want a second without a break: %s", c.side, c.tone, got, rig.Describe(c.pcm))
		}
		if got := rig.LongestTone(c.pcm, c.other); got > 0 {
			t.Errorf("%s has the other side in it for %v", c.side, got)
		}
	}
}
