package media

import (
	"encoding/binary"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// villain is an end that has the keys of a call and sends what it likes.
type villain struct {
	*end
	victim *end
	t      *testing.T
}

// say sends a packet in which all but the attacked part is right.
func (v *villain) say(change func(*rtp.Header), payload []byte) {
	c, _, _ := v.stream.state()
	v.seq++
	h := rtp.Header{Version: 2, PayloadType: c.PayloadType, SSRC: c.SSRC, SequenceNumber: v.seq, Timestamp: uint32(v.seq) * 960}
	change(&h)
	_ = c.Write(&h, payload)
}

func (v *villain) report(packets ...rtcp.Packet) { _ = v.conn.pc.WriteRTCP(packets) }

// reports are packets about as many streams that do not exist, other ones with
// each n.
func strangeReports(n uint32) []rtcp.Packet {
	var blocks []rtcp.ReceptionReport
	for i := range uint32(31) {
		blocks = append(blocks, rtcp.ReceptionReport{SSRC: n*100 + i, TotalLost: 1 << 23, Jitter: math.MaxUint32})
	}
	return []rtcp.Packet{&rtcp.ReceiverReport{SSRC: n, Reports: blocks}, &rtcp.Goodbye{Sources: []uint32{n, n + 1}}}
}

// attacks are sent n times each.
func (v *villain) attacks() []struct {
	name string
	n    uint32
	do   func(n uint32)
} {
	mine, _, _ := v.stream.state()
	theirs, _, _ := v.victim.stream.state()
	nothing := func(*rtp.Header) {}
	return []struct {
		name string
		n    uint32
		do   func(n uint32)
	}{
		{"a source a packet", 20000, func(n uint32) {
			v.say(func(h *rtp.Header) { h.SSRC = 1 << 20 * n }, []byte("x"))
		}},
		{"a source each two packets", 20000, func(n uint32) {
			v.say(func(h *rtp.Header) { h.SSRC = n / 2 }, []byte("x"))
		}},
		{"types never agreed", 500, func(n uint32) {
			v.say(func(h *rtp.Header) { h.PayloadType = uint8(n % 128) }, []byte("x"))
		}},
		{"no payload", 200, func(uint32) { v.say(nothing, nil) }},
		{"oversize", 200, func(n uint32) { v.say(nothing, make([]byte, 1400+10*n)) }},
		{"timestamps at random", 500, func(n uint32) {
			v.say(func(h *rtp.Header) { h.Timestamp = n * 0x9E3779B9 }, []byte("x"))
		}},
		{"contributing sources", 200, func(uint32) {
			v.say(func(h *rtp.Header) { h.CSRC = make([]uint32, 15) }, []byte("x"))
		}},
		{"extensions", 200, func(n uint32) {
			v.say(func(h *rtp.Header) {
				h.Extension, h.ExtensionProfile = true, uint16(n)
				_ = h.SetExtension(0, make([]byte, 4*(n%250)))
			}, []byte("x"))
		}},
		{"padding longer than the packet", 200, func(n uint32) {
			v.say(func(h *rtp.Header) { h.Padding = true }, []byte{1, 2, byte(n)})
		}},
		{"goodbye", 50, func(uint32) { v.report(&rtcp.Goodbye{Sources: []uint32{mine.SSRC, theirs.SSRC}}) }},
		{"silly times", 50, func(n uint32) {
			v.report(&rtcp.SenderReport{
				SSRC: mine.SSRC, NTPTime: uint64(n) * 0x9E3779B97F4A7C15, RTPTime: n << 20, PacketCount: math.MaxUint32 - n,
				Reports: []rtcp.ReceptionReport{{
					SSRC: theirs.SSRC, FractionLost: byte(n), TotalLost: 1<<24 - 1, LastSenderReport: n * 0x9E3779B9,
					Delay: math.MaxUint32, Jitter: math.MaxUint32, LastSequenceNumber: n << 24,
				}},
			})
		}},
		{"requests for video", 2000, func(n uint32) {
			v.report(
				&rtcp.PictureLossIndication{MediaSSRC: theirs.SSRC},
				&rtcp.TransportLayerNack{MediaSSRC: theirs.SSRC, Nacks: []rtcp.NackPair{{PacketID: uint16(n), LostPackets: 0xFFFF}}},
				&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(n), SSRCs: []uint32{theirs.SSRC}},
			)
		}},
		{"what no standard has", 100, func(n uint32) {
			raw := rtcp.RawPacket(make([]byte, 4+4*(n%300)))
			raw[0], raw[1] = 0x80|byte(n%32), 204+byte(n%12)
			binary.BigEndian.PutUint16(raw[2:], uint16(n%300))
			v.report(&raw)
		}},
		{"reports about strangers", 2000, func(n uint32) { v.report(strangeReports(n)...) }},
	}
}

// Whatever a peer with the right keys sends, its good stream is heard after it,
// and neither goroutines nor memory grow.
func TestHostile_peer(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	v := &villain{end: caller, victim: callee, t: t}
	goroutines, memory := runtime.NumGoroutine(), heap()
	for _, a := range v.attacks() {
		for n := range a.n {
			a.do(n)
		}
		before := v.seq
		v.sendsTo(t, callee, "after "+a.name)
		if lost := v.seq - before; lost > 50 { // of 10 ms each
			t.Errorf("%s: the good stream came back after %d packets", a.name, lost)
		}
	}
	callee.sendsTo(t, caller, "still here")
	// Each source that was let in has readers.
	if grown := runtime.NumGoroutine() - goroutines; grown > 6*sourcesAtOnce {
		t.Errorf("%d goroutines more", grown)
	}
	if grown := heap() - memory; grown > 4<<20 {
		t.Errorf("%d kB more", grown>>10)
	}
	if s := callee.Stats(); s.LossPercent < 0 || s.LossPercent > 100 || s.RTT < 0 || s.Jitter < 0 {
		t.Errorf("figures: %+v", s)
	}
}

// FuzzReport: no report breaks pion's parser or ours, and the figures stay
// figures.
func FuzzReport(f *testing.F) {
	for n := range uint32(2) {
		b, err := rtcp.Marshal(strangeReports(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, packet := range []rtcp.Packet{
		&rtcp.SenderReport{SSRC: 7, NTPTime: 1 << 60, Reports: []rtcp.ReceptionReport{{SSRC: 5, FractionLost: 255, Delay: 1 << 31}}},
		&rtcp.PictureLossIndication{MediaSSRC: 5}, &rtcp.TransportLayerNack{MediaSSRC: 5, Nacks: []rtcp.NackPair{{PacketID: 1}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e9, SSRCs: []uint32{5}},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 7}}},
		&rtcp.ExtendedReport{SenderSSRC: 7, Reports: []rtcp.ReportBlock{&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: 5}}}}},
	} {
		b, err := packet.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, err := rtcp.Unmarshal(b)
		if err != nil {
			return
		}
		for _, p := range packets {
			p.DestinationSSRC()
		}
		p := &Peer{o: Options{Stream: newFakeStream()}, own: identity{track: new(track)}, sending: 5}
		p.reception.packet(7, 1, 160, 20, 8000, time.Now())
		p.reported(packets, time.Now())
		if s := p.Stats(); s.RTT < 0 || s.PeerLossPercent < 0 || s.PeerLossPercent > 100 || s.PeerLost > 1<<24 || s.PeerJitter < 0 {
			t.Errorf("figures: %+v", s)
		}
		p.report()
	})
}

// FuzzReceived: no packet breaks the way from pion to the sound, and the
// figures stay figures.
func FuzzReceived(f *testing.F) {
	f.Add([]byte("\x0e\x80\x6f\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01xx\x0e\xb0\x6f\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x03"))
	f.Add([]byte("\x0d\x9f\x6f\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x01\x0e\xa0\x6f\x7f\x02\x00\x00\x00\x02\x00\x00\x00\x01x\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &Peer{o: Options{Stream: newFakeStream()}, own: identity{track: new(track)}, clocks: map[uint8]int{111: 48000, 0: 8000}}
		for len(b) > 0 {
			n := min(int(b[0]), len(b)-1)
			var packet rtp.Packet
			if packet.Unmarshal(b[1:1+n]) == nil {
				p.received(&packet, time.Now())
			}
			b = b[1+n:]
		}
		s := p.Stats()
		if math.IsNaN(s.LossPercent) || s.LossPercent < 0 || s.LossPercent > 100 || s.Jitter < 0 || s.Lost > 1<<40 {
			t.Errorf("figures: %+v", s)
		}
		p.report()
	})
}

// The whole of a million sources is what one is, in packets that reach the
// sound.
func TestReceived_floodOfSources(t *testing.T) {
	p := &Peer{o: Options{Stream: newFakeStream()}, own: identity{track: new(track)}, clocks: map[uint8]int{111: 48000}}
	packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111}, Payload: []byte("x")}
	before := heap()
	for n := range uint32(1_000_000) {
		packet.SSRC, packet.SequenceNumber, packet.Timestamp = n, uint16(n*7), n*0x9E3779B9
		p.received(&packet, time.Now())
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if s := p.Stats(); s.Jitter < 0 || s.LossPercent > 100 {
		t.Errorf("figures: %+v", s)
	}
}
