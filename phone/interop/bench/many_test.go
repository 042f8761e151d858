//go:build interop && bench

package bench

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
	"webphone/phone/interop/rig"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// TestBench_manyCalls measures what many calls at once cost.
func TestBench_manyCalls(t *testing.T) {
	b, begun := &table{}, readClock()
	addMany(t, b)
	tell(t, "Many calls", begun, b)
}

// addMany measures calls at once between two engines in this process: real
// ICE, DTLS, SRTP and Opus over loopback, both ends and both directions on
// this machine.
func addMany(t *testing.T, b *table) {
	h := newHall(t)
	h.grow(1)
	one := h.measure(6 * time.Second)
	h.grow(11)
	h.hold(true)
	held := h.measure(6 * time.Second)
	h.hold(false)
	b.add("1 call and 10 held / 1 call, processor", fmt.Sprintf("%.2f", held.whole/one.whole),
		fmt.Sprintf("both ends, %.2f of %.2f cores", held.whole, one.whole))
	b.add("1 call and 10 held − 1 call, memory", fmt.Sprintf("%d kB", (held.memory-one.memory)>>10), "live heap of both ends")
	for _, n := range []int{25, 100} {
		h.grow(n)
		f := h.measure(6 * time.Second)
		b.add(fmt.Sprintf("%d calls at once, both ends", n), fmt.Sprintf("%.2f cores", f.whole),
			fmt.Sprintf("%d of %d ends clean, %.1f %% made up at worst; Chromium broke at 25 when it was tried", f.clean, 2*n, f.worst))
	}
}

// hall is two engines with calls between them. Each microphone says a tone.
type hall struct {
	*testing.T
	engines [2]*audio.Engine
	calls   [][2]*seat
}

// seat is one end of a call.
type seat struct {
	stream *audio.Stream
	peer   *media.Peer
	before audio.StreamStats
	held   bool
}

func newHall(t *testing.T) *hall {
	h := &hall{T: t}
	dir := t.TempDir()
	for i := range h.engines {
		said := filepath.Join(dir, fmt.Sprintf("said%d.wav", i))
		voice := audiotest.Voice(0.3, 48000, 4*48000)
		check(t, audiotest.WriteWAV(said, 48000, voice))
		files, err := device.NewFiles(said, filepath.Join(dir, fmt.Sprintf("heard%d.wav", i)), nil)
		check(t, err)
		e, err := audio.New(audio.Options{Backend: files, Log: slog.New(slog.DiscardHandler)})
		check(t, err)
		h.engines[i] = e
		t.Cleanup(func() {
			check(t, e.Close())
			check(t, files.Close())
		})
	}
	t.Cleanup(h.close)
	return h
}

func (h *hall) close() {
	var all sync.WaitGroup
	for _, c := range h.calls {
		for _, s := range c {
			all.Go(func() {
				if err := s.peer.Close(); err != nil {
					h.Error(err)
				}
			})
		}
	}
	all.Wait()
}

// grow connects calls until there are n.
func (h *hall) grow(n int) {
	up := make(chan struct{}, 2*n)
	missing := 0
	for len(h.calls) < n {
		var c [2]*seat
		for i, e := range h.engines {
			stream := e.NewStream()
			peer, err := media.New(media.Options{
				Stream: stream, Loopback: true, Codecs: []codec.Name{codec.Opus}, Log: slog.New(slog.DiscardHandler),
				Events: ua.PeerEvents{Connected: func() { up <- struct{}{} }},
			})
			check(h, err)
			c[i] = &seat{stream: stream, peer: peer}
		}
		offer, err := c[0].peer.Offer(h.Context(), ua.OfferOptions{})
		check(h, err)
		answer, err := c[1].peer.Answer(h.Context(), offer, ua.AnswerOptions{})
		check(h, err)
		check(h, c[0].peer.SetAnswer(h.Context(), answer, ua.AnswerFinal))
		h.calls = append(h.calls, c)
		missing += 2
	}
	for ; missing > 0; missing-- {
		select {
		case <-up:
		case <-time.After(3 * rig.Limit):
			h.Fatalf("%d ends are not connected", missing)
		}
	}
}

// hold silences all calls but the first, or lets them speak again.
func (h *hall) hold(held bool) {
	for _, c := range h.calls[1:] {
		for _, s := range c {
			s.held = held
			s.stream.SetActive(!held, !held)
		}
	}
}

type crowd struct {
	worst float64 // percent made up or missing
	// whole is the processors used, if all packets had come that should: on a
	// busy machine what is late is thrown away, and costs less.
	whole  float64
	clean  int // ends
	memory int // bytes of live heap
}

// measure lets the calls settle and looks at them for a while.
func (h *hall) measure(length time.Duration) crowd {
	<-time.After(3 * time.Second)
	for _, c := range h.calls {
		for _, s := range c {
			s.before = s.stream.Stats()
		}
	}
	used, begin := processorTime(h), time.Now()
	heard := map[*seat]float64{} // the voice pauses: its loudest moment counts
	for range 16 {
		<-time.After(length / 16)
		for _, c := range h.calls {
			for _, s := range c {
				_, level := s.stream.Levels()
				heard[s] = max(heard[s], level)
			}
		}
	}
	length = time.Since(begin)
	cores := (processorTime(h) - used).Seconds() / length.Seconds()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	f := crowd{memory: int(m.HeapAlloc)}
	var came, due float64
	for _, c := range h.calls {
		for _, s := range c {
			now := s.stream.Stats()
			blocks := float64(length / (10 * time.Millisecond))
			if s.held {
				continue
			}
			due += blocks / 2
			came += float64(now.Received - s.before.Received)
			made := 100 * float64(now.Concealed-s.before.Concealed) / blocks
			missing := 100 * (1 - 2*float64(now.Received-s.before.Received)/blocks)
			f.worst = max(f.worst, made, missing)
			if max(made, missing) < 1 && heard[s] > 0.2 {
				f.clean++
			}
		}
	}
	f.whole = cores * due / max(came, 1)
	return f
}

func processorTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	check(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
