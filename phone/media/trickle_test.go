package media

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"webphone/phone/ua"
)

// newTrickler is an end that describes itself after limit, and tells what it
// finds later.
func newTrickler(t *testing.T, limit time.Duration, servers ...ICEServer) (*end, chan ua.Candidate) {
	t.Helper()
	found := make(chan ua.Candidate, 100)
	e := &end{stream: newFakeStream(), connected: make(chan struct{}, 4), failed: make(chan error, 4)}
	p, err := New(Options{
		Stream: e.stream, Loopback: true, ICEServers: servers, GatherCap: limit, Trickle: true, Log: slog.New(slog.DiscardHandler),
		Events: ua.PeerEvents{
			Connected: func() { e.connected <- struct{}{} },
			Failed:    func(err error) { e.failed <- err },
			Candidate: func(c ua.Candidate) { found <- c },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	e.Peer = p
	return e, found
}

// withoutCandidates is a description whose candidates are still to come.
func withoutCandidates(sdp string) string {
	session, media := split(sdp)
	return join(session, media[0].without(func(l string) bool {
		return strings.HasPrefix(l, "a=candidate:") || l == "a=end-of-candidates"
	}))
}

func TestTrickle_bothWays(t *testing.T) {
	caller, callerFound := newTrickler(t, time.Minute)
	callee, calleeFound := newTrickler(t, time.Minute)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"a=ice-options:trickle\r\n", "a=end-of-candidates\r\n"} {
		if !strings.Contains(offer, line) {
			t.Errorf("no %q in\n%s", line, offer)
		}
	}
	// The caller's come before the callee has the offer to go with them.
	told := candidatesOf(t, callerFound, parsed(t, offer).ufrag)
	if err := callee.AddCandidates(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	answer, err := callee.Answer(t.Context(), withoutCandidates(offer), ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), withoutCandidates(answer), ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	// The callee's come after the answer, some of them useless.
	told = append(candidatesOf(t, calleeFound, parsed(t, answer).ufrag),
		ua.Candidate{Text: "candidate:1 1 udp 1 192.0.2.1 1 typ host", Ufrag: "another"},
		ua.Candidate{Text: "candidate:nonsense"}, ua.Candidate{End: true})
	if err := caller.AddCandidates(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	caller.waitConnected(t)
	callee.waitConnected(t)
	caller.sendsTo(t, callee, "hello")
	callee.sendsTo(t, caller, "hello yourself")
}

func parsed(t *testing.T, sdp string) *description {
	t.Helper()
	d, err := parse(sdp)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// candidatesOf takes what was found, as of a description.
func candidatesOf(t *testing.T, found chan ua.Candidate, ufrag string) (all []ua.Candidate) {
	t.Helper()
	for len(found) > 0 {
		c := <-found
		if c.Late {
			t.Errorf("%+v is in the description and told again", c)
		}
		c.Ufrag = ufrag
		all = append(all, c)
	}
	if len(all) < 2 {
		t.Fatalf("%d candidates", len(all))
	}
	return all
}

// What a server says after the time for it is told.
func TestTrickle_late(t *testing.T) {
	offered := make(chan struct{})
	caller, found := newTrickler(t, time.Nanosecond, ICEServer{URLs: []string{stunServer(t, offered)}})
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	close(offered)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(offer, "end-of-candidates") {
		t.Errorf("all were found in no time:\n%s", offer)
	}
	d := parsed(t, offer)
	for {
		select {
		case c := <-found:
			if c.Late && (c.Ufrag != d.ufrag || c.Pwd != d.pwd || c.MID != "0") {
				t.Errorf("%+v is not of\n%s", c, offer)
			}
			if c.End {
				if !c.Late {
					t.Error("the end was in time")
				}
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no end of candidates")
		}
	}
}

// Ready has the description made at once.
func TestTrickle_ready(t *testing.T) {
	caller, found := newTrickler(t, time.Minute, ICEServer{URLs: []string{stunServer(t, never)}})
	go func() {
		for c := range found {
			c.Ready()
		}
	}()
	defer close(found)
	start := time.Now()
	if _, err := caller.Offer(t.Context(), ua.OfferOptions{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if err := caller.Close(); err != nil { // before found is
		t.Fatal(err)
	}
}

// A peer cannot have us send to any number of addresses, by what its
// description names or by what it tells later.
func TestCandidates_bounded(t *testing.T) {
	const many = 3 * maxTold
	line := func(i int) string { return fmt.Sprintf("candidate:%d 1 udp %d 127.0.0.1 %d typ host", i, i+1, 20000+i) }
	caller, callee := newEnd(t), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range many {
		lines = append(lines, "a="+line(i))
	}
	flood := strings.Replace(offer, "a=setup:", strings.Join(lines, "\r\n")+"\r\na=setup:", 1)
	d := parsed(t, flood)
	if n := strings.Count(forPion(flood, d, d.formats), "a=candidate:"); n != maxTold {
		t.Errorf("%d candidates of a description", n)
	}
	answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	caller.waitConnected(t)
	callee.waitConnected(t)
	for i := range many {
		if err := callee.AddCandidates(t.Context(), []ua.Candidate{{Text: line(i), Ufrag: d.ufrag}}); err != nil {
			t.Fatal(err)
		}
	}
	report := callee.conn.pc.GetStats()
	told := 0
	for _, stats := range report {
		if c, ok := stats.(webrtc.ICECandidateStats); ok && c.Type == webrtc.StatsTypeRemoteCandidate {
			told++
		}
	}
	if told > 2*maxTold {
		t.Errorf("%d candidates taken", told)
	}
	callee.sendsTo(t, caller, "still there")
}
