package ua

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

var (
	requires100rel = header("Require", "100rel")
	supports100rel = header("Supported", "100rel, timer")
)

// prackTo builds the PRACK to a reliable response of ours.
func (s *scene) prackTo(res *sip.Response, mods ...mod) *sip.Request {
	rack := fmt.Sprintf("%s %d %s", res.Headers.Get("RSeq"), res.CSeq.Seq, res.CSeq.Method)
	return s.request(sip.PRACK, append([]mod{header("RAck", rack)}, mods...)...)
}

func offerless(c *sip.Common) { c.Body = nil; c.Headers.Del("Content-Type") }

// RFC 3262 §3: the callee.
func TestReliable_callee(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn(requires100rel)
		s.expect(ringingIn)
		ringing := s.lastResponse()
		if rseq, ok := ringing.RSeq(); !ok || rseq >= 1<<31 || ringing.Headers.Get("Require") != "100rel" || ringing.Headers.Get("Contact") == "" {
			t.Errorf("not reliable:\n%s", ringing.Bytes())
		}
		for _, wait := range []time.Duration{1, 2, 4, 8} { // exponential backoff
			s.pass(wait*timerT1 - time.Millisecond)
			s.expect()
			s.pass(time.Millisecond)
			s.expect(">> 180 INVITE")
		}
		if string(s.lastResponse().Bytes()) != string(ringing.Bytes()) {
			t.Error("repeated otherwise")
		}
		s.receive(s.prackTo(ringing, header("RAck", fmt.Sprintf("%s %d INVITE", ringing.Headers.Get("RSeq"), invite.CSeq.Seq+1))))
		s.receive(s.prackTo(ringing, header("RAck", fmt.Sprintf("%s %d BYE", ringing.Headers.Get("RSeq"), invite.CSeq.Seq))))
		s.receive(s.prackTo(ringing, header("RAck", fmt.Sprintf("4000000000 %d INVITE", invite.CSeq.Seq))))
		s.receive(s.prackTo(ringing, header("RAck", "x")))
		s.expect("<< PRACK", ">> 481 PRACK", "<< PRACK", ">> 481 PRACK", "<< PRACK", ">> 481 PRACK", "<< PRACK", ">> 400 PRACK")
		s.receive(s.prackTo(ringing))
		s.expect("<< PRACK", ">> 200 PRACK")
		s.receive(s.prackTo(ringing))
		s.expect("<< PRACK", ">> 481 PRACK") // acknowledged already
		s.pass(40 * time.Second)
		s.expect()
		s.do(func() { _ = session.Progress(ProgressOptions{Status: 182}) })
		second := s.lastResponse()
		first, _ := ringing.RSeq()
		if rseq, _ := second.RSeq(); rseq != first+1 {
			t.Errorf("RSeq %d after %d", rseq, first)
		}
		s.forget()
		s.receive(s.prackTo(second))
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.expect("<< PRACK", ">> 200 PRACK", "peer new incoming", "peer answer", ">> 200 INVITE", "event Accepted local")
	})
}

func TestReliable_withoutPrackTheCallIsRefused(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ringIn(requires100rel)
		s.pass(64*timerT1 - time.Millisecond)
		s.forget()
		s.pass(time.Millisecond)
		s.expect(">> 504 INVITE", "event Ended remote No ACK 504")
		s.pass(time.Minute)
	})
}

// §3: one at a time.
func TestReliable_theNextWaitsForThePrack(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn(requires100rel)
		ringing := s.lastResponse()
		s.forget()
		s.do(func() {
			_ = session.Progress(ProgressOptions{Status: 181, Reason: "Elsewhere", Headers: []sip.Header{{Name: "X-One", Value: "1"}}})
			_ = session.Progress(ProgressOptions{Status: 182})
		})
		s.expect()
		s.receive(s.prackTo(ringing))
		s.expect("<< PRACK", ">> 200 PRACK", ">> 181 INVITE", "event Progress local")
		forwarded := s.lastResponse()
		if forwarded.Reason != "Elsewhere" || forwarded.Headers.Get("X-One") != "1" {
			t.Errorf("sent\n%s", forwarded.Bytes())
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{StatusCode: 486}) }) // a refusal waits for nothing
		s.expect(">> 486 INVITE", "event Ended local Rejected 486")
		s.pass(timerT1)
		s.expect()
	})
}

// §3: a 2xx waits for the PRACK to a description, and for no other.
func TestReliable_200WaitsForThePrackOfADescription(t *testing.T) {
	t.Run("with one it waits", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.ringIn(supports100rel)
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.expect(ringingIn, "peer new incoming", "peer answer", ">> 183 INVITE", "event Progress local")
			early := s.lastResponse()
			if _, ok := early.SDP(); !ok {
				t.Error("no early answer")
			}
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.expect()
			s.receive(s.prackTo(early))
			s.expect("<< PRACK", ">> 200 PRACK", ">> 200 INVITE", "event Accepted local")
			if _, ok := s.lastResponse().SDP(); ok {
				t.Error("the 200 answers once more")
			}
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", "event Confirmed remote")
			if !session.IsReadyToReOffer() {
				t.Error("not ready")
			}
		})
	})
	t.Run("and not for ever", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn(supports100rel)
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.pass(64 * timerT1)
			if e := s.lastEnded(); e.Cause != CauseNoAck || e.Status != 504 {
				t.Errorf("ended by %v", e)
			}
		})
	})
	t.Run("without one it goes out, and the PRACK is still taken", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn(requires100rel)
			ringing := s.lastResponse()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.pass(timerT1)
			s.expect(">> 200 INVITE") // and no 180 any more
			s.receive(s.prackTo(ringing))
			s.expect("<< PRACK", ">> 200 PRACK")
			s.receive(s.prackTo(ringing))
			s.expect("<< PRACK", ">> 481 PRACK")
		})
	})
}

// §5: the first reliable response to an INVITE without offer makes it. Nobody
// has answered: the microphone stays off.
func TestReliable_offerless(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn(requires100rel, offerless)
		s.expectAnyOrder(`
			<< INVITE
			>> 100 INVITE
			event NewRTCSession remote
			peer new incoming
			peer muted
			peer offer
			>> 180 INVITE
			event Progress local`)
		ringing := s.lastResponse()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.expect() // the answer comes first
		s.receive(s.request(sip.UPDATE, sdp(farSDP)))
		s.expect("<< UPDATE", ">> 491 UPDATE")
		s.receive(s.prackTo(ringing, sdp(farSDP)))
		s.expectAnyOrder("<< PRACK\n>> 200 PRACK\npeer final answer set\n>> 200 INVITE\nevent Accepted local")
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
	})
	for _, c := range []struct {
		rule  string
		mods  []mod
		trace string
	}{
		{"without answer in the PRACK", nil, "<< PRACK\n>> 400 PRACK\n>> 400 INVITE\nevent Ended remote Missing SDP 400\npeer close"},
		{"with a bad one", []mod{sdp("v=0\r\n")}, "<< PRACK\n>> 200 PRACK\npeer final answer set\n>> 488 INVITE\nevent Ended remote Bad Media Description 488\npeer close"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.media.setAnswer = ErrIncompatibleSDP
				s.ringIn(requires100rel, offerless)
				s.forget()
				s.receive(s.prackTo(s.lastResponse(), c.mods...))
				s.expectAnyOrder(c.trace)
			})
		})
	}
}

// §5: a PRACK may bring a new offer once the first is answered.
func TestReliable_offerInPrack(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn(requires100rel)
		s.receive(s.prackTo(s.lastResponse(), sdp(farSDP))) // ours is not answered yet
		if res := s.lastResponse(); res.StatusCode != 500 || !res.Headers.Has("Retry-After") {
			t.Errorf("answered\n%s", res.Bytes())
		}
		s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
		s.forget()
		s.receive(s.prackTo(s.lastResponse(), sdp(farSDP)))
		s.expect("<< PRACK", "peer answer", ">> 200 PRACK")
		if _, ok := s.lastResponse().SDP(); !ok {
			t.Error("no answer in the 200 to PRACK")
		}
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.receive(s.ackTo(invite))
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}

func TestReliable_policies(t *testing.T) {
	for _, c := range []struct {
		rule     string
		config   Reliable
		mods     []mod
		status   int
		reliable bool
	}{
		{"supported: unreliable where the caller does not ask", ReliableSupported, []mod{supports100rel}, 180, false},
		{"required: reliable where the caller can", ReliableRequired, []mod{supports100rel}, 180, true},
		{"required: unreliable where it cannot", ReliableRequired, nil, 180, false},
		{"unsupported: 420 where the caller requires", ReliableUnsupported, []mod{requires100rel}, 420, false},
		{"unsupported: unreliable where it can", ReliableUnsupported, []mod{supports100rel}, 180, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(conf *Config) { conf.Reliable = c.config }, func(s *scene) {
				s.ringIn(c.mods...)
				res := s.lastResponse()
				if _, ok := res.RSeq(); res.StatusCode != c.status || ok != c.reliable {
					t.Errorf("answered\n%s", res.Bytes())
				}
				if c.status == 420 && res.Headers.Get("Unsupported") != "100rel" {
					t.Errorf("Unsupported %q", res.Headers.Get("Unsupported"))
				}
			})
		})
	}
}

// Every state × every input.
func TestReliable_table(t *testing.T) {
	play(t, nil, func(s *scene) {
		for _, c := range []struct {
			state reliableState
			input string
			next  reliableState
		}{
			{reliableIdle, "send", reliableWaiting},
			{reliableIdle, "next", reliableIdle},
			{reliableIdle, "acknowledge", reliableIdle},
			{reliableIdle, "close", reliableClosed},
			{reliableIdle, "lapse", reliableIdle},
			{reliableWaiting, "send", reliableWaiting},
			{reliableWaiting, "next", reliableWaiting},
			{reliableWaiting, "acknowledge", reliableIdle},
			{reliableWaiting, "close", reliableClosed},
			{reliableWaiting, "lapse", reliableClosed},
			{reliableClosed, "send", reliableClosed},
			{reliableClosed, "next", reliableClosed},
			{reliableClosed, "acknowledge", reliableClosed},
			{reliableClosed, "close", reliableClosed},
			{reliableClosed, "lapse", reliableClosed},
		} {
			t.Run(c.state.String()+" "+c.input, func(t *testing.T) {
				var p *reliableResponses
				send := func() {
					p.send(true, func([]sip.Header) func() { return func() {} })
				}
				s.do(func() {
					p = &reliableResponses{loop: s.loop, lapsed: func() {}}
					switch c.state {
					case reliableWaiting:
						send()
					case reliableClosed:
						p.close()
					case reliableIdle:
					}
					map[string]func(){
						"send": send, "next": p.next, "acknowledge": p.acknowledge, "close": p.close, "lapse": func() {},
					}[c.input]()
				})
				if c.input == "lapse" {
					s.pass(64 * timerT1)
				}
				s.do(func() {
					if p.state != c.next {
						t.Errorf("%v, want %v", p.state, c.next)
					}
					p.close()
				})
			})
		}
	})
}

// RFC 6337 §3.1.1: the 200 makes no second offer while the answer to the first
// is being applied.
func TestReliable_200WhileTheAnswerIsApplied(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn(requires100rel, offerless)
		ringing := s.lastResponse()
		s.mu.Lock()
		s.media.delay = time.Second
		s.mu.Unlock()
		s.receive(s.prackTo(ringing, sdp(farSDP)))
		s.forget()
		s.do(func() {
			_ = session.Progress(ProgressOptions{EarlyMedia: true})
			_ = session.Answer(AnswerCallOptions{})
		})
		s.expect()
		s.pass(time.Second)
		s.expect(">> 200 INVITE", "event Accepted local")
		if _, ok := s.lastResponse().SDP(); ok {
			t.Error("the 200 offers once more")
		}
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
	})
}
