package ua

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"webphone/phone/sip"
)

// found has the media of the scene tell a candidate; 0 is the end.
func (s *scene) found(n int, ufrag string) {
	c := Candidate{Ufrag: ufrag, Pwd: "thepasswordofthisdescription", MID: "0", Late: true, End: n == 0}
	if n > 0 {
		c.Text = fmt.Sprintf("candidate:%d 1 udp 1 192.0.2.1 %d typ host", n, n)
	}
	s.peers[0].options.Events.Candidate(c)
	s.pass(0)
}

const trickles = "timer,trickle-ice"

func TestTrickle_sends(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		if got := invite.Headers.Get("Recv-Info"); got != "trickle-ice" {
			t.Errorf("Recv-Info %q", got)
		}
		s.found(1, "aaaa") // before anybody could take it
		s.found(2, "aaaa")
		s.forget()
		s.answer(invite, 200, sdp(farSDP), header("Supported", trickles))
		s.expect(`<< 200 INVITE
			>> ACK
			peer final answer set
			event Accepted remote
			event Confirmed local
			>> INFO`)
		first := s.last(sip.INFO)
		if first.Headers.Get("Info-Package") != "trickle-ice" || first.Headers.Get("Content-Type") != "application/trickle-ice-sdpfrag" {
			t.Errorf("INFO:\n%s", first.Bytes())
		}
		wantBody(t, first, "a=ice-ufrag:aaaa\r\n", "a=ice-pwd:thepassword", "a=mid:0\r\n", "a=candidate:1 ", "a=candidate:2 ")
		// One INFO at a time, and one generation each.
		s.found(3, "aaaa")
		s.found(0, "aaaa")
		s.found(4, "bbbb")
		s.expect("event ICECandidate", "event ICECandidate")
		s.answer(first, 200)
		s.expect("<< 200 INFO", ">> INFO")
		second := s.last(sip.INFO)
		wantBody(t, second, "a=candidate:3 ", "a=end-of-candidates\r\n")
		s.answer(second, 200)
		s.expect("<< 200 INFO", ">> INFO")
		wantBody(t, s.last(sip.INFO), "a=ice-ufrag:bbbb\r\n", "a=candidate:4 ")
	})
}

func wantBody(t *testing.T, r *sip.Request, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(string(r.Body), part) {
			t.Errorf("no %q in\n%s", part, r.Body)
		}
	}
}

func TestTrickle_sendsNothing(t *testing.T) {
	for _, c := range []struct {
		rule      string
		configure func(*Config)
		supported string
		upset     func(*scene)
	}{
		{"to a peer that does not announce it", nil, "timer", func(*scene) {}},
		{"where it is off", func(c *Config) { c.NoTrickle = true }, trickles, func(*scene) {}},
		{"after a refusal", nil, trickles, func(s *scene) {
			s.found(1, "aaaa")
			s.answer(s.last(sip.INFO), 469)
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, c.configure, func(s *scene) {
				session := s.answeredOut(header("Supported", c.supported))
				c.upset(s)
				s.forget()
				s.found(2, "aaaa")
				s.expect("event ICECandidate")
				if session.IsEnded() {
					t.Error("ended")
				}
			})
		})
	}
}

const trickled = "a=ice-ufrag:cccc\r\na=ice-pwd:thepasswordoftheotherside00\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n" +
	"a=candidate:9 1 udp 1 192.0.2.9 9 typ host\r\na=end-of-candidates\r\n"

func TestTrickle_receives(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredIn(header("Supported", trickles))
		frag := body("application/trickle-ice-sdpfrag", trickled)
		s.receive(s.request(sip.INFO, frag, header("Info-Package", "trickle-ice")))
		s.expect(`<< INFO
			>> 200 INFO
			peer candidate cccc "candidate:9 1 udp 1 192.0.2.9 9 typ host" end false
			peer candidate cccc "" end true`)
		s.receive(s.request(sip.INFO, body("application/trickle-ice-sdpfrag", "a=candidate:\r\n"), header("Info-Package", "trickle-ice")))
		s.expect("<< INFO", ">> 400 INFO")
		s.receive(s.request(sip.INFO, frag)) // of no package: the user's
		s.expect("<< INFO", ">> 200 INFO", "event NewInfo remote")
	})
}

// A caller may tell candidates once it rings (RFC 8840 §4.3): before there
// are media to take them.
func TestTrickle_receivesWhileItRings(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn(header("Supported", trickles))
		s.forget()
		for range 200 { // more than are kept
			s.receive(s.request(sip.INFO, body("application/trickle-ice-sdpfrag", trickled), header("Info-Package", "trickle-ice")))
		}
		s.expect(slices.Repeat([]string{"<< INFO", ">> 200 INFO"}, 200)...)
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		want := slices.Repeat([]string{`peer candidate cccc "candidate:9 1 udp 1 192.0.2.9 9 typ host" end false`, `peer candidate cccc "" end true`}, maxTrickled/2)
		s.expectAnyOrder(append([]string{"peer new incoming", "peer answer", ">> 200 INVITE", "event Accepted local"}, want...)...)
	})
}

// Ready is the media's own.
func TestTrickle_ready(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		ready := 0
		s.onEvent = func(e Event) {
			if e, ok := e.(ICECandidate); ok {
				e.Candidate.Ready()
			}
		}
		s.peers[0].options.Events.Candidate(Candidate{Text: "candidate:1 1 udp 1 192.0.2.1 1 typ host", Ready: func() { ready++ }})
		s.expect("event ICECandidate")
		if ready != 1 {
			t.Errorf("called %d times", ready)
		}
	})
}

// RFC 6086 §4.2.2: a package that we did not ask for is refused with those
// that we take.
func TestInfo_packageThatIsNotTaken(t *testing.T) {
	for _, c := range []struct {
		rule      string
		configure func(*Config)
		pkg, want string
	}{
		{"unknown", nil, "dice", "trickle-ice"},
		{"trickle ICE, where it is off", func(c *Config) { c.NoTrickle = true }, "trickle-ice", "nil"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, c.configure, func(s *scene) {
				s.answeredIn()
				s.receive(s.request(sip.INFO, body("text/plain", "six"), header("Info-Package", c.pkg)))
				s.expect("<< INFO", ">> 469 INFO")
				if got := s.lastResponse().Headers.Get("Recv-Info"); got != c.want {
					t.Errorf("Recv-Info %q", got)
				}
			})
		})
	}
}
