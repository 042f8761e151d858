package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"webphone/phone/sip"
)

// accounts of the tests.
var testAccounts = []Account{
	{User: "alice", Password: "wonderland"},
	{User: "bob", Password: "builder"},
	{User: "carol", Password: "christmas"},
	{User: "nobody", Password: "home"},
}

// start starts a server for one test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Accounts == nil {
		o.Accounts = testAccounts
	}
	s, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// memory is a listener without a network, for virtual time.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
}

func newMemory() *memory { return &memory{make(chan net.Conn), make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.done); return nil }
func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (m *memory) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	m.conns <- far
	return near, nil
}

// client is a phone made of raw messages.
type client struct {
	t       *testing.T
	server  *Server
	ws      *websocket.Conn
	account Account
	contact sip.NameAddr
	host    string
	callID  string
	cseq    uint32
	in      chan sip.Message
}

// connect opens a connection for a user; it is not registered yet.
func connect(t *testing.T, s *Server, user string) *client {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"sip"}, HandshakeTimeout: 5 * time.Second}
	if m, ok := s.options.Listener.(*memory); ok {
		d.NetDialContext = m.dial
	} else {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(s.CAPEM())
		d.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	ws, res, err := d.Dial(s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Sec-WebSocket-Protocol"); got != "sip" {
		t.Fatalf("subprotocol %q", got)
	}
	c := &client{t: t, server: s, ws: ws, host: sip.NewToken(12) + ".invalid", callID: sip.NewCallID(), in: make(chan sip.Message, 100)}
	for _, a := range s.Accounts() {
		if a.User == user {
			c.account = a
		}
	}
	c.contact = sip.NameAddr{URI: sip.URI{Scheme: "sip", User: sip.NewToken(8), Host: c.host, Params: sip.Params{{Name: "transport", Value: "ws"}}}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(c.in)
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if m, err := sip.Parse(data); err != nil {
				t.Errorf("the server sent %q: %v", data, err)
			} else {
				c.in <- m
			}
		}
	}()
	t.Cleanup(func() { ws.Close(); <-ended })
	return c
}

// registered connects and registers a user.
func registered(t *testing.T, s *Server, user string) *client {
	t.Helper()
	c := connect(t, s, user)
	if r := c.do(c.register(600)); r.StatusCode != 200 {
		t.Fatalf("REGISTER of %s: %v", user, r)
	}
	return c
}

func (c *client) request(m sip.Method, to sip.URI) *sip.Request {
	c.cseq++
	r := &sip.Request{Method: m, RequestURI: to}
	r.Via = []sip.Via{{Transport: "WSS", Host: c.host, Params: sip.Params{{Name: "branch", Value: sip.NewBranch()}, {Name: "rport", Flag: true}}}}
	r.From = sip.NameAddr{URI: c.server.URI(c.account.User)}.WithTag(sip.NewTag())
	r.To = sip.NameAddr{URI: to}
	r.CallID = c.callID
	r.CSeq = sip.CSeq{Seq: c.cseq, Method: m}
	r.Headers.Add("Max-Forwards", "70")
	r.Headers.Add("Contact", c.contact.String())
	return r
}

func (c *client) register(expires int) *sip.Request {
	r := c.request(sip.REGISTER, sip.URI{Scheme: "sip", Host: c.server.Domain()})
	r.To = sip.NameAddr{URI: c.server.URI(c.account.User)}
	r.Headers.Set("Contact", c.contact.String()+";expires="+seconds(time.Duration(expires)*time.Second))
	return r
}

func (c *client) send(m sip.Message) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, m.Bytes()); err != nil {
		c.t.Fatal(err)
	}
}

// next returns the next message.
func (c *client) next() sip.Message {
	c.t.Helper()
	select {
	case m, ok := <-c.in:
		if !ok {
			c.t.Fatalf("%s: the connection ended", c.account.User)
		}
		return m
	case <-time.After(100 * time.Hour): // for ever in virtual time; else go test's own limit
		c.t.Fatalf("%s: nothing came", c.account.User)
	}
	return nil
}

// response returns the next message, which must be a response with that status.
func (c *client) response(status int) *sip.Response {
	c.t.Helper()
	m := c.next()
	r, ok := m.(*sip.Response)
	if !ok || r.StatusCode != status {
		c.t.Fatalf("%s: %v, want %d", c.account.User, m, status)
	}
	return r
}

// receive returns the next message, which must be a request of that method.
func (c *client) receive(method sip.Method) *sip.Request {
	c.t.Helper()
	m := c.next()
	r, ok := m.(*sip.Request)
	if !ok || r.Method != method {
		c.t.Fatalf("%s: %v, want %s", c.account.User, m, method)
	}
	return r
}

// nothing fails when a message is waiting.
func (c *client) nothing() {
	c.t.Helper()
	select {
	case m := <-c.in:
		c.t.Fatalf("%s: %v, want nothing", c.account.User, m)
	default:
	}
}

// do sends a request, answers challenges, and returns the final response.
func (c *client) do(r *sip.Request) *sip.Response {
	c.t.Helper()
	for range 3 {
		c.send(r)
		res := c.final()
		if res.StatusCode != 401 && res.StatusCode != 407 {
			return res
		}
		if r.Method == sip.INVITE {
			c.send(acknowledge(r, res))
		}
		r = c.authorized(r, res)
	}
	c.t.Fatalf("%s: challenged again and again", r)
	return nil
}

// final returns the next final response and skips those before it.
func (c *client) final() *sip.Response {
	c.t.Helper()
	for {
		r, ok := c.next().(*sip.Response)
		if !ok {
			c.t.Fatalf("%s: a request, want a response", c.account.User)
		}
		if r.StatusCode >= 200 {
			return r
		}
	}
}

// authorized returns r again with the answer to the first challenge.
func (c *client) authorized(r *sip.Request, res *sip.Response) *sip.Request {
	c.t.Helper()
	challenges := res.Challenges()
	if len(challenges) == 0 {
		c.t.Fatalf("%v without a challenge", res)
	}
	r = r.Clone()
	c.cseq++
	r.CSeq.Seq = c.cseq
	r.Via[0].Params = r.Via[0].Params.With("branch", sip.NewBranch())
	name := "Authorization"
	if challenges[0].Proxy {
		name = "Proxy-Authorization"
	}
	value, err := challenges[0].Authorize(sip.Credentials{Username: c.account.User, Password: c.account.Password}, r.Method, r.RequestURI.String(), r.Body, "", 1)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Headers.Set(name, value)
	return r
}

// invite sends an INVITE, answers the challenge, and returns the request as it
// was accepted: 100 has come.
func (c *client) invite(to sip.URI) *sip.Request {
	c.t.Helper()
	r := c.request(sip.INVITE, to)
	c.send(r)
	challenge := c.response(407)
	c.send(acknowledge(r, challenge))
	r = c.authorized(r, challenge)
	c.send(r)
	c.response(100)
	return r
}

// answer makes a response with a Contact.
func (c *client) answer(r *sip.Request, status int) *sip.Response {
	res := sip.NewResponse(r, status, "", "tag-of-"+c.account.User)
	res.Headers.Add("Contact", c.contact.String())
	return res
}

// inDialog makes a request of the caller in the dialog of a 2xx.
func (c *client) inDialog(m sip.Method, invite *sip.Request, res *sip.Response) *sip.Request {
	c.t.Helper()
	contacts, _, err := res.Contacts()
	if err != nil || len(contacts) != 1 {
		c.t.Fatal(contacts, err)
	}
	r := c.request(m, contacts[0].URI)
	r.From, r.To = invite.From, res.To
	if m == sip.ACK {
		r.CSeq.Seq = invite.CSeq.Seq
	}
	routes, err := res.RecordRoute()
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range routes {
		r.Headers.Add("Route", routes[len(routes)-1-i].String())
	}
	return r
}

// plainHTTP asks the server without upgrading.
func plainHTTP(t *testing.T, s *Server, header http.Header) *http.Response {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	req, err := http.NewRequest(http.MethodGet, "https"+s.URL()[len("wss"):], nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := h.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}
