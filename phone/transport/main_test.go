package transport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"webphone/phone/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a Handler that writes down what it is told.
type journal struct {
	sync.Mutex
	lines    []string
	errs     []error // of Disconnected
	messages []sip.Message
	start    time.Time
	heard    chan string // every line again
}

func newJournal() *journal {
	return &journal{start: time.Now(), heard: make(chan string, 1000)}
}

func (j *journal) add(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	j.Lock()
	j.lines = append(j.lines, line)
	j.Unlock()
	j.heard <- line
}

func (j *journal) Connecting(server string, attempt int) { j.add("connecting %s %d", server, attempt) }
func (j *journal) Connected(server string)               { j.add("connected %s", server) }
func (j *journal) NetworkChanged()                       { j.add("network changed") }
func (j *journal) Woke()                                 { j.add("woke") }
func (j *journal) Invalid(err *sip.ParseError)           { j.add("invalid") }

func (j *journal) Disconnected(err error, retryIn time.Duration) {
	op := "closed"
	var e *Error
	if errors.As(err, &e) {
		op = string(e.Op)
	}
	j.Lock()
	j.errs = append(j.errs, err)
	j.Unlock()
	j.add("disconnected %s retry in %v", op, retryIn)
}

func (j *journal) Receive(m sip.Message) {
	j.Lock()
	j.messages = append(j.messages, m)
	j.Unlock()
	j.add("receive %s", m.Fields().CallID)
}

// expect compares what was written since the last call of expect.
func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	j.Lock()
	defer j.Unlock()
	got := strings.Join(j.lines, "\n")
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("journal:\n%s\nwant:\n%s", got, w)
	}
	j.lines = nil
}

// expectSet is expect for lines that several goroutines write.
func (j *journal) expectSet(t *testing.T, want string) {
	t.Helper()
	j.Lock()
	defer j.Unlock()
	got, lines := slices.Sorted(slices.Values(j.lines)), slices.Sorted(strings.SplitSeq(want, "\n"))
	if w := strings.Join(lines, "\n"); strings.Join(got, "\n") != w {
		t.Errorf("journal:\n%s\nwant, in any order:\n%s", strings.Join(j.lines, "\n"), want)
	}
	j.lines = nil
}

// await waits for a line with that beginning, in real time.
func (j *journal) await(t *testing.T, prefix string) string {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case line := <-j.heard:
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-limit:
			t.Fatalf("no %q; journal: %q", prefix, j.lines)
		}
	}
}

func (j *journal) lastError(t *testing.T) *Error {
	t.Helper()
	j.Lock()
	defer j.Unlock()
	if len(j.errs) == 0 {
		t.Fatal("never disconnected")
	}
	var e *Error
	if err := j.errs[len(j.errs)-1]; !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e
}

// pipeNet is a network of net.Pipe: hosts are HTTP servers by host:port.
type pipeNet struct {
	hosts map[string]chan net.Conn
	down  sync.Map // host:port that refuses connections
}

// listener hands out the server's ends of a host's pipes.
type listener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *listener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (n *pipeNet) serve(t *testing.T, addr string, h http.Handler) {
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	if n.hosts == nil {
		n.hosts = map[string]chan net.Conn{}
	}
	n.hosts[addr] = l.conns
	s := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() { defer close(ended); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-ended })
}

func (n *pipeNet) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conns, ok := n.hosts[addr]
	if _, down := n.down.Load(addr); !ok || down {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("no such host in this test")}
	}
	ours, theirs := net.Pipe()
	select {
	case conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// upgraded serves WebSockets with the subprotocol sip; talk ends when the
// connection does.
func upgraded(talk func(*websocket.Conn)) http.Handler {
	u := websocket.Upgrader{Subprotocols: []string{"sip"}, CheckOrigin: func(*http.Request) bool { return true }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		talk(ws)
	})
}

// drain reads until the connection ends.
func drain(ws *websocket.Conn) {
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			return
		}
	}
}

// echo sends every message back.
func echo(ws *websocket.Conn) {
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if err := ws.WriteMessage(kind, data); err != nil {
			return
		}
	}
}

func message(callID, body string) *sip.Request {
	text := "MESSAGE sip:bob@example.com SIP/2.0\r\n" +
		"Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\n" +
		"From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n" +
		"Call-ID: " + callID + "\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 69\r\n" +
		fmt.Sprintf("Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	m, err := sip.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return m.(*sip.Request)
}

// running makes a started Transport that the end of the test closes. It draws
// the least at random.
func running(t *testing.T, c Config, h Handler) *Transport {
	t.Helper()
	return drawing(t, 0, c, h)
}

// drawing is running with another random number.
func drawing(t *testing.T, random float64, c Config, h Handler) *Transport {
	t.Helper()
	tr, err := New(c, h)
	if err != nil {
		t.Fatal(err)
	}
	tr.random = func() float64 { return random }
	tr.around = (&machine{}).around()
	tr.Start()
	t.Cleanup(func() { tr.Close(); tr.Wait() })
	return tr
}

// authority makes certificates of one test authority.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue makes a certificate for the host, valid until then.
func (a *authority) issue(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		tmpl.IPAddresses = []net.IP{ip}
	} else {
		tmpl.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// loopback starts a real server; a certificate makes it a TLS one. It returns
// its host:port.
func loopback(t *testing.T, h http.Handler, certs ...tls.Certificate) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = discard
	if len(certs) > 0 {
		s.TLS = &tls.Config{Certificates: certs}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
