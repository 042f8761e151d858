package ua

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	sendError error
	onEvent   func(Event)
}

// fakeMedia says how peers behave.
type fakeMedia struct {
	newPeer, offer, answer, setAnswer, rollback, dtmf error
	delay                                             time.Duration // of offer, answer and setAnswer
}

// far is the other side's half of a dialog.
type far struct {
	callID     string
	from, to   sip.NameAddr
	seq        uint32
	branches   int
	contact    string
	requestURI string
}

const (
	farSDP  = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendrecv\r\n"
	holdSDP = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\n"
)

func mustURI(t testing.TB, s string) sip.URI {
	t.Helper()
	u, err := sip.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func addr(s string) sip.NameAddr {
	a, err := sip.ParseNameAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// play runs script in a bubble with a connected agent that does not register,
// unless configure says otherwise.
func play(t *testing.T, configure func(*Config), script func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, loop: loop.New(loop.Options{}), onEvent: func(Event) {}}
		defer s.loop.Close()
		c := Config{
			URI: mustURI(t, "sip:alice@example.com"), Password: "secret", NoRegister: true,
			ContactURI: mustURI(t, "sip:alice1@contact.invalid;transport=ws"),
			InstanceID: "00000000-0000-4000-8000-000000000001",
			Transport:  s, NewPeer: s.newPeer, OnEvent: s.event,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}
		if configure != nil {
			configure(&c)
		}
		var err error
		if s.ua, err = New(s.loop, c); err != nil {
			t.Fatal(err)
		}
		s.do(s.ua.Start)
		s.connect()
		s.expect("event Connected")
		script(s)
		s.do(func() { s.ua.Stop(nil) })
		time.Sleep(stopGrace) // virtual
		synctest.Wait()
	})
}

// do runs f as a turn and waits for everything it sets off.
func (s *scene) do(f func()) {
	s.t.Helper()
	if err := s.loop.Do(context.Background(), "test", f); err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
}

// pass lets time pass.
func (s *scene) pass(d time.Duration) {
	time.Sleep(d) // virtual
	synctest.Wait()
}

// until lets time pass until another m is sent, at most d, and returns how
// long it took to the second.
func (s *scene) until(m sip.Method, d time.Duration) time.Duration {
	s.t.Helper()
	count := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, one := range s.sent {
			if r, ok := one.(*sip.Request); ok && r.Method == m {
				n++
			}
		}
		return n
	}
	start, before := time.Now(), count()
	for time.Since(start) < d {
		s.pass(time.Second)
		if count() > before {
			return time.Since(start)
		}
	}
	s.t.Fatalf("no %s in %v", m, d)
	return 0
}

func (s *scene) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// expect compares the trace since the last expect, a line each.
func (s *scene) expect(want ...string) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	got := s.trace
	s.trace = nil
	s.mu.Unlock()
	if diff := cmp.Diff(lines(want), got); diff != "" {
		s.t.Fatalf("trace (-want +got):\n%s", diff)
	}
}

// lines splits multi-line texts and drops what is blank.
func lines(texts []string) []string {
	var out []string
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

// forget drops the trace so far.
func (s *scene) forget() {
	synctest.Wait()
	s.mu.Lock()
	s.trace = nil
	s.mu.Unlock()
}

func describe(m sip.Message) string {
	switch m := m.(type) {
	case *sip.Request:
		return string(m.Method)
	case *sip.Response:
		return fmt.Sprintf("%d %s", m.StatusCode, m.CSeq.Method)
	}
	return "?"
}

// Transport.

func (s *scene) Start()             {}
func (s *scene) Close()             { s.connected = false }
func (s *scene) Connected() bool    { return s.connected }
func (s *scene) Via() string        { return "WSS" }
func (s *scene) ServerURI() sip.URI { return addr("<sip:server.example.com;transport=ws;lr>").URI }
func (s *scene) Retry()             {}

var errNotConnected = errors.New("not connected")

func (s *scene) Send(m sip.Message) error {
	if s.sendError != nil {
		return s.sendError
	}
	if !s.connected {
		return errNotConnected
	}
	back, err := sip.Parse(m.Bytes()) // what cannot be read must not be sent
	if err != nil {
		s.t.Errorf("sent what does not parse: %v\n%s", err, m.Bytes())
	} else if r, ok := back.(*sip.Request); ok {
		if status, err := sip.Sanity(r); err != nil {
			s.t.Errorf("sent what is not sane: %d %v\n%s", status, err, m.Bytes())
		}
	}
	s.note(">> %s", describe(m))
	s.mu.Lock()
	s.sent = append(s.sent, back)
	s.mu.Unlock()
	return nil
}

func (s *scene) connect() {
	s.do(func() { s.connected = true })
	s.ua.Receiver().Connected("wss://server.example.com")
	synctest.Wait()
}

func (s *scene) disconnect() {
	s.do(func() { s.connected = false })
	s.ua.Receiver().Disconnected(io.EOF, 2*time.Second)
	synctest.Wait()
}

// receive delivers m as a server would: printed and parsed.
func (s *scene) receive(m sip.Message) {
	s.t.Helper()
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		s.t.Fatalf("script sends what does not parse: %v\n%s", err, m.Bytes())
	}
	s.note("<< %s", describe(m))
	s.ua.Receiver().Receive(back)
	synctest.Wait()
}

// last returns the request of that method sent last.
func (s *scene) last(m sip.Method) *sip.Request {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Request); ok && r.Method == m {
			return r
		}
	}
	s.t.Fatalf("no %s was sent", m)
	return nil
}

// lastResponse returns the response sent last.
func (s *scene) lastResponse() *sip.Response {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Response); ok {
			return r
		}
	}
	s.t.Fatal("no response was sent")
	return nil
}

// mod changes a message before it is delivered.
type mod func(*sip.Common)

func header(name, value string) mod {
	return func(c *sip.Common) { c.Headers.Set(name, value) }
}

func tag(tag string) mod {
	return func(c *sip.Common) { c.To = c.To.WithTag(tag) }
}

func contactURI(uri string) mod { return header("Contact", "<"+uri+">") }

func sdp(text string) mod {
	return func(c *sip.Common) {
		c.Headers.Set("Content-Type", "application/sdp")
		c.Body = []byte(text)
	}
}

func body(contentType, text string) mod {
	return func(c *sip.Common) {
		c.Headers.Set("Content-Type", contentType)
		c.Body = []byte(text)
	}
}

// answer delivers the response to one of our requests. Those that make a
// dialog have To tag "bob" and a Contact unless changed.
func (s *scene) answer(r *sip.Request, status int, mods ...mod) {
	s.t.Helper()
	res := sip.NewResponse(r, status, "", "bob")
	if r.Method == sip.INVITE && status > 100 && status < 300 || r.Method == sip.UPDATE {
		res.Headers.Set("Contact", "<sip:bob@bob.invalid;transport=ws>")
	}
	for _, m := range mods {
		m(&res.Common)
	}
	s.receive(res)
}

// request builds a request of the far side, in its dialog if there is one.
func (s *scene) request(m sip.Method, mods ...mod) *sip.Request {
	f := &s.far
	f.branches++
	if m != sip.ACK && m != sip.CANCEL {
		f.seq++
	}
	r := &sip.Request{Method: m, RequestURI: mustURI(s.t, f.requestURI)}
	r.Via = []sip.Via{{
		Transport: "WS", Host: "proxy.example.com",
		Params: sip.Params{{Name: "branch", Value: fmt.Sprintf("z9hG4bKfar%d", f.branches)}},
	}}
	r.From, r.To, r.CallID = f.from, f.to, f.callID
	r.CSeq = sip.CSeq{Seq: f.seq, Method: m}
	r.Headers.Add("Max-Forwards", "69")
	if m == sip.INVITE || m == sip.UPDATE || m == sip.OPTIONS {
		r.Headers.Add("Contact", f.contact)
	}
	for _, mod := range mods {
		mod(&r.Common)
	}
	return r
}

// outside makes the far side a caller from outside any dialog.
func (s *scene) outside() {
	s.far = far{
		callID: fmt.Sprintf("far-%d", len(s.sent)), from: addr("<sip:bob@example.com>;tag=bob"),
		to: addr("<sip:alice@example.com>"), contact: "<sip:bob@bob.invalid;transport=ws>",
		requestURI: "sip:alice1@contact.invalid;transport=ws", seq: 100,
	}
}

// ringIn has the far side call us.
func (s *scene) ringIn(mods ...mod) (*RTCSession, *sip.Request) {
	s.t.Helper()
	s.outside()
	invite := s.request(sip.INVITE, append([]mod{sdp(farSDP)}, mods...)...)
	s.receive(invite)
	s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
	var session *RTCSession
	s.do(func() {
		if all := s.ua.Sessions(); len(all) > 0 {
			session = all[len(all)-1]
		}
	})
	return session, invite
}

const ringingIn = `
	<< INVITE
	>> 100 INVITE
	event NewRTCSession remote
	>> 180 INVITE
	event Progress local`

// answeredIn is an incoming call in conversation.
func (s *scene) answeredIn(mods ...mod) *RTCSession {
	s.t.Helper()
	session, invite := s.ringIn(mods...)
	s.do(func() {
		if err := session.Answer(AnswerCallOptions{}); err != nil {
			s.t.Error(err)
		}
	})
	s.receive(s.ackTo(invite))
	if session.Status() != StatusConfirmed {
		s.t.Fatalf("state %v", session.Status())
	}
	s.forget()
	return session
}

func (s *scene) ackTo(invite *sip.Request, mods ...mod) *sip.Request {
	ack := s.request(sip.ACK, mods...)
	ack.CSeq.Seq = invite.CSeq.Seq
	return ack
}

func cancelOf(invite *sip.Request, mods ...mod) *sip.Request {
	r := &sip.Request{Method: sip.CANCEL, RequestURI: invite.RequestURI}
	o := invite.Clone()
	r.Via, r.From, r.To, r.CallID = o.Via, o.From, o.To, o.CallID
	r.CSeq = sip.CSeq{Seq: o.CSeq.Seq, Method: sip.CANCEL}
	for _, m := range mods {
		m(&r.Common)
	}
	return r
}

// callOut has us call bob.
func (s *scene) callOut(o CallOptions) *RTCSession {
	s.t.Helper()
	var session *RTCSession
	s.do(func() {
		var err error
		if session, err = s.ua.Call("bob", o); err != nil {
			s.t.Error(err)
		}
	})
	return session
}

const callingOut = `
	event NewRTCSession local
	peer new outgoing
	peer offer
	>> INVITE`

// answeredOut is an outgoing call in conversation.
func (s *scene) answeredOut(mods ...mod) *RTCSession {
	s.t.Helper()
	session := s.callOut(CallOptions{})
	s.answer(s.last(sip.INVITE), 200, append([]mod{sdp(farSDP)}, mods...)...)
	s.farOf(s.last(sip.INVITE), "bob")
	if session.Status() != StatusConfirmed {
		s.t.Fatalf("state %v", session.Status())
	}
	s.forget()
	return session
}

// farOf makes the far side the callee of our INVITE.
func (s *scene) farOf(invite *sip.Request, tag string) {
	s.far = far{
		callID: invite.CallID, from: invite.To.WithTag(tag), to: invite.From, seq: 500,
		contact:    "<sip:bob@bob.invalid;transport=ws>",
		requestURI: "sip:alice1@contact.invalid;transport=ws;ob",
	}
}

// Events.

func (s *scene) event(e Event) {
	s.note("event %s", eventLine(e))
	s.mu.Lock()
	s.events = append(s.events, e)
	s.mu.Unlock()
	s.onEvent(e)
}

func eventLine(e Event) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", e), "ua.")
	switch e := e.(type) {
	case NewRTCSession:
		return fmt.Sprint(name, " ", e.Originator)
	case Progress:
		return fmt.Sprint(name, " ", e.Originator)
	case Accepted:
		return fmt.Sprint(name, " ", e.Originator)
	case Confirmed:
		return fmt.Sprint(name, " ", e.Originator)
	case Held:
		return fmt.Sprint(name, " ", e.Originator)
	case Resumed:
		return fmt.Sprint(name, " ", e.Originator)
	case Ended:
		return fmt.Sprintf("%s %s %s %d", name, e.Err.Origin, e.Err.Cause, e.Err.Status)
	case NewDTMF:
		return fmt.Sprintf("%s %s %c %v", name, e.Originator, e.Tone, e.Duration)
	case NewInfo:
		return fmt.Sprint(name, " ", e.Originator)
	case MutedChanged:
		return fmt.Sprint(name, " ", e.Muted)
	case RegistrationFailed:
		retry := "no retry"
		if e.RetryIn > 0 {
			retry = "retry"
		}
		return fmt.Sprintf("%s %s %d %s", name, e.Err.Cause, e.Err.Status, retry)
	case Unregistered:
		return strings.TrimSpace(fmt.Sprint(name, " ", e.Cause))
	}
	return name
}

// lastEnded returns the error of the last Ended.
func (s *scene) lastEnded() *EndError {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.events) - 1; i >= 0; i-- {
		if e, ok := s.events[i].(Ended); ok {
			return e.Err
		}
	}
	s.t.Fatal("no session ended")
	return nil
}

// Media.

type fakePeer struct {
	scene    *scene
	options  PeerOptions
	version  int
	closed   bool
	applied  []string // remote descriptions
	lastHold OfferOptions
}

func (s *scene) newPeer(o PeerOptions) (Peer, error) {
	s.note("peer new %v", o.Direction)
	if s.media.newPeer != nil {
		return nil, s.media.newPeer
	}
	p := &fakePeer{scene: s, options: o}
	s.mu.Lock()
	s.peers = append(s.peers, p)
	s.mu.Unlock()
	return p, nil
}

func (p *fakePeer) wait(ctx context.Context) error {
	select {
	case <-time.After(p.scene.media.delay):
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
	p.scene.note("%s", text)
	p.lastHold = o
	if err := p.wait(ctx); err != nil {
		return "", err
	}
	p.version++
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", p.version), p.scene.media.offer
}

func (p *fakePeer) Answer(ctx context.Context, offer string, o AnswerOptions) (string, error) {
	text := "peer answer"
	if o.Hold {
		text += " hold"
	}
	p.scene.note("%s", text)
	if err := p.wait(ctx); err != nil {
		return "", err
	}
	p.applied = append(p.applied, offer)
	return "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", p.scene.media.answer
}

func (p *fakePeer) SetAnswer(ctx context.Context, answer string, kind AnswerKind) error {
	p.scene.note("peer %s answer set", kind)
	if err := p.wait(ctx); err != nil {
		return err
	}
	p.applied = append(p.applied, answer)
	return p.scene.media.setAnswer
}

func (p *fakePeer) Rollback(context.Context) error {
	p.scene.note("peer rollback")
	return p.scene.media.rollback
}

func (p *fakePeer) SetMuted(muted bool) {
	if muted || p.closed {
		p.scene.note("peer muted")
	}
}

func (p *fakePeer) SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error {
	p.scene.note("peer DTMF %c", tone)
	if p.scene.media.dtmf != nil {
		return p.scene.media.dtmf
	}
	select {
	case <-time.After(duration + gap):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *fakePeer) Close() error {
	p.scene.note("peer close")
	p.closed = true
	return nil
}

var (
	_ Peer      = (*fakePeer)(nil)
	_ Transport = (*scene)(nil)
)

// expectAnyOrder is expect for lines that turns and jobs write side by side:
// they are compared as a set, and each kind in its order.
func (s *scene) expectAnyOrder(want ...string) {
	s.t.Helper()
	synctest.Wait()
	split := func(all []string) (turns, jobs []string) {
		for _, line := range all {
			if strings.HasPrefix(line, "peer ") {
				jobs = append(jobs, line)
			} else {
				turns = append(turns, line)
			}
		}
		return turns, jobs
	}
	s.mu.Lock()
	gotTurns, gotJobs := split(s.trace)
	s.trace = nil
	s.mu.Unlock()
	wantTurns, wantJobs := split(lines(want))
	if diff := cmp.Diff(wantTurns, gotTurns); diff != "" {
		s.t.Fatalf("turns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantJobs, gotJobs); diff != "" {
		s.t.Fatalf("jobs (-want +got):\n%s", diff)
	}
}
