package ua

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// Timers of RFC 3261 table 4 and RFC 6026. Over a reliable transport there are
// no timers A, E and G, and D, I, J and K are zero: a transaction that
// completes is over at once.
const (
	timerT1 = 500 * time.Millisecond // round-trip estimate
	timerT2 = 4 * time.Second        // longest interval of a 2xx's retransmission
	timerB  = 64 * timerT1           // INVITE without any answer
	timerF  = 64 * timerT1           // another request without final answer
	timerH  = 64 * timerT1           // ≥300 without ACK
	timerL  = 64 * timerT1           // server: time for ACKs of a 2xx
	timerM  = 64 * timerT1           // client: time for further 2xx
	// resend1xx keeps proxies from giving up (RFC 3261 §13.3.1.1).
	resend1xx = time.Minute
)

// errTimeout reports timer B or F.
var errTimeout = errors.New("no response")

// transportError reports that a message could not be sent or that the
// connection was lost before its answer came.
type transportError struct {
	err  error
	lost bool // it was under way when the connection was lost
}

func (e *transportError) Error() string {
	if e.err == nil {
		return "connection lost"
	}
	return e.err.Error()
}

func (e *transportError) Unwrap() error { return e.err }

// systemFailure is the EndError of a transaction that failed without an
// answer.
func systemFailure(err error) *EndError {
	cause := CauseConnection
	var noToken *tokenError
	switch {
	case errors.Is(err, errTimeout):
		cause = CauseRequestTimeout
	case errors.As(err, &noToken):
		cause = CauseAuthentication
	}
	return &EndError{Cause: cause, Origin: System, Err: err}
}

// clientUser is what a client transaction tells its user.
type clientUser struct {
	response func(*sip.Response)
	failed   func(error) // errTimeout or *transportError; nothing comes after it
}

// clientTransaction is an inviteClient or a nonInviteClient.
type clientTransaction interface {
	start()
	receive(*sip.Response)
	transportFailed(error)
	waiting() bool // for a final response
	stop()
}

// txEnv is what a transaction may use.
type txEnv struct {
	log   *slog.Logger
	send  func(sip.Message) error
	after func(time.Duration, string, func()) *loop.Timer
	post  func(string, func()) // as a turn of its own
	ended func()               // the layer forgets the transaction
}

type clientKey struct {
	branch string
	method sip.Method
}

type serverKey struct {
	branch, sentBy string
	method         sip.Method
}

func serverKeyOf(r *sip.Request) serverKey {
	via := r.Via[0]
	sentBy := strings.ToLower(via.Host)
	if via.Port != 0 {
		sentBy += ":" + strconv.Itoa(via.Port)
	}
	return serverKey{branch: via.Branch(), sentBy: sentBy, method: r.Method}
}

// txLayer owns the transactions and hands messages to them (RFC 3261 §17).
type txLayer struct {
	log     *slog.Logger
	send    func(sip.Message) error
	after   func(time.Duration, string, func()) *loop.Timer
	post    func(string, func())
	idle    func() // a client transaction has ended
	clients map[clientKey]startedClient
	started uint64 // client transactions so far
	// ongoing are the requests of server transactions, by what makes two of
	// them the same over different paths (RFC 3261 §8.2.2.2).
	ongoing map[requestKey]struct{}
	// told, if not nil, is told of the begin and the end of transactions.
	told    func(o Originator, r *sip.Request, destroyed bool)
	invites map[serverKey]*inviteServer
	others  map[serverKey]*nonInviteServer
}

// newClient starts a transaction for req, whose topmost Via is ours.
func (l *txLayer) newClient(req *sip.Request, user clientUser) clientTransaction {
	key := clientKey{req.Via[0].Branch(), req.Method}
	env := l.env(func() {
		delete(l.clients, key)
		l.tell(Local, req, true)
		l.idle()
	})
	var t clientTransaction
	if req.Method == sip.INVITE {
		t = &inviteClient{env: env, user: user, req: req, newCancel: func(cancel *sip.Request) {
			l.newClient(cancel, clientUser{
				response: func(*sip.Response) {},
				failed:   func(err error) { l.log.Debug("CANCEL failed", "error", err) },
			})
		}}
	} else {
		t = &nonInviteClient{env: env, user: user, req: req}
	}
	l.tell(Local, req, false)
	l.started++
	l.clients[key] = startedClient{t, l.started}
	t.start()
	return t
}

// startedClient is a client transaction with the order in which it began.
type startedClient struct {
	clientTransaction
	number uint64
}

// waiting reports whether any client transaction waits for a final response.
func (l *txLayer) waiting() bool {
	for _, t := range l.clients {
		if t.waiting() {
			return true
		}
	}
	return false
}

func (l *txLayer) env(ended func()) txEnv {
	return txEnv{log: l.log, send: l.send, after: l.after, post: l.post, ended: ended}
}

// receiveResponse hands res to its transaction (RFC 3261 §17.1.3); without one
// it is dropped.
func (l *txLayer) receiveResponse(res *sip.Response) {
	t, ok := l.clients[clientKey{res.Via[0].Branch(), res.CSeq.Method}]
	if !ok {
		l.log.Debug("response without a transaction", "status", res.StatusCode, "method", res.CSeq.Method)
		return
	}
	t.receive(res)
}

// transportLost fails every client transaction, oldest first. Server transactions stay
// (RFC 6026 §7.1): what they still send takes the next connection.
func (l *txLayer) transportLost(err error) {
	clients := slices.SortedFunc(maps.Values(l.clients), func(a, b startedClient) int { return cmp.Compare(a.number, b.number) })
	for _, t := range clients {
		t.transportFailed(&transportError{err: err, lost: true})
	}
}

// absorb reports whether r belongs to a server transaction that exists, and
// has it handle r: a retransmission, or the ACK to a ≥300.
func (l *txLayer) absorb(r *sip.Request) bool {
	key := serverKeyOf(r)
	if r.Method == sip.ACK {
		key.method = sip.INVITE
		t, ok := l.invites[key]
		return ok && t.receiveAck()
	}
	if t, ok := l.invites[key]; ok {
		t.receiveInvite()
		return true
	}
	if t, ok := l.others[key]; ok {
		t.receiveRequest()
		return true
	}
	return false
}

// requestKey identifies a request whatever way it came.
type requestKey struct {
	callID, fromTag string
	cseq            sip.CSeq
}

func requestKeyOf(r *sip.Request) requestKey { return requestKey{r.CallID, r.From.Tag(), r.CSeq} }

// merged reports whether r, which belongs to no transaction, came already over
// another path (RFC 3261 §8.2.2.2).
func (l *txLayer) merged(r *sip.Request) bool {
	_, ok := l.ongoing[requestKeyOf(r)]
	return ok
}

func (l *txLayer) tell(o Originator, r *sip.Request, destroyed bool) {
	if l.told != nil {
		l.told(o, r, destroyed)
	}
}

// begun counts r among the ongoing requests; the result ends that.
func (l *txLayer) begun(r *sip.Request) (ended func()) {
	key := requestKeyOf(r)
	l.ongoing[key] = struct{}{}
	l.tell(Remote, r, false)
	return func() {
		delete(l.ongoing, key)
		l.tell(Remote, r, true)
	}
}

// newInviteServer starts the server transaction of an INVITE: 100 is sent.
func (l *txLayer) newInviteServer(r *sip.Request) *inviteServer {
	key := serverKeyOf(r)
	ended := l.begun(r)
	t := &inviteServer{env: l.env(func() { delete(l.invites, key); ended() }), req: r}
	l.invites[key] = t
	t.start()
	return t
}

// newNonInviteServer starts the server transaction of any other request.
func (l *txLayer) newNonInviteServer(r *sip.Request) *nonInviteServer {
	key := serverKeyOf(r)
	ended := l.begun(r)
	t := &nonInviteServer{env: l.env(func() { delete(l.others, key); ended() }), req: r}
	l.others[key] = t
	return t
}

// inviteOf returns the transaction that a CANCEL is about (RFC 3261 §9.2).
func (l *txLayer) inviteOf(cancel *sip.Request) (*inviteServer, bool) {
	key := serverKeyOf(cancel)
	key.method = sip.INVITE
	t, ok := l.invites[key]
	return t, ok
}

// close stops every timer; nothing is told to anybody any more.
func (l *txLayer) close() {
	l.idle = func() {}
	for _, t := range l.clients {
		t.stop()
	}
	for _, t := range l.invites {
		t.stop()
	}
	clear(l.clients)
	clear(l.invites)
	clear(l.others)
	clear(l.ongoing)
}
