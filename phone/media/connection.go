package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v2"
	"github.com/pion/webrtc/v3"

	"webphone/phone/sip"
	"webphone/phone/ua"
)

const receiveMTU = 1500

// patience bounds a loss of the path: after disconnected the connection counts
// as interrupted, after failed more as failed.
type patience struct{ disconnected, failed, keepalive time.Duration }

var usualPatience = patience{disconnected: 5 * time.Second, failed: 20 * time.Second, keepalive: 2 * time.Second}

// Why media fails; PeerEvents.Failed gets one of these.
var (
	ErrICE  = fmt.Errorf("media: %w", ua.ErrPathLost)
	ErrDTLS = errors.New("media: no agreement on encryption")
)

// identity is what stays when a connection is replaced because another fork
// answered: the offer that went out promised it.
type identity struct {
	certificate webrtc.Certificate
	track       *track
	// ufrag and pwd are the ICE credentials to use; "" leaves them to pion,
	// which only then can restart ICE.
	ufrag, pwd string
}

// connection is one pion PeerConnection with one audio section, and the
// goroutines that read from it.
type connection struct {
	identity
	net      transport.Net
	wire     *wire
	gate     *gate
	intake   *intake
	pc       *webrtc.PeerConnection
	sender   *webrtc.RTPSender
	log      *slog.Logger
	deliver  func(*rtp.Packet, time.Time)
	reported func([]rtcp.Packet, time.Time)
	unproven func() bool          // the peer has not told lately that it hears us
	report   func() []rtcp.Packet // ours; nil when there is nothing to tell
	done     chan struct{}        // closed with the connection

	gathered chan struct{} // one slot: gathering is complete
	srflx    chan struct{} // one slot: a server-reflexive and a host candidate are in
	hosts    atomic.Bool   // a host candidate is in
	mapped   atomic.Bool   // a server-reflexive one is
	trickle  bool          // what comes later is told
	// described is nil until the candidates of this generation were.
	described atomic.Pointer[described]
	candidate func(ua.Candidate)
	toldOf    string        // ufrag of the peer's description to which told belongs
	told      int           // candidates that came after it
	own       atomic.Uint32 // SSRC by which we report
	numbering atomic.Uint32 // extension by which the peer numbers its packets; 0 = it does not
	ready     atomic.Bool   // ICE and DTLS have been up
	up        atomic.Bool   // they are
	began     atomic.Bool   // ICE has begun, or again, since their state was told

	events  connectionEvents
	telling sync.Mutex                 // guards state; held while an event is told
	state   webrtc.PeerConnectionState // that was told last

	mu      sync.Mutex // guards closed against readers.Add
	closed  bool
	readers sync.WaitGroup
}

type connectionOptions struct {
	Options
	identity
	connectionEvents
	candidate func(ua.Candidate)
	deliver   func(*rtp.Packet, time.Time)
	reported  func([]rtcp.Packet, time.Time)
	report    func() []rtcp.Packet
	unproven  func() bool
}

// connectionEvents are told one at a time, as those of ua.PeerEvents.
type connectionEvents struct {
	connected, interrupted func()
	failed                 func(error)
}

// newConnection makes a PeerConnection that has sent nothing yet.
func newConnection(o connectionOptions) (*connection, error) {
	if o.Net == nil {
		n, err := newSystemNet()
		if err != nil {
			return nil, err
		}
		o.Net = n
	}
	system, w := o.Net, &wire{}
	o.Net = watchedNet{Net: system, wire: w}
	c := &connection{
		identity: o.identity, net: system, wire: w, gate: newGate(), log: o.Log, trickle: o.Trickle,
		candidate: o.candidate, deliver: o.deliver, reported: o.reported, report: o.report, unproven: o.unproven,
		events: o.connectionEvents,
		done:   make(chan struct{}), gathered: make(chan struct{}, 1), srflx: make(chan struct{}, 1),
	}
	c.intake = newIntake(c.take)
	api, err := newAPI(o, c.gate, c.intake)
	if err != nil {
		return nil, err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		ICEServers:   iceServers(o.ICEServers),
		Certificates: []webrtc.Certificate{o.certificate},
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	c.pc = pc
	// The handlers come before the track: nothing is missed.
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { c.read(t, r) })
	pc.OnICECandidate(c.onCandidate)
	pc.OnICEConnectionStateChange(c.onICEState)
	pc.OnConnectionStateChange(c.onState)
	if c.sender, err = pc.AddTrack(o.track); err != nil {
		return nil, errors.Join(fmt.Errorf("media: %w", err), pc.Close())
	}
	c.start(c.readReports)
	c.start(c.writeReports)
	c.start(c.writeFeedback)
	c.start(c.checkPath)
	return c, nil
}

func newAPI(o connectionOptions, g *gate, in *intake) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	for _, f := range offeredFormats(inFront(defaultCodecs, o.Codecs)) {
		err := m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: "audio/" + f.name, ClockRate: uint32(f.clockRate),
				Channels: uint16(f.pionChannels()), SDPFmtpLine: f.fmtp(),
			},
			PayloadType: webrtc.PayloadType(f.payloadType),
		}, webrtc.RTPCodecTypeAudio)
		if err != nil {
			return nil, fmt.Errorf("media: %w", err)
		}
	}
	s := webrtc.SettingEngine{LoggerFactory: quietLoggers{o.Log}}
	s.SetIncludeLoopbackCandidate(o.Loopback)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(o.patience.disconnected, o.patience.failed, o.patience.keepalive)
	s.DisableActiveTCP(true)
	s.SetReceiveMTU(receiveMTU)
	// Left alone, pion would be the server towards an ICE-lite peer, whatever
	// our answer says: it says active (RFC 5763 §5).
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleClient); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if o.ufrag != "" {
		s.SetICECredentials(o.ufrag, o.pwd)
	}
	s.SetNet(gatedNet{Net: o.Net, gate: g, intake: in})
	s.BufferFactory = g.buffer
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(s)), nil
}

// pionChannels: pion leaves "/1" out only for 0.
func (f format) pionChannels() int {
	if f.channels == 1 {
		return 0
	}
	return f.channels
}

func newIdentity() (identity, error) {
	key, err := newKey()
	if err != nil {
		return identity{}, fmt.Errorf("media: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return identity{}, fmt.Errorf("media: %w", err)
	}
	return identity{
		certificate: *certificate,
		track:       &track{streamID: sip.NewToken(16), id: sip.NewToken(16)},
	}, nil
}

// gather waits for the candidates: for all of them, or, where a server
// tells our public address, for the first such one, but no longer than limit.
func (c *connection) gather(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.gathered:
	case <-c.srflx:
	case <-timer.C:
		c.log.Info("gathering of candidates was cut short", "after", limit)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// offer makes the first offer, or one that restarts ICE.
func (c *connection) offer(ctx context.Context, restart bool, limit time.Duration) (string, error) {
	c.begin()
	sdp, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return "", fmt.Errorf("media: offer: %w", err)
	}
	return c.setLocal(ctx, sdp, limit)
}

// answer takes a remote offer, as forPion left it, and answers it.
func (c *connection) answer(ctx context.Context, offer string, limit time.Duration) (string, error) {
	c.begin()
	if err := c.setRemote(webrtc.SDPTypeOffer, offer); err != nil {
		return "", err
	}
	sdp, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("media: answer: %w", err)
	}
	text, err := c.setLocal(ctx, sdp, limit)
	if err == nil {
		c.hurry()
	}
	return text, err
}

func (c *connection) setLocal(ctx context.Context, sdp webrtc.SessionDescription, limit time.Duration) (string, error) {
	if err := c.pc.SetLocalDescription(sdp); err != nil {
		return "", fmt.Errorf("media: local description: %w", err)
	}
	if err := c.gather(ctx, limit); err != nil {
		return "", err
	}
	c.announce()
	session, media := split(c.pc.LocalDescription().SDP)
	// pion adds a section for a stream whose SSRC was not declared, which is
	// of no concern to the peer.
	mid, _ := media[0].value("a=mid:")
	for i, line := range session {
		if strings.HasPrefix(line, "a=group:BUNDLE") {
			session[i] = "a=group:BUNDLE " + mid
		}
	}
	return join(session, media[0].without(func(l string) bool {
		return !usableCandidate(l) || l == "a=end-of-candidates" || strings.HasPrefix(l, "a=rtcp-rsize")
	}).with(c.trickleLines()).withDefault()), nil
}

func (c *connection) setRemote(kind webrtc.SDPType, text string) error {
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: text}); err != nil {
		return &DescriptionError{Reason: ErrMalformed, Err: err}
	}
	if kind == webrtc.SDPTypeAnswer {
		c.hurry()
	}
	return nil
}

// hurry makes pion look at its candidate pairs before its next tick of 200 ms.
// The only way there is from outside is a new remote candidate, so it is given
// some that it can do nothing with: TCP, which it does not use, at a
// documentation address (RFC 5737).
func (c *connection) hurry() {
	c.start(func() {
		for port, wait := range []time.Duration{5, 10, 15, 20, 30, 40} {
			time.Sleep(wait * time.Millisecond)
			if c.up.Load() || c.isClosed() {
				return
			}
			err := c.pc.AddICECandidate(webrtc.ICECandidateInit{
				Candidate: fmt.Sprintf("candidate:hurry 1 tcp 1 192.0.2.1 %d typ host tcptype passive", port+1),
			})
			if err != nil {
				return
			}
		}
	})
}

// start runs f on a goroutine that close waits for.
func (c *connection) start(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.readers.Go(f)
	}
}

func (c *connection) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// ssrc is that of the stream we send.
func (c *connection) ssrc() uint32 {
	encodings := c.sender.GetParameters().Encodings
	if len(encodings) == 0 {
		return 0
	}
	return uint32(encodings[0].SSRC)
}

// close ends the connection and joins its goroutines.
func (c *connection) close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.done)
	}
	c.mu.Unlock()
	c.settle()
	c.intake.close()
	err := c.pc.GracefulClose()
	c.readers.Wait()
	if err != nil {
		return fmt.Errorf("media: close: %w", err)
	}
	return nil
}

func iceServers(list []ICEServer) []webrtc.ICEServer {
	var servers []webrtc.ICEServer
	for _, s := range list {
		server := webrtc.ICEServer{URLs: s.URLs, Username: s.Username}
		if s.Credential != "" {
			server.Credential = s.Credential
		}
		servers = append(servers, server)
	}
	return servers
}
