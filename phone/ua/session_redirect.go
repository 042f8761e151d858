package ua

import (
	"slices"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// RedirectPolicy says what to do when a 3xx names other addresses of the
// callee (RFC 3261 §8.1.3.4).
type RedirectPolicy int

// The policies.
const (
	// RedirectDefault is what Config says, and there RedirectNever.
	RedirectDefault RedirectPolicy = iota
	// RedirectNever ends the call with CauseRedirected.
	RedirectNever
	// RedirectAsk tells RedirectRequested and waits for the user.
	RedirectAsk
	// RedirectFollow calls the addresses one after the other, the preferred
	// ones first, until one answers or declines for all.
	RedirectFollow
)

var redirectNames = [...]string{"default", "never", "ask", "follow"}

// String returns the name of the policy.
func (p RedirectPolicy) String() string {
	if p >= 0 && int(p) < len(redirectNames) {
		return redirectNames[p]
	}
	return "RedirectPolicy(" + strconv.Itoa(int(p)) + ")"
}

// Limits of a search: a redirection answers a redirection so often at most,
// and so many addresses are tried altogether.
const (
	maxHops             = 5
	maxRedirectAttempts = 20
)

// redirectDeadline is how long a redirection waits for the user.
const redirectDeadline = 30 * time.Second

// redirection is the search for a callee along 3xx responses:
//
//	calling ──3xx──▶ asking ──Accept──▶ calling the first ──failure──▶ calling the next
//	   │               └──Reject, 30 s──▶ ended                            │ none left,
//	   └──3xx, to be followed: calling the first                           ▼ or 6xx: ended
type redirection struct {
	policy   RedirectPolicy
	secure   bool      // to sips: addresses only
	seen     []sip.URI // tried or waiting
	waiting  []redirectTarget
	hops     int // of the address being called
	attempts int
	asking   *Redirection
}

type redirectTarget struct {
	uri  sip.URI
	hops int
}

// Redirection is a decision of the user; see RedirectRequested.
type Redirection struct {
	session  *RTCSession
	response *sip.Response
	contacts []sip.URI
	deadline *loop.Timer
}

// start prepares the search of one call.
func (r *redirection) start(policy RedirectPolicy, target sip.URI) {
	r.policy, r.secure, r.seen = policy, target.Scheme == "sips", []sip.URI{target}
}

// redirected takes a final response that is not 2xx and reports whether the
// call goes on with another address.
func (s *RTCSession) redirected(res *sip.Response) bool {
	r := &s.out.redirection
	switch code := res.StatusCode; {
	case r.policy == RedirectNever || code >= 600: // no address will answer (§16.7)
		return false
	case code == 305 || code == 380: // by way of a proxy, or to another service: the server's task
	case code < 400:
		found := s.redirectTargets(res)
		switch {
		case len(found) == 0:
		case r.policy == RedirectAsk:
			s.askRedirect(res, found)
			return true
		default:
			s.addTargets(found)
		}
	}
	return s.callNext(res)
}

// redirectTargets lists the addresses of a 3xx that may be called and were not
// yet, the preferred ones first.
func (s *RTCSession) redirectTargets(res *sip.Response) []sip.URI {
	r := &s.out.redirection
	contacts, _, err := res.Contacts()
	if err != nil || r.hops >= maxHops {
		s.log.Info("redirection not followed", "hops", r.hops, "error", err)
		return nil
	}
	slices.SortStableFunc(contacts, func(a, b sip.NameAddr) int { return preference(b) - preference(a) })
	var found []sip.URI
	for _, c := range contacts {
		uri, ok := s.redirectTarget(c.URI)
		same := func(other sip.URI) bool { return other.Equal(uri) }
		if ok && !slices.ContainsFunc(r.seen, same) && !slices.ContainsFunc(found, same) {
			found = append(found, uri)
		}
	}
	return found
}

// preference is the q of a Contact in thousandths; 1000 where it says nothing
// that can be read (§20.10).
func preference(c sip.NameAddr) int {
	text, _ := c.Params.Get("q")
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1000
	}
	return int(q * 1000)
}

// redirectTarget makes a Request-URI of a Contact: a number is called in our
// domain, a sips: address is left for no other (§8.1.3.4), and header fields
// are not taken from strangers (§19.1.5).
func (s *RTCSession) redirectTarget(uri sip.URI) (sip.URI, bool) {
	uri = uri.WithoutHeaders()
	if method, ok := uri.Params.Get("method"); ok && sip.Method(method) != sip.INVITE {
		return uri, false
	}
	uri.Params = uri.Params.Without("method")
	switch {
	case uri.Scheme == "sips", uri.Scheme == "sip" && !s.out.redirection.secure:
		return uri, true
	case uri.Scheme == "tel" && !s.out.redirection.secure:
		number, err := s.env.target(uri.String())
		return number, err == nil
	}
	return uri, false
}

// addTargets has the addresses called next, before those that wait already: a
// redirection is pursued to its end (§16.5).
func (s *RTCSession) addTargets(found []sip.URI) {
	r := &s.out.redirection
	r.seen = append(r.seen, found...)
	var targets []redirectTarget
	for _, uri := range found {
		targets = append(targets, redirectTarget{uri, r.hops + 1})
	}
	r.waiting = append(targets, r.waiting...)
}

// callNext repeats the INVITE to the next address: with the same Call-ID, From
// and To, in a new transaction (§8.1.3.4).
func (s *RTCSession) callNext(res *sip.Response) bool {
	r := &s.out.redirection
	if len(r.waiting) == 0 || r.attempts >= maxRedirectAttempts {
		return false
	}
	next := r.waiting[0]
	r.waiting = r.waiting[1:]
	r.hops = next.hops
	r.attempts++
	s.identity = identity{told: s.remote}
	s.env.emit(Redirected{Session: s, Response: res, Target: next.uri})
	if !s.IsEnded() {
		s.out.tooSmall = 0
		s.out.sender.retarget(next.uri)
	}
	return true
}

func (s *RTCSession) askRedirect(res *sip.Response, found []sip.URI) {
	d := &Redirection{session: s, response: res, contacts: found}
	d.deadline = s.env.loop.After(redirectDeadline, "redirection deadline", func() { _ = d.Reject() }) // decided: nothing to do
	s.out.redirection.asking = d
	s.env.emit(RedirectRequested{Redirection: d, Session: s, Response: res, Contacts: slices.Clone(found)})
}

// Accept calls the addresses in the given order; none means all of them, the
// preferred ones first. It returns a *StateError if the redirection is decided
// already, as happens by itself after 30 s, or the call has ended.
func (d *Redirection) Accept(targets ...sip.URI) error {
	if err := d.decide("accept redirection"); err != nil {
		return err
	}
	if len(targets) == 0 {
		targets = d.contacts
	}
	s := d.session
	s.addTargets(targets)
	s.callNext(d.response)
	return nil
}

// Reject ends the call with CauseRedirected, unless addresses of an earlier
// redirection are left. It fails as Accept does.
func (d *Redirection) Reject() error {
	if err := d.decide("reject redirection"); err != nil {
		return err
	}
	s := d.session
	if !s.callNext(d.response) {
		s.finish(inEnd, failureOf(d.response))
	}
	return nil
}

func (d *Redirection) decide(op string) error {
	r := &d.session.out.redirection
	if d.session.IsEnded() || r.asking != d {
		return &StateError{Op: op, State: d.session.status}
	}
	d.deadline.Stop()
	r.asking = nil
	return nil
}

// stop forgets a decision that nobody needs any more.
func (r *redirection) stop() {
	if r.asking != nil {
		r.asking.deadline.Stop()
		r.asking = nil
	}
}
