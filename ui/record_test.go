package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"webphone/phone"
	"webphone/phone/store"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// recordedCall is the sample during one call with Bob, recorded for a while.
func recordedCall() *phone.Snapshot {
	s := talking()
	s.Calls[0].RecordingSince = modeltest.Now.Add(-42 * time.Second)
	return s
}

func TestRecord_buttonKeyAndSign(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		if v.sign.Visible() || v.controls.record.On() {
			t.Error("a call that is not recorded says that it is")
		}
		r.tap(v.controls.record)
		r.want(`SetRecording("c2", true)`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].RecordingSince = modeltest.Now })
		r.wait(3 * time.Second)
		if !v.sign.Visible() || v.sign.words.Content() != "Recording 00:03" || !v.controls.record.On() {
			t.Errorf("the sign says %q, visible: %v, the control is on: %v", v.sign.words.Content(), v.sign.Visible(), v.controls.record.On())
		}
		r.ctrl(fyne.KeyK) // the keypad hides the controls, not the sign
		if !v.sign.Visible() || v.sign.Size().Height < 20 {
			t.Error("beside the keypad there is no sign")
		}
		r.ctrl(fyne.Key2)
		if !r.ui.callBar.sign.Visible() || !r.ui.callBar.said.Visible() {
			t.Error("the bar does not say that the call is recorded")
		}
		r.ctrl(fyne.KeyE)
		r.want(`SetRecording("c2", false)`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].RecordingSince = time.Time{} })
		if v.sign.Visible() || r.ui.callBar.sign.Visible() {
			t.Error("the sign stays when the recording has ended")
		}
	})
}

func TestRecordingLinks_sayWhich(t *testing.T) {
	for _, c := range []struct{ files, want string }{
		{"/m/2026-11-21 10-24-05 Bob.opus", "Play recording"},
		{"/m/2026-11-21 10-24-05 Bob.opus\n/m/2026-11-21 10-31-40 Bob and Carol.opus", "Play recording of 10:24:05|Play recording of 10:31:40"},
		{"/m/2026-11-21 10-24-05.opus\n/m/mine.opus", "Play recording of 10:24:05|Play recording 2"},
	} {
		inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
			var got []string
			for _, o := range recordingLinks(r.ui.host, phone.HistoryEntry{Recordings: phone.Recordings(c.files)}) {
				got = append(got, o.(*fyne.Container).Objects[0].(*widgets.Link).Label())
			}
			if said := strings.Join(got, "|"); said != c.want {
				t.Errorf("the links say %q, want %q", said, c.want)
			}
		})
	}
}

// Of a conference on hold that is recorded it is said whose it is.
func TestRecord_ofAConferenceOnHold(t *testing.T) {
	s := conferringAndWaiting()
	since := modeltest.Now.Add(-time.Minute)
	s.Calls[0].RecordingSince, s.Calls[1].RecordingSince = since, since
	if got := recordingWords(s.Calls[2], s.Calls, modeltest.Now); got != "Recording Carol Ruiz and Bob Meyer 01:00" {
		t.Errorf("it says %q", got)
	}
}

// The recording of one member is that of the conference.
func TestRecord_ofAConference(t *testing.T) {
	s := conferring()
	inCall(t, s, func(r *windowRig, v *callView) {
		if v.sign.Visible() {
			t.Error("a conference that is not recorded says that it is")
		}
		other := ""
		r.update(func(s *phone.Snapshot) {
			for i := range s.Calls {
				if s.Calls[i].ID != v.call.ID && other == "" {
					s.Calls[i].RecordingSince, other = modeltest.Now, string(s.Calls[i].ID)
				}
			}
		})
		if !v.sign.Visible() || !v.controls.record.On() {
			t.Error("a conference of which a member is recorded does not say so")
		}
		r.tap(v.controls.record)
		r.want(`SetRecording("` + other + `", false)`)
	})
}

// A call on hold that is recorded is told of while another is in view.
func TestRecord_ofAnotherCall(t *testing.T) {
	s := modeltest.Talking()
	s.Calls[0].RecordingSince = modeltest.Now.Add(-time.Minute)
	inCall(t, s, func(r *windowRig, v *callView) {
		if got := v.sign.words.Content(); !v.sign.Visible() || got != "Recording Carol Ruiz 01:00" {
			t.Errorf("visible %v, the sign says %q", v.sign.Visible(), got)
		}
		if v.controls.record.On() {
			t.Error("the control is on for a call that is not recorded")
		}
		r.ctrl(fyne.Key2)
		if !r.ui.callBar.sign.Visible() {
			t.Error("the bar says nothing")
		}
	})
}

func TestRecord_onlyWhatIsAnswered(t *testing.T) {
	s := talking()
	s.Calls[0].State, s.Calls[0].StartedAt = phone.CallRinging, time.Time{}
	inCall(t, s, func(r *windowRig, v *callView) {
		r.tap(v.controls.record)
		r.ctrl(fyne.KeyE)
		for _, call := range r.phone.Called() {
			if strings.HasPrefix(call, "SetRecording") {
				t.Errorf("a call that rings is asked for: %s", call)
			}
		}
	})
}

func TestRecord_failureIsToldInWords(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.phone.Errors["SetRecording"] = &phone.RecordingError{Peer: "Bob Meyer", Err: errors.New("out of memory")}
		r.tap(v.controls.record)
		if got := r.ui.strip.passing.banner.Sentence(); !strings.Contains(got, "The call with Bob Meyer is not recorded") {
			t.Errorf("the strip says %q", got)
		}
	})
}

// What was recorded is found at the call in the list of calls.
func TestRecord_filesOfPastCalls(t *testing.T) {
	file := filepath.Join(t.TempDir(), "there.opus")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := modeltest.Sample()
	s.History[0].Recordings = phone.Recordings(file + "\n/nowhere/gone.opus")
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if got := len(recordingLinks(r.ui.host, s.History[0])); got != 2 {
			t.Errorf("two recordings have %d lines", got)
		}
		if got := len(recordingLinks(r.ui.host, s.History[1])); got != 0 {
			t.Errorf("no recording has %d lines", got)
		}
		for _, open := range []func(*host, string){playRecording, showRecording} {
			open(r.ui.host, "/nowhere/gone.opus")
			r.queue.Settle()
			if got := r.ui.strip.passing.banner.Sentence(); !strings.Contains(got, "not there any more") {
				t.Errorf("of a file that is gone the strip says %q", got)
			}
		}
	})
}

func TestRecord_noProgramPlaysIt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.opus")
	for name, content := range map[string]string{file: "", filepath.Join(dir, "xdg-open"): "#!/bin/sh\nexit 3\n"} {
		if err := os.WriteFile(name, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		playRecording(r.ui.host, file)
		r.queue.Settle()
		if got := r.ui.strip.passing.banner.Sentence(); got != "No program was found that opens the recording" {
			t.Errorf("the strip says %q", got)
		}
	})
}

func TestRecord_settings(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		rec := newRecordingSettings(r.ui.host)
		rec.Apply(r.phone.Snapshot())
		if rec.folder.Text != "/music/Webphone" || rec.every.On() || rec.tone.On() {
			t.Errorf("shown: %q, every call %v, tone %v", rec.folder.Text, rec.every.On(), rec.tone.On())
		}
		applied := func() string {
			t.Helper()
			r.queue.Settle()
			calls := r.phone.Called()
			if len(calls) == 0 || !strings.HasPrefix(calls[len(calls)-1], "Apply(") {
				t.Fatalf("asked %q", calls)
			}
			return calls[len(calls)-1]
		}
		test.Tap(rec.every)
		if got := applied(); !strings.Contains(got, "EveryCall:true") {
			t.Error(got)
		}
		test.Tap(rec.tone)
		if got := applied(); !strings.Contains(got, "Tone:true") {
			t.Error(got)
		}
		rec.folder.SetText("/srv/calls")
		rec.save()
		if got := applied(); !strings.Contains(got, "Folder:/srv/calls") {
			t.Error(got)
		}
		r.phone.Forget()
		rec.folder.SetText("calls")
		rec.save()
		r.queue.Settle()
		if got := r.phone.Called(); len(got) != 0 {
			t.Errorf("a folder without a full path: asked %q", got)
		}
	})
	if got := fieldWords(&store.FieldError{Field: "recording.folder", Err: errors.New("not a full path of a folder")}); got != "This is not a full path of a folder." {
		t.Errorf("the words are %q", got)
	}
}

// The end of a recording is told, with what can be done with the file.
func TestRecord_endIsTold(t *testing.T) {
	const file = "/m/2026-11-21 10-24-05 Bob.opus"
	recorded := func(change func(*phone.Snapshot)) *phone.Snapshot {
		s := recordedCall()
		s.Calls[0].Recordings = file
		change(s)
		return s
	}
	for _, c := range []struct {
		name  string
		begin func(*phone.Snapshot)
		end   func(*phone.Snapshot)
		want  string
	}{
		{"it is stopped", func(*phone.Snapshot) {}, func(s *phone.Snapshot) { s.Calls[0].RecordingSince = time.Time{} }, "The recording is saved."},
		{"the call is gone", func(*phone.Snapshot) {}, func(s *phone.Snapshot) { s.Calls = nil }, "The recording is saved."},
		{"a call that follows goes on with it", func(s *phone.Snapshot) {
			next := s.Calls[0]
			next.ID = "c9"
			s.Calls = append(s.Calls, next)
		}, func(s *phone.Snapshot) { s.Calls[0].RecordingSince = time.Time{} }, ""},
		{"every call is recorded", func(s *phone.Snapshot) { s.Settings.Recording.EveryCall = true }, func(s *phone.Snapshot) {
			s.Calls[0].RecordingSince = time.Time{}
		}, ""},
		{"the disk is full", func(*phone.Snapshot) {}, func(s *phone.Snapshot) {
			s.Calls[0].RecordingSince = time.Time{}
			s.Notices = []phone.Notice{{ID: 3, Err: &phone.RecordingError{Peer: "Bob", Err: os.ErrPermission}}}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inCall(t, recorded(c.begin), func(r *windowRig, _ *callView) {
				r.update(c.end)
				got := ""
				if b := r.ui.strip.passing.banner; b.Visible() {
					got = b.Sentence()
				}
				if got != c.want {
					t.Errorf("it says %q, want %q", got, c.want)
				}
			})
		})
	}
}
