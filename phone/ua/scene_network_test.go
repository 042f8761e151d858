package ua

import (
	"errors"
	"fmt"
	"io"
	"testing/synctest"
	"time"

	"webphone/phone/sip"
)

// far is the other side's half of a dialog.
type far struct {
	callID     string
	from, to   sip.NameAddr
	seq        uint32
	branches   int
	contact    string
	requestURI string
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

func (s *scene) Start()          {}
func (s *scene) Close()          { s.connected = false }
func (s *scene) Connected() bool { return s.connected }

func (s *scene) Via() string {
	if s.plain {
		return "WS"
	}
	return "WSS"
}

func (s *scene) ServerURI() sip.URI { return addr("<sip:server.example.com;transport=ws;lr>").URI }
func (s *scene) Retry()             { s.retried++ }

func (s *scene) Failover() bool {
	if s.spare {
		s.note("failover")
	}
	return s.spare
}

func (s *scene) KeepAlive(d time.Duration) {
	if d > 0 {
		s.note("keep alive %v", d)
	}
}

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

func (s *scene) wake() {
	s.ua.Receiver().Woke()
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

// farOf makes the far side the callee of our INVITE.
func (s *scene) farOf(invite *sip.Request, tag string) {
	s.far = far{
		callID: invite.CallID, from: invite.To.WithTag(tag), to: invite.From, seq: 500,
		contact:    "<sip:bob@bob.invalid;transport=ws>",
		requestURI: "sip:alice1@contact.invalid;transport=ws;ob",
	}
}
