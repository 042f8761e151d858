package demo

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/sip"
)

func TestProxy_call(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))

	in := b.receive(sip.INVITE)
	if !in.RequestURI.Equal(b.contact.URI) || len(in.Via) != 2 || in.Headers.Get("Max-Forwards") != "69" || in.Headers.Has("Proxy-Authorization") {
		t.Errorf("%s", in.Bytes())
	}
	if routes, err := in.RecordRoute(); err != nil || len(routes) != 1 || !routes[0].URI.Params.Has("lr") {
		t.Errorf("%v %v", routes, err)
	}
	b.send(b.answer(in, 180))
	if ringing := a.response(180); len(ringing.Via) != 1 || ringing.Via[0].Branch() != invite.Via[0].Branch() {
		t.Errorf("%s", ringing.Bytes())
	}
	b.send(b.answer(in, 200))
	ok := a.response(200)
	a.send(a.inDialog(sip.ACK, invite, ok))
	if ack := b.receive(sip.ACK); len(ack.Via) != 2 || ack.Headers.Has("Route") || ack.CSeq.Seq != invite.CSeq.Seq {
		t.Errorf("%s", ack.Bytes())
	}

	for _, m := range []sip.Method{sip.INFO, sip.UPDATE, "FANCY", sip.BYE} {
		r := a.inDialog(m, invite, ok)
		a.send(r)
		got := b.receive(m)
		b.send(sip.NewResponse(got, 200, "", ""))
		if res := a.response(200); res.CSeq != r.CSeq {
			t.Errorf("%s: %v", m, res.CSeq)
		}
	}
}

func TestProxy_calleeSendsInDialog(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	in := b.receive(sip.INVITE)
	b.send(b.answer(in, 200))
	ok := a.response(200)
	a.send(a.inDialog(sip.ACK, invite, ok))
	b.receive(sip.ACK)
	bye := b.request(sip.BYE, a.contact.URI)
	bye.From, bye.To, bye.CallID = ok.To, invite.From, invite.CallID
	bye.Headers.Set("Route", in.Headers.Get("Record-Route"))
	b.send(bye)
	a.send(sip.NewResponse(a.receive(sip.BYE), 200, "", ""))
	b.response(200)
}

func TestProxy_refusalIsAcknowledgedByTheServer(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	in := b.receive(sip.INVITE)
	b.send(b.answer(in, 486))
	ack := b.receive(sip.ACK)
	if ack.Via[0].Branch() != in.Via[0].Branch() || ack.To.Tag() != "tag-of-bob" || len(ack.Via) != 1 {
		t.Errorf("%s", ack.Bytes())
	}
	a.send(acknowledge(invite, a.response(486)))
	b.send(sip.NewResponse(askMessage(t, a, b), 200, "", ""))
	a.response(200)
}

// askMessage sends a MESSAGE from a to b and returns what b got: nothing else
// came before it.
func askMessage(t *testing.T, a, b *client) *sip.Request {
	t.Helper()
	r := a.request(sip.MESSAGE, a.server.URI(b.account.User))
	r.Headers.Add("Content-Type", "text/plain")
	r.Body = []byte("Hi ñ")
	a.send(r)
	a.send(a.authorized(r, a.response(407)))
	got := b.receive(sip.MESSAGE)
	if string(got.Body) != "Hi ñ" || got.Headers.Has("Record-Route") {
		t.Errorf("%s", got.Bytes())
	}
	return got
}

func TestProxy_refuses(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a := registered(t, s, "alice")
	b := registered(t, s, "bob")
	for _, tt := range []struct {
		rule   string
		status int
		to     sip.URI
		change func(*sip.Request)
	}{
		{"an unknown user", 404, s.URI("unknown"), nil},
		{"a user who is not there", 480, s.URI("nobody"), nil},
		{"another domain", 480, sip.URI{Scheme: "sip", User: "bob", Host: "example.com"}, nil},
		{"a contact that has gone", 480, sip.URI{Scheme: "sip", User: "x", Host: "y.invalid"}, nil},
		{"the server itself", 405, sip.URI{Scheme: "sip", Host: s.Domain()}, nil},
		{"no hops left", 483, s.URI("bob"), func(r *sip.Request) { r.Headers.Set("Max-Forwards", "0") }},
		{"Proxy-Require", 420, s.URI("bob"), func(r *sip.Request) { r.Headers.Add("Proxy-Require", "foo") }},
		{"another scheme", 416, sip.URI{Scheme: "tel", Opaque: "+1"}, nil},
		{"the name of another", 403, s.URI("bob"), func(r *sip.Request) { r.From.URI.User = "bob" }},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r := a.request(sip.MESSAGE, tt.to)
			if tt.change != nil {
				tt.change(r)
			}
			if res := a.do(r); res.StatusCode != tt.status {
				t.Errorf("%v, want %d", res, tt.status)
			}
		})
	}
	a.account.Password = "wrong"
	r := a.request(sip.MESSAGE, s.URI("bob"))
	a.send(r)
	a.send(a.authorized(r, a.response(407)))
	if list := a.response(407).Challenges(); list[0].Stale {
		t.Error("a wrong password is not a stale nonce")
	}
	b.nothing()
}

func TestProxy_realmOfItsOwn(t *testing.T) {
	s := start(t, Options{NoRobots: true, ProxyRealm: "proxy.example"})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	if in := askMessage(t, a, b); in.Headers.Has("Proxy-Authorization") {
		t.Error("the credentials are passed on")
	}
}

func TestProxy_preloadedRoute(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	r := a.request(sip.MESSAGE, s.URI("bob"))
	r.Headers.Add("Route", "<"+s.self.String()+">")
	a.send(r)
	a.send(a.authorized(r, a.response(407)))
	if in := b.receive(sip.MESSAGE); in.Headers.Has("Route") {
		t.Errorf("%s", in.Bytes())
	}
}

func TestProxy_cancel(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	in := b.receive(sip.INVITE)
	b.send(b.answer(in, 180))
	a.response(180)
	cancel := hopByHop(invite, sip.CANCEL)
	cancel.Headers.Add("Reason", "SIP;cause=486")
	a.send(cancel)
	if r := a.response(200); r.CSeq.Method != sip.CANCEL {
		t.Error(r.CSeq)
	}
	got := b.receive(sip.CANCEL)
	if got.Via[0].Branch() != in.Via[0].Branch() || got.Headers.Get("Reason") != "SIP;cause=486" {
		t.Errorf("%s", got.Bytes())
	}
	b.send(sip.NewResponse(got, 200, "", ""))
	b.send(b.answer(in, 487))
	b.receive(sip.ACK)
	a.send(acknowledge(invite, a.response(487)))
	a.send(hopByHop(a.request(sip.INVITE, s.URI("bob")), sip.CANCEL))
	a.response(481)
}

func TestProxy_cancelWaitsForAProvisional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Options{NoRobots: true, Listener: newMemory(), Plain: true})
		a, b := registered(t, s, "alice"), registered(t, s, "bob")
		invite := a.invite(s.URI("bob"))
		in := b.receive(sip.INVITE)
		a.send(hopByHop(invite, sip.CANCEL))
		a.response(200)
		synctest.Wait()
		b.nothing()
		b.send(b.answer(in, 180))
		b.receive(sip.CANCEL)
		a.response(180)
		b.send(b.answer(in, 183)) // does not cancel twice
		a.response(183)
		synctest.Wait()
		b.nothing()
		time.Sleep(timerB + time.Second) // and never a 487
		if r := a.response(487); r.To.Tag() == "" {
			t.Error("no tag")
		}
		b.send(b.answer(in, 487))
		b.receive(sip.ACK)
		synctest.Wait()
		a.nothing()
	})
}

func TestProxy_forks(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b1, b2 := registered(t, s, "alice"), registered(t, s, "bob"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	in1, in2 := b1.receive(sip.INVITE), b2.receive(sip.INVITE)
	if in1.Via[0].Branch() == in2.Via[0].Branch() || in1.RequestURI.Equal(in2.RequestURI) {
		t.Error("the branches are one")
	}
	b1.send(b1.answer(in1, 180))
	a.response(180)
	b2.send(b2.answer(in2, 180))
	a.response(180)
	b2.send(b2.answer(in2, 200))
	ok := a.response(200)
	cancel := b1.receive(sip.CANCEL)
	if reasons := cancel.Reasons(); len(reasons) != 1 || reasons[0].Cause != 200 || reasons[0].Text != "Call completed elsewhere" {
		t.Errorf("%v", reasons)
	}
	b1.send(sip.NewResponse(cancel, 200, "", ""))
	b1.send(b1.answer(in1, 487))
	b1.receive(sip.ACK)
	a.send(a.inDialog(sip.ACK, invite, ok))
	b2.receive(sip.ACK)
	b2.send(b2.answer(in2, 200)) // a repetition
	a.response(200)
	a.nothing()
}

func TestProxy_forkAnswersTheBest(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		first  int
		second int
		want   int
	}{
		{"a lower class", 503, 486, 486},
		{"the first of a class", 486, 480, 486},
		{"a global one at once", 603, 487, 603},
		{"rather than a redirection", 603, 302, 603},
		{"3xx before 4xx", 404, 302, 302},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			s := start(t, Options{NoRobots: true})
			a, b1, b2 := registered(t, s, "alice"), registered(t, s, "bob"), registered(t, s, "bob")
			a.invite(s.URI("bob"))
			in1, in2 := b1.receive(sip.INVITE), b2.receive(sip.INVITE)
			b2.send(b2.answer(in2, 180))
			a.response(180)
			b1.send(b1.answer(in1, tt.first))
			b1.receive(sip.ACK)
			if tt.first >= 600 {
				b2.receive(sip.CANCEL)
			}
			b2.send(b2.answer(in2, tt.second))
			b2.receive(sip.ACK)
			a.response(tt.want)
		})
	}
}

func TestProxy_timeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Options{NoRobots: true, Listener: newMemory(), Plain: true})
		a, b := registered(t, s, "alice"), registered(t, s, "bob")
		a.invite(s.URI("bob"))
		b.receive(sip.INVITE)
		begin := time.Now()
		a.response(408)
		if d := time.Since(begin); d != timerB {
			t.Errorf("no answer at all: 408 after %v", d)
		}

		a.invite(s.URI("bob"))
		in := b.receive(sip.INVITE)
		b.send(b.answer(in, 180))
		a.response(180)
		begin = time.Now()
		b.receive(sip.CANCEL)
		a.response(408)
		if d := time.Since(begin); d != timerC {
			t.Errorf("ringing for ever: 408 after %v", d)
		}

		time.Sleep(timerB + time.Second)
		_ = s.loop.Do(t.Context(), "look", func() {
			if len(s.exchanges)+len(s.branches) != 0 {
				t.Errorf("%d exchanges and %d branches are kept", len(s.exchanges), len(s.branches))
			}
		})
	})
}

func TestProxy_lostConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Options{NoRobots: true, Listener: newMemory(), Plain: true})
		a, b := registered(t, s, "alice"), registered(t, s, "bob")
		a.invite(s.URI("bob"))
		b.receive(sip.INVITE)
		b.ws.Close()
		a.response(480)

		b = registered(t, s, "bob")
		a.invite(s.URI("bob"))
		in := b.receive(sip.INVITE)
		b.send(b.answer(in, 180))
		a.response(180)
		a.ws.Close()
		b.receive(sip.CANCEL)
		b.send(b.answer(in, 487))
		b.receive(sip.ACK)
	})
}

func TestProxy_reconnectedPhoneIsReachedInItsDialog(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	in := b.receive(sip.INVITE)
	b.send(b.answer(in, 200))
	ok := a.response(200)
	a.send(a.inDialog(sip.ACK, invite, ok))
	b.receive(sip.ACK)
	s.Drop("bob")
	for range b.in {
	}
	again := connect(t, s, "bob")
	again.contact = b.contact
	again.do(again.register(600))
	a.send(a.inDialog(sip.BYE, invite, ok))
	again.receive(sip.BYE)
}

func TestProxy_repeatedRequestIsForwardedOnce(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b := registered(t, s, "alice"), registered(t, s, "bob")
	invite := a.invite(s.URI("bob"))
	b.receive(sip.INVITE)
	a.send(invite)
	if got := askMessage(t, a, b); got == nil {
		t.Error("unreachable: askMessage fails by itself")
	}
}

func TestProxy_strangersResponsesAreDropped(t *testing.T) {
	s := start(t, Options{NoRobots: true})
	a, b, c := registered(t, s, "alice"), registered(t, s, "bob"), registered(t, s, "carol")
	a.invite(s.URI("bob"))
	in := b.receive(sip.INVITE)
	forged := sip.NewResponse(in, 200, "", "x")
	c.send(forged)
	forged = forged.Clone()
	forged.Via[0].Params = forged.Via[0].Params.With("branch", "z9hG4bKunknown")
	b.send(forged)
	b.send(b.answer(in, 180))
	if r := a.response(180); !strings.Contains(r.To.Tag(), "bob") {
		t.Error(r)
	}
}
