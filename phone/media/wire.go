package media

import (
	"encoding/binary"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/webrtc/v3"
)

const (
	// checkInterval is the time between two questions on a path that nothing
	// else proves: shorter than the 5 s of RFC 7675 §5.1, which is for stopping
	// and not for telling.
	checkInterval = 750 * time.Millisecond
	// provenFor is how long a report that more of ours has come spares them.
	provenFor = 1200 * time.Millisecond
	// mostChecks bounds the pairs of candidates whose checks are remembered.
	mostChecks = 64
)

// wire looks at what passes the sockets of one connection: whether our
// connectivity checks are answered, which pion does not ask again while there
// is sound (RFC 7675), and which cipher the two DTLS ends chose.
type wire struct {
	mu     sync.Mutex // guards what follows
	checks map[wirePair]*pathCheck
	cipher string // "" = not seen
}

// wirePair is a socket of ours and an address of the peer's.
type wirePair struct {
	port   int
	remote string
}

// pathCheck is the last connectivity check of a pair. Sent again it is as good
// as a new one: whoever is there answers it.
type pathCheck struct {
	conn       net.PacketConn
	to         net.Addr
	request    []byte
	answered   time.Time     // last
	unanswered time.Time     // when the first of those without an answer went; zero = none
	answer     chan struct{} // closed with the next answer
}

// watchedNet is a network whose sockets a wire watches.
type watchedNet struct {
	transport.Net
	wire *wire
}

// ListenUDP implements transport.Net.
func (n watchedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &watchedConn{UDPConn: c, wire: n.wire}, nil
}

type watchedConn struct {
	transport.UDPConn
	wire *wire
}

// WriteTo implements net.PacketConn.
func (c *watchedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	switch kindOf(b) {
	case kindCheck:
		c.wire.asked(c.UDPConn, b, to)
	case kindHandshake:
		c.wire.handshake(b)
	}
	return c.UDPConn.WriteTo(b, to)
}

// ReadFrom implements net.PacketConn.
func (c *watchedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.UDPConn.ReadFrom(b)
	if err == nil {
		switch kindOf(b[:n]) {
		case kindAnswer:
			c.wire.answeredBy(c.UDPConn, from)
		case kindHandshake:
			c.wire.handshake(b[:n])
		}
	}
	return n, from, err
}

// wireKind is what a datagram is, as far as a wire cares.
type wireKind int

const (
	kindOther     wireKind = iota
	kindCheck              // a STUN binding request
	kindAnswer             // a STUN binding success response
	kindHandshake          // DTLS
)

func kindOf(b []byte) wireKind {
	switch {
	case len(b) < 20 || b[0] >= 128: // RTP and RTCP, nearly always
		return kindOther
	case b[0] == 22:
		return kindHandshake
	case binary.BigEndian.Uint32(b[4:]) != 0x2112A442:
		return kindOther
	}
	switch binary.BigEndian.Uint16(b) {
	case 0x0001:
		return kindCheck
	case 0x0101:
		return kindAnswer
	}
	return kindOther
}

func pairOf(conn net.PacketConn, remote net.Addr) wirePair {
	pair := wirePair{remote: remote.String()}
	if local, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		pair.port = local.Port
	}
	return pair
}

// asked remembers a check that goes out. Those without a name and a password
// are questions to a STUN server.
func (w *wire) asked(conn net.PacketConn, b []byte, to net.Addr) {
	const username = 0x0006
	if len(b) < 24 || binary.BigEndian.Uint16(b[20:]) != username {
		return
	}
	pair := pairOf(conn, to)
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.checks[pair]
	if c == nil {
		if w.checks == nil || len(w.checks) >= mostChecks {
			w.checks = map[wirePair]*pathCheck{}
		}
		c = &pathCheck{conn: conn, to: to}
		w.checks[pair] = c
	}
	c.request = append(c.request[:0], b...)
}

func (w *wire) answeredBy(conn net.PacketConn, from net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.checks[pairOf(conn, from)]; c != nil {
		c.answered, c.unanswered = time.Now(), time.Time{}
		if c.answer != nil {
			close(c.answer)
			c.answer = nil
		}
	}
}

// pairFor is the pair behind two candidates; ok is false where the sound goes
// through a relay, whose socket is not watched.
func pairFor(p *webrtc.ICECandidatePair) (pair wirePair, ok bool) {
	pair = wirePair{port: int(p.Local.Port), remote: net.JoinHostPort(p.Remote.Address, strconv.Itoa(int(p.Remote.Port)))}
	switch p.Local.Typ {
	case webrtc.ICECandidateTypeHost:
		return pair, true
	case webrtc.ICECandidateTypeSrflx, webrtc.ICECandidateTypePrflx:
		pair.port = int(p.Local.RelatedPort)
		return pair, pair.port != 0
	}
	return pair, false
}

// ask sends the pair's check again. The channel is closed with the answer; it
// is nil where nothing can be asked.
func (w *wire) ask(pair wirePair) <-chan struct{} {
	w.mu.Lock()
	c := w.checks[pair]
	if c == nil {
		w.mu.Unlock()
		return nil
	}
	if c.answer == nil {
		c.answer = make(chan struct{})
	}
	if c.unanswered.IsZero() {
		c.unanswered = time.Now()
	}
	answer, request := c.answer, append([]byte(nil), c.request...)
	w.mu.Unlock()
	if _, err := c.conn.WriteTo(request, c.to); err != nil {
		return answer // as good as lost
	}
	return answer
}

// state is what is known of the pair: when it answered last, and since when it
// does not.
func (w *wire) state(pair wirePair) (answered, unanswered time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.checks[pair]; c != nil {
		return c.answered, c.unanswered
	}
	return time.Time{}, time.Time{}
}

// srtpProfiles are the names of the registry that RFC 5764 §4.1.2 began.
var srtpProfiles = map[uint16]string{
	1: "AES-128, HMAC-SHA1-80", 2: "AES-128, HMAC-SHA1-32", 7: "AES-128-GCM", 8: "AES-256-GCM",
}

func (w *wire) handshake(b []byte) {
	name := srtpProfiles[srtpProfile(b)]
	if name == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cipher = name
}

func (w *wire) cipherName() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cipher
}

// srtpProfile finds what a DTLS server has chosen of the SRTP profiles in a
// datagram (RFC 5764 §4.1.1); 0 where there is no such choice.
func srtpProfile(b []byte) uint16 {
	const handshake, serverHello, header = 22, 2, 13
	for len(b) >= header && b[0] == handshake {
		length := int(binary.BigEndian.Uint16(b[11:]))
		if len(b) < header+length {
			return 0
		}
		record := b[header : header+length]
		b = b[header+length:]
		// Type, length, sequence, offset and length of the fragment: 12 bytes.
		if len(record) > 12 && record[0] == serverHello {
			return chosenProfile(record[12:])
		}
	}
	return 0
}

// chosenProfile looks through the extensions of a ServerHello.
func chosenProfile(hello []byte) uint16 {
	const useSRTP = 14
	const session = 34 // behind version and random
	if len(hello) <= session {
		return 0
	}
	at := session + 1 + int(hello[session]) + 3 // cipher suite and compression
	if len(hello) < at+2 {
		return 0
	}
	for rest := hello[at+2:]; len(rest) >= 4; {
		kind, length := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if len(rest) < 4+length {
			return 0
		}
		if body := rest[4 : 4+length]; kind == useSRTP && length >= 4 {
			return binary.BigEndian.Uint16(body[2:])
		}
		rest = rest[4+length:]
	}
	return 0
}
