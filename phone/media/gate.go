package media

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/packetio"
)

// What a peer, or somebody who pretends to be one, may make us keep. pion has
// a state, a buffer and goroutines for every SSRC that it ever sees in a
// packet, before it looks whether the packet is genuine, and keeps them until
// the call ends.
const (
	// sourcesAtOnce are let through without waiting, one more each
	// sourceInterval: a server that plays announcements changes its SSRC with
	// each of them.
	sourcesAtOnce  = 16
	sourceInterval = time.Minute
	// A source after the first has to show a second packet so little later in
	// its sequence.
	sourceStep = 16
	candidates = 8 // sources that are waited for
	// strangersMost is how many SSRCs that are neither sources nor ours the
	// peer's reports may name before they are not listened to any more.
	strangersMost = 64
	// Reports come every second or few (RFC 3550 §6.2), feedback beside them.
	reportsAtOnce = 50
	reportsEvery  = time.Second / 20

	streamBuffer = 256 << 10 // bytes that wait for the reader of one source
	reportBuffer = 16 << 10
	shortestRTP  = 12 // the header, RFC 3550 §5.1
	shortestRTCP = 8
)

// gate stands before pion and lets through what a call can need. It is safe
// from any goroutine.
type gate struct {
	shut atomic.Bool // nothing is let through any more

	mu       sync.Mutex // guards what follows
	sources  map[uint32]bool
	last     uint32 // source of the last packet that was let through
	any      bool   // there is one
	waiting  [candidates]candidateSource
	oldest   int // of waiting, to be replaced next
	budget   allowance
	reports  allowance
	stranger int  // SSRCs named in reports
	deaf     bool // to reports
	refused  uint64
}

// candidateSource has shown one packet.
type candidateSource struct {
	ssrc uint32
	next uint16 // the sequence number after its last packet
	used bool
}

func newGate() *gate {
	return &gate{
		sources: make(map[uint32]bool),
		budget:  allowance{most: sourcesAtOnce, interval: sourceInterval},
		reports: allowance{most: reportsAtOnce, interval: reportsEvery},
	}
}

// allowance permits a number of events at once and one more after each
// interval.
type allowance struct {
	most     int
	interval time.Duration
	spent    int
	since    time.Time // when the last one was given back
}

// take reports whether one more event is permitted.
func (a *allowance) take(now time.Time) bool {
	if a.spent == 0 {
		a.since = now
	} else if back := int(now.Sub(a.since) / a.interval); back > 0 {
		a.spent = max(0, a.spent-back)
		a.since = a.since.Add(time.Duration(back) * a.interval)
	}
	if a.spent >= a.most {
		return false
	}
	a.spent++
	return true
}

// admits reports whether a datagram is for pion. RFC 7983 tells by the first
// byte what it is.
func (g *gate) admits(b []byte, now time.Time) bool {
	b = untunnelled(b)
	switch {
	case len(b) == 0 || len(b) > receiveMTU || g.shut.Load():
		return false
	case b[0] < 128 || b[0] > 191:
		return true // STUN and DTLS
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	ok := false
	if isRTCP(b) {
		ok = len(b) >= shortestRTCP && !g.deaf && g.reports.take(now)
	} else if len(b) >= shortestRTP {
		ok = g.source(binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(b[2:]), now)
	}
	if !ok {
		g.refused++
	}
	return ok
}

// untunnelled is what a TURN server's channel carries (RFC 8656 §12.4), and
// anything else as it is.
func untunnelled(b []byte) []byte {
	if len(b) <= 4 || b[0] < 64 || b[0] >= 80 {
		return b
	}
	return b[4:min(len(b), 4+int(binary.BigEndian.Uint16(b[2:])))]
}

// isRTCP tells reports from sound (RFC 5761 §4).
func isRTCP(b []byte) bool { return len(b) > 1 && b[1] >= 192 && b[1] <= 223 }

// source reports whether packets of an SSRC go through.
func (g *gate) source(ssrc uint32, sequence uint16, now time.Time) bool {
	if g.any && ssrc == g.last || g.sources[ssrc] {
		g.last = ssrc
		return true
	}
	if g.any && !g.confirmed(ssrc, sequence) || !g.budget.take(now) {
		return false
	}
	g.sources[ssrc] = true
	g.any, g.last = true, ssrc
	return true
}

// confirmed reports whether a new source has been seen shortly before.
func (g *gate) confirmed(ssrc uint32, sequence uint16) bool {
	for i := range g.waiting {
		if c := &g.waiting[i]; c.used && c.ssrc == ssrc {
			step := sequence - c.next
			c.next = sequence + 1
			c.used = step >= sourceStep
			return !c.used
		}
	}
	g.waiting[g.oldest] = candidateSource{ssrc: ssrc, next: sequence + 1, used: true}
	g.oldest = (g.oldest + 1) % candidates
	return false
}

// buffer is what pion keeps the packets of an SSRC in. It asks for one for
// each that a packet of the peer names.
func (g *gate) buffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	b := packetio.NewBuffer()
	if kind == packetio.RTPBufferPacket {
		b.SetLimitSize(streamBuffer)
		return b
	}
	b.SetLimitSize(reportBuffer)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.sources[ssrc] {
		g.stranger++
		g.deaf = g.stranger > strangersMost
	}
	return b
}

// gatedNet is a network whose sockets for media have the gate before them, and
// behind it the intake.
type gatedNet struct {
	transport.Net
	gate   *gate
	intake *intake
}

// ListenUDP implements transport.Net.
func (n gatedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &gatedUDP{UDPConn: c, source: newSource(n, c)}, nil
}

// ListenPacket implements transport.Net.
func (n gatedNet) ListenPacket(network, address string) (net.PacketConn, error) {
	c, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return &gatedPackets{PacketConn: c, source: newSource(n, c)}, nil
}

type gatedUDP struct {
	transport.UDPConn
	*source
}

type gatedPackets struct {
	net.PacketConn
	*source
}

// ReadFrom implements net.PacketConn.
func (c *gatedUDP) ReadFrom(b []byte) (int, net.Addr, error) { return c.read(b) }

// ReadFrom implements net.PacketConn.
func (c *gatedPackets) ReadFrom(b []byte) (int, net.Addr, error) { return c.read(b) }

// source reads datagrams.
type source struct {
	gate    *gate
	intake  *intake
	from    net.PacketConn
	mailbox mailbox // nil where from is none
}

// mailbox is a socket that may be looked into instead of being read from: as
// long as that goes on, what comes wakes nobody.
type mailbox interface {
	net.PacketConn
	// look returns a datagram that has come, and when, without waiting.
	look(b []byte) (n int, from net.Addr, at time.Time, ok bool)
	// leave gives what look has returned to who reads. Until that one has it,
	// look finds nothing.
	leave(b []byte, from net.Addr)
	// wasLeft reports whether ReadFrom has returned last what was left. It is for
	// who reads.
	wasLeft() bool
	// rest has look find nothing for a time: who reads gets all.
	rest(time.Duration)
}

func newSource(n gatedNet, c net.PacketConn) *source {
	s := &source{gate: n.gate, intake: n.intake, from: c}
	if w, ok := c.(*watchedConn); ok {
		c = w.UDPConn
	}
	s.mailbox, _ = c.(mailbox)
	return s
}

// read returns the next datagram for pion.
func (s *source) read(b []byte) (int, net.Addr, error) {
	for {
		n, sender, err := s.from.ReadFrom(b)
		now := time.Now()
		if err != nil || s.gate.admits(b[:n], now) && (s.refused() || !s.intake.take(b[:n], now, s)) {
			return n, sender, err
		}
	}
}

// refused reports whether the intake has seen already what was read.
func (s *source) refused() bool { return s.mailbox != nil && s.mailbox.wasLeft() }
