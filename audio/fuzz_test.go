package audio

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

// FuzzReceiver feeds packets made of any bytes: sequence, timestamp and SSRC
// move by what the bytes say. Blocks come out whatever goes in, the buffer
// stays within its bounds, and a good stream afterwards is heard.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 0, 160, 0, 20, 1, 0, 160, 0, 20})
	f.Add([]byte{1, 0, 160, 5, 20, 0x80, 2, 128, 4, 0, 1, 2, 3, 4, 1, 0, 160, 5, 40, 0x80, 2, 128, 4, 0})
	f.Add([]byte("\x01\x00\xa0\x6f\x08\x05\x7f\xa0\x6f\x30\xff\xff\xff\x00\x00"))
	types := []uint8{0, 8, 9, typeOpus, typeEvents, typeRed, typeNoise}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4000 {
			return
		}
		r := newReceiver()
		receive := make(map[uint8]codec.Parameters)
		for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
			p, payloadType := parameters(name)
			receive[payloadType] = p
		}
		if err := r.configure(StreamConfig{Receive: receive, RedundancyReceive: []uint8{typeRed}, NoiseReceive: []uint8{typeNoise}}); err != nil {
			t.Fatal(err)
		}
		defer r.close()
		var now time.Duration
		var p rtp.Packet
		block := make([]int16, blockSamples)
		pull := func() {
			now += blockDuration
			r.pull(block, now, false)
			if r.buffer.held < 0 || r.buffer.held > bufferSlots || r.tape.waiting() > r.tape.rate*tapeRoom/1000 {
				t.Fatalf("%d packets, %d samples waiting", r.buffer.held, r.tape.waiting())
			}
		}
		for ; len(b) >= 5; b = b[5:] {
			p.SequenceNumber += uint16(int8(b[0])) * (1 + uint16(b[1])/64*1000)
			p.Timestamp += uint32(binary.LittleEndian.Uint16(b[1:])) << (b[3] / 16)
			p.SSRC = uint32(b[3] / 250)
			p.PayloadType = types[int(b[3])%len(types)]
			p.Payload = b[min(5, len(b)):min(len(b), 5+int(b[4]))]
			if p.PayloadType == typeEvents {
				r.other(&p, now)
			} else {
				r.receive(&p, now)
			}
			for range b[4] % 4 {
				pull()
			}
		}
		p.SSRC, p.PayloadType, p.Payload = 99, 0, make([]byte, 160)
		for range 100 {
			p.SequenceNumber++
			p.Timestamp += 160
			r.receive(&p, now)
			pull()
			pull()
		}
		if s := r.snapshot(time.Time{}); s.Codec != codec.PCMU || rms(block) == 0 {
			t.Errorf("a good stream is not heard afterwards: %+v", s)
		}
	})
}

// FuzzEvent: what is printed is what was parsed.
func FuzzEvent(f *testing.F) {
	f.Add([]byte{1, 0x8A, 3, 32})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := parseEvent(b)
		if !ok {
			return
		}
		var again [eventLength]byte
		e.put(again[:])
		if got, ok := parseEvent(again[:]); !ok || got != e {
			t.Errorf("% x: %+v, then %+v", b, e, got)
		}
	})
}
