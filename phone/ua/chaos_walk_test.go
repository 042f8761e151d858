package ua

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/sip"
)

var walkSteps = flag.Int("walk", 50_000, "how many steps TestWalk takes")

// walkLength is how many of them one agent takes before it is looked what is
// left of them.
const walkLength = 250

// TestWalk has the user, the network, the server and the far side do anything
// that there is to do, in any order, with everything that the agent has at
// once: the registration, calls with all that belongs to them, transfers,
// messages, OPTIONS, subscriptions and publications. What begins ends once,
// every outcome is told once, and nothing is left: no session, transaction,
// dialog, peer, timer or goroutine.
func TestWalk(t *testing.T) {
	for seed := range uint64(*walkSteps / walkLength) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
			w := &walk{
				chaos: &chaos{rand: random(11), whim: random(12), ended: map[*RTCSession]bool{}},
				subs:  &eventsChaos{rand: random(13), whim: random(14), ended: map[any]bool{}},
				dice:  random(15), whims: random(16),
			}
			play(t, walkConfig(seed), func(s *scene) {
				w.chaos.scene, w.subs.scene = s, s
				s.do(func() { s.onEvent = w.event })
				for range walkLength {
					w.step()
				}
				if seed%4 == 0 {
					w.stop()
				} else {
					w.finish()
				}
				w.check()
			})
		})
	}
}

// walkConfig goes through the policies of the agent.
func walkConfig(seed uint64) func(*Config) {
	return func(c *Config) {
		chaosConfig(seed)(c)
		c.NoRegister = seed%3 == 0
		c.ReferOutsideCalls = seed%2 == 0
		c.NoTrickle = seed%5 == 1
		c.Events = EventsConfig{Served: []string{"weather"}, Unsolicited: []string{"message-summary"}}
		c.Options = OptionsPolicy(seed / 2 % 2)
		c.Refresh = RefreshPolicy(seed / 8 % 2)
		c.SessionTimers = SessionTimers{Off: seed%9 == 0, Method: RefreshMethod(seed % 2), ForceRefresher: seed%6 == 0}
		c.TransactionEvents = seed%6 == 0
		if seed%4 == 2 {
			c.Recovery = 5 * time.Second
		}
		if seed%8 == 4 { // which goes on until the agent is stopped
			c.OptionsInterval = 30 * time.Second
		}
	}
}

// token gives tokens, and sometimes none, after a while.
func token(seed uint64) TokenSource {
	dice := rand.New(rand.NewPCG(seed, 17))
	return func(ctx context.Context) (string, error) {
		select {
		case <-time.After(time.Duration(dice.IntN(3)) * time.Second):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if dice.IntN(3) == 0 {
			return "", errFull
		}
		return fmt.Sprint("token", seed), nil
	}
}

type walk struct {
	*chaos
	subs     *eventsChaos
	dice     *rand.Rand    // of the steps that are neither's
	whims    *rand.Rand    // of the consumer of events, on the loop
	received []sip.Message // may come again
	outcomes []*outcomeOf
	began    []*sip.Request // of transactions that were told
}

// outcomeOf counts how often the outcome of what was asked is told.
type outcomeOf struct {
	name string
	told int
}

// once expects one outcome.
func (w *walk) once(name string) func() {
	o := &outcomeOf{name: name}
	w.outcomes = append(w.outcomes, o)
	return func() { o.told++ }
}

func (w *walk) done(name string) func(*sip.Response, *EndError) {
	told := w.once(name)
	return func(*sip.Response, *EndError) { told() }
}

// event runs on the loop, between the steps.
func (w *walk) event(e Event) {
	w.chaos.event(e)
	w.subs.event(e)
	switch e := e.(type) {
	case NewMessage:
		if e.Originator == Remote {
			w.whimsically(func() { _ = e.Message.Accept(ReplyOptions{}) }, func() { _ = e.Message.Reject(480, ReplyOptions{}) })
		}
	case NewOptions:
		if e.Originator == Remote {
			w.whimsically(func() { _ = e.Options.Accept(ReplyOptions{}) }, func() { _ = e.Options.Reject(480, ReplyOptions{}) })
		}
	case NewTransaction:
		w.began = append(w.began, e.Request)
	case TransactionDestroyed:
		i := slices.Index(w.began, e.Request)
		if i < 0 {
			w.t.Errorf("%s %s ended before it began, or twice", e.Originator, e.Request.Method)
			return
		}
		w.began = slices.Delete(w.began, i, i+1)
	}
}

// whimsically decides at once, later or never.
func (w *walk) whimsically(accept, reject func()) {
	f := accept
	if w.whims.IntN(2) == 0 {
		f = reject
	}
	switch w.whims.IntN(3) {
	case 0:
		f()
	case 1:
		w.loop.After(time.Duration(w.whims.IntN(40))*time.Second, "whim", f)
	}
}

func (w *walk) step() {
	switch w.dice.IntN(10) {
	case 0, 1, 2, 3, 4:
		w.chaos.step()
	case 5, 6:
		w.subs.step()
	case 7:
		choice := w.dice.IntN(12)
		w.do(func() { w.asks(choice) })
	case 8:
		w.far()
	case 9:
		w.server()
	}
}

// asks has the user ask for what the other walks do not.
func (w *walk) asks(choice int) {
	session, in := pick(w.dice, w.sessions)
	switch {
	case choice == 0:
		w.ua.Register()
	case choice == 1:
		w.ua.Unregister(w.dice.IntN(2) == 0)
	case choice == 2:
		_, _ = w.ua.SendMessage("bob", "hello", MessageOptions{Done: w.done("MESSAGE")})
	case choice == 3:
		_, _ = w.ua.SendOptions("bob", OptionsOptions{Done: w.done("OPTIONS")})
	case choice == 4:
		settings := w.ua.Settings()
		settings.Password, settings.TokenSource = fmt.Sprint(w.dice.IntN(3)), nil
		if w.dice.IntN(3) == 0 {
			settings.TokenSource = token(w.dice.Uint64())
		}
		if err := w.ua.Set(settings); err != nil {
			w.t.Error(err)
		}
	case choice == 11:
		_, _ = w.ua.Call("bob", CallOptions{Anonymous: w.dice.IntN(2) == 0, Audio: AudioDirection(w.dice.IntN(4)), Reliable: Reliable(w.dice.IntN(4))})
	case !in:
	case choice == 5:
		w.sends(session)
	case choice == 6:
		session.Mute()
	case choice == 7:
		session.Unmute()
	case choice == 8:
		told := w.once("hold")
		session.HoldWith(HoldOptions{UseUpdate: w.dice.IntN(2) == 0}, func(error) { told() })
	case choice == 9:
		told := w.once("unhold")
		session.Unhold(func(error) { told() })
	case choice == 10:
		told, audio := w.once("renegotiate"), AudioDirection(w.dice.IntN(4))
		session.Renegotiate(RenegotiateOptions{Audio: &audio, UseUpdate: w.dice.IntN(2) == 0}, func(error) { told() })
	}
}

// sends sends a request in a call. A session that refuses it at once tells the
// outcome by its error alone.
func (w *walk) sends(session *RTCSession) {
	done := w.done("request in a call")
	var err error
	switch w.dice.IntN(3) {
	case 0:
		err = session.SendInfo("text/plain", []byte("x"), InfoOptions{Done: done})
	case 1:
		_, err = session.SendMessage("x", MessageOptions{Done: done})
	case 2:
		_, err = session.SendRequest(sip.OPTIONS, RequestOptions{Done: done})
	}
	if err != nil {
		done(nil, nil)
	}
}

// far has the far side send what the other walks do not, or again what it has
// sent, and the media find candidates.
func (w *walk) far() {
	switch w.dice.IntN(9) {
	case 0:
		if m, ok := pick(w.dice, w.received); ok {
			w.receive(m)
		}
	case 1:
		w.candidate()
	case 2:
		w.dialled(sip.INFO, body("application/trickle-ice-sdpfrag", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"), header("Info-Package", "trickle-ice"))
	case 3:
		w.dialled(sip.MESSAGE, body("text/plain", "x"))
	case 8:
		expires, _ := pick(w.dice, []string{"0", "60", "600"})
		w.dialled(sip.SUBSCRIBE, header("Event", "refer"), header("Expires", expires))
	case 4:
		w.outside()
		w.again(w.request(sip.MESSAGE, body("text/plain", "x")))
	case 5:
		w.outside()
		w.again(w.request(sip.OPTIONS))
	case 6:
		w.outside()
		w.again(w.request(sip.REFER, header("Refer-To", "<sip:carol@example.com>"), header("Contact", "<sip:bob@bob.invalid>")))
	case 7:
		w.outside()
		w.again(w.request(sip.NOTIFY, header("Event", "message-summary"), header("Subscription-State", "active"), body("text/plain", "x")))
	}
}

// again delivers m, which may come again.
func (w *walk) again(m sip.Message) {
	w.received = append(w.received, m)
	w.receive(m)
}

// request is chaos's scene's, not its own of that name.
func (w *walk) request(m sip.Method, mods ...mod) *sip.Request { return w.scene.request(m, mods...) }

// dialled sends a request in the dialog of a call.
func (w *walk) dialled(m sip.Method, mods ...mod) {
	session, ok := pick(w.dice, w.sessions)
	if !ok {
		return
	}
	var r *sip.Request
	w.do(func() {
		if d := session.dialog; d != nil {
			r = w.inDialog(m, d.remote, d.local, session.CallID())
		}
	})
	if r != nil {
		for _, mod := range mods {
			mod(&r.Common)
		}
		w.again(r)
	}
}

// candidate has the media of a call find a candidate, maybe late.
func (w *walk) candidate() {
	w.mu.Lock()
	peer, ok := pick(w.dice, w.peers)
	w.mu.Unlock()
	if ok {
		peer.options.Events.Candidate(Candidate{
			Text: "candidate:1 1 udp 1 192.0.2.1 9 typ host", Ufrag: fmt.Sprint("u", w.dice.IntN(2)), Pwd: "p", MID: "0",
			Late: w.dice.IntN(3) > 0, End: w.dice.IntN(4) == 0,
		})
		synctest.Wait()
	}
}

var errFull = errors.New("the queue is full")

// server answers a REGISTER or an OPTIONS of ours, and lets messages be lost.
func (w *walk) server() {
	if w.dice.IntN(6) == 0 {
		w.do(func() {
			w.sendError = nil
			if w.dice.IntN(2) == 0 {
				w.sendError = errFull
			}
		})
		return
	}
	w.mu.Lock()
	sent := slices.Clone(w.sent)
	w.mu.Unlock()
	slices.Reverse(sent)
	for _, m := range sent {
		r, ok := m.(*sip.Request)
		if !ok || r.Method != sip.REGISTER && r.Method != sip.OPTIONS && r.Method != sip.MESSAGE || w.dice.IntN(4) == 0 {
			continue
		}
		status, _ := pick(w.dice, []int{100, 200, 200, 200, 401, 403, 423, 430, 480, 500, 503})
		contact := ours(20 + w.dice.IntN(1000))
		if w.dice.IntN(4) == 0 {
			contact = ours(0)
		}
		mods := []mod{contact, header("Min-Expires", "700"), header("Retry-After", "20")}
		if w.dice.IntN(2) == 0 {
			mods = append(mods, header("Service-Route", "<sip:server.example.com;lr>"), header("Supported", "outbound"), header("Flow-Timer", "30"))
		}
		if status == 401 {
			mods = append(mods, header("WWW-Authenticate", sip.NewChallenge("example.com", fmt.Sprint("n", w.dice.IntN(3)), "SHA-256")))
		}
		w.answer(r, status, mods...)
		return
	}
}

// finish has the user end everything, and the far side answer nothing more.
func (w *walk) finish() {
	w.do(func() { w.sendError = nil })
	w.connect()
	w.do(func() {
		for _, session := range w.ua.Sessions() {
			_ = session.Terminate(TerminateOptions{})
		}
		w.ua.eventing.shutDown()
		w.ua.Unregister(false)
	})
	w.pass(15 * time.Minute) // the longest that a transfer is followed
}

// stop stops the agent in the middle of everything.
func (w *walk) stop() {
	w.do(func() { w.ua.Stop(nil) })
	w.pass(stopGrace + time.Minute) // transactions of those who went on
}

func (w *walk) check() {
	w.chaos.check()
	w.do(func() {
		stopped := w.ua.Status() == AgentUserClosed // which tells nothing any more
		if n := w.ua.eventing.size() + len(w.ua.tx.ongoing) + len(w.ua.rung); n != 0 {
			w.t.Errorf("left: %d subscriptions, transactions %v, %d that rang", w.ua.eventing.size(), w.ua.tx.ongoing, len(w.ua.rung))
		}
		for _, o := range w.outcomes {
			if o.told != 1 && !(stopped && o.told == 0) {
				w.t.Errorf("the outcome of %s was told %d times", o.name, o.told)
			}
		}
		for _, r := range w.began {
			if stopped {
				break
			}
			w.t.Errorf("the transaction of %s never ended", r.Method)
		}
	})
	if w.t.Failed() {
		w.mu.Lock()
		w.t.Log(strings.Join(w.trace, "\n"))
		w.mu.Unlock()
	}
	w.forget()
	w.pass(48 * time.Hour)
	w.expect() // no timer is left either
}
