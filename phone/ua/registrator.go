package ua

import (
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// Times of registration.
const (
	// minRegisterExpires keeps a registrar from making us register all the
	// time.
	minRegisterExpires = 10 * time.Second
	// retryBase and retryMax bound the wait after a failure (RFC 5626 §4.5).
	retryBase = 30 * time.Second
	retryMax  = 1800 * time.Second
)

// registratorEnv is what a registrator may use.
type registratorEnv struct {
	config    *Config
	log       *slog.Logger
	after     func(time.Duration, string, func()) *loop.Timer
	request   func(outbound) *sip.Request
	sender    func(*sip.Request, senderEvents) *requestSender
	emit      func(Event)
	connected func() bool
	gruu      func(pub, temp string) // what the registrar gave; "" for none
}

// registrator keeps the account's binding at its registrar (RFC 3261 §10, with
// the instance and reg-id of RFC 5626 and the GRUUs of RFC 5627):
//
//	unregistered ──REGISTER──▶ (2xx with our binding) ──▶ registered
//	     ▲                                                 │  │ refresh
//	     └── ≥300, no answer, connection lost, expires=0 ──┘◀─┘
type registrator struct {
	env        registratorEnv
	callID     string
	seq        uint32
	wanted     bool // by configuration or Register, until Unregister
	registered bool
	pending    *requestSender // of the REGISTER under way
	removing   bool           // that one un-registers
	minExpires time.Duration  // from 423; 0 = none
	failures   int            // since the last success
	timer      *loop.Timer    // refresh or retry
}

func newRegistrator(env registratorEnv) *registrator {
	return &registrator{env: env, callID: sip.NewCallID(), wanted: !env.config.NoRegister}
}

// register makes or refreshes the binding now; while one is under way or
// without a connection it is only noted.
func (r *registrator) register() {
	r.wanted = true
	if r.pending != nil || !r.env.connected() {
		return
	}
	if !r.registered {
		r.env.emit(Registering{})
	}
	r.send(r.expires(), "")
}

func (r *registrator) expires() time.Duration {
	return max(r.env.config.RegisterExpires, r.minExpires)
}

// unregister removes our binding, or with all those of every device. One that
// was never made needs no removal.
func (r *registrator) unregister(all bool) {
	r.wanted = false
	r.timer.Stop()
	switch {
	case r.pending != nil || !r.env.connected(): // finished looks at wanted
	case all:
		r.send(0, "*")
	case r.registered:
		r.send(0, "")
	}
}

// send sends a REGISTER; expires 0 removes. contact "" is our own.
func (r *registrator) send(expires time.Duration, contact string) {
	r.timer.Stop()
	r.removing = expires == 0
	c := r.env.config
	seconds := strconv.Itoa(int(expires / time.Second))
	if contact == "" {
		contact = "<" + c.ContactURI.String() + ">;+sip.ice;reg-id=1;+sip.instance=\"" + r.instance() + "\";expires=" + seconds
	}
	from := sip.NameAddr{DisplayName: c.DisplayName, URI: c.URI.AOR()}
	r.seq++
	r.pending = r.env.sender(r.env.request(outbound{
		method: sip.REGISTER,
		uri:    c.RegistrarServer,
		from:   from.WithTag(sip.NewTag()),
		to:     from,
		callID: r.callID,
		seq:    r.seq,
		headers: []sip.Header{
			{Name: "Contact", Value: contact},
			{Name: "Expires", Value: seconds},
		},
	}), senderEvents{
		response: r.receive,
		failed:   func(err error) { r.failed(nil, systemFailure(err)) },
		nextSeq:  func() uint32 { r.seq++; return r.seq },
	})
	r.pending.send()
}

func (r *registrator) instance() string { return "<urn:uuid:" + r.env.config.InstanceID + ">" }

func (r *registrator) receive(res *sip.Response) {
	switch {
	case res.StatusCode < 200:
	case r.removing:
		r.removed(res)
	case res.StatusCode < 300:
		r.succeeded(res)
	case res.StatusCode == 423 && r.raise(res): // §10.2.8
		r.send(r.expires(), "")
	default:
		r.failed(res, failureOf(res))
	}
}

// raise takes the Min-Expires of a 423 and reports whether it is more than
// what was asked.
func (r *registrator) raise(res *sip.Response) bool {
	seconds, ok := res.MinExpires()
	least := time.Duration(seconds) * time.Second
	if !ok || least <= r.expires() {
		return false
	}
	r.minExpires = least
	return true
}

func (r *registrator) succeeded(res *sip.Response) {
	binding, ok := r.binding(res)
	if !ok {
		r.env.log.Warn("the registrar's answer does not have our binding")
		r.failed(res, failureOf(res))
		return
	}
	r.pending, r.failures = nil, 0
	pub, _ := binding.Params.Get("pub-gruu")
	temp, _ := binding.Params.Get("temp-gruu")
	r.env.gruu(pub, temp)
	expires := max(r.granted(res, binding), minRegisterExpires)
	r.timer = r.env.after(refreshAfter(expires), "refresh registration", r.register)
	if !r.registered {
		r.registered = true
		r.env.emit(Registered{Response: res, Expires: expires})
	}
	if !r.wanted {
		r.unregister(false)
	}
}

// binding finds our own Contact among all those of the account: by instance
// and reg-id (RFC 5626 §4.2), else by URI or its user; a single one is ours.
func (r *registrator) binding(res *sip.Response) (sip.NameAddr, bool) {
	contacts, _, err := res.Contacts()
	if err != nil {
		return sip.NameAddr{}, false
	}
	own := r.env.config.ContactURI
	matches := []func(sip.NameAddr) bool{
		func(c sip.NameAddr) bool {
			instance, _ := c.Params.Get("+sip.instance")
			id, _ := c.Params.Get("reg-id")
			return strings.EqualFold(instance, r.instance()) && id == "1"
		},
		func(c sip.NameAddr) bool { return c.URI.Equal(own) },
		func(c sip.NameAddr) bool { return own.User != "" && c.URI.User == own.User },
		func(sip.NameAddr) bool { return len(contacts) == 1 },
	}
	for _, match := range matches {
		for _, c := range contacts {
			if match(c) {
				return c, true
			}
		}
	}
	return sip.NameAddr{}, false
}

// granted is the life of the binding (§10.2.4).
func (r *registrator) granted(res *sip.Response, binding sip.NameAddr) time.Duration {
	if value, ok := binding.Params.Get("expires"); ok {
		if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	if seconds, ok := res.Expires(); ok {
		return time.Duration(seconds) * time.Second
	}
	return r.expires()
}

// refreshAfter is when a binding of that life is refreshed: at a random point
// of its second half, not later than 32 s before its end.
func refreshAfter(e time.Duration) time.Duration {
	if e <= 64*time.Second {
		return e - 5*time.Second
	}
	return e/2 + rand.N(e/2-32*time.Second)
}

func (r *registrator) failed(res *sip.Response, e *EndError) {
	if r.removing {
		r.removed(res)
		return
	}
	r.pending = nil
	retry := r.retryAfter(res, e)
	r.failures++
	if retry > 0 {
		r.timer = r.env.after(retry, "retry registration", r.register)
	}
	r.env.emit(RegistrationFailed{Response: res, Err: e, RetryIn: retry})
	if r.registered {
		r.lost(res, e.Cause)
	}
}

// retryAfter is the wait before the next attempt, 0 for none: what the
// registrar asks, or a growing random time where trying again can help. Wrong
// credentials are never sent twice by themselves.
func (r *registrator) retryAfter(res *sip.Response, e *EndError) time.Duration {
	switch {
	case !r.wanted || !r.env.connected():
		return 0
	case res == nil: // no answer
	case e.Cause == CauseAuthentication, res.StatusCode == 403:
		return 0
	default:
		if wait, ok := res.RetryAfter(); ok && wait > 0 {
			return min(wait, 24*time.Hour)
		}
		if again := res.StatusCode/100 == 5 || res.StatusCode/100 == 2 || res.StatusCode == 480 || res.StatusCode == 408; !again {
			return 0
		}
	}
	wait := retryBase << min(r.failures, 6)
	wait = min(wait, retryMax)
	return wait/2 + rand.N(wait/2)
}

// removed ends an un-REGISTER, whatever its answer.
func (r *registrator) removed(res *sip.Response) {
	r.pending, r.removing = nil, false
	if r.registered {
		r.lost(res, "")
	}
	if r.wanted { // asked for meanwhile
		r.register()
	}
}

func (r *registrator) lost(res *sip.Response, cause Cause) {
	r.registered = false
	r.env.gruu("", "")
	r.env.emit(Unregistered{Response: res, Cause: cause})
}

// connected registers on a new connection: servers forget the bindings of one
// that was lost.
func (r *registrator) connected() {
	r.failures = 0
	if r.wanted {
		r.register()
	}
}

// disconnected is called after the REGISTER under way has failed.
func (r *registrator) disconnected() {
	r.timer.Stop()
	if r.registered {
		r.lost(nil, CauseConnection)
	}
}
