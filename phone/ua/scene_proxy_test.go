package ua

import (
	"fmt"
	"slices"
	"strings"

	"webphone/phone/sip"
)

// proxy is the server of a ladder: registrar, and proxy that stays in the
// route, forks, and asks for credentials (RFC 3261 §10, §16).
type proxy struct {
	ladder *ladder
	// realms ask for the credentials of an INVITE one after the other;
	// registrar asks for those of a REGISTER.
	realms    []string
	registrar string
	// targets are the Request-URIs of a user, tried one group after the other;
	// by default the user himself.
	targets map[string][][]string
	// diverts has it tell the caller of a target that is another user.
	diverts bool
	// special takes a request before all else, and reports whether it did.
	special  func(*sip.Request) bool
	bindings map[string][]string // Contacts of a user
	calls    []*proxied
	branches int
}

// proxied is an INVITE under way.
type proxied struct {
	invite *sip.Request
	groups [][]string
	forks  []*proxyFork
	best   *sip.Response
	done   bool
}

type proxyFork struct {
	invite   *sip.Request
	canceled bool
	final    bool
}

func (l *ladder) serve() *proxy {
	l.proxy = &proxy{ladder: l, bindings: map[string][]string{}, targets: map[string][][]string{}}
	return l.proxy
}

func (p *proxy) send(m sip.Message) { p.ladder.send("proxy", m) }

// reply answers a request itself.
func (p *proxy) reply(r *sip.Request, status int, mods ...mod) {
	res := sip.NewResponse(r, status, "", "proxy")
	for _, m := range mods {
		m(&res.Common)
	}
	p.send(res)
}

func (p *proxy) receive(m sip.Message) {
	if r, ok := m.(*sip.Response); ok {
		p.response(r)
		return
	}
	r := m.(*sip.Request)
	switch {
	case p.special != nil && p.special(r):
	case r.Method == sip.REGISTER:
		p.register(r)
	case r.Method == sip.CANCEL:
		p.cancel(r)
	case r.Method == sip.ACK && p.absorbs(r):
	case r.Method == sip.INVITE && r.To.Tag() == "":
		p.invite(r)
	default:
		p.forward(r, "")
	}
}

// register keeps one Contact of each instance (RFC 3261 §10.3).
func (p *proxy) register(r *sip.Request) {
	if p.registrar != "" && !p.authorized(r, "Authorization", p.registrar) {
		p.reply(r, 401, header("WWW-Authenticate", sip.NewChallenge(p.registrar, "n", "SHA-256")))
		return
	}
	user := r.To.URI.User
	contacts, all, _ := r.Contacts()
	for _, c := range contacts {
		p.bindings[user] = slices.DeleteFunc(p.bindings[user], func(one string) bool { return strings.HasPrefix(one, "<"+c.URI.String()+">") })
		if expires, _ := c.Params.Get("expires"); expires != "0" {
			p.bindings[user] = append(p.bindings[user], c.String())
		}
	}
	if all {
		delete(p.bindings, user)
	}
	res := sip.NewResponse(r, 200, "", "proxy")
	for _, c := range p.bindings[user] {
		res.Headers.Add("Contact", c)
	}
	p.send(res)
}

func (p *proxy) authorized(r *sip.Request, name, realm string) bool {
	for _, value := range r.Headers.Values(name) {
		a, err := sip.ParseAuthorization(value)
		if err != nil {
			p.ladder.t.Error(err)
		}
		if a.Realm == realm && a.Verify("secret", r.Method, r.Body) {
			return true
		}
	}
	return false
}

// invite forks what begins a call.
func (p *proxy) invite(r *sip.Request) {
	for _, realm := range p.realms {
		if !p.authorized(r, "Proxy-Authorization", realm) {
			p.calls = append(p.calls, &proxied{invite: r, done: true})
			p.reply(r, 407, header("Proxy-Authenticate", sip.NewChallenge(realm, "n", "MD5")))
			return
		}
	}
	groups, ok := p.targets[r.RequestURI.User]
	if !ok {
		groups = [][]string{{"sip:" + address(r.RequestURI)}}
	}
	c := &proxied{invite: r, groups: groups}
	p.calls = append(p.calls, c)
	p.send(sip.NewResponse(r, 100, "", ""))
	p.next(c)
}

// next tries the next group of targets, or answers as well as it can.
func (p *proxy) next(c *proxied) {
	if len(c.groups) == 0 {
		c.done = true
		res := c.best.Clone()
		res.Via = res.Via[1:]
		p.send(res)
		return
	}
	if c.invite.RequestURI.User != user(c.groups[0][0]) && p.diverts {
		p.send(sip.NewResponse(c.invite, 181, "", "proxy"))
	}
	group := c.groups[0]
	c.groups = c.groups[1:]
	for _, target := range group {
		c.forks = append(c.forks, &proxyFork{invite: p.forward(c.invite, target)})
	}
}

// forward sends a request on, to another target if there is one.
func (p *proxy) forward(r *sip.Request, target string) *sip.Request {
	r = r.Clone()
	r.Headers.Del("Route")
	r.Headers.Del("Proxy-Authorization")
	if target != "" {
		r.RequestURI = mustURI(p.ladder.t, target)
		r.Headers.Add("Record-Route", "<sip:proxy.example.com;transport=ws;lr>")
	}
	p.branches++
	r.Via = append([]sip.Via{{
		Transport: "WS", Host: "proxy.example.com",
		Params: sip.Params{{Name: "branch", Value: fmt.Sprint("z9hG4bKproxy", p.branches)}},
	}}, r.Via...)
	p.send(r)
	return r
}

// absorbs takes the ACK to a refusal of its own.
func (p *proxy) absorbs(r *sip.Request) bool {
	return slices.ContainsFunc(p.calls, func(c *proxied) bool { return c.invite.Via[0].Branch() == r.Via[0].Branch() })
}

func (p *proxy) cancel(r *sip.Request) {
	p.reply(r, 200)
	for _, c := range p.calls {
		if c.invite.Via[0].Branch() == r.Via[0].Branch() {
			c.groups = nil
			p.end(c, r.Headers.Get("Reason"))
		}
	}
}

// end cancels the forks that have not answered.
func (p *proxy) end(c *proxied, reason string) {
	for _, f := range c.forks {
		if f.final || f.canceled {
			continue
		}
		f.canceled = true
		cancel := &sip.Request{Method: sip.CANCEL, RequestURI: f.invite.RequestURI}
		o := f.invite.Clone()
		cancel.Via, cancel.From, cancel.To, cancel.CallID = o.Via[:1], o.From, o.To, o.CallID
		cancel.CSeq = sip.CSeq{Seq: o.CSeq.Seq, Method: sip.CANCEL}
		if reason != "" {
			cancel.Headers.Set("Reason", reason)
		}
		p.send(cancel)
	}
}

// giveUp ends the search at the targets tried so far, as after a while.
func (p *proxy) giveUp() { p.end(p.calls[len(p.calls)-1], "") }

func (p *proxy) response(r *sip.Response) {
	for _, c := range p.calls {
		for _, f := range c.forks {
			if f.invite.Via[0].Branch() == r.Via[0].Branch() {
				p.inviteResponse(c, f, r)
				return
			}
		}
	}
	if len(r.Via) > 1 {
		r = r.Clone()
		r.Via = r.Via[1:]
		p.send(r)
	}
}

// inviteResponse sends on what the caller is to know: progress, every 2xx, and
// the best refusal when all forks have refused.
func (p *proxy) inviteResponse(c *proxied, f *proxyFork, r *sip.Response) {
	switch {
	case r.CSeq.Method != sip.INVITE || r.StatusCode == 100:
		return
	case r.StatusCode < 300:
		on := r.Clone()
		on.Via = on.Via[1:]
		p.send(on)
		if r.StatusCode >= 200 {
			first := !c.done
			f.final, c.done = true, true
			if first {
				p.end(c, `SIP;cause=200;text="Call completed elsewhere"`)
			}
		}
		return
	}
	f.final = true
	ack := &sip.Request{Method: sip.ACK, RequestURI: f.invite.RequestURI}
	o := f.invite.Clone()
	ack.Via, ack.From, ack.To, ack.CallID = o.Via[:1], o.From, r.To, o.CallID
	ack.CSeq = sip.CSeq{Seq: o.CSeq.Seq, Method: sip.ACK}
	p.send(ack)
	if c.best == nil || r.StatusCode != 487 && (c.best.StatusCode == 487 || r.StatusCode < c.best.StatusCode) {
		c.best = r
	}
	if !c.done && !slices.ContainsFunc(c.forks, func(f *proxyFork) bool { return !f.final }) {
		p.next(c)
	}
}

// user is the user of a target.
func user(target string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(target, "sip:"), "@")
	return name
}
