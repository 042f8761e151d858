package media

import (
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"github.com/pion/transport/v2/packetio"
)

// rtpBytes is the beginning of an RTP packet.
func rtpBytes(ssrc uint32, sequence uint16) []byte {
	b := make([]byte, 40)
	b[0], b[1] = 0x80, 111
	binary.BigEndian.PutUint16(b[2:], sequence)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	return b
}

func rtcpBytes() []byte { return []byte{0x80, 200, 0, 1, 0, 0, 0, 9} }

func TestGate_whatPasses(t *testing.T) {
	channel := func(b []byte) []byte { return append([]byte{0x40, 1, 0, byte(len(b))}, b...) }
	for _, c := range []struct {
		rule string
		b    []byte
		want bool
	}{
		{"nothing is no packet", nil, false},
		{"STUN", make([]byte, 20), true},
		{"DTLS", []byte{22, 254, 253}, true},
		{"RTP", rtpBytes(1, 1), true},
		{"RTP through a TURN server", channel(rtpBytes(1, 1)), true},
		{"a header cut off", rtpBytes(1, 1)[:11], false},
		{"one byte of RTP", []byte{0x80}, false},
		{"RTCP", rtcpBytes(), true},
		{"RTCP cut off", rtcpBytes()[:7], false},
		{"longer than any network brings", append(rtpBytes(1, 1), make([]byte, 1500)...), false},
	} {
		if got := newGate().admits(c.b, time.Now()); got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestGate_sources(t *testing.T) {
	g, now := newGate(), time.Now()
	expect := func(rule string, ssrc uint32, sequence uint16, want bool) {
		t.Helper()
		if got := g.admits(rtpBytes(ssrc, sequence), now); got != want {
			t.Errorf("%s: %v, want %v", rule, got, want)
		}
	}
	expect("the first source at once", 1, 100, true)
	expect("another's first packet", 2, 7, false)
	expect("the first source goes on", 1, 101, true)
	expect("another's second packet", 2, 8, true)
	expect("and all from then on, in any order", 2, 3, true)
	expect("a third", 3, 65535, false)
	expect("its sequence wraps", 3, 0, true)
	expect("a fourth", 4, 10, false)
	expect("that jumps", 4, 1000, false)
	expect("and goes on from there, with a loss", 4, 1003, true)
	for ssrc := uint32(5); ssrc <= sourcesAtOnce; ssrc++ {
		expect("as many as are let in at once", ssrc, 1, false)
		expect("as many as are let in at once", ssrc, 2, true)
	}
	expect("one too many", 99, 1, false)
	expect("one too many", 99, 2, false)
	now = now.Add(sourceInterval)
	expect("later", 99, 3, false)
	expect("later", 99, 4, true)
}

// A million sources, in packets that look right, grow nothing and do not keep
// the good one's packets back.
func TestGate_floodOfSources(t *testing.T) {
	g, now := newGate(), time.Now()
	b := rtpBytes(0, 0)
	before := heap()
	passed := map[uint32]bool{}
	for i := range uint32(1_000_000) {
		if i%100 == 0 && !g.admits(rtpBytes(1, uint16(i/100)), now) {
			t.Fatalf("the good source's packet %d is held back", i/100)
		}
		binary.BigEndian.PutUint16(b[2:], uint16(i%2))
		binary.BigEndian.PutUint32(b[8:], 1000+i/2)
		if g.admits(b, now) {
			passed[1000+i/2] = true
		}
	}
	if len(passed) >= sourcesAtOnce || len(g.sources) > sourcesAtOnce {
		t.Errorf("%d sources passed", len(passed))
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestGate_floodOfReports(t *testing.T) {
	g, now := newGate(), time.Now()
	passed := 0
	for range 100_000 {
		if g.admits(rtcpBytes(), now) {
			passed++
		}
		now = now.Add(100 * time.Microsecond)
	}
	if passed < 200 || passed > reportsAtOnce+200 {
		t.Errorf("%d reports in ten seconds", passed)
	}
	now = now.Add(time.Minute)
	if !g.admits(rtcpBytes(), now) {
		t.Error("an honest report after a flood is refused")
	}
	g.admits(rtpBytes(5, 1), now)
	for ssrc := range uint32(strangersMost + 2) {
		g.buffer(packetio.RTCPBufferPacket, 5) // one that we hear is no stranger
		if !g.admits(rtcpBytes(), now) != (ssrc > strangersMost) {
			t.Fatalf("deaf to reports with %d strangers", ssrc)
		}
		g.buffer(packetio.RTCPBufferPacket, 1000+ssrc)
		now = now.Add(time.Second)
	}
	if !g.admits(rtpBytes(5, 2), now) {
		t.Error("sound is refused for the reports' sake")
	}
}

func TestGate_doesNotAllocate(t *testing.T) {
	g, now, b := newGate(), time.Now(), rtpBytes(1, 1)
	if n := testing.AllocsPerRun(100, func() { g.admits(b, now) }); n != 0 {
		t.Errorf("%.1f allocations for a packet", n)
	}
}

// FuzzGate: nothing breaks it, and what it keeps is bounded.
func FuzzGate(f *testing.F) {
	f.Add([]byte("\x28\x80\x6f\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"))
	f.Add([]byte{8, 0x80, 200, 0, 1, 0, 0, 0, 9, 3, 0x80, 0xE0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		g, now := newGate(), time.Now()
		for len(b) > 0 {
			n := min(int(b[0]), len(b)-1)
			g.admits(b[1:1+n], now)
			now = now.Add(time.Duration(b[0]) * time.Millisecond)
			b = b[1+n:]
		}
		if len(g.sources) > sourcesAtOnce {
			t.Errorf("%d sources", len(g.sources))
		}
	})
}

// heap is the live heap in bytes.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
