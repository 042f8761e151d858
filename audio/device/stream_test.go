package device

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// queued lets a test be the sound system of a stream.
func queued(t *testing.T, take Taker, give Giver) *stream {
	t.Helper()
	st, err := newStream(atOnce, take, give)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.end)
	return st
}

func microphone(t *testing.T, take Taker) *stream { return queued(t, take, nil) }
func speaker(t *testing.T, give Giver) *stream    { return queued(t, nil, give) }

// Whatever sizes the system uses, the callbacks see whole frames and no sample
// is lost, doubled or moved.
func TestStream_reblocks(t *testing.T) {
	sizes := []int{480, 441, 1024, 1, 479, 960, 240, 240, 7, 513}
	total := 0
	for _, n := range sizes {
		total += n
	}
	frames := make(chan []int16, 100)
	in := microphone(t, taking(func(frame []int16) { frames <- slices.Clone(frame) }))
	var next int16
	out := speaker(t, giving(func(frame []int16) {
		for i := range frame {
			frame[i] = next
			next++
		}
	}))
	for _, n := range sizes {
		for out.queue.level() < n { // it fetches by itself
			runtime.Gosched()
			out.ahead.samples.Store(2048)
			out.queue.mark.Store(2048)
			out.bell.ring()
		}
		buffer := make([]byte, 2*n)
		out.played(buffer, nil, uint32(n))
		in.captured(nil, buffer, uint32(n))
	}
	var heard []int16
	for range total / FrameSamples {
		heard = append(heard, <-frames...)
	}
	for i, v := range heard {
		if v != int16(i) {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
}

func TestStream_callbackDoesNotAllocate(t *testing.T) {
	in, out := microphone(t, taking(func([]int16) {})), speaker(t, giving(func([]int16) {}))
	buffer := make([]byte, 2*441)
	if got := testing.AllocsPerRun(100, func() {
		out.played(buffer, nil, 441)
		in.captured(nil, buffer, 441)
	}); got != 0 {
		t.Errorf("%.0f allocations", got)
	}
}

// until waits for what another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 10_000_000 {
		if done() {
			return
		}
		runtime.Gosched()
	}
	t.Fatal(what)
}

// A microphone rings after as many frames as its taker has patience for.
func TestStream_patience(t *testing.T) {
	patience := []int{2, 9, 3, 9, 9, 0, 1} // the last of the frames that come together counts
	taken := 0
	in := &stream{queue: new(queue), taker: func([]int16) int { taken++; return patience[taken-1] }}
	in.queue.mark.Store(FrameSamples)
	var lost uint64
	for _, frames := range []int{1, 2, 3, 1} {
		for n := range frames {
			if rang := in.queue.capture(make([]int16, FrameSamples)); rang != (n == frames-1) {
				t.Fatalf("after frame %d of %d it rang: %v", n+1, frames, rang)
			}
		}
		in.beat(&lost)
	}
	if taken != len(patience) {
		t.Errorf("%d frames were taken, want %d", taken, len(patience))
	}
}

// A microphone that is closed takes the frames that it has waited with.
func TestStream_endTakesTheRest(t *testing.T) {
	taken := make(chan int16, 10)
	in, err := newStream(atOnce, func(frame []int16) int { taken <- frame[0]; return 3 }, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 2*FrameSamples)
	bring := func(value byte) {
		one[0] = value
		in.captured(nil, one, FrameSamples)
	}
	bring(1)
	until(t, "it does not wait for three frames", func() bool { return in.queue.mark.Load() == 3*FrameSamples })
	bring(2)
	bring(3)
	in.end()
	close(taken)
	var got []int16
	for v := range taken {
		got = append(got, v)
	}
	if want := []int16{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("frames %v were taken, want %v", got, want)
	}
}

// What a speaker can have early comes with what it lacks, and one beat of a
// microphone serves for two.
func TestStream_early(t *testing.T) {
	known, given := false, 0
	out := &stream{queue: new(queue), giver: func(_ []int16, early bool) bool {
		if early && !known {
			return false
		}
		given++
		return true
	}}
	out.ahead.start(out.queue, atOnce)
	patience := 2
	in := &stream{queue: new(queue), taker: func([]int16) int { return patience }}
	in.queue.mark.Store(2 * FrameSamples)
	out.serve(false, false)
	in.Lead(out) // which needs the next frame's beat
	enough := out.queue.level()
	var lost uint64
	for _, c := range []struct {
		rule          string
		known         bool
		patience      int // of the microphone
		frames, given int // in the beat
		ahead         int // frames beyond what is enough, after it
	}{
		{"not known", false, 2, 1, 1, 0},
		{"known", true, 2, 1, 2, 1},
		{"known still: two for two", true, 2, 2, 2, 1},
		{"and again", true, 2, 2, 2, 1},
		{"not known any more", false, 2, 2, 1, 0},
		{"nor in the next beat", false, 2, 1, 1, 0},
		{"known, but the microphone does not wait", true, 1, 1, 1, 0},
		{"known again", true, 2, 1, 2, 1},
	} {
		before := given
		known, patience = c.known, c.patience
		for n := range c.frames {
			if out.queue.playback(make([]int16, FrameSamples)) {
				t.Errorf("%s: the speaker rang though a beat was to come", c.rule)
			}
			if rang := in.queue.capture(make([]int16, FrameSamples)); rang != (n == c.frames-1) {
				t.Errorf("%s: after frame %d of %d the microphone rang: %v", c.rule, n+1, c.frames, rang)
			}
		}
		in.beat(&lost)
		if n := given - before; n != c.given {
			t.Errorf("%s: %d frames were given, want %d", c.rule, n, c.given)
		}
		if ahead := (out.queue.level() - enough) / FrameSamples; ahead != c.ahead {
			t.Errorf("%s: %d frames ahead, want %d", c.rule, ahead, c.ahead)
		}
	}
	in.Lead(nil)
	level := out.queue.level()
	if out.serve(false, true); out.queue.level() != level {
		t.Error("more than one frame was given early")
	}
	out.queue.playback(make([]int16, FrameSamples))
	if rang := out.queue.playback(make([]int16, FrameSamples)); !rang {
		t.Fatal("a speaker on its own has enough")
	}
	if out.serve(false, true); out.queue.level() != level {
		t.Errorf("a speaker on its own has %d samples, want %d", out.queue.level(), level)
	}
}

// A microphone's beat serves the speaker that it leads, whose own goroutine is
// woken only when the beat has failed to come. The microphone waits no longer
// than the speaker lasts.
func TestStream_leads(t *testing.T) {
	var served atomic.Int64
	out := speaker(t, giving(func([]int16) { served.Add(1) }))
	in := microphone(t, func([]int16) int { return 2 })
	in.Lead(out)
	ahead := out.ahead.samples.Load()
	frame := make([]int16, FrameSamples)
	full := func() bool { return int64(out.queue.level()) >= ahead }
	until(t, "the speaker did not begin", full)
	for range 3 {
		if out.queue.playback(frame) {
			t.Error("the speaker rang before the next beat")
		}
		if !in.queue.capture(frame) {
			t.Error("the microphone waited for a second frame")
		}
		in.bell.ring()
		until(t, "a beat did not serve the speaker", func() bool { return full() && in.queue.level() == 0 })
	}
	out.queue.playback(frame)
	if !out.queue.playback(frame) {
		t.Error("the speaker did not ring when no beat had come")
	}
	out.bell.ring()
	until(t, "the speaker did not serve itself", full)

	in.Lead(nil)
	if mark := out.queue.mark.Load(); mark != ahead {
		t.Errorf("let go, the speaker rings below %d samples, want %d", mark, ahead)
	}
	in.queue.capture(frame)
	in.bell.ring()
	until(t, "having let go, the microphone does not wait for two frames", func() bool {
		return in.queue.mark.Load() == 2*FrameSamples
	})
	in.Lead(out)
	out.serving.Lock()
	out.silent = true
	out.serving.Unlock()
	last := served.Load()
	out.queue.playback(frame)
	if out.serve(true, true); served.Load() != last {
		t.Error("a closed speaker was served")
	}
}

// A microphone whose goroutine is late for long loses samples; silence takes
// their place, so that no time is lost.
func TestStream_lostTimeIsSilence(t *testing.T) {
	hold, frames := make(chan struct{}), make(chan int16, 1000)
	in := microphone(t, taking(func(frame []int16) {
		frames <- frame[0]
		<-hold
	}))
	one := make([]byte, 2*FrameSamples)
	for i := range one {
		one[i] = 1
	}
	const brought = 100
	in.captured(nil, one, FrameSamples)
	<-frames // it is in the callback now
	for range brought - 1 {
		in.captured(nil, one, FrameSamples)
	}
	close(hold)
	silent := 0
	for range brought - 2 { // what is lost may be less than a frame
		if <-frames == 0 {
			silent++
		}
	}
	if kept := queueSamples / FrameSamples; silent < brought-kept-3 {
		t.Errorf("%d silent frames of %d, room for %d", silent, brought, kept)
	}
	if in.Counters().Gaps == 0 {
		t.Error("no gap was counted")
	}
}

// A speaker that is closed while it lacks sound, which it then never gets, lets
// its goroutine go.
func TestStream_closedLacking(t *testing.T) {
	st := &stream{giver: giving(func([]int16) {}), queue: new(queue), silent: true}
	st.ahead.start(st.queue, atOnce)
	var err error
	if st.bell, err = newBell(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.bell.close)
	done := make(chan struct{})
	go func() {
		defer close(done)
		st.speak()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it still stands by")
	}
}
