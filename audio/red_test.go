package audio

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

const typeRed = 63

// redundant is an agreement about Opus with repetitions.
func redundant(write func(*rtp.Header, []byte) error) StreamConfig {
	c := agreed(codec.Opus, write)
	c.RedundancyPayloadType, c.RedundancyReceive = typeRed, []uint8{typeRed}
	return c
}

func TestRedPacket_parse(t *testing.T) {
	many := func(n int) []byte {
		b := bytes.Repeat([]byte{0x80 | 111, 0, 0, 0}, n)
		return append(b, 111, 'x')
	}
	for _, c := range []struct {
		rule     string
		payload  []byte
		ok       bool
		repeated string // offset:payload, …
		own      string
	}{
		{"nothing", nil, false, "", ""},
		{"the header of its own sound alone", []byte{111}, true, "", ""},
		{"its own sound", []byte{111, 'a', 'b'}, true, "", "ab"},
		{"one repetition", []byte{0xEF, 0x0F, 0x00, 0x02, 111, 'a', 'b', 'c'}, true, "960:ab ", "c"},
		{"the greatest offset", []byte{0xEF, 0xFF, 0xFC, 0x01, 111, 'a', 'b'}, true, "16383:a ", "b"},
		{"a repetition of no bytes", []byte{0xEF, 0x0F, 0x00, 0x00, 111, 'c'}, true, "960: ", "c"},
		{"two, the oldest first", []byte{0xEF, 0x1E, 0x00, 0x01, 0xEF, 0x0F, 0x00, 0x01, 111, 'a', 'b', 'c'}, true, "1920:a 960:b ", "c"},
		{"a length beyond the end", []byte{0xEF, 0x0F, 0x03, 0xFF, 111, 'a'}, false, "", ""},
		{"lengths that only together are too long", []byte{0xEF, 0x1E, 0x00, 0x02, 0xEF, 0x0F, 0x00, 0x02, 111, 'a', 'b', 'c'}, false, "", ""},
		{"headers without an end", []byte{0xEF, 0x0F, 0x00, 0x00}, false, "", ""},
		{"a header cut off", []byte{0xEF, 0x0F, 0x00}, false, "", ""},
		{"as many repetitions as are taken", many(redMost), true, string(bytes.Repeat([]byte("0: "), redMost)), "x"},
		{"one more", many(redMost + 1), false, "", ""},
	} {
		var p redPacket
		ok := p.parse(c.payload)
		if ok != c.ok {
			t.Errorf("%s: parsed %v", c.rule, ok)
		}
		if !ok {
			continue
		}
		var repeated string
		for _, r := range p.repeated[:p.n] {
			repeated += fmt.Sprintf("%d:%s ", r.offset, r.payload)
		}
		if repeated != c.repeated || string(p.payload) != c.own {
			t.Errorf("%s: %q, then %q", c.rule, repeated, p.payload)
		}
	}
}

// FuzzRed: what is printed is what was parsed, and nothing lies outside of it.
func FuzzRed(f *testing.F) {
	f.Add([]byte{0xEF, 0x1E, 0x00, 0x01, 0xEF, 0x0F, 0x00, 0x01, 111, 'a', 'b', 'c'})
	f.Add([]byte{0xEF, 0x0F, 0x03, 0xFF, 111, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p redPacket
		if !p.parse(b) {
			return
		}
		again := p.append(nil)
		if !bytes.Equal(again, b) || p.size() != len(b) {
			t.Errorf("% x became % x, %d bytes", b, again, p.size())
		}
	})
}

// What is sent repeats the packets before it, as far as they fit.
func TestRedSender(t *testing.T) {
	packet := func(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }
	for _, c := range []struct {
		rule  string
		depth int
		step  uint32 // ticks from packet to packet
		sizes []int  // of the packets in a row
		want  []int  // sizes of what the last one repeats; nil = plain
	}{
		{"no depth", 0, 960, []int{80, 80, 80}, nil},
		{"nothing before", 2, 960, []int{80}, nil},
		{"one", 1, 960, []int{70, 75, 80}, []int{75}},
		{"two", 2, 960, []int{70, 75, 80}, []int{70, 75}},
		{"only one there", 2, 960, []int{75, 80}, []int{75}},
		{"a pause longer than an offset", 2, 16384, []int{75, 80}, nil},
		{"the longest offset", 2, 16383, []int{70, 75, 80}, []int{75}},
		{"the older one does not fit", 2, 960, []int{900, 200, 200}, []int{200}},
		{"none fits", 2, 960, []int{900, 900}, nil},
		{"one longer than a length", 2, 960, []int{70, 1100, 80}, nil},
	} {
		var r redSender
		var timestamp uint32 = 0xFFFFFF00
		for i, size := range c.sizes {
			timestamp += c.step
			own := packet(size, byte(i))
			b, ok := r.pack(typeOpus, timestamp, own, c.depth)
			r.keep(timestamp, own)
			if i < len(c.sizes)-1 {
				continue
			}
			var sizes []int
			var p redPacket
			if ok && !p.parse(b) {
				t.Fatalf("%s: not to be parsed", c.rule)
			}
			for k, block := range p.repeated[:p.n] {
				sizes = append(sizes, len(block.payload))
				back := p.n - k
				if block.offset != uint32(back)*c.step || !bytes.Equal(block.payload, packet(len(block.payload), byte(i-back))) {
					t.Errorf("%s: block %d of offset %d is not the packet %d before", c.rule, k, block.offset, back)
				}
			}
			if ok != (c.want != nil) || !slices.Equal(sizes, c.want) || ok && !bytes.Equal(p.payload, own) || len(b) > redMTU {
				t.Errorf("%s: repeats %v of %d bytes, want %v", c.rule, sizes, len(b), c.want)
			}
		}
	}
}

// Lost packets come again inside those after them: little of them is made up,
// and once the loss is over the delay is as before.
func TestStream_repetitionsRepairLoss(t *testing.T) {
	for _, c := range []struct {
		rule      string
		lost      func(n int) bool
		percent   int
		concealed float64 // most share of what was lost
	}{
		{"every eighth", func(n int) bool { return n%8 == 0 }, 12, 0.02},
		{"two in a row", func(n int) bool { return n%16 < 2 }, 12, 0.25},
		{"three in a row", func(n int) bool { return n%15 < 3 }, 20, 0.35}, // nothing that comes repeats the first
	} {
		t.Run(c.rule, func(t *testing.T) {
			enter(t, 2, func(t *testing.T, r *room) {
				a, b := r.sites[0], r.sites[1]
				a.devices.Speak("mic", audiotest.Voice(0.3, sampleRate, 6*sampleRate))
				from, to := a.NewStream(), b.NewStream()
				losing := true
				n := 0
				err := from.Start(redundant(func(h *rtp.Header, payload []byte) error {
					if n++; losing && c.lost(n) {
						return nil
					}
					to.Receive(&rtp.Packet{Header: *h, Payload: payload}, time.Now())
					return nil
				}))
				if err != nil {
					t.Fatal(err)
				}
				if err := to.Start(redundant(new(wire).write)); err != nil {
					t.Fatal(err)
				}
				to.SetActive(false, true)
				r.pass(2 * time.Second)
				for range 3 {
					from.SetLoss(c.percent)
				}
				r.pass(3 * time.Second)
				before := to.Stats()
				r.pass(15 * time.Second)
				st := to.Stats()
				t.Logf("%+v", st)
				lost, repaired := st.Lost-before.Lost, st.Repaired-before.Repaired
				if share := float64(st.Concealed-before.Concealed) / float64(2*lost); lost < 80 || repaired < lost*5/8 || share > c.concealed {
					t.Errorf("%d lost, %d repaired, %.3f of them made up", lost, repaired, share)
				}
				if st.Buffer > 40*ms {
					t.Errorf("delay %v", st.Buffer)
				}
				losing = false
				a.devices.Speak("mic", nil) // what is said is of no concern, and silence costs less
				for range 12 {
					from.SetLoss(0)
				}
				r.pass(time.Minute)
				if st := to.Stats(); st.Target > 10*ms || st.Buffer > 20*ms {
					t.Errorf("a minute without loss: %+v", st)
				}
			})
		})
	}
}

// Repetitions are waited for as far as the usual loss goes, at most 20 ms or a
// packet.
func TestJitterBuffer_repairTime(t *testing.T) {
	opus := map[time.Duration]byte{10 * ms: 0 << 3, 20 * ms: 1 << 3, 40 * ms: 2 << 3, 60 * ms: 3 << 3}
	for _, c := range []struct {
		frame  time.Duration
		depth  int
		run    float64
		waited time.Duration
	}{
		{20 * ms, 1, 1, 20 * ms},
		{20 * ms, 2, 3, 20 * ms},
		{10 * ms, 1, 3, 10 * ms},
		{10 * ms, 2, 1, 10 * ms},
		{10 * ms, 2, 3, 20 * ms},
		{40 * ms, 1, 2, 40 * ms},
		{60 * ms, 2, 3, 60 * ms},
	} {
		b := jitterBuffer{clock: 48000}
		b.source.run = c.run
		oldest := redBlock{offset: uint32(ticksOf(time.Duration(c.depth)*c.frame, b.clock)), payload: []byte{opus[c.frame]}}
		if b.reach(&oldest, codec.Opus); b.repairTime() != c.waited {
			t.Errorf("packets of %v, %d repeated, %v lost in a row: %v are waited, want %v", c.frame, c.depth, c.run, b.repairTime(), c.waited)
		}
	}
}

// repeating is a packet of PCMU that repeats others.
func repeating(sequence uint16, own []byte, repeated ...redBlock) *rtp.Packet {
	p := redPacket{payloadType: 0, payload: own}
	p.n = copy(p.repeated[:], repeated)
	return &rtp.Packet{
		Header:  rtp.Header{SequenceNumber: sequence, Timestamp: uint32(sequence) * 160, SSRC: 1, PayloadType: typeRed},
		Payload: p.append(nil),
	}
}

// What is repeated takes the place of missing packets only.
func TestReceiver_repetitions(t *testing.T) {
	sound := bytes.Repeat([]byte{0x90}, 160)
	before := redBlock{payloadType: 0, offset: 160, payload: sound}
	plain := func(sequence uint16) *rtp.Packet {
		p := repeating(sequence, nil)
		p.PayloadType, p.Payload = 0, sound
		return p
	}
	with := func(sequence uint16, b redBlock) *rtp.Packet { return repeating(sequence, sound, b) }
	for _, c := range []struct {
		rule     string
		packets  []*rtp.Packet
		held     int
		repeated int
	}{
		{"the packet before is missing", []*rtp.Packet{plain(1), with(3, before)}, 3, 1},
		{"it is there", []*rtp.Packet{plain(1), plain(2), with(3, before)}, 3, 0},
		{"it comes itself later", []*rtp.Packet{plain(1), with(3, before), plain(2)}, 3, 0},
		{"it was repeated already", []*rtp.Packet{plain(1), repeating(4, sound, redBlock{0, 320, sound}, before), with(3, before)}, 4, 1},
		{"of the first packet: what was before it is of no use", []*rtp.Packet{with(3, before)}, 1, 0},
		{"a duplicate", []*rtp.Packet{plain(1), with(3, before), with(3, before)}, 3, 1},
		{"of a type that is not agreed upon", []*rtp.Packet{plain(1), with(3, redBlock{77, 160, sound})}, 2, 0},
		{"redundant audio within", []*rtp.Packet{plain(1), with(3, redBlock{typeRed, 160, sound})}, 2, 0},
		{"of another clock", []*rtp.Packet{plain(1), with(3, redBlock{typeOpus, 160, sound})}, 2, 0},
		{"without sound", []*rtp.Packet{plain(1), with(3, redBlock{0, 160, nil})}, 2, 0},
		{"of a time that is over", []*rtp.Packet{plain(1), with(3, redBlock{0, 160 * 9, sound})}, 2, 0},
		{"of another stream", []*rtp.Packet{plain(1), {Header: rtp.Header{SequenceNumber: 3, SSRC: 9, PayloadType: typeRed}, Payload: with(3, before).Payload}}, 1, 0},
		{"malformed: it leaves a gap", []*rtp.Packet{plain(1), {Header: with(2, before).Header, Payload: []byte{0x80}}, plain(3)}, 2, 0},
	} {
		r := newReceiver()
		if err := r.configure(StreamConfig{
			Receive:           map[uint8]codec.Parameters{0: {Name: codec.PCMU}, typeOpus: {Name: codec.Opus}},
			RedundancyReceive: []uint8{typeRed},
		}); err != nil {
			t.Fatal(err)
		}
		for i, p := range c.packets {
			r.receive(p, time.Duration(i)*20*ms)
		}
		repeated := 0
		for _, p := range r.buffer.packets {
			if p.used && p.repeated {
				repeated++
			}
		}
		if r.buffer.held != c.held || repeated != c.repeated {
			t.Errorf("%s: %d packets, %d of them repeated, want %d and %d", c.rule, r.buffer.held, repeated, c.held, c.repeated)
		}
		r.close()
	}
}
