package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"webphone/phone/sip"
)

func TestUpgrade_wantsTheSubprotocol(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	if res := plainHTTP(t, s, nil); res.StatusCode != http.StatusUpgradeRequired || !strings.Contains(res.Header.Get("Server"), "demonstration") {
		t.Error(res.Status, res.Header)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	d := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots}}
	_, res, err := d.Dial(s.URL(), nil)
	if err == nil || res.StatusCode != http.StatusBadRequest || res.Header.Get("Sec-WebSocket-Protocol") != "sip" {
		t.Error(res, err)
	}
	_, _, err = (&websocket.Dialer{Subprotocols: []string{"sip"}}).Dial(s.URL(), nil)
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("without the authority: %v", err)
	}
}

func TestStart_endsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Start(ctx, Options{NoRobots: true})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s, "you")
	cancel()
	for range c.in {
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if s.UserURI() != "sip:you@"+Domain || s.UserPassword() == "" {
		t.Error(s.UserURI())
	}
	if a := s.Accounts(); len(a) != 1 || a[0].User != "you" || a[0].Password == "" || strings.Contains(a[0].String(), a[0].Password) {
		t.Error("the default account")
	}
}

func TestStart_doesNotTouchTheCallersAccounts(t *testing.T) {
	mine := []Account{{User: "x"}}
	start(t, Options{NoRobots: true, Accounts: mine})
	if mine[0].Password != "" {
		t.Error("a password was filled in")
	}
	if _, err := Start(context.Background(), Options{NoRobots: true, Accounts: []Account{{}}}); err == nil {
		t.Error("an account without a user")
	}
}

func TestKeepAlive(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	c := connect(t, s, "alice")
	// The client's reader parses what comes: CR LF alone would fail the test,
	// so this connection is read by hand.
	pong := make(chan string, 1)
	c.ws.SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := c.ws.WriteControl(websocket.PingMessage, []byte("data"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := <-pong; got != "data" {
		t.Errorf("pong %q", got)
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte("\r\n")); err != nil {
		t.Fatal(err)
	}
	if r := c.do(c.request(sip.OPTIONS, sip.URI{Scheme: "sip", Host: s.Domain()})); r.StatusCode != 200 || !r.Headers.Has("Allow") {
		t.Error(r)
	}
}

func TestKeepAlive_CRLF(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	ws, _, err := (&websocket.Dialer{Subprotocols: []string{"sip"}, TLSClientConfig: &tls.Config{RootCAs: roots}}).Dial(s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := ws.WriteMessage(websocket.TextMessage, []byte("\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != "\r\n" {
		t.Errorf("%q %v", data, err)
	}
}

func TestMalformed_isAnswered400(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	c := connect(t, s, "alice")
	text := strings.Replace(string(c.request(sip.OPTIONS, s.URI("bob")).Bytes()), "Content-Length: 0", "Content-Length: 5", 1)
	if err := c.ws.WriteMessage(websocket.BinaryMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if r := c.response(400); r.Headers.Get("Server") != ServerName {
		t.Error(r)
	}
}

func TestRegister(t *testing.T) {
	for _, algorithms := range [][]string{{"MD5"}, {"SHA-256"}, {"SHA-256", "MD5"}, {"MD5", "SHA-256"}} {
		t.Run(strings.Join(algorithms, " then "), func(t *testing.T) {
			s := start(t, Options{NoRobots: true, Algorithms: algorithms})
			c := connect(t, s, "alice")
			first := c.register(600)
			c.send(first)
			challenge := c.response(401)
			list := challenge.Challenges()
			if len(list) != len(algorithms) || list[0].Realm != s.Domain() || list[0].Proxy ||
				slices.Contains(algorithms, "SHA-256") && list[0].Algorithm != "SHA-256" {
				t.Fatalf("%v", list)
			}
			r := c.authorized(first, challenge)
			c.send(r)
			ok := c.response(200)
			contacts, _, err := ok.Contacts()
			if err != nil || len(contacts) != 1 || !contacts[0].URI.Equal(c.contact.URI) {
				t.Fatal(contacts, err)
			}
			if left, _ := contacts[0].Params.Get("expires"); left != "600" {
				t.Errorf("expires=%s", left)
			}
			if rport, _ := ok.Via[0].Params.Get("rport"); rport == "" || ok.To.Tag() == "" || s.Registered("alice") != 1 {
				t.Errorf("%s", ok.Bytes())
			}
		})
	}
}

func TestRegister_refuses(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		spoil  func(c *client, r *sip.Request)
		status int
	}{
		{"a wrong password", func(c *client, _ *sip.Request) { c.account.Password = "x" }, 401},
		{"an unknown user", func(c *client, _ *sip.Request) { c.account.User = "mallory" }, 401},
		{"the account of another", func(c *client, r *sip.Request) { r.To.URI.User = "bob" }, 403},
		{"another domain", func(c *client, r *sip.Request) { r.To.URI.Host = "example.com" }, 404},
		{"too brief an interval", func(c *client, r *sip.Request) { r.Headers.Set("Contact", "<sip:a@b.invalid>;expires=9") }, 423},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			s := start(t, Options{NoRobots: true})
			c := connect(t, s, "alice")
			r := c.register(600)
			tt.spoil(c, r)
			c.send(r)
			r = c.authorized(r, c.response(401))
			c.send(r)
			res := c.response(tt.status)
			if n, ok := res.MinExpires(); ok != (tt.status == 423) || ok && n != 10 {
				t.Errorf("Min-Expires %d %v", n, ok)
			}
			if s.Registered("alice")+s.Registered("bob") != 0 {
				t.Error("registered all the same")
			}
		})
	}
}

func TestRegister_nonces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Options{NoRobots: true, Listener: newMemory(), Plain: true})
		c := connect(t, s, "alice")
		first := c.register(600)
		c.send(first)
		challenge := c.response(401)
		r := c.authorized(first, challenge)
		c.send(r)
		c.response(200)
		again := r.Clone()
		again.CSeq.Seq++
		again.Via[0].Params = again.Via[0].Params.With("branch", sip.NewBranch())
		c.send(again)
		if list := c.response(401).Challenges(); !list[0].Stale {
			t.Error("a repeated count with the right password is stale, not wrong")
		}
		time.Sleep(5*time.Minute + time.Second)
		late := c.authorized(first, challenge)
		c.send(late)
		res := c.response(401)
		if list := res.Challenges(); !list[0].Stale || list[0].Nonce == challenge.Challenges()[0].Nonce {
			t.Error("an old nonce with the right password is stale")
		}
		c.send(c.authorized(first, res))
		c.response(200)
	})
}

func TestRegister_bindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Options{NoRobots: true, Listener: newMemory(), Plain: true})
		one, two := registered(t, s, "alice"), registered(t, s, "alice")
		if s.Registered("alice") != 2 {
			t.Error("two contacts")
		}
		two.contact.Params = sip.Params{}.WithQuoted("+sip.instance", "<urn:uuid:1>").With("reg-id", "1")
		two.do(two.register(60))
		two.contact.URI.User = "new"
		two.do(two.register(60))
		if got := s.Registered("alice"); got != 3 {
			t.Errorf("%d contacts; instance and reg-id replace, another contact is added", got)
		}
		time.Sleep(61 * time.Second)
		if got := s.Registered("alice"); got != 2 {
			t.Errorf("%d contacts after one has expired", got)
		}
		if list, _, _ := one.do(one.register(0)).Contacts(); len(list) != 1 {
			t.Errorf("%v left", list)
		}
		all := two.request(sip.REGISTER, sip.URI{Scheme: "sip", Host: s.Domain()})
		all.To = sip.NameAddr{URI: s.URI("alice")}
		all.Headers.Set("Contact", "*")
		all.Headers.Set("Expires", "0")
		if list, _, _ := two.do(all).Contacts(); len(list) != 0 || s.Registered("alice") != 0 {
			t.Errorf("%v left", list)
		}
		one.do(one.register(3600))
		one.ws.Close()
		synctest.Wait()
		if s.Registered("alice") != 0 {
			t.Error("the contact outlives its connection")
		}
	})
}

func TestDrop(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	if n := s.Drop("alice"); n != 1 {
		t.Errorf("%d connections cut", n)
	}
	for range a.in {
	}
	if r := b.do(b.request(sip.OPTIONS, sip.URI{Scheme: "sip", Host: s.Domain()})); r.StatusCode != 200 {
		t.Error(r)
	}
	if s.Drop("alice") != 0 || s.Drop("nobody") != 0 {
		t.Error("cut twice")
	}
}
