package device

import "testing"

// A standstill that no distance could have covered leaves the distance as it
// was: the sound does not stay later for it.
func TestAhead_standstill(t *testing.T) {
	for _, c := range []struct {
		rule   string
		missed int // periods
		want   int64
	}{
		{"a short gap", 2, 3},
		{"the longest that can be covered", mostAhead / FrameSamples, 3},
		{"300 ms", 30, 2},
	} {
		var a ahead
		q := new(queue)
		frame := make([]int16, FrameSamples)
		a.start(q, atOnce)
		for range 2 {
			q.write(frame)
		}
		for range 2 + c.missed {
			q.playback(frame)
		}
		a.adapt(q)
		if got := a.samples.Load(); got != c.want*FrameSamples {
			t.Errorf("%s: %d samples ahead, want %d", c.rule, got, c.want*FrameSamples)
		}
	}
}

// What a microphone brought while its goroutine stood still is taken at once,
// and nothing of it stays.
func TestStream_hearsAllAfterAStandstill(t *testing.T) {
	st := &stream{queue: new(queue)}
	frame := make([]int16, FrameSamples)
	for range 100 { // a second
		st.queue.capture(frame)
	}
	heard := 0
	st.taker = taking(func([]int16) { heard++ })
	var lost uint64
	st.take(&lost)
	// A part of a period is left of what came and of what was lost.
	if heard < 99 || st.queue.level() >= FrameSamples {
		t.Errorf("%d periods of 100, %d samples wait", heard, st.queue.level())
	}
}
