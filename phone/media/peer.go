package media

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/transport/v2"
	"github.com/pion/webrtc/v3"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/phone/ua"
)

// DefaultGatherCap is how long the gathering of candidates may delay an offer
// or answer where STUN or TURN servers are asked.
const DefaultGatherCap = 500 * time.Millisecond

// Stream is what a Peer needs of sound: *audio.Stream is one, and the robots
// of the demonstration have their own. Its methods are safe from any
// goroutine.
type Stream interface {
	Start(audio.StreamConfig) error
	Receive(p *rtp.Packet, at time.Time)
	SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error
	SetMuted(bool)
	SetActive(send, receive bool)
	SetLoss(percent int)
	SetBandwidth(bits int)
	Close()
}

var _ Stream = (*audio.Stream)(nil)

// ICEServer is a STUN or TURN server.
type ICEServer struct {
	URLs                 []string // "stun:host:3478", "turn:host:3478?transport=udp"
	Username, Credential string
}

// Options configures a Peer. Stream is mandatory.
type Options struct {
	Stream     Stream // the Peer closes it
	ICEServers []ICEServer
	// Loopback offers addresses of the loopback interface too, for a server
	// on this machine.
	Loopback bool
	Codecs   []codec.Name // order of preference; nil means Opus, G722, PCMU, PCMA
	// PTime is the duration of a packet that is asked for, and sent to a peer
	// that asks for none: 10 to 60 ms; 0 leaves it at 20 ms and asks for none.
	PTime time.Duration
	// SkipPauses sends next to nothing while nobody speaks: Opus without
	// packets, G.711 with a description of the background where the peer takes
	// it (RFC 3389). Who asks for it in Opus (usedtx) gets it anyway.
	SkipPauses bool
	GatherCap  time.Duration // 0 means DefaultGatherCap
	Trickle    bool          // candidates may be told after the descriptions
	Events     ua.PeerEvents
	Log        *slog.Logger  // nil means slog.Default
	Net        transport.Net // nil means the system's network; a seam for tests
	patience   patience      // zero means the usual one; a seam for tests
}

// Peer is one call's media. It implements ua.Peer: its methods are called one
// at a time, but for SetMuted, Stats and Close.
//
//	new ──Offer──▶ offering ──SetAnswer──▶ stable ◀──Answer── new
//	                             stable ──SetAnswer of another fork──▶ stable
//	stable ──Offer──▶ offering ──SetAnswer or Rollback──▶ stable
type Peer struct {
	o   Options
	own identity

	mu    sync.Mutex // guards what follows
	conn  *connection
	next  *connection // of pending, in place of conn; nil where conn serves
	ended bool

	codecs []codec.Name // order of preference
	orders int          // how often it was changed

	stable  *settled       // nil before the first answer
	pending *proposal      // our offer that waits for an answer
	initial *proposal      // the call's first offer, as long as another fork may answer it
	session string         // id of our o= lines
	version uint64         // of our last o= line
	told    []ua.Candidate // by the peer, not yet of use
	astray  bool           // a restart of ICE was taken back: another one must follow
	numbers []format       // those that ever had a payload type

	receptionMu sync.Mutex // guards what follows
	reception   reception
	sending     uint32 // SSRC of what we send
	reports     reports
	sendCodec   codec.Name
	heard       time.Time     // when the last packet came
	since       time.Time     // when the media came up first
	clocks      map[uint8]int // RTP clock by payload type, of what may come
	names       map[uint8]codec.Name
	// receiveCodec is that of the last packet of sound.
	receiveCodec string
	resting      bool // the last packet was comfort noise
}

// settled is what the last offer and answer agreed upon.
type settled struct {
	local       string // our description as pion made it
	remote      string // the peer's as pion saw it
	formats     []format
	setup       string // our DTLS role: "active" or "passive"
	fingerprint string // of the peer, with its ICE ufrag
	ufrag       string
	agreement   agreement
	first       codec.Name // what the peer likes best
	order       int        // number of our order of codecs
	direction   direction  // ours
	hold        bool       // we hold the peer
}

// proposal is an offer of ours.
type proposal struct {
	local     string
	formats   []format
	order     int // number of our order of codecs
	direction direction
	hold      bool
	restart   bool
	// certificate is what the offer promises.
	certificate webrtc.Certificate
}

var _ ua.Peer = (*Peer)(nil)

var (
	errPeerClosed = errors.New("media: the call's media are closed")
	errNoOffer    = errors.New("an answer without an offer")
)

// New returns a Peer that has done nothing yet: sockets open with the first
// Offer or Answer.
func New(o Options) (*Peer, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.GatherCap == 0 {
		o.GatherCap = DefaultGatherCap
	}
	if len(o.Codecs) == 0 {
		o.Codecs = defaultCodecs
	}
	if o.patience == (patience{}) {
		o.patience = usualPatience
	}
	nothing := func(error) {}
	if o.Events.Failed == nil {
		o.Events.Failed = nothing
	}
	if o.Events.Connected == nil {
		o.Events.Connected = func() {}
	}
	if o.Events.Interrupted == nil {
		o.Events.Interrupted = func() {}
	}
	if o.Events.Candidate == nil {
		o.Events.Candidate = func(ua.Candidate) {}
	}
	if o.Events.DTMF == nil {
		o.Events.DTMF = func(rune, time.Duration) {}
	}
	own, err := newIdentity()
	if err != nil {
		return nil, err
	}
	return &Peer{
		codecs: once(o.Codecs),
		o:      o, own: own, version: uint64(time.Now().Unix()),
		session: strconv.FormatUint(rand.Uint64()>>1, 10),
	}, nil
}

// newConnection makes a connection that reports to p once it is in use.
func (p *Peer) newConnection(own identity) (*connection, error) {
	var c *connection
	c, err := newConnection(connectionOptions{
		Options: p.o, identity: own,
		connectionEvents: connectionEvents{
			connected:   func() { p.ifCurrent(c, p.connected) },
			interrupted: func() { p.ifCurrent(c, p.o.Events.Interrupted) },
			failed:      func(err error) { p.ifCurrent(c, func() { p.o.Events.Failed(err) }) },
		},
		candidate: func(found ua.Candidate) { p.o.Events.Candidate(found) },
		deliver:   p.received,
		reported:  p.reported,
		report:    p.report,
		unproven:  p.unproven,
	})
	return c, err
}

// connect makes a connection and puts it in the place of the present one,
// which it closes. Without ICE credentials it has new ones.
func (p *Peer) connect(ufrag, pwd string) (*connection, error) {
	own := p.own
	own.ufrag, own.pwd = ufrag, pwd
	c, err := p.newConnection(own)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return nil, errors.Join(errPeerClosed, c.close())
	}
	old := p.conn
	p.conn = c
	p.mu.Unlock()
	if old != nil {
		return c, old.close()
	}
	return c, nil
}

// ifCurrent keeps what a replaced connection has to say to itself.
func (p *Peer) ifCurrent(c *connection, f func()) {
	p.mu.Lock()
	current := p.conn == c && !p.ended
	p.mu.Unlock()
	if current {
		f()
	}
}

func (p *Peer) current() (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, errPeerClosed
	}
	return p.conn, nil
}

// connected is told by the connection in use.
func (p *Peer) connected() {
	p.receptionMu.Lock()
	if p.since.IsZero() {
		p.since = time.Now()
	}
	p.receptionMu.Unlock()
	p.o.Events.Connected()
}

// received takes one packet that came from the network.
func (p *Peer) received(packet *rtp.Packet, at time.Time) {
	p.receptionMu.Lock()
	p.heard = at
	p.reception.packet(packet.SSRC, packet.SequenceNumber, packet.Timestamp,
		len(packet.Payload), p.clocks[packet.PayloadType], at)
	name := p.names[packet.PayloadType]
	p.resting = name == codec.ComfortNoise
	if name != "" && !p.resting {
		p.receiveCodec = string(name)
	}
	p.receptionMu.Unlock()
	p.o.Stream.Receive(packet, at)
}

// SetMuted implements ua.Peer.
func (p *Peer) SetMuted(muted bool) { p.o.Stream.SetMuted(muted) }

// SendDTMF implements ua.Peer.
func (p *Peer) SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error {
	p.mu.Lock()
	has := p.stable != nil && p.stable.agreement.event.clockRate != 0
	p.mu.Unlock()
	if !has {
		return ua.ErrNoTelephoneEvent
	}
	err := p.o.Stream.SendDTMF(ctx, tone, duration, gap)
	if errors.Is(err, audio.ErrNoTelephoneEvent) {
		return ua.ErrNoTelephoneEvent
	}
	return err
}

// Close ends media and sound and joins every goroutine of both.
func (p *Peer) Close() error {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return nil
	}
	p.ended = true
	all := []*connection{p.conn, p.next}
	p.mu.Unlock()
	p.o.Stream.Close() // before the connection: it writes to it
	var err error
	for _, c := range all {
		if c != nil {
			err = errors.Join(err, c.close())
		}
	}
	return err
}
