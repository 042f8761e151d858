package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"webphone/audio/audiotest"
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
	turn(t, p, func() { file = c.recording.recorder.File() })
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
				p.recordingProblem(call.recording, c.err(file))
				if list := told(p); len(list) != 1 || list[0].Peer != "Bob Meyer" {
					t.Errorf("told %v", p.state.notices)
				}
				if runs := !call.recordingSince().IsZero(); runs != c.runs {
					t.Errorf("the recording runs: %v", runs)
				}
				if call.state != CallConfirmed || len(call.files) != 1 {
					t.Errorf("the call is %s with the files %q", call.state, call.files)
				}
				p.leaveRecording(call)
			})
		})
	}
}

// A recording is heard if the user wants that, else it is not.
func TestRecording_tone(t *testing.T) {
	const (
		frequency = 1400
		slot      = 9600 // samples of the tone
	)
	for _, c := range []struct {
		rule string
		tone bool
	}{{"wanted", true}, {"not wanted", false}} {
		t.Run(c.rule, func(t *testing.T) {
			devices := audiotest.NewDevices()
			p, err := New(Options{
				Profile: t.TempDir(), Recordings: t.TempDir(), Backend: devices, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { p.Close(context.Background()) })
			s := p.Snapshot().Settings
			s.Recording.Tone = c.tone
			if err := p.Apply(s); err != nil {
				t.Fatal(err)
			}
			stream, _ := agreed(t, p)
			call := &call{id: "c", remote: "sip:bob@example.com", state: CallConfirmed, stream: stream}
			begin(t, p, call)
			level := 0.0
			deadline := time.Now().Add(10 * time.Second)
			for heard := []int16(nil); len(heard) < 5*slot; heard = append(heard, devices.Heard("speaker")...) {
				if devices.Step(); time.Now().After(deadline) {
					t.Fatalf("%d samples heard", len(heard))
				}
				if n := len(heard); n >= slot {
					level = max(level, audiotest.Tone(heard[n-slot:], 48000, frequency))
				}
				runtime.Gosched()
			}
			if level > 0.03 != c.tone || !c.tone && level > 0.001 {
				t.Errorf("%d Hz at %.4f of full scale", frequency, level)
			}
			turn(t, p, func() { p.leaveRecording(call) })
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
		p.leaveRecording(c)
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
		if c.recording != nil || len(c.files) != 0 || len(told(p)) != 0 {
			t.Errorf("%+v, told %v", c.recording, told(p))
		}
	})
}

// Which recordings there are, and of which calls, after what becomes of
// conferences. A step is a verb and calls; the result has the calls of each
// recording, the oldest first, and behind each call the files it has.
func TestRecording_ofConferences(t *testing.T) {
	for _, c := range []struct{ rule, steps, want, files string }{
		{"a recorded call is merged: its recording goes on", "record:a join:ab", "ab", "a1 b1 c0"},
		{"one of many is recorded", "record:c join:abc", "abc", "a1 b1 c1"},
		{"of two recordings the older goes on", "record:b record:a join:ab", "ab", "a2 b1 c0"},
		{"none is recorded", "join:ab", "", "a0 b0 c0"},
		{"one comes later", "record:a join:ab join:abc", "abc", "a1 b1 c1"},
		{"one leaves", "record:a join:abc leave:a", "bc", "a1 b1 c1"},
		{"all leave", "record:a join:ab leave:a leave:b", "", "a1 b1 c0"},
		{"stop and start are two files", "record:a join:ab stop:b record:b join:ab", "ab", "a2 b2 c0"},
		{"after a split the call that is talked in goes on", "record:a join:abc split:bac", "b", "a1 b1 c1"},
		{"after a split every call is recorded, if the user wants it", "record:a join:abc always: split:bac", "b a c", "a2 b1 c2"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			p, a, _ := recordedPhone(t)
			a.id = "a"
			calls := map[rune]*call{'a': a}
			for _, id := range "bc" {
				calls[id] = &call{id: CallID(id), remote: "sip:x@example.com", state: CallConfirmed, stream: p.audio.NewStream()}
			}
			for step := range strings.FieldsSeq(c.steps) {
				verb, ids, _ := strings.Cut(step, ":")
				var of []*call
				for _, id := range ids {
					of = append(of, calls[id])
				}
				switch verb {
				case "record":
					begin(t, p, of[0])
				case "join":
					turn(t, p, func() { p.joinRecordings(of) })
				case "leave":
					turn(t, p, func() { p.leaveRecording(of[0]) })
				case "stop":
					turn(t, p, func() { p.stopRecording(of[0].recording) })
				case "always":
					turn(t, p, func() { p.state.settings.Recording.EveryCall = true })
				case "split":
					turn(t, p, func() { p.splitRecording(of, of[0]) })
					for _, call := range of {
						if call.recording != nil {
							begin(t, p, call) // waits for the file
						}
					}
				}
			}
			turn(t, p, func() {
				var recordings, files []string
				for _, r := range p.state.recordings {
					ids := ""
					for _, call := range r.calls {
						if ids += string(call.id); call.recording != r {
							t.Errorf("%s is in another recording", call.id)
						}
					}
					recordings = append(recordings, ids)
				}
				for _, id := range "abc" {
					files = append(files, fmt.Sprint(string(id), len(calls[id].files)))
				}
				sortLetters(recordings)
				if got := strings.Join(recordings, " "); got != c.want {
					t.Errorf("recordings %q, want %q", got, c.want)
				}
				if got := strings.Join(files, " "); got != c.files {
					t.Errorf("files %q, want %q", got, c.files)
				}
				for len(p.state.recordings) > 0 {
					p.stopRecording(p.state.recordings[0])
				}
			})
		})
	}
}

// sortLetters brings the letters of each word into their order.
func sortLetters(words []string) {
	for i, w := range words {
		letters := []byte(w)
		slices.Sort(letters)
		words[i] = string(letters)
	}
}

// A recording whose file is still being made is joined like any other, and who
// waits for it is answered.
func TestRecording_joinedWhileItIsOpened(t *testing.T) {
	p, a, folder := recordedPhone(t)
	b := &call{id: "b", remote: "sip:x@example.com", state: CallConfirmed, stream: p.audio.NewStream()}
	first, second := make(chan error, 1), make(chan error, 1)
	turn(t, p, func() {
		p.startRecording(a, first)
		p.startRecording(b, second)
		p.joinRecordings([]*call{b, a})
	})
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
	begin(t, p, b)
	for deadline := time.Now().Add(20 * time.Second); ; {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err == nil && len(files) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("files %q, want one", files)
		}
		turn(t, p, func() {})
	}
	turn(t, p, func() {
		if a.recording != b.recording || len(a.files) != 1 || len(b.files) != 1 || a.files[0] != b.files[0] {
			t.Errorf("a has %q, b %q", a.files, b.files)
		}
		p.stopRecording(a.recording)
	})
}
