package audio

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// Mute is digital silence from the next packet on, and nothing said while
// muted is heard after it.
func TestStream_muteIsDigitalSilenceAtOnce(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA} {
		t.Run(string(name), func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				a, w := r.sites[0], new(wire)
				a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
				s := a.NewStream()
				if err := s.Start(agreed(name, w.write)); err != nil {
					t.Fatal(err)
				}
				quiet := map[codec.Name]byte{codec.PCMU: 0xFF, codec.PCMA: 0xD5}[name]
				silent := func(p rtp.Packet) bool {
					return !slices.ContainsFunc(p.Payload, func(b byte) bool { return b != quiet })
				}
				r.pass(190 * time.Millisecond)
				s.SetMuted(true)
				n := len(w.packets)
				r.pass(210 * time.Millisecond)
				if len(w.packets) < n+10 {
					t.Fatalf("%d packets while muted", len(w.packets)-n)
				}
				for i, p := range w.packets {
					if silent(p) != (i >= n) {
						t.Errorf("packet %d of %d before muting: silent %v", i, n, silent(p))
					}
				}
				if sent, _ := s.Levels(); sent > 0.7 {
					t.Errorf("level %.2f", sent)
				}
				s.SetMuted(false)
				r.pass(40 * time.Millisecond)
				if silent(w.packets[len(w.packets)-1]) {
					t.Error("still silent after unmuting")
				}
			})
		})
	}
}

// What two streams say is heard together.
func TestMixer_twoStreams(t *testing.T) {
	enter(t, 3, func(t *testing.T, r *room) {
		r.sites[0].devices.Speak("mic", audiotest.Sine(440, 0.2, sampleRate, sampleRate))
		r.sites[1].devices.Speak("mic", audiotest.Sine(800, 0.2, sampleRate, sampleRate))
		ear := r.sites[2]
		_, first := r.call(r.sites[0], ear, codec.Opus, audiotest.Impairment{})
		_, second := r.call(r.sites[1], ear, codec.PCMU, audiotest.Impairment{})
		r.pass(2 * time.Second)
		expect := func(rule string, low, high float64) {
			t.Helper()
			ear.devices.Heard("speaker")
			r.pass(time.Second)
			heard := ear.devices.Heard("speaker")
			for _, c := range []struct{ frequency, want float64 }{{440, low}, {800, high}} {
				if got := audiotest.Tone(heard, sampleRate, c.frequency); math.Abs(got-c.want) > 0.03 {
					t.Errorf("%s: %.0f Hz has amplitude %.3f, want %.2f", rule, c.frequency, got, c.want)
				}
			}
		}
		expect("both", 0.2, 0.2)
		first.SetVolume(0.5)
		expect("one at half volume", 0.1, 0.2)
		second.SetActive(true, false)
		r.pass(100 * time.Millisecond)
		expect("the other not received", 0.1, 0)
		second.SetActive(true, true)
		first.Close()
		r.pass(200 * time.Millisecond)
		expect("the other resumed, the first closed", 0, 0.2)
	})
}

// Renegotiation switches codec and payload types while SSRC, sequence numbers
// and timestamps go on.
func TestStream_startAgainSwitchesCodec(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		w := new(wire)
		from, to := a.NewStream(), b.NewStream()
		both := func(h *rtp.Header, payload []byte) error {
			w.write(h, payload)
			to.Receive(&w.packets[len(w.packets)-1], time.Now())
			return nil
		}
		if err := to.Start(agreed(codec.Opus, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []codec.Name{codec.Opus, codec.PCMU, codec.G722, codec.PCMA, codec.Opus} {
			if err := from.Start(agreed(name, both)); err != nil {
				t.Fatal(err)
			}
			r.pass(time.Second)
			r.expectTone(string(name), b, "speaker", 440)
			if got := to.Stats().Codec; got != name {
				t.Errorf("receives %s, want %s", got, name)
			}
		}
		clocks := map[uint8]uint32{typeOpus: 960}
		for i, p := range w.packets[1:] {
			before := w.packets[i]
			tick := uint32(160)
			if c, ok := clocks[before.PayloadType]; ok {
				tick = c
			}
			if p.SequenceNumber != before.SequenceNumber+1 || p.SSRC != before.SSRC || p.Timestamp-before.Timestamp != tick {
				t.Fatalf("packet %d: %v after %v", i+1, p.Header, before.Header)
			}
		}
		if st := to.Stats(); st.Lost != 0 || st.Late != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// A stream on hold lets its timestamp go on and marks the first packet after.
func TestStream_holdKeepsTime(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		a, w := r.sites[0], new(wire)
		s := a.NewStream()
		if err := s.Start(agreed(codec.PCMU, w.write)); err != nil {
			t.Fatal(err)
		}
		r.pass(200 * time.Millisecond)
		s.SetActive(false, true)
		n := len(w.packets)
		r.pass(3 * time.Second)
		if len(w.packets) != n {
			t.Errorf("%d packets on hold", len(w.packets)-n)
		}
		s.SetActive(true, true)
		r.pass(200 * time.Millisecond)
		if len(w.packets) < n+5 {
			t.Fatal("nothing sent after hold")
		}
		before, after := w.packets[n-1], w.packets[n]
		if d := after.Timestamp - before.Timestamp; d < 8000*3 || d > 8000*31/10 {
			t.Errorf("timestamp went on by %d ticks in 3 s", d)
		}
		if !after.Marker || after.SequenceNumber != before.SequenceNumber+1 || w.packets[n+1].Marker {
			t.Errorf("first packets after hold: %v, %v", after.Header, w.packets[n+1].Header)
		}
	})
}

// A network that takes packets more slowly than they come does not make the
// sound older and older: some is skipped, and timestamps tell so.
func TestStream_slowWriteSkips(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		a, w := r.sites[0], new(wire)
		var began time.Time
		s := a.NewStream()
		err := s.Start(agreed(codec.PCMU, func(h *rtp.Header, payload []byte) error {
			if len(w.packets) == 0 {
				began = time.Now()
			}
			sampled := time.Duration(h.Timestamp-w.first(h).Timestamp) * time.Second / 8000
			if late := time.Since(began) - sampled; late > 450*time.Millisecond {
				t.Errorf("packet %d is %v old", len(w.packets), late)
			}
			<-time.After(30 * time.Millisecond)
			return w.write(h, payload)
		}))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r.pass(5 * time.Second)
		s.Close()
		took := time.Since(start)
		if n, most := len(w.packets), int(took/(30*time.Millisecond))+1; n < most*9/10 || n > most {
			t.Errorf("%d packets in %v at 30 ms each", n, took)
		}
	})
}

// A block that was there before the first packet's does not delay all that
// come after it: it is cut out within about a second.
func TestSender_cutsWhatStaysBehind(t *testing.T) {
	s := newStraight(t, codec.PCMU)
	block := make([]int16, blockSamples)
	s.sender.offer(block)
	for i := range 2 * standingPackets {
		s.sender.offer(block)
		s.sender.offer(block)
		s.sender.packets()
		want := blockSamples
		if i >= standingPackets-1 {
			want = 0
		}
		if got := s.sender.frames.level(); got != want {
			t.Fatalf("%d samples wait after packet %d, want %d", got, i+1, want)
		}
	}
}

func TestStream_closed(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0].NewStream()
		config := agreed(codec.PCMU, new(wire).write)
		if err := s.Start(config); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s.Close()
		if err := s.Start(config); !errors.Is(err, ErrClosed) {
			t.Errorf("Start: %v", err)
		}
		s.Receive(&rtp.Packet{}, time.Now())
		s.SetActive(true, true)
		s.SetMuted(true)
		s.SetLoss(10)
		s.Stats()
		r.sites[0].Close()
		s = r.sites[0].NewStream()
		if err := s.Start(config); !errors.Is(err, ErrClosed) {
			t.Errorf("Start on a closed engine: %v", err)
		}
		s.Close()
	})
}

func TestStream_refusesUnknownCodec(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0].NewStream()
		config := agreed(codec.PCMU, new(wire).write)
		config.Codec.Name = "iLBC"
		var cause *codec.Error
		if err := s.Start(config); !errors.As(err, &cause) {
			t.Errorf("to send: %v", err)
		}
		config = agreed(codec.PCMU, new(wire).write)
		config.Receive[33] = codec.Parameters{Name: "iLBC"}
		if err := s.Start(config); !errors.As(err, &cause) {
			t.Errorf("to receive: %v", err)
		}
		if err := s.Start(agreed(codec.PCMU, new(wire).write)); err != nil {
			t.Errorf("after refusals: %v", err)
		}
	})
}

// What waits in the network is fetched for each block, and only while the
// stream is heard.
func TestStream_fetches(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		var waiting []*rtp.Packet
		from, to := a.NewStream(), b.NewStream()
		config := agreed(codec.PCMU, func(h *rtp.Header, payload []byte) error {
			waiting = append(waiting, &rtp.Packet{Header: h.Clone(), Payload: slices.Clone(payload)})
			return nil
		})
		if err := from.Start(config); err != nil {
			t.Fatal(err)
		}
		fetches := 0
		config.Write = new(wire).write
		config.Fetch = func() {
			fetches++
			for _, p := range waiting {
				to.Receive(p, time.Now())
			}
			waiting = nil
		}
		if err := to.Start(config); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Second)
		if st := to.Stats(); fetches < 95 || fetches > 105 || st.Received < 45 || st.Concealed > 0 {
			t.Errorf("in a second %d fetches brought %+v", fetches, st)
		}
		r.expectTone("fetched", b, "speaker", 440)
		to.SetActive(true, false)
		r.pass(100 * time.Millisecond)
		before := fetches
		r.pass(time.Second)
		if fetches != before {
			t.Errorf("%d fetches for a stream that is not heard", fetches-before)
		}
	})
}

// A peer that begins anew with another SSRC is heard at once.
func TestStream_peerRestarts(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		_, to := r.call(a, b, codec.Opus, audiotest.Impairment{})
		r.pass(2 * time.Second)
		r.expectTone("before", b, "speaker", 440)
		for _, s := range a.streams {
			s.Close()
		}
		again := a.NewStream()
		config := agreed(codec.Opus, audiotest.NewLink(audiotest.Impairment{}, to.Receive).Write)
		config.SSRC = 0xABCD
		if err := again.Start(config); err != nil {
			t.Fatal(err)
		}
		r.pass(300 * time.Millisecond)
		r.expectTone("after", b, "speaker", 440)
		if st := to.Stats(); st.Lost > 1 {
			t.Errorf("%+v", st)
		}
	})
}

// Whatever comes from the network, nothing panics or grows, and the speaker
// stays below the limiter's ceiling.
func TestStream_hostilePackets(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0].NewStream()
		if err := s.Start(agreed(codec.Opus, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		s.SetVolume(2)
		noise := audiotest.Noise(0.5, 200000, 9)
		next := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(noise[0] >> 3)
				noise = append(noise[1:], noise[0])
			}
			return b
		}
		types := []uint8{typeOpus, 9, 0, 8, typeEvents, 77}
		for i := range 1500 {
			head := next(9)
			h := rtp.Header{
				PayloadType:    types[int(head[0])%len(types)],
				SequenceNumber: uint16(i), Timestamp: uint32(i) * 160, SSRC: 1,
			}
			if head[1] < 30 {
				h.SequenceNumber = uint16(head[2])<<8 | uint16(head[3])
			}
			if head[1] > 225 {
				h.Timestamp = uint32(head[4])<<24 | uint32(head[5])
			}
			if head[6] < 20 {
				h.SSRC = uint32(head[7] % 3)
			}
			s.Receive(&rtp.Packet{Header: h, Payload: next(int(head[8]) * 7)}, time.Now())
			r.pass(blockDuration)
		}
		if peak := audiotest.Peak(r.sites[0].devices.Heard("speaker")); peak > float64(limiterCeiling)/32768 {
			t.Errorf("peak %.3f", peak)
		}
	})
}
