package device

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// queued lets a test be the sound system of a stream.
func queued(t *testing.T, playback bool, period func([]int16)) *stream {
	t.Helper()
	st, err := newStream(playback, atOnce, period)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.end)
	return st
}

// Whatever sizes the system uses, the callbacks see whole frames and no sample
// is lost, doubled or moved.
func TestStream_reblocks(t *testing.T) {
	sizes := []int{480, 441, 1024, 1, 479, 960, 240, 240, 7, 513}
	total := 0
	for _, n := range sizes {
		total += n
	}
	frames := make(chan []int16, 100)
	in := queued(t, false, func(frame []int16) { frames <- slices.Clone(frame) })
	var next int16
	out := queued(t, true, func(frame []int16) {
		for i := range frame {
			frame[i] = next
			next++
		}
	})
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
	in, out := queued(t, false, func([]int16) {}), queued(t, true, func([]int16) {})
	buffer := make([]byte, 2*441)
	if got := testing.AllocsPerRun(100, func() {
		out.played(buffer, nil, 441)
		in.captured(nil, buffer, 441)
	}); got != 0 {
		t.Errorf("%.0f allocations", got)
	}
}

// A microphone that gathers rings for so many frames at once.
func TestStream_gathers(t *testing.T) {
	in := queued(t, false, func([]int16) {})
	frame := make([]int16, FrameSamples)
	in.Gather(2)
	if in.queue.capture(frame) {
		t.Error("rang after the first of two frames")
	}
	if !in.queue.capture(frame) {
		t.Error("did not ring after two frames")
	}
}

// A microphone's beat serves the speaker that it leads, whose own goroutine is
// woken only when the beat has failed to come.
func TestStream_leads(t *testing.T) {
	var served atomic.Int64
	out := queued(t, true, func([]int16) { served.Add(1) })
	in := queued(t, false, func([]int16) {})
	in.Gather(2)
	in.Lead(out)
	ahead := out.ahead.samples.Load()
	frame := make([]int16, FrameSamples)
	until := func(what string, done func() bool) {
		for range 10_000_000 {
			if done() {
				return
			}
			runtime.Gosched()
		}
		t.Fatal(what)
	}
	until("the speaker did not begin", func() bool { return int64(out.queue.level()) >= ahead })
	for range 3 {
		if out.queue.playback(frame) {
			t.Error("the speaker rang before the next beat")
		}
		if !in.queue.capture(frame) {
			t.Error("the microphone waited for a second frame")
		}
		in.bell.ring()
		until("a beat did not serve the speaker", func() bool { return int64(out.queue.level()) >= ahead })
	}
	out.queue.playback(frame)
	if !out.queue.playback(frame) {
		t.Error("the speaker did not ring when no beat had come")
	}
	out.bell.ring()
	until("the speaker did not serve itself", func() bool { return int64(out.queue.level()) >= ahead })

	in.Lead(nil)
	if mark := out.queue.mark.Load(); mark != ahead {
		t.Errorf("let go, the speaker rings below %d samples, want %d", mark, ahead)
	}
	if in.queue.capture(frame) || !in.queue.capture(frame) {
		t.Error("having let go, the microphone did not gather two frames")
	}
	in.Lead(out)
	out.serving.Lock()
	out.silent = true
	out.serving.Unlock()
	last := served.Load()
	out.queue.playback(frame)
	out.serve(true)
	if n := served.Load(); n != last {
		t.Error("a closed speaker's period was called")
	}
}

// A microphone whose goroutine is late for long loses samples; silence takes
// their place, so that no time is lost.
func TestStream_lostTimeIsSilence(t *testing.T) {
	hold, frames := make(chan struct{}), make(chan int16, 1000)
	in := queued(t, false, func(frame []int16) {
		frames <- frame[0]
		<-hold
	})
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
	st := &stream{period: func([]int16) {}, playback: true, queue: new(queue), silent: true}
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
