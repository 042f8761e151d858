package phone

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"webphone/audio/device"
	"webphone/audio/record"
)

// recordedPhone is a phone with a call of which only the sound is real.
func recordedPhone(t *testing.T) (p *Phone, c *call, folder string) {
	t.Helper()
	folder = t.TempDir()
	p, err := New(Options{
		Profile: t.TempDir(), Recordings: folder, Backend: device.NewNull(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c = &call{id: "c", remote: "sip:bob@example.com", displayName: "Bob Meyer", state: CallConfirmed, stream: p.audio.NewStream()}
	return p, c, folder
}

// turn runs f on the phone's loop.
func turn(t *testing.T, p *Phone, f func()) {
	t.Helper()
	if err := p.loop.Do(t.Context(), "test", f); err != nil {
		t.Fatal(err)
	}
}

// begin records and returns the file.
func begin(t *testing.T, p *Phone, c *call) string {
	t.Helper()
	done := make(chan error, 1)
	turn(t, p, func() { p.startRecording(c, done) })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var file string
	turn(t, p, func() { file = c.recorder.File() })
	return file
}

// told are the recording errors among the notices.
func told(p *Phone) (list []*RecordingError) {
	for _, n := range p.state.notices {
		var e *RecordingError
		if errors.As(n.Err, &e) {
			list = append(list, e)
		}
	}
	return list
}

func TestRecording_whatTheDiskDoesIsTold(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		name string
		err  func(file string) error
		runs bool // afterwards
	}{
		{"a slow disk costs sound", func(file string) error { return &record.SlowError{File: file, Lost: time.Second} }, true},
		{"a full disk ends it", func(file string) error { return &record.Error{Op: "write", File: file, Err: full} }, false},
		{"the end of another one", func(string) error { return &record.Error{Op: "write", File: "other", Err: full} }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, call, _ := recordedPhone(t)
			file := begin(t, p, call)
			turn(t, p, func() {
				p.recordingProblem(call, "Bob Meyer", c.err(file))
				if list := told(p); len(list) != 1 || list[0].Peer != "Bob Meyer" {
					t.Errorf("told %v", p.state.notices)
				}
				if runs := call.recorder != nil && !call.since.IsZero(); runs != c.runs {
					t.Errorf("the recording runs: %v", runs)
				}
				if call.state != CallConfirmed || len(call.files) != 1 {
					t.Errorf("the call is %s with the files %q", call.state, call.files)
				}
				p.stopRecording(call)
			})
		})
	}
}

// A recording that is ended before its file is there leaves none.
func TestRecording_endedBeforeItBegan(t *testing.T) {
	p, c, folder := recordedPhone(t)
	done, second := make(chan error, 1), make(chan error, 1)
	turn(t, p, func() {
		p.startRecording(c, done)
		p.startRecording(c, second) // the same
		p.stopRecording(c)
	})
	if err := errors.Join(<-done, <-second); err != nil {
		t.Error(err)
	}
	gone := func() bool {
		left, err := filepath.Glob(filepath.Join(folder, "*"))
		return err == nil && len(left) == 0
	}
	for deadline := time.Now().Add(20 * time.Second); !gone(); {
		if time.Now().After(deadline) {
			t.Fatal("a file without a recording is left")
		}
		turn(t, p, func() {})
	}
	turn(t, p, func() {
		if c.recorder != nil || c.opening != nil || len(c.files) != 0 || len(told(p)) != 0 {
			t.Errorf("%+v, told %v", c.recording, told(p))
		}
	})
}
