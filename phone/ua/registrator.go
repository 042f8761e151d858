package ua

import (
	"errors"
	"log/slog"
	"math/rand/v2"
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
	// refusedBase takes the place of retryBase after a refusal: servers shut
	// out who is refused often.
	refusedBase = 120 * time.Second
)

// RegistrarChooses as Config.RegisterExpires leaves the life of the binding to
// the registrar: REGISTER has no Expires.
const RegistrarChooses time.Duration = -1

// RefreshPolicy says who refreshes a registration.
type RefreshPolicy int

// The policies.
const (
	// RefreshByItself: the agent does.
	RefreshByItself RefreshPolicy = iota
	// RefreshManually: the user does, by UA.Register on RegistrationExpiring;
	// else Unregistered follows when the binding ends.
	RefreshManually
)

// String returns "by itself" or "manually".
func (p RefreshPolicy) String() string {
	switch p {
	case RefreshByItself:
		return "by itself"
	case RefreshManually:
		return "manually"
	}
	return "unknown"
}

// ErrNoBinding is the Err of a RegistrationFailed: the registrar answered 2xx,
// but our Contact is not in it.
var ErrNoBinding = errors.New("the registrar's answer does not have our binding")

// ErrAcceptedBefore is the Err of a RegistrationFailed: the registrar refuses
// what proves the user now, and has accepted it since the agent started. It is
// tried again: the user may have signed in elsewhere as often as allowed, or
// the server may not reach its list of users.
var ErrAcceptedBefore = errors.New("the registrar has accepted the same before")

// RegistrationExpiring: it is time to refresh the registration; see
// Config.Refresh for who does.
type RegistrationExpiring struct{ Left time.Duration }

func (RegistrationExpiring) event() {}

// registratorEnv is what a registrator may use.
type registratorEnv struct {
	config    *Config
	log       *slog.Logger
	after     func(time.Duration, string, func()) *loop.Timer
	request   func(outbound) *sip.Request
	sender    func(*sip.Request, senderEvents) *requestSender
	emit      func(Event)
	connected func() bool
	// credentials are those that sender answers challenges with.
	credentials *credentialStore
	routes      func() []sip.NameAddr // of a REGISTER
	// learnt is told of a 2xx and our binding in it, or of none.
	learnt   func(res *sip.Response, binding sip.NameAddr)
	failover func() bool // to another server, if there is one and no call in the way
	settle   func()      // a REGISTER is through
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
	raised     int            // 423s met since the last other answer
	failures   int            // since the last success
	moving     bool           // to another server, for a failure
	timer      *loop.Timer    // refresh or retry
	end        time.Time      // of the binding
	retry      time.Time      // the next attempt; zero when none waits
	stale      bool           // the machine slept since pending was sent
	version    int            // of the credentials when pending was sent
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

// expires is what is asked for; RegistrarChooses leaves it to the registrar.
func (r *registrator) expires() time.Duration {
	if r.minExpires == 0 {
		return r.env.config.RegisterExpires
	}
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
	r.removing, r.stale, r.retry = expires == 0, false, time.Time{}
	r.version = r.env.credentials.version
	c := r.env.config
	var expiry []sip.Header
	own := r.contact()
	if expires >= 0 {
		own.Params = own.Params.With("expires", seconds(expires))
		expiry = []sip.Header{{Name: "Expires", Value: seconds(expires)}}
	}
	if contact == "" {
		own.Params = append(own.Params, c.RegisterContactParams...)
		contact = own.String()
	}
	from := sip.NameAddr{DisplayName: c.DisplayName, URI: c.URI.AOR()}
	tag := sip.NewTag()
	if c.RegisterFromTagTrail != nil {
		tag += c.RegisterFromTagTrail()
	}
	r.seq++
	request := r.env.request(outbound{
		method:  sip.REGISTER,
		uri:     c.RegistrarServer,
		from:    from.WithTag(tag),
		to:      from,
		callID:  r.callID,
		seq:     r.seq,
		routes:  r.env.routes(),
		headers: append(append([]sip.Header{{Name: "Contact", Value: contact}}, expiry...), c.RegisterHeaders...),
	})
	request.Via[0].Params = request.Via[0].Params.WithFlag("keep") // RFC 6223 §4.2
	r.pending = r.env.sender(request, senderEvents{
		response: r.receive,
		failed:   func(err error) { r.failed(nil, systemFailure(err)) },
		nextSeq:  func() uint32 { r.seq++; return r.seq },
	})
	r.pending.send()
}

// contact is our binding (RFC 5626 §4.2.1).
func (r *registrator) contact() sip.NameAddr {
	params := sip.Params{}.WithFlag("+sip.ice").With("reg-id", "1").WithQuoted("+sip.instance", r.instance())
	return sip.NameAddr{URI: r.env.config.ContactURI, Params: params}
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
	if !ok || least <= r.expires() || r.raised >= maxRaise {
		return false
	}
	r.raised++
	r.minExpires = least
	return true
}

func (r *registrator) succeeded(res *sip.Response) {
	r.env.credentials.proven = r.version
	binding, ok := r.binding(res)
	if !ok {
		e := failureOf(res)
		e.Err = ErrNoBinding
		r.failed(res, e)
		return
	}
	r.pending, r.failures, r.raised = nil, 0, 0
	r.env.learnt(res, binding)
	expires := max(r.granted(res, binding), minRegisterExpires)
	refresh := refreshAfter(expires)
	r.end = time.Now().Add(expires)
	r.timer = r.env.after(refresh, "refresh registration", func() { r.expiring(expires - refresh) })
	if !r.registered {
		r.registered = true
		r.env.emit(Registered{Response: res, Expires: expires})
	}
	switch {
	case !r.wanted:
		r.unregister(false)
	case r.stale:
		r.register()
	}
	r.env.settle()
}

// expiring refreshes the binding, or leaves that to the user, as configured.
// left is the rest of its life.
func (r *registrator) expiring(left time.Duration) {
	manual := r.env.config.Refresh == RefreshManually
	if manual {
		r.timer = r.env.after(left, "registration expired", func() { r.lost(nil, CauseExpires) })
	}
	r.env.emit(RegistrationExpiring{Left: left})
	if !manual && r.wanted {
		r.register()
	}
}

func (r *registrator) failed(res *sip.Response, e *EndError) {
	if r.removing {
		r.removed(res)
		return
	}
	r.pending, r.raised = nil, 0
	retry := r.retryAfter(res, e)
	r.failures++
	r.timer.Stop()
	switch {
	case retry > 0 && r.elsewhere(res, e) && r.env.failover():
		retry, r.moving = 0, true // on the next connection
	case retry > 0:
		r.retryIn(retry)
	}
	r.env.emit(RegistrationFailed{Response: res, Err: e, RetryIn: retry})
	if r.registered {
		r.lost(res, e.Cause)
	}
}

// elsewhere reports whether another server may do better (RFC 3263 §4.3, RFC
// 5626 §4.3): this one is overloaded, at fault or silent, or has lost the flow.
func (r *registrator) elsewhere(res *sip.Response, e *EndError) bool {
	if res == nil {
		return e.Cause == CauseRequestTimeout
	}
	return res.StatusCode/100 == 5 || res.StatusCode == 430
}

// retryAfter is the wait before the next attempt, 0 for none: what the
// registrar asks, or a growing random time where trying again can help.
// Credentials that never worked are not sent twice by themselves.
func (r *registrator) retryAfter(res *sip.Response, e *EndError) time.Duration {
	switch {
	case !r.wanted || !r.env.connected():
		return 0
	case res == nil: // no answer
	case e.Cause == CauseAuthentication, res.StatusCode == 403:
		return r.refused(e)
	default:
		if e.RetryAfter > 0 {
			return e.RetryAfter
		}
		switch res.StatusCode {
		case 408, 430, 480:
		default:
			if res.StatusCode/100 != 5 && res.StatusCode/100 != 2 {
				return r.refused(e)
			}
		}
	}
	return r.growing(retryBase)
}

// refused is the wait after a refusal for good, which is one only of what was
// never accepted.
func (r *registrator) refused(e *EndError) time.Duration {
	if c := r.env.credentials; c.proven != c.version || e.Cause == CauseRedirected {
		return 0
	}
	e.Err = ErrAcceptedBefore
	return max(e.RetryAfter, r.growing(refusedBase))
}

// growing is a random time that doubles with every failure.
func (r *registrator) growing(base time.Duration) time.Duration {
	wait := min(base<<min(r.failures, 6), retryMax)
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
	r.env.learnt(nil, sip.NameAddr{})
	r.env.emit(Unregistered{Response: res, Cause: cause})
}

// connected registers on a new connection: servers forget the bindings of one
// that was lost. Waits go on growing where we went there for a refusal.
func (r *registrator) connected() {
	if !r.moving {
		r.failures = 0
	}
	r.moving = false
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
