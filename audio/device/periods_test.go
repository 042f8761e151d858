package device

import "testing"

// Short periods halve what a device has in its buffer, what is asked for at
// once, and by how much it is served ahead.
func TestSystem_portions(t *testing.T) {
	const ms = SampleRate / 1000
	for _, c := range []struct {
		rule        string
		speakers    portions // of the sound system
		playback    bool
		usual, less portions
	}{
		{
			rule: "a microphone, whatever the speakers", speakers: inPeriods,
			usual: portions{10 * ms, 10 * ms, 10 * ms}, less: portions{5 * ms, 5 * ms, 5 * ms},
		},
		{
			rule: "a speaker that takes a period at once", speakers: atOnce, playback: true,
			usual: portions{10 * ms, 10 * ms, 10 * ms}, less: portions{5 * ms, 5 * ms, 5 * ms},
		},
		{
			rule: "a speaker behind a server that asks for periods", speakers: inPeriods, playback: true,
			usual: portions{30 * ms, 10 * ms, 5 * ms}, less: portions{15 * ms, 5 * ms, 5 * ms / 2},
		},
		{
			rule: "a speaker behind a server that asks for quarters", speakers: inQuarters, playback: true,
			usual: portions{20 * ms, 5 * ms, 5 * ms}, less: portions{10 * ms, 5 * ms / 2, 5 * ms / 2},
		},
	} {
		s, context := new(system), &soundContext{speaker: c.speakers}
		for _, short := range []bool{true, false} {
			want := c.usual
			if short {
				want = c.less
			}
			s.SetShortPeriods(short)
			if got := s.portions(context, c.playback); got != want {
				t.Errorf("%s, short %v: %+v, want %+v", c.rule, short, got, want)
			}
		}
	}
}

// A device runs to its end in the periods that it was opened with: 5 ms if they
// were to be short, else 10. The library's null device calls once in each.
func TestSystem_shortPeriodsOnLibraryNull(t *testing.T) {
	s := newSystem(t, libraryNull)
	files, err := NewFiles("", "", s) // hands the wish on
	if err != nil {
		t.Fatal(err)
	}
	type opened struct {
		rule                string
		short               bool
		microphone, speaker *stream
		beats               chan struct{}
	}
	var all []*opened
	for _, o := range []*opened{
		{rule: "as usual"},
		{rule: "short", short: true},
		{rule: "as usual again"},
	} {
		files.(Shortener).SetShortPeriods(o.short)
		o.beats = make(chan struct{}, 1000)
		microphone, err := files.OpenCapture("", taking(func([]int16) { o.beats <- struct{}{} }))
		if err != nil {
			t.Fatal(err)
		}
		speaker, err := files.OpenPlayback("", Talk, giving(func([]int16) {}))
		if err != nil {
			t.Fatal(err)
		}
		o.microphone, o.speaker = microphone.(*stream), speaker.(*stream)
		all = append(all, o)
	}
	for _, o := range all {
		for range 5 {
			<-o.beats
		}
		_ = o.microphone.Close()
		_ = o.speaker.Close()
		period := FrameSamples
		if o.short {
			period /= 2
		}
		q := o.microphone.queue
		if calls, came := q.calls.Load(), q.tail.Load()+q.lost.Load(); came != calls*uint64(period) {
			t.Errorf("%s: the microphone brought %d samples in %d periods, want %d in each", o.rule, came, calls, period)
		}
		if got := o.speaker.ahead.request; got != int64(period) {
			t.Errorf("%s: the speaker asks for %d samples at once, want %d", o.rule, got, period)
		}
	}
}
