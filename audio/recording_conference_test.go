package audio

import (
	"os"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/record"
)

// file is a recording to be read when it has ended.
type file struct {
	*record.Recorder
	t *testing.T
}

func newFile(t *testing.T) *file {
	t.Helper()
	r, err := record.New(record.Options{
		Folder: t.TempDir(), At: time.Now(), OnProblem: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return &file{Recorder: r, t: t}
}

// read completes the file.
func (f *file) read() (left, right []int16) {
	f.t.Helper()
	if err := f.Close(); err != nil {
		f.t.Fatal(err)
	}
	b, err := os.ReadFile(f.File())
	if err != nil {
		f.t.Fatal(err)
	}
	o, err := audiotest.ParseOggOpus(b)
	if err != nil {
		f.t.Fatal(err)
	}
	left, right, err = o.Decode()
	if err != nil {
		f.t.Fatal(err)
	}
	return left, right
}

// has checks which sites are in a side of a recording, in a stretch of it.
func (f *file) has(rule string, side []int16, from, to time.Duration, sites string) {
	f.t.Helper()
	pcm := part(side, from, to)
	for site := range 4 {
		level := audiotest.Decibels(audiotest.Tone(pcm, sampleRate, pitch(site)) / spoken)
		if in := containsSite(sites, site); in && (level < -2 || level > 1) || !in && level > -34 {
			f.t.Errorf("%s: site %d is there at %.1f dB, want sites %q", rule, site, level, sites)
		}
	}
}

// A recording begins with one call, goes on when a conference is made of it
// and while members come, are muted and go, and ends with the one that is
// left: one file, me on the left and all others on the right, without a gap.
func TestRecording_goesOnThroughAConference(t *testing.T) {
	enter(t, 4, func(t *testing.T, r *room) {
		m := meet(r, plainCodecs)
		me := r.sites[0]
		me.SetConferences()
		m.pass(time.Second)
		f := newFile(t)
		record := func(members ...int) {
			var streams []*Stream
			for _, i := range members {
				streams = append(streams, m.streams[i-1])
			}
			me.SetConferences(streams)
			me.SetRecordings(Recording{To: f.Recorder, Streams: streams})
		}
		steps := []struct {
			rule  string
			do    func()
			right string
		}{
			{"a call", func() { record(1) }, "1"},
			{"merged", func() { record(1, 2) }, "12"},
			{"one more", func() { record(2, 1, 3) }, "123"},
			{"one is muted", func() { m.streams[2].SetHushed(true) }, "12"},
			{"the first leaves", func() { m.streams[0].Close(); record(2, 3) }, "2"},
			{"one is left", func() { record(3); m.streams[2].SetHushed(false) }, "3"},
		}
		for _, s := range steps {
			s.do()
			m.pass(time.Second)
		}
		me.SetRecordings()
		left, right := f.read()
		if n := len(left); n != len(steps)*sampleRate || len(right) != n {
			t.Fatalf("%d and %d samples, want %d s", n, len(right), len(steps))
		}
		for i, s := range steps {
			from := time.Duration(i) * time.Second
			f.has(s.rule+", left", left, from, from+time.Second, "0")
			f.has(s.rule+", right", right, from, from+time.Second, s.right)
		}
		for at := sampleRate / 2; at+sampleRate/100 < len(left)-sampleRate/10; at += sampleRate / 100 {
			if level := audiotest.RMS(left[at : at+sampleRate/100]); level < spoken/2 {
				t.Errorf("a gap on the left at %v", durationOf(int64(at), sampleRate))
			}
		}
	})
}

// The recording tone is heard by every member at the beginning, by one who
// comes later when they come, by all of them again, and by the user.
func TestRecording_toneForAllOfAConference(t *testing.T) {
	enter(t, 4, func(t *testing.T, r *room) {
		m := meet(r, plainCodecs)
		me := r.sites[0]
		for _, s := range r.sites {
			s.devices.Speak("mic", nil)
		}
		m.pass(500 * time.Millisecond)
		f := newFile(t)
		heard := func(rule string, want ...int) {
			t.Helper()
			for i, s := range r.sites {
				if n := beeps(s.devices.Heard("speaker")); n != want[i] {
					t.Errorf("%s: site %d heard %d tones, want %d", rule, i, n, want[i])
				}
			}
		}
		heard("before", 0, 0, 0, 0)
		me.SetRecordings(Recording{To: f.Recorder, Streams: m.streams[:2], Tone: true})
		m.pass(2 * time.Second)
		heard("at the beginning", 1, 1, 1, 0)
		me.SetRecordings(Recording{To: f.Recorder, Streams: m.streams, Tone: true})
		m.pass(2 * time.Second)
		heard("one comes later", 0, 0, 0, 1)
		m.pass(14 * time.Second)
		heard("all again", 1, 1, 1, 1)
		me.SetRecordings()
		m.pass(500 * time.Millisecond)
		left, right := f.read()
		if n, others := beeps(left), beeps(right); n != 2 || others != 0 {
			t.Errorf("the recording has %d tones left and %d right", n, others)
		}
	})
}

// Two calls that are recorded apart stay apart.
func TestRecording_twoCallsAreTwo(t *testing.T) {
	enter(t, 3, func(t *testing.T, r *room) {
		m := meet(r, plainCodecs)
		me := r.sites[0]
		me.SetConferences()
		m.pass(500 * time.Millisecond)
		a, b := newFile(t), newFile(t)
		m.streams[1].SetMuted(true)
		me.SetRecordings(Recording{To: a.Recorder, Streams: m.streams[:1]}, Recording{To: b.Recorder, Streams: m.streams[1:]})
		m.pass(time.Second)
		me.SetRecordings()
		for _, c := range []struct {
			f           *file
			left, right string
		}{{a, "0", "1"}, {b, "", "2"}} {
			left, right := c.f.read()
			c.f.has("left", left, 0, time.Second, c.left)
			c.f.has("right", right, 0, time.Second, c.right)
		}
	})
}
