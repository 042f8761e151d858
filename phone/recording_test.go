package phone_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/record"
	"webphone/phone"
	"webphone/phone/ua"
)

// recordInto sends a user's recordings to a folder.
func (u *user) recordInto(folder string, change func(*phone.Recording)) {
	u.t.Helper()
	s := u.Snapshot().Settings
	s.Recording.Folder = folder
	if change != nil {
		change(&s.Recording)
	}
	u.must(u.Apply(s))
}

// recorded reads a recording.
func (u *user) recorded(path string) (o *audiotest.OggOpus, left, right []int16) {
	u.t.Helper()
	b, err := os.ReadFile(path)
	u.must(err)
	o, err = audiotest.ParseOggOpus(b)
	u.must(err)
	left, right, err = o.Decode()
	u.must(err)
	return o, left, right
}

// isRecorded checks that a file has the tone of mine left, theirs right.
func (u *user) isRecorded(path string, mine, theirs float64) {
	u.t.Helper()
	o, left, right := u.recorded(path)
	if !o.Ended || len(left) < 48000 {
		u.t.Errorf("%s: %d samples, ended %v", path, len(left), o.Ended)
	}
	for side, c := range map[string]struct {
		pcm  []int16
		want float64
	}{"left": {left, mine}, "right": {right, theirs}} {
		middle := c.pcm[len(c.pcm)/4 : len(c.pcm)*3/4]
		if got := audiotest.Dominant(middle, 48000); got < c.want-10 || got > c.want+10 {
			u.t.Errorf("%s: %s is %.0f Hz, want %.0f", path, side, got, c.want)
		}
	}
}

func TestRecording_isAFileOfTheCall(t *testing.T) {
	alice, bob, _ := pair(t)
	folder := filepath.Join(t.TempDir(), "calls")
	alice.recordInto(folder, nil)
	if got := alice.Snapshot().RecordingFolder; got != folder {
		t.Errorf("recordings go to %q", got)
	}
	talk(alice, bob)
	alice.must(alice.SetRecording("", true))
	c := alice.until("recording", func(s *phone.Snapshot) bool { return !s.Calls[0].RecordingSince.IsZero() }).Calls[0]
	files := c.Recordings.List()
	if len(files) != 1 || filepath.Dir(files[0]) != folder {
		t.Fatalf("files %q", files)
	}
	alice.must(alice.SetRecording("", true)) // changes nothing
	alice.sounds(1500 * time.Millisecond)
	alice.must(alice.ToggleRecording(""))
	alice.until("no recording", func(s *phone.Snapshot) bool { return s.Calls[0].RecordingSince.IsZero() })
	alice.must(alice.ToggleRecording(""))
	alice.sounds(1500 * time.Millisecond)
	alice.must(alice.Hangup(""))
	h := alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 }).History[0]
	files = h.Recordings.List()
	if len(files) != 2 {
		t.Fatalf("the history has the files %q, want two", files)
	}
	if h := bob.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 }).History[0]; h.Recordings != "" {
		t.Errorf("bob recorded nothing and has %q", h.Recordings)
	}
	if n := len(alice.Snapshot().Notices) - len(bob.Snapshot().Notices); n != 0 {
		t.Errorf("notices: %s", describe(alice.Snapshot()))
	}
	alice.stop() // the files are complete when the phone has ended
	for _, f := range files {
		alice.isRecorded(f, aliceTone, bobTone)
	}
	again := start(t, "alice again", alice.profile, aliceTone)
	if got := again.Snapshot().History[0].Recordings.List(); len(got) != 2 || got[0] != files[0] {
		t.Errorf("after a restart the history has %q", got)
	}
}

func TestRecording_everyCall(t *testing.T) {
	alice, bob, _ := pair(t)
	folder := t.TempDir()
	bob.recordInto(folder, func(r *phone.Recording) { r.EveryCall = true })
	talk(alice, bob)
	bob.until("recording", func(s *phone.Snapshot) bool { return !s.Calls[0].RecordingSince.IsZero() })
	bob.sounds(1500 * time.Millisecond)
	alice.must(alice.Hangup(""))
	h := bob.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 }).History[0]
	bob.stop()
	if files := h.Recordings.List(); len(files) == 1 {
		bob.isRecorded(files[0], bobTone, aliceTone)
	} else {
		t.Errorf("files %q", files)
	}
}

// Quitting in the middle of a call completes the file.
func TestRecording_quitting(t *testing.T) {
	alice, bob, _ := pair(t)
	alice.recordInto(t.TempDir(), nil)
	talk(alice, bob)
	alice.must(alice.SetRecording("", true))
	alice.sounds(1500 * time.Millisecond)
	files := alice.Snapshot().Calls[0].Recordings.List()
	alice.stop()
	if len(files) != 1 {
		t.Fatalf("files %q", files)
	}
	alice.isRecorded(files[0], aliceTone, bobTone)
}

func TestRecording_refuses(t *testing.T) {
	alice, bob, _ := pair(t)
	if err := alice.SetRecording("", true); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("without a call: %v", err)
	}
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	alice.call(phone.CallRinging)
	var state *ua.StateError
	if err := alice.SetRecording("", true); !errors.As(err, &state) {
		t.Errorf("while it rings: %v", err)
	}
	alice.must(alice.SetRecording("", false))
	bob.must(bob.Answer(""))
	alice.call(phone.CallConfirmed)
	taken := filepath.Join(t.TempDir(), "taken")
	alice.recordInto(taken, nil)
	alice.must(os.Remove(taken))
	alice.must(os.WriteFile(taken, nil, 0o600))
	var (
		failed *phone.RecordingError
		cause  *record.Error
	)
	if err := alice.SetRecording("", true); !errors.As(err, &failed) || !errors.As(err, &cause) || cause.Op != "folder" {
		t.Errorf("a file in the place of the folder: %v", err)
	}
	if c := alice.Snapshot().Calls[0]; !c.Live() || !c.RecordingSince.IsZero() || c.Recordings != "" {
		t.Errorf("after the failure: %+v", c)
	}
	for _, folder := range []string{"relative", "/a\nb"} {
		s := alice.Snapshot().Settings
		s.Recording.Folder = folder
		if err := s.Validate(); err == nil {
			t.Errorf("the folder %q is taken", folder)
		}
	}
}

// One file goes on when a recorded call is merged and when a member leaves;
// the other call has it too.
func TestRecording_goesOnThroughAConference(t *testing.T) {
	alice, _, carol, _ := join(t)
	alice.recordInto(t.TempDir(), nil)
	inCarol := alice.with("second call", "carol", talking).ID
	alice.must(alice.SetRecording(inCarol, true))
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
	alice.sounds(time.Second)
	for _, c := range alice.Snapshot().Calls {
		if c.RecordingSince.IsZero() {
			t.Errorf("the call with %s is not recorded", c.Peer)
		}
	}
	carol.must(carol.Hangup(""))
	alice.with("end", "carol", over)
	if c := alice.with("call of its own", "bob", func(c phone.Call) bool { return c.Conference == "" }); c.RecordingSince.IsZero() {
		t.Error("the recording ended with the first who left")
	}
	alice.sounds(time.Second)
	alice.must(alice.SetRecording("", false))
	alice.must(alice.Hangup(""))
	history := alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 2 }).History
	alice.stop()
	if history[0].Recordings != history[1].Recordings || len(history[0].Recordings.List()) != 1 {
		t.Fatalf("the calls have %q and %q, want the same file", history[0].Recordings, history[1].Recordings)
	}
	_, left, right := alice.recorded(history[0].Recordings.List()[0])
	for _, c := range []struct {
		side string
		pcm  []int16
		tone float64
		in   bool
	}{
		{"left", left, aliceTone, true},
		{"left", left, bobTone, false},
		{"left", left, carolTone, false},
		{"right", right, aliceTone, false},
		{"right", right, bobTone, true},
		{"right", right, carolTone, true},
	} {
		if level := strongest(c.pcm, c.tone); c.in && level < 0.1 || !c.in && level > 0.02 {
			t.Errorf("%s: %.0f Hz is there at %.3f", c.side, c.tone, level)
		}
	}
}

// Who records a call that is transferred records whom they are transferred to
// in the same file.
func TestRecording_goesOnThroughATransfer(t *testing.T) {
	alice, bob, carol := trio(t)
	bob.recordInto(t.TempDir(), nil)
	talk(alice, bob)
	bob.must(bob.SetRecording("", true))
	bob.sounds(time.Second)
	alice.must(alice.Transfer("", "carol"))
	carol.call(phone.CallIncoming)
	carol.must(carol.Answer(""))
	bob.with("end", "alice", over)
	if c := bob.with("sound", "carol", talking); c.RecordingSince.IsZero() {
		t.Error("the recording ended with the transfer")
	}
	bob.sounds(time.Second)
	bob.must(bob.Hangup(""))
	history := bob.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 2 }).History
	bob.stop()
	if history[0].Recordings != history[1].Recordings || len(history[0].Recordings.List()) != 1 {
		t.Fatalf("the calls have %q and %q, want the same file", history[0].Recordings, history[1].Recordings)
	}
	_, left, right := bob.recorded(history[0].Recordings.List()[0])
	if mine, first, second := strongest(left, bobTone), strongest(right, aliceTone), strongest(right, carolTone); mine < 0.1 || first < 0.1 || second < 0.1 {
		t.Errorf("on the left bob is there at %.3f, on the right alice at %.3f, carol at %.3f", mine, first, second)
	}
}

// strongest is the amplitude of a tone in the fifth of a second in which it is
// strongest.
func strongest(pcm []int16, tone float64) (level float64) {
	const slot = 9600
	for ; len(pcm) >= slot; pcm = pcm[slot:] {
		level = max(level, audiotest.Tone(pcm[:slot], 48000, tone))
	}
	return level
}
