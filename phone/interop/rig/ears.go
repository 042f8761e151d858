package rig

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"webphone/audio/audiotest"
)

// servedPage is a page of Chromium that a server of its own brings.
type servedPage struct {
	page   *Page
	server *http.Server
}

func openServed(b *Browser, file string) (servedPage, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return servedPage{}, err
	}
	s := &http.Server{Handler: http.FileServer(http.Dir(peerDir()))}
	go func() { _ = s.Serve(l) }()
	ctx, cancel := context.WithTimeout(context.Background(), 3*Limit)
	defer cancel()
	page, err := b.Open(ctx, "http://"+l.Addr().String()+"/"+file)
	if err != nil {
		_ = s.Close()
		return servedPage{}, err
	}
	return servedPage{page: page, server: s}, nil
}

// Close closes the page.
func (p servedPage) Close() {
	p.page.Close()
	_ = p.server.Close()
}

// Ears is a page of Chromium with ears that hear one RTP stream each.
type Ears struct{ servedPage }

// OpenEars opens the page.
func OpenEars(b *Browser) (*Ears, error) {
	p, err := openServed(b, "listener.html")
	if err != nil {
		return nil, err
	}
	return &Ears{p}, nil
}

// Ear is one RTP stream of Opus from pion over an impaired path to Chromium.
type Ear struct {
	page  *Ears
	id    string
	relay *audiotest.Relay
	pc    *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticRTP
}

// Connect makes a peer connection to a new ear.
func (l *Ears) Connect(id string, i audiotest.Impairment) (*Ear, error) {
	e := &Ear{page: l, id: id}
	if err := e.connect(i); err != nil {
		e.Close()
		return nil, fmt.Errorf("ear %s: %w", id, err)
	}
	return e, nil
}

func (e *Ear) connect(i audiotest.Impairment) (err error) {
	if e.pc, e.track, err = newMouth(); err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(e.pc)
	offer, err := e.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := e.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	if e.relay, err = audiotest.NewRelay(i); err != nil {
		return err
	}
	here, first, err := divert(e.pc.LocalDescription().SDP, e.relay.Far())
	if err != nil {
		return err
	}
	var answer string
	if err := e.get(&answer, "listener.answer(%s, %s)", e.id, here); err != nil {
		return err
	}
	there, second, err := divert(answer, e.relay.Near())
	if err != nil {
		return err
	}
	e.relay.Connect(first, second)
	if err := e.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: there}); err != nil {
		return err
	}
	return Poll(2*Limit, func() error {
		var state string
		if err := e.get(&state, "listener.state(%s)", e.id); err != nil {
			return err
		}
		if state != "connected" || e.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
			return fmt.Errorf("the browser is %s, pion %s", state, e.pc.ConnectionState())
		}
		return nil
	})
}

// newMouth is a pion peer that sends Opus packets as they are, without
// retransmission.
func newMouth() (*webrtc.PeerConnection, *webrtc.TrackLocalStaticRTP, error) {
	opus := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	m := &webrtc.MediaEngine{}
	err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, nil, err
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, nil, err
	}
	track, err := webrtc.NewTrackLocalStaticRTP(opus, "voice", "voice")
	if err != nil {
		return pc, nil, err
	}
	_, err = pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	return pc, track, err
}

var udpCandidate = regexp.MustCompile(`(?m)^a=candidate:\S+ 1 (?i:udp) \d+ (127\.0\.0\.1) (\d+) typ host.*\r\n`)

// divert leaves one candidate in a description, with another address, and
// returns the address that it had.
func divert(sdp string, to *net.UDPAddr) (diverted string, was *net.UDPAddr, err error) {
	m := udpCandidate.FindStringSubmatch(sdp)
	if m == nil {
		return "", nil, fmt.Errorf("no UDP candidate on loopback in:\n%s", sdp)
	}
	port, err := strconv.Atoi(m[2])
	if err != nil {
		return "", nil, err
	}
	var lines strings.Builder
	for _, line := range strings.SplitAfter(sdp, "\n") {
		switch {
		case line == m[0]:
			lines.WriteString(strings.Replace(line, m[1]+" "+m[2], to.IP.String()+" "+strconv.Itoa(to.Port), 1))
		case !strings.HasPrefix(line, "a=candidate:"):
			lines.WriteString(line)
		}
	}
	return lines.String(), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, nil
}

// Write sends a packet.
func (e *Ear) Write(p *rtp.Packet) error { return e.track.WriteRTP(p) }

// EarStats is what Chromium tells of a stream.
type EarStats struct {
	Received, Lost, Discarded  int
	Samples, Concealed, Silent int // of 48 kHz; Concealed contains Silent
	Faster, Slower             int
	BufferDelay                float64 // seconds, times samples
	BufferEmitted, FEC, Begun  float64
}

// Stats returns Chromium's figures.
func (e *Ear) Stats() (s EarStats, err error) { return s, e.get(&s, "listener.stats(%s)", e.id) }

// Heard returns what was decoded and when its first sample was.
func (e *Ear) Heard() (pcm []int16, begun time.Time, err error) {
	var text string
	if err := e.get(&text, "listener.heard(%s)", e.id); err != nil {
		return nil, begun, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, begun, err
	}
	s, err := e.Stats()
	return PCM(b), time.UnixMicro(int64(s.Begun * 1000)), err
}

// Close ends both ends and the path.
func (e *Ear) Close() {
	_ = e.get(nil, "listener.close(%s)", e.id)
	if e.pc != nil {
		_ = e.pc.Close()
	}
	if e.relay != nil {
		e.relay.Close()
	}
}

// get evaluates an expression with the given strings in it.
func (e *Ear) get(value any, expression string, arguments ...string) error {
	quoted := make([]any, len(arguments))
	for i, a := range arguments {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		quoted[i] = b
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*Limit)
	defer cancel()
	return e.page.page.Evaluate(ctx, fmt.Sprintf(expression, quoted...), value)
}
