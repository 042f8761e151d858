package ua

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// ladder is a call flow among agents, drawn as the RFCs draw them:
//
//	## Alice calls Bob
//	alice -> bob    INVITE sip:bob@example.com [call 1, sdp sendrecv]
//	bob -> alice    180 Ringing (INVITE) [call 1]
//	alice           * Progress remote
//
// One message is under way at a time and takes 10 ms, so that a flow is the
// same on every run. With a proxy every message goes through it.
type ladder struct {
	t        *testing.T
	start    time.Time
	stations map[string]*station
	order    []string
	vias     map[string]string // whose a Via host is
	proxy    *proxy

	mu     sync.Mutex // agents send from loops of their own
	lines  []rung
	flight []parcel
	step   int
	wake   chan struct{}
	done   bool
}

const ladderLatency = 10 * time.Millisecond

// station is an agent at a ladder.
type station struct {
	*scene
	name   string
	ladder *ladder
}

// rung is a line of a ladder; call is the Call-ID that it belongs to.
type rung struct {
	at       time.Duration
	step     int
	rank     int
	text     string
	call     string
	replaces string // the Call-ID that it names besides
	details  []string
}

// parcel is a message under way.
type parcel struct {
	due      time.Time
	rank     int
	from, to string
	message  sip.Message
}

// flow plays script among the named agents and compares the ladder with
// testdata/flows/file. In the end nothing may be left of what was played.
func flow(t *testing.T, file, title string, names []string, configure func(name string, c *Config), script func(*ladder)) {
	t.Run(file, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &ladder{t: t, start: time.Now(), stations: map[string]*station{}, order: names, vias: map[string]string{}, wake: make(chan struct{}, 1)}
			for _, name := range names {
				defer l.join(name, configure).loop.Close()
			}
			script(l)
			l.run(40 * time.Second) // timers of transactions
			l.mu.Lock()
			l.done = true
			got := "# " + title + "\n" + l.String()
			l.mu.Unlock()
			l.leaveNothing()
			golden(t, filepath.Join("flows", file+".txt"), got)
		})
	})
}

// golden compares got with a file in testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// join adds an agent, connected and not registering unless configured to.
func (l *ladder) join(name string, configure func(string, *Config)) *station {
	s := &scene{t: l.t, loop: loop.New(loop.Options{}), onEvent: func(Event) {}, connected: true}
	s.media.delay = time.Millisecond
	a := &station{scene: s, name: name, ladder: l}
	c := Config{
		URI: mustURI(l.t, "sip:"+name+"@example.com"), ContactURI: mustURI(l.t, "sip:"+name+"@"+name+".invalid"),
		InstanceID: "00000000-0000-4000-8000-000000000001", NoRegister: true, Transport: a, Password: "secret",
		NewPeer: a.newPeer, OnEvent: a.event, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if configure != nil {
		configure(name, &c)
	}
	var err error
	if s.ua, err = New(s.loop, c); err != nil {
		l.t.Fatal(err)
	}
	l.stations[name] = a
	l.vias[strings.ToLower(s.ua.messages.viaHost)] = name
	a.do(s.ua.Start)
	s.ua.Receiver().Connected("wss://server.example.com")
	synctest.Wait()
	return a
}

// Send puts the message on its way.
func (a *station) Send(m sip.Message) error {
	if !a.connected {
		return errNotConnected
	}
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		a.t.Errorf("sent what does not parse: %v\n%s", err, m.Bytes())
		return err
	}
	a.ladder.send(a.name, back)
	return nil
}

// event is told on the agent's loop.
func (a *station) event(e Event) {
	line := eventLine(e)
	switch e := e.(type) {
	case SDP, Sending, SessionConnecting, PeerConnection, MediaFailed, Connected, Registering:
		line = ""
	case SubscriptionNotify:
		line = fmt.Sprintf("SubscriptionNotify %s", e.ContentType)
	}
	if line != "" {
		a.ladder.add(rung{rank: slices.Index(a.ladder.order, a.name), text: fmt.Sprintf("%-15s * %s", a.name, line)})
	}
	a.onEvent(e)
}

// newPeer makes a peer that says the direction of its sound.
func (a *station) newPeer(o PeerOptions) (Peer, error) {
	p, err := a.scene.newPeer(o)
	if err != nil {
		return nil, err
	}
	return &flowPeer{fakePeer: p.(*fakePeer)}, nil
}

func (l *ladder) add(r rung) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.done {
		r.at, r.step = time.Since(l.start), l.step
		l.lines = append(l.lines, r)
	}
}

// say heads what follows.
func (l *ladder) say(format string, args ...any) {
	l.run(time.Second)
	l.add(rung{rank: -1, text: "\n## " + fmt.Sprintf(format, args...)})
	l.run(time.Millisecond)
}

// send puts m on its way from an agent or the proxy.
func (l *ladder) send(from string, m sip.Message) {
	to := "proxy"
	if l.proxy == nil || from == "proxy" {
		to = l.destination(m)
	}
	if to == "" {
		l.t.Errorf("nobody gets\n%s", m.Bytes())
		return
	}
	r := describeRung(m)
	r.rank = slices.Index(l.order, from)
	if from == "proxy" {
		r.rank = len(l.order)
	}
	r.text = fmt.Sprintf("%-15s %s", from+" -> "+to, r.text)
	l.add(r)
	l.mu.Lock()
	l.flight = append(l.flight, parcel{time.Now().Add(ladderLatency), r.rank, from, to, m})
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// destination is whom the Request-URI or the topmost Via names.
func (l *ladder) destination(m sip.Message) string {
	switch m := m.(type) {
	case *sip.Request:
		if name := strings.TrimSuffix(m.RequestURI.Host, ".invalid"); l.stations[name] != nil {
			return name
		}
		if l.stations[m.RequestURI.User] != nil {
			return m.RequestURI.User
		}
	case *sip.Response:
		return l.vias[strings.ToLower(m.Via[0].Host)]
	}
	return ""
}

// run lets d pass and delivers what is due in it, one message at a time.
func (l *ladder) run(d time.Duration) {
	end := time.Now().Add(d)
	for {
		synctest.Wait()
		p, ok := l.next(end)
		until := end
		if ok {
			until = p.due
		}
		if wait := time.Until(until); wait > 0 {
			select {
			case <-l.wake:
			case <-time.After(wait):
			}
			continue
		}
		if !ok {
			return
		}
		l.deliver(p)
	}
}

// next is the message due first, and not after end.
func (l *ladder) next(end time.Time) (p parcel, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortStableFunc(l.flight, func(a, b parcel) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.rank, b.rank))
	})
	if len(l.flight) == 0 || l.flight[0].due.After(end) {
		return p, false
	}
	return l.flight[0], true
}

func (l *ladder) deliver(p parcel) {
	l.mu.Lock()
	l.flight = l.flight[1:]
	l.step++
	l.mu.Unlock()
	if p.to == "proxy" {
		l.proxy.receive(p.message)
	} else if a := l.stations[p.to]; a.connected {
		a.ua.Receiver().Receive(p.message)
	}
	synctest.Wait()
}

// String draws the ladder, with the calls numbered as they come.
func (l *ladder) String() string {
	slices.SortStableFunc(l.lines, func(a, b rung) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), cmp.Compare(a.rank, b.rank))
	})
	calls := map[string]int{}
	number := func(id string) int {
		if calls[id] == 0 {
			calls[id] = len(calls) + 1
		}
		return calls[id]
	}
	var text strings.Builder
	for _, r := range l.lines {
		text.WriteString(r.text)
		if r.call != "" {
			details := []string{fmt.Sprint("dialog ", number(r.call))}
			if r.replaces != "" {
				details = append(details, fmt.Sprint("replaces ", number(r.replaces)))
			}
			fmt.Fprintf(&text, " [%s]", strings.Join(append(details, r.details...), ", "))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// leaveNothing stops the agents and looks what is left of the flow.
func (l *ladder) leaveNothing() {
	for _, name := range l.order {
		a := l.stations[name]
		a.do(func() {
			u := a.ua
			if n := len(u.sessions) + len(u.dialogs) + len(u.tx.invites) + len(u.tx.clients) + len(u.tx.others) + len(u.referrals) + len(u.undecided); n != 0 {
				l.t.Errorf("left at %s: %d sessions, %d dialogs, transactions %v %v %v, %d referrals", name, len(u.sessions), len(u.dialogs), u.tx.invites, u.tx.clients, u.tx.others, len(u.referrals))
			}
			u.Stop(nil)
		})
	}
	l.run(stopGrace)
	for _, name := range l.order {
		for _, p := range l.stations[name].peers {
			if p.closed != 1 {
				l.t.Errorf("a peer of %s was closed %d times", name, p.closed)
			}
		}
	}
}

// describeRung says of a message what a reader of a flow looks for.
func describeRung(m sip.Message) rung {
	var (
		r      rung
		common *sip.Common
	)
	detail := func(format string, args ...any) { r.details = append(r.details, fmt.Sprintf(format, args...)) }
	switch m := m.(type) {
	case *sip.Request:
		common = &m.Common
		r.text = fmt.Sprintf("%s %s:%s", m.Method, m.RequestURI.Scheme, address(m.RequestURI))
		if _, all, _ := m.Contacts(); all {
			detail("Contact *")
		}
		if m.Method == sip.REGISTER || m.Method == sip.SUBSCRIBE {
			detail("Expires %s", m.Headers.Get("Expires"))
		}
	case *sip.Response:
		common = &m.Common
		r.text = fmt.Sprintf("%d %s (%s)", m.StatusCode, m.Reason, m.CSeq.Method)
		if contacts, _, _ := m.Contacts(); m.StatusCode/100 == 3 || m.CSeq.Method == sip.REGISTER {
			for _, c := range contacts {
				detail("Contact %s", address(c.URI))
			}
		}
	}
	r.call = common.CallID
	if to, err := common.ReferTo(); err == nil {
		text := "Refer-To " + address(to.URI)
		if value, ok := to.URI.Header("Replaces"); ok {
			replaces, _ := parseReplaces(value)
			r.replaces = replaces.CallID
		}
		detail("%s", text)
	}
	if value := common.Headers.Get("Replaces"); value != "" {
		replaces, _ := parseReplaces(value)
		r.replaces = replaces.CallID
		if replaces.EarlyOnly {
			detail("early-only")
		}
	}
	for _, name := range []string{"Referred-By", "Reason", "Subscription-State", "RAck", "RSeq"} {
		if value := common.Headers.Get(name); value != "" && (name != "RSeq" && name != "RAck") {
			value, _, _ = strings.Cut(value, ";expires=")
			detail("%s %s", name, value)
		} else if value != "" {
			detail("%s", map[string]string{"RAck": "acknowledges a provisional response", "RSeq": "reliable"}[name])
		}
	}
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Proxy-Authorization"} {
		for _, value := range common.Headers.Values(name) {
			_, realm, _ := strings.Cut(value, `realm="`)
			realm, _, _ = strings.Cut(realm, `"`)
			detail("%s for %s", name, realm)
		}
	}
	if text, ok := common.SDP(); ok {
		detail("sdp %s", directionIn(string(text)))
	} else if kind := common.Headers.Get("Content-Type"); len(common.Body) > 100 {
		detail("%s", kind)
	} else if len(common.Body) > 0 {
		detail("%q", strings.TrimSpace(string(common.Body)))
	}
	return r
}

// address is a URI without its parameters.
func address(u sip.URI) string {
	if u.User == "" {
		return u.Host
	}
	return u.User + "@" + u.Host
}
