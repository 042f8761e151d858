package media

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/phone/ua"
)

// narrow is a path with a queue before its narrowest part, to a peer that
// gives feedback.
type narrow struct {
	noWriter
	back   func([]rtcp.Packet, time.Time)
	jitter func() time.Duration // that packets have besides; nil = none

	mu      sync.Mutex // guards what follows
	rate    int        // bit/s of whole packets; 0 = any
	others  time.Duration
	free    time.Duration // when what waits has gone
	begun   time.Time
	longest time.Duration // wait, since it was asked for
	bytes   int           // of sound, likewise
	peer    arrivals
}

func (n *narrow) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Since(n.begun)
	n.free = max(n.free, now)
	if n.rate > 0 {
		size := h.MarshalSize() + len(payload) + besides
		n.free += time.Duration(8*size) * time.Second / time.Duration(n.rate)
	}
	wait := n.free - now + n.others
	n.longest = max(n.longest, wait)
	n.bytes += len(payload)
	if wait > 3*time.Second {
		n.free -= wait - 3*time.Second
		return 0, nil
	}
	if n.jitter != nil {
		wait += n.jitter()
	}
	head := h.Clone()
	time.AfterFunc(30*time.Millisecond+wait, func() { n.arrive(&head) })
	return 0, nil
}

func (n *narrow) arrive(h *rtp.Header) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.peer.add(h, ownNumbering, 1, time.Now())
	if b == nil {
		return
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		panic(err)
	}
	time.AfterFunc(30*time.Millisecond, func() { n.back(packets, time.Now()) })
}

// look returns the longest wait and the bitrate of the sound since it was
// asked for last, that long ago.
func (n *narrow) look(length time.Duration) (wait time.Duration, bitrate int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wait, bitrate = n.longest, int(float64(8*n.bytes)/length.Seconds())
	n.longest, n.bytes = 0, 0
	return wait, bitrate
}

func (n *narrow) change(rate int, others time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rate, n.others = rate, others
}

// onNarrow runs with somebody who speaks over a narrow path; pass lets time
// pass.
func onNarrow(t *testing.T, ptime time.Duration, run func(n *narrow, pass func(time.Duration))) {
	synctest.Test(t, func(t *testing.T) {
		devices := audiotest.NewDevices()
		devices.Speak("mic", audiotest.Speech(0.3, 48000, 20*48000, 1))
		engine, err := audio.New(audio.Options{Backend: devices, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stream := engine.NewStream()
		p, err := New(Options{Stream: stream, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		p.sending = 0xCAFE
		n := &narrow{back: p.reported, begun: time.Now()}
		p.own.track.writer = n
		p.own.track.path.extend(ownNumbering, true)
		opus := codec.Parameters{Name: codec.Opus, Channels: 2, FEC: true, PTime: ptime}
		err = stream.Start(audio.StreamConfig{
			Codec: opus, PayloadType: 111, Receive: map[uint8]codec.Parameters{111: opus},
			SSRC: p.sending, Write: p.own.track.write,
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		reports := time.Duration(0)
		run(n, func(d time.Duration) {
			for ; d > 0; d -= 10 * time.Millisecond {
				<-time.After(10 * time.Millisecond)
				devices.Step()
				synctest.Wait()
				if reports += 10 * time.Millisecond; reports%time.Second == 0 {
					stream.SetLoss(0)
				}
			}
		})
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second) // what is under way
	})
}

// A path too narrow for what is sent gets no more than it carries, so that no
// queue stays before it, and as much as before when it is wide again.
func TestCongestion_narrowPath(t *testing.T) {
	for _, c := range []struct {
		rule  string
		rate  int // bit/s, all headers included
		ptime time.Duration
		least int           // bit/s of sound, pauses included
		most  time.Duration // that a packet waits
	}{
		{"35 kbit/s, two thirds of them for headers", 35000, 20 * time.Millisecond, 7000, 500 * time.Millisecond},
		{"40 kbit/s, less than the least with its headers", 40000, 20 * time.Millisecond, 10000, 250 * time.Millisecond},
		{"100 kbit/s with packets of 10 ms", 100000, 10 * time.Millisecond, 35000, 250 * time.Millisecond},
	} {
		t.Run(c.rule, func(t *testing.T) {
			onNarrow(t, c.ptime, func(n *narrow, pass func(time.Duration)) {
				pass(30 * time.Second)
				n.look(1)
				pass(5 * time.Second)
				if _, bitrate := n.look(5 * time.Second); bitrate < 45000 {
					t.Errorf("%d bit/s while the path is wide", bitrate)
				}
				n.change(c.rate, 0)
				pass(5 * time.Second)
				n.look(1)
				pass(30 * time.Second)
				wait, bitrate := n.look(30 * time.Second)
				if wait > c.most || bitrate < c.least {
					t.Errorf("packets wait for up to %v, %d bit/s come through", wait, bitrate)
				}
				n.change(0, 0)
				pass(30 * time.Second)
				n.look(1)
				pass(5 * time.Second)
				if _, bitrate := n.look(5 * time.Second); bitrate < 45000 {
					t.Errorf("%d bit/s after the path is wide again", bitrate)
				}
			})
		})
	}
}

// What is no queue of ours costs no sound, or no more than can be spared.
func TestCongestion_otherDelays(t *testing.T) {
	for _, c := range []struct {
		rule   string
		jitter time.Duration
		others time.Duration
		least  int // bit/s of sound, pauses included
	}{
		{"±40 ms of jitter", 80 * time.Millisecond, 0, 45000},
		{"others' queue of 300 ms", 0, 300 * time.Millisecond, 45000},
		{"a path that has become 65 ms longer", 0, 65 * time.Millisecond, 45000},
	} {
		t.Run(c.rule, func(t *testing.T) {
			onNarrow(t, 20*time.Millisecond, func(n *narrow, pass func(time.Duration)) {
				random := rand.New(rand.NewPCG(1, 2))
				if c.jitter > 0 {
					n.jitter = func() time.Duration { return time.Duration(random.Int64N(int64(c.jitter))) }
				}
				pass(25 * time.Second)
				n.change(0, c.others)
				pass(10 * time.Second)
				n.look(1)
				pass(10 * time.Second)
				if _, bitrate := n.look(10 * time.Second); bitrate < c.least {
					t.Errorf("%d bit/s", bitrate)
				}
				pass(60 * time.Second) // no queue lasts so long: it is the path
				n.look(1)
				pass(10 * time.Second)
				if _, bitrate := n.look(10 * time.Second); bitrate < 45000 {
					t.Errorf("%d bit/s in the end", bitrate)
				}
			})
		})
	}
}

// Feedback that tells of nothing new, after a pause in which all that was known
// of the path has become old, is no queue.
func TestCongestion_nothingNewAfterAPause(t *testing.T) {
	var c congestion
	c.extend(ownNumbering, true)
	began := time.Now()
	for i := range 200 {
		c.stamp(&rtp.Header{Version: 2}, 80, began.Add(time.Duration(i)*20*time.Millisecond))
	}
	// The peer's clock began with the first packet that came, so that they are
	// under way for less than nothing.
	f := &rtcp.TransportLayerCC{
		BaseSequenceNumber: 100, PacketStatusCount: 50,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: statusSmall, RunLength: 50}},
	}
	for range 50 {
		f.RecvDeltas = append(f.RecvDeltas, &rtcp.RecvDelta{Type: statusSmall, Delta: 20000})
	}
	for _, at := range []time.Duration{4 * time.Second, 44 * time.Second, 45 * time.Second, 46 * time.Second} {
		if rate := c.feedback(f, began.Add(at)); rate != 0 {
			t.Errorf("after %v held to %d bit/s", at, rate)
		}
	}
}

// A new agreement keeps what is known of the path's room, unless it may be
// another path: then the search begins anew, and what is sent knows.
func TestCongestion_newAgreement(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	path := &caller.own.track.path
	path.mu.Lock()
	path.rate = 30000
	path.mu.Unlock()
	caller.reported([]rtcp.Packet{&rtcp.TransportLayerCC{MediaSSRC: caller.sending}}, time.Now())
	if got := caller.stream.bandwidth.Load(); got != 30000 {
		t.Fatalf("held to %d bit/s, want 30000", got)
	}
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	if got := caller.stream.bandwidth.Load(); got != 30000 {
		t.Errorf("held to %d bit/s on the same path, want 30000", got)
	}
	negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
	if got := caller.stream.bandwidth.Load(); got != 0 {
		t.Errorf("still held to %d bit/s after a restart of ICE", got)
	}
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	caller.reported([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 40000}}, time.Now())
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	if got := caller.stream.bandwidth.Load(); got != 40000 {
		t.Errorf("held to %d bit/s, the peer asks for 40000", got)
	}
	negotiate(t, caller, callee, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
	if got := caller.stream.bandwidth.Load(); got != 0 {
		t.Errorf("held to %d bit/s as on the path before", got)
	}
}

// A clock that jumps, as ours does not go on while the machine sleeps, is no
// queue, and does not keep one from being found afterwards.
func TestCongestion_clockJumps(t *testing.T) {
	var c congestion
	c.extend(ownNumbering, true)
	began := time.Now()
	first := uint16(0)
	// tell has 16 packets sent in 320 ms, which come so much longer one after
	// the other.
	tell := func(reference uint32, longer time.Duration) (rate int) {
		f := &rtcp.TransportLayerCC{
			BaseSequenceNumber: first, PacketStatusCount: 16, ReferenceTime: reference,
			PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: statusLarge, RunLength: 16}},
		}
		for i := range 16 {
			at := 20 * time.Millisecond * time.Duration(int(first)+i)
			c.stamp(&rtp.Header{Version: 2}, 160, began.Add(at))
			f.RecvDeltas = append(f.RecvDeltas, &rtcp.RecvDelta{Type: statusLarge, Delta: (20*time.Millisecond + longer).Microseconds()})
		}
		first += 16
		return c.feedback(f, began.Add(20*time.Millisecond*time.Duration(first)))
	}
	const hour = uint32(time.Hour / (64 * time.Millisecond))
	for i := range uint32(100) {
		reference := 5 * i
		if i >= 20 {
			reference += hour
		}
		if rate := tell(reference, 0); rate != 0 {
			t.Fatalf("%d feedbacks after the jump held to %d bit/s", i-20, rate)
		}
	}
	rate := 0
	for i := uint32(100); i < 110 && rate == 0; i++ {
		rate = tell(hour+5*i+5*(i-100), 20*time.Millisecond)
	}
	if rate == 0 {
		t.Error("a queue is not found any more")
	}
}
