package ua

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// reliable makes a provisional response one that is to be acknowledged.
func reliable(rseq uint32) mod {
	return func(c *sip.Common) {
		c.Headers.Set("Require", "100rel")
		c.Headers.Set("RSeq", fmt.Sprint(rseq))
	}
}

// RFC 3262 §4: the caller.
func TestPrack_caller(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.expect(callingOut)
		invite := s.last(sip.INVITE)
		s.answer(invite, 180, reliable(7), header("Record-Route", "<sip:proxy.example.com;lr>"))
		s.expect("<< 180 INVITE", ">> PRACK", "event Progress remote")
		prack := s.last(sip.PRACK)
		if got, want := prack.Headers.Get("RAck"), fmt.Sprintf("7 %d INVITE", invite.CSeq.Seq); got != want {
			t.Errorf("RAck %q, want %q", got, want)
		}
		if prack.To.Tag() != "bob" || prack.CSeq.Seq != invite.CSeq.Seq+1 || prack.RequestURI.String() != "sip:bob@bob.invalid;transport=ws" ||
			prack.Headers.Get("Route") != "<sip:proxy.example.com;lr>" {
			t.Errorf("PRACK outside of the early dialog:\n%s", prack.Bytes())
		}
		s.answer(prack, 200)
		s.answer(invite, 180, reliable(7))
		s.expect("<< 200 PRACK", "<< 180 INVITE") // a repetition is taken once
		s.answer(invite, 183, reliable(9))
		s.expect("<< 183 INVITE") // a gap: what is missing comes first
		s.answer(invite, 183, reliable(8), sdp(farSDP))
		s.expect("<< 183 INVITE", ">> PRACK", "peer provisional answer set", "event Progress remote", "event EarlyMedia")
		s.answer(invite, 183, reliable(9))
		s.expect("<< 183 INVITE", ">> PRACK", "event Progress remote")
		s.answer(invite, 183, reliable(8))
		s.expect("<< 183 INVITE")
		s.answer(invite, 180) // an unreliable one beside them
		s.expect("<< 180 INVITE", "event Progress remote")
		s.answer(invite, 200)
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		if got := s.peers[0].applied[1]; got != "" {
			t.Errorf("applied %q: the reliable answer stands", got)
		}
	})
}

// RFC 3262 §5, RFC 6337 §3.1.1: the answer in a reliable response is the only
// one; descriptions after it are none.
func TestPrack_reliableAnswerIsFinalForItsFork(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		s.answer(invite, 183, reliable(1), sdp(farSDP))
		s.forget()
		s.answer(invite, 183, reliable(2), sdp(holdSDP))
		s.answer(invite, 180, sdp(holdSDP))
		s.expect("<< 183 INVITE", ">> PRACK", "event Progress remote", "<< 180 INVITE", "event Progress remote")
		s.answer(invite, 200, sdp(holdSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		if got := s.peers[0].applied; len(got) != 2 || got[0] != farSDP || got[1] != "" {
			t.Errorf("applied %q", got)
		}
	})
}

func TestPrack_eachForkHasItsOwnOrder(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.forget()
		invite := s.last(sip.INVITE)
		for i, one := range []struct {
			tag  string
			rseq uint32
			want string
		}{
			{"bob", 100, "100"}, {"carol", 5, "5"}, {"bob", 101, "101"}, {"carol", 6, "6"},
		} {
			s.answer(invite, 180+i, tag(one.tag), reliable(one.rseq))
			prack := s.last(sip.PRACK)
			if got := fmt.Sprintf("%s %d INVITE", one.want, invite.CSeq.Seq); prack.Headers.Get("RAck") != got || prack.To.Tag() != one.tag {
				t.Errorf("%s: RAck %q to %s", one.tag, prack.Headers.Get("RAck"), prack.To.Tag())
			}
		}
		// A third 2xx with a reliable answer of its own wins with that.
		s.answer(invite, 183, tag("carol"), reliable(7), sdp(holdSDP))
		s.answer(invite, 183, tag("bob"), reliable(102), sdp(farSDP))
		s.forget()
		s.answer(invite, 200, tag("bob"))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		if got := s.peers[0].applied; len(got) != 2 || got[1] != farSDP {
			t.Errorf("applied %q", got)
		}
	})
}

func TestPrack_challenged(t *testing.T) {
	for status, name := range map[int]string{401: "WWW-Authenticate", 407: "Proxy-Authenticate"} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.callOut(CallOptions{})
				invite := s.last(sip.INVITE)
				s.answer(invite, 180, reliable(3))
				first := s.last(sip.PRACK)
				s.forget()
				s.answer(first, status, header(name, sip.NewChallenge("example.com", "n1", "MD5")))
				s.expect(fmt.Sprintf("<< %d PRACK", status), ">> PRACK")
				second := s.last(sip.PRACK)
				if second.CSeq.Seq != first.CSeq.Seq+1 || second.Headers.Get("RAck") != first.Headers.Get("RAck") {
					t.Errorf("repeated as\n%s", second.Bytes())
				}
				verify(t, second, map[int]string{401: "Authorization", 407: "Proxy-Authorization"}[status], "n1")
				s.answer(second, 200)
				s.answer(invite, 200, sdp(farSDP))
				s.do(func() { _ = session.Terminate(TerminateOptions{}) })
				if bye := s.last(sip.BYE); bye.CSeq.Seq != second.CSeq.Seq+1 {
					t.Errorf("BYE has CSeq %d after PRACK's %d", bye.CSeq.Seq, second.CSeq.Seq)
				}
			})
		})
	}
}

// The callee repeats what it thinks we have not heard.
func TestPrack_lostWithTheConnection(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		s.do(func() { s.sendError = errNotConnected })
		s.answer(invite, 180, reliable(3))
		s.do(func() { s.sendError = nil })
		s.forget()
		s.answer(invite, 180, reliable(3))
		s.expect("<< 180 INVITE", ">> PRACK")
		s.answer(s.last(sip.PRACK), 481) // not the end of the call: the INVITE's answer decides
		s.answer(invite, 180, reliable(3))
		s.expect("<< 481 PRACK", "<< 180 INVITE")
	})
}

func TestPrack_policies(t *testing.T) {
	for _, c := range []struct {
		rule               string
		config, call       Reliable
		supported, require string
		prack              bool
	}{
		{"supported by default", 0, 0, "timer,ice,trickle-ice,replaces,outbound,100rel", "", true},
		{"required by the configuration", ReliableRequired, 0, "timer,ice,trickle-ice,replaces,outbound,100rel", "100rel", true},
		{"required of this call", 0, ReliableRequired, "timer,ice,trickle-ice,replaces,outbound,100rel", "100rel", true},
		{"not in this call", ReliableRequired, ReliableUnsupported, "timer,ice,trickle-ice,replaces,outbound", "", false},
		{"off", ReliableUnsupported, 0, "timer,ice,trickle-ice,replaces,outbound", "", false},
		{"off, but in this call", ReliableUnsupported, ReliableSupported, "timer,ice,trickle-ice,replaces,outbound,100rel", "", true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(conf *Config) { conf.Reliable = c.config }, func(s *scene) {
				s.callOut(CallOptions{Reliable: c.call})
				invite := s.last(sip.INVITE)
				if got := invite.Headers.Get("Supported"); got != c.supported {
					t.Errorf("Supported %q", got)
				}
				if got := invite.Headers.Get("Require"); got != c.require {
					t.Errorf("Require %q", got)
				}
				s.forget()
				s.answer(invite, 180, reliable(1))
				want := []string{"<< 180 INVITE", ">> PRACK", "event Progress remote"}
				if !c.prack {
					want = []string{"<< 180 INVITE", "event Progress remote"}
				}
				s.expect(want...)
			})
		})
	}
	t.Run("a re-INVITE does without", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.do(func() { session.Hold(nil) })
			if got := s.last(sip.INVITE).Headers.Get("Supported"); got != "timer,ice,trickle-ice,replaces,outbound" {
				t.Errorf("Supported %q", got)
			}
		})
	})
	if got := Reliable(9).String() + " " + ReliableRequired.String(); got != "Reliable(9) required" {
		t.Error(got)
	}
}

func TestPrack_nothingAfterTheEnd(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		s.answer(invite, 180)
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.forget()
		s.answer(invite, 180, reliable(1))
		s.expect("<< 180 INVITE")
		s.pass(time.Minute)
	})
}
