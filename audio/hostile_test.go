package audio

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// victim is a stream that something is thrown at.
type victim struct {
	*room
	stream *Stream
	random *rand.Rand
	good   rtp.Packet
	heard  int // tones
}

// attacked runs a test with a stream at twice its volume.
func attacked(t *testing.T, run func(t *testing.T, v *victim)) {
	enter(t, 1, func(t *testing.T, r *room) {
		v := &victim{room: r, stream: r.sites[0].NewStream(), random: rand.New(rand.NewPCG(1, 2))}
		c := agreed(codec.Opus, new(wire).write)
		c.OnDTMF = func(rune, time.Duration) { v.heard++ }
		if err := v.stream.Start(c); err != nil {
			t.Fatal(err)
		}
		v.good.SSRC, v.good.Payload = 7, make([]byte, 160)
		run(t, v)
	})
}

// sound sends 20 ms of a tone in PCMU, and lets them pass.
func (v *victim) sound() {
	v.good.SequenceNumber++
	v.good.Timestamp += 160
	for i := range v.good.Payload {
		v.good.Payload[i] = 0xA8 // 1 kHz
		if i%8 < 4 {
			v.good.Payload[i] = 0x28
		}
	}
	v.stream.Receive(&v.good, time.Now())
	v.pass(2 * blockDuration)
}

// garbage is a payload at random.
func (v *victim) garbage(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.random.Uint32())
	}
	return b
}

func (v *victim) speaker() []int16 { return v.sites[0].devices.Heard("speaker") }

// What a decoder makes of garbage is neither clipped nor loud for long, even if
// the user has turned the call up.
func TestHostile_noiseIsTurnedDown(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		attacked(t, func(t *testing.T, v *victim) {
			v.stream.SetVolume(2)
			p, payloadType := parameters(name)
			h := rtp.Header{PayloadType: payloadType, SSRC: 5}
			for range 200 {
				h.SequenceNumber++
				h.Timestamp += uint32(p.Name.ClockRate() / 50)
				payload := v.garbage(160)
				switch name {
				case codec.PCMU, codec.PCMA: // the loudest there is
					for i := range payload {
						payload[i] = payload[i/8*8]&0x80 | map[codec.Name]byte{codec.PCMA: 0x2A}[name]
					}
				case codec.Opus:
					payload[0] = []byte{0x78, 0xF8, 0x08, 0x48}[h.SequenceNumber/50%4] // 20 ms of each kind
				}
				v.stream.Receive(&rtp.Packet{Header: h, Payload: payload}, time.Now())
				v.pass(2 * blockDuration)
			}
			noise := v.speaker()
			if peak := audiotest.Peak(noise); peak > float64(limiterCeiling)/32768 {
				t.Errorf("%s: peak %.3f", name, peak)
			}
			for at := samples(300 * time.Millisecond); at+sampleRate/2 <= len(noise); at += sampleRate / 4 {
				if loud := audiotest.RMS(noise[at:][:sampleRate/2]); loud > 1.1*limiterLoudest/32768 {
					t.Errorf("%s: %.1f dB under full scale for half a second", name, -audiotest.Decibels(loud))
				}
			}
		})
	}
}

// Sequence numbers, timestamps, sources and types as fast as they can be sent:
// nothing grows, and the good stream is heard while they come and afterwards.
func TestHostile_floods(t *testing.T) {
	const flood = 200_000
	for _, attack := range []struct {
		name string
		make func(v *victim, n uint32, p *rtp.Packet)
	}{
		{"a source a packet", func(v *victim, n uint32, p *rtp.Packet) { p.SSRC = 1000 + n }},
		{"types never agreed", func(v *victim, n uint32, p *rtp.Packet) { p.PayloadType = uint8(n%20) + 30 }},
		{"other sources at random", func(v *victim, n uint32, p *rtp.Packet) {
			p.SSRC, p.SequenceNumber, p.Timestamp = v.random.Uint32(), uint16(v.random.Uint32()), v.random.Uint32()
			p.PayloadType = []uint8{0, 8, 9, typeOpus, typeEvents}[n%5]
			p.Payload = v.garbage(int(n % 64))
		}},
		{"the same source, far away in its sequence", func(v *victim, n uint32, p *rtp.Packet) {
			p.SequenceNumber = v.good.SequenceNumber + 1<<15 + uint16(2*n%1000)
		}},
		{"packets again and again", func(v *victim, n uint32, p *rtp.Packet) { *p = v.good }},
		{"no sound in them", func(v *victim, n uint32, p *rtp.Packet) { p.SSRC, p.Payload = 99, nil }},
		{"longer than any sound", func(v *victim, n uint32, p *rtp.Packet) { p.SSRC, p.Payload = 99, make([]byte, 9000) }},
	} {
		t.Run(attack.name, func(t *testing.T) {
			attacked(t, func(t *testing.T, v *victim) {
				for range 50 {
					v.sound()
				}
				v.speaker()
				goroutines, memory := runtime.NumGoroutine(), liveHeap()
				for n := range uint32(flood) {
					p := v.good
					p.SequenceNumber += uint16(n % 7)
					attack.make(v, n, &p)
					v.stream.Receive(&p, time.Now())
					if n%2000 == 0 {
						v.sound()
					}
				}
				during := v.speaker()
				if grown := runtime.NumGoroutine() - goroutines; grown > 1 {
					t.Errorf("%d goroutines more", grown)
				}
				if grown := liveHeap() - memory; grown > 1<<20 {
					t.Errorf("%d kB more", grown>>10)
				}
				for range 50 {
					v.sound()
				}
				if loud := audiotest.RMS(during); loud < 0.05 {
					t.Errorf("the good stream is heard with %.3f while the flood lasts", loud)
				}
				if gaps := audiotest.Gaps(v.speaker(), samples(30*time.Millisecond)); gaps > 0 {
					t.Errorf("%d gaps afterwards", gaps)
				}
			})
		})
	}
}

// A tone without an end is told once, when the packets stop; a flood of tones
// is told at the pace of a quick dialler.
func TestHostile_telephoneEvents(t *testing.T) {
	attacked(t, func(t *testing.T, v *victim) {
		p := rtp.Packet{Header: rtp.Header{PayloadType: typeEvents, SSRC: 7}}
		for n := range 60 * 50 {
			p.SequenceNumber++
			duration := uint16(min(160*(n+1), 0xFFFF))
			p.Payload = []byte{5, 10, byte(duration >> 8), byte(duration)}
			v.stream.Receive(&p, time.Now())
			v.pass(2 * blockDuration)
		}
		if v.heard != 0 {
			t.Fatalf("%d tones told while one lasts", v.heard)
		}
		v.pass(time.Second)
		if v.heard != 1 {
			t.Fatalf("%d tones told of one", v.heard)
		}
		goroutines, memory := runtime.NumGoroutine(), liveHeap()
		for n := range uint32(1_000_000) {
			p.SequenceNumber++
			p.Timestamp += 1000
			p.Payload = append(p.Payload[:0], byte(n%16), 0x80, 0, 100)
			v.stream.Receive(&p, time.Now())
			if n%10_000 == 0 {
				v.pass(blockDuration)
			}
		}
		if v.heard < 2 || v.heard > 2*eventsAtOnce {
			t.Errorf("%d tones told of a flood in a second", v.heard)
		}
		if grown := runtime.NumGoroutine() - goroutines; grown > 0 {
			t.Errorf("%d goroutines more", grown)
		}
		if grown := liveHeap() - memory; grown > 1<<20 {
			t.Errorf("%d kB more", grown>>10)
		}
	})
}

func liveHeap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
