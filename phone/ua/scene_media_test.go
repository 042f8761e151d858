package ua

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// scene is one agent with a scripted network and media. What happens is kept
// as lines of a trace:
//
//	>> INVITE                what the agent sent
//	<< 180 INVITE            what it received
//	event Progress remote    what it told
//	peer offer               what it asked of the media
type scene struct {
	t    *testing.T
	loop *loop.Loop
	ua   *UA
	far  far

	mu     sync.Mutex // the trace is written on the loop and by jobs
	trace  []string
	sent   []sip.Message
	events []Event
	media  fakeMedia
	peers  []*fakePeer

	connected bool
	spare     bool // there is another server
	plain     bool // the connection is not secured
	retried   int
	sendError error
	// everything has events be noted that most tests do not care for.
	everything bool
	onEvent    func(Event)
}

// fakeMedia says how peers behave.
type fakeMedia struct {
	newPeer, offer, answer, setAnswer, rollback, dtmf error
	path                                              error         // of CheckPath
	delay                                             time.Duration // of offer, answer and setAnswer
}

type fakePeer struct {
	scene    *scene
	options  PeerOptions
	version  int
	closed   int
	applied  []string // remote descriptions
	lastHold OfferOptions
}

func (s *scene) newPeer(o PeerOptions) (Peer, error) {
	s.noteJob("peer new %v", o.Direction)
	if err := s.behaviour().newPeer; err != nil {
		return nil, err
	}
	p := &fakePeer{scene: s, options: o}
	s.mu.Lock()
	s.peers = append(s.peers, p)
	s.mu.Unlock()
	return p, nil
}

// behaviour is how media behave at this moment.
func (s *scene) behaviour() fakeMedia {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.media
}

func (p *fakePeer) wait(ctx context.Context) error {
	select {
	case <-time.After(p.scene.behaviour().delay):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *fakePeer) Offer(ctx context.Context, o OfferOptions) (string, error) {
	text := "peer offer"
	if o.Hold {
		text += " hold"
	}
	if o.RemoteHold {
		text += " remote-hold"
	}
	if o.ICERestart {
		text += " ice-restart"
	}
	p.scene.noteJob("%s", text)
	p.lastHold = o
	if err := p.wait(ctx); err != nil {
		return "", err
	}
	p.version++
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", p.version), p.scene.behaviour().offer
}

func (p *fakePeer) Answer(ctx context.Context, offer string, o AnswerOptions) (string, error) {
	text := "peer answer"
	if o.Hold {
		text += " hold"
	}
	p.scene.noteJob("%s", text)
	if err := p.wait(ctx); err != nil {
		return "", err
	}
	p.applied = append(p.applied, offer)
	return "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", p.scene.behaviour().answer
}

func (p *fakePeer) SetAnswer(ctx context.Context, answer string, kind AnswerKind) error {
	p.scene.noteJob("peer %s answer set", kind)
	if err := p.wait(ctx); err != nil {
		return err
	}
	p.applied = append(p.applied, answer)
	return p.scene.behaviour().setAnswer
}

func (p *fakePeer) Rollback(context.Context) error {
	p.scene.noteJob("peer rollback")
	return p.scene.behaviour().rollback
}

func (p *fakePeer) AddCandidates(_ context.Context, told []Candidate) error {
	for _, c := range told {
		p.scene.noteJob("peer candidate %s %q end %v", c.Ufrag, c.Text, c.End)
	}
	return nil
}

func (p *fakePeer) CheckPath(context.Context) error {
	p.scene.noteJob("peer check path")
	return p.scene.behaviour().path
}

func (p *fakePeer) SetMuted(muted bool) {
	if muted || p.closed > 0 {
		p.scene.note("peer muted")
	}
}

func (p *fakePeer) SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error {
	p.scene.noteJob("peer DTMF %c", tone)
	if p.scene.behaviour().dtmf != nil {
		return p.scene.behaviour().dtmf
	}
	select {
	case <-time.After(duration + gap):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *fakePeer) Close() error {
	p.scene.noteJob("peer close")
	p.closed++
	return nil
}

var (
	_ Peer      = (*fakePeer)(nil)
	_ Transport = (*scene)(nil)
)
