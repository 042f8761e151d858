package ua

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestCallOptions_from(t *testing.T) {
	for _, c := range []struct {
		rule                     string
		options                  CallOptions
		from, preferred, privacy string
	}{
		{"as configured", CallOptions{}, `"Alice" <sip:alice@example.com>`, "", ""},
		{"another name", CallOptions{FromDisplayName: "Sales"}, `"Sales" <sip:alice@example.com>`, "", ""},
		{"another user", CallOptions{FromUserName: "+49 30 1"}, `"Alice" <sip:+49%2030%201@example.com>`, `"Alice" <sip:alice@example.com>`, ""},
		{"both", CallOptions{FromUserName: "sales", FromDisplayName: "Sales"}, `"Sales" <sip:sales@example.com>`, `"Sales" <sip:alice@example.com>`, ""},
		{"nobody", CallOptions{Anonymous: true, FromUserName: "sales"}, `"Anonymous" <sip:anonymous@anonymous.invalid>`, `"Alice" <sip:alice@example.com>`, "id"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(conf *Config) { conf.DisplayName = "Alice" }, func(s *scene) {
				s.callOut(c.options)
				invite := s.last(sip.INVITE)
				from := invite.From
				from.Params = from.Params.Without("tag")
				if got := from.String(); got != c.from {
					t.Errorf("From %s", got)
				}
				if got := invite.Headers.Get("P-Preferred-Identity"); got != c.preferred {
					t.Errorf("P-Preferred-Identity %s", got)
				}
				if got := invite.Headers.Get("Privacy"); got != c.privacy {
					t.Errorf("Privacy %s", got)
				}
			})
		})
	}
}

func TestCallOptions_sessionTimersExpires(t *testing.T) {
	for asked, want := range map[time.Duration]string{0: "1800", 300 * time.Second: "300", time.Second: "90"} {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{SessionTimersExpires: asked})
			if got := s.last(sip.INVITE).Headers.Get("Session-Expires"); got != want {
				t.Errorf("%v: asked for %s", asked, got)
			}
			s.answer(s.last(sip.INVITE), 422, header("Min-SE", "120"))
			want := map[string]string{"1800": "1800", "300": "300", "90": "120"}[want]
			if got := s.last(sip.INVITE).Headers.Get("Session-Expires"); got != want {
				t.Errorf("%v: after 422 asked for %s", asked, got)
			}
		})
	}
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn(header("Supported", "timer"))
		s.do(func() { _ = session.Answer(AnswerCallOptions{SessionTimersExpires: 200 * time.Second}) })
		if got := s.lastResponse().Headers.Get("Session-Expires"); !strings.HasPrefix(got, "200;") {
			t.Errorf("Session-Expires %s", got)
		}
	})
}

// What the user asked for at first limits every offer and answer after it.
func TestAudio_direction(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{Audio: AudioRecvOnly})
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.farOf(s.last(sip.INVITE), "bob")
		peer := s.peers[0]
		check := func(when string, want AudioDirection) {
			t.Helper()
			if peer.lastHold.Audio != want {
				t.Errorf("%s: %v", when, peer.lastHold.Audio)
			}
		}
		check("INVITE", AudioRecvOnly)
		s.do(func() { session.Hold(nil) })
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		check("hold", AudioRecvOnly)
		both := AudioSendRecv
		s.do(func() { session.Renegotiate(RenegotiateOptions{Audio: &both}, nil) })
		s.answer(s.last(sip.INVITE), 488)
		check("renegotiate", AudioSendRecv)
		s.do(func() {
			session.Renegotiate(RenegotiateOptions{ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}}}, nil)
		})
		check("after a refusal", AudioRecvOnly)
		if s.last(sip.INVITE).Headers.Get("X-One") != "1" {
			t.Error("no extra header")
		}
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.do(func() { session.Renegotiate(RenegotiateOptions{Audio: &both}, nil) })
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.do(func() { session.Renegotiate(RenegotiateOptions{}, nil) })
		check("after success", AudioSendRecv)
	})
	for d, want := range map[AudioDirection]string{AudioSendRecv: "sendrecv", AudioInactive: "inactive", 9: "unknown", -1: "unknown"} {
		if d.String() != want {
			t.Errorf("%d is %s", int(d), d)
		}
	}
	if AudioRecvOnly.Sends() || !AudioRecvOnly.Receives() || !AudioSendOnly.Sends() || AudioSendOnly.Receives() {
		t.Error("directions")
	}
}

// B24: who answers an INVITE without an offer offers what the user asked for.
func TestB24_offerlessInviteIsAnsweredWithWhatWasAsked(t *testing.T) {
	for _, audio := range []AudioDirection{AudioSendRecv, AudioRecvOnly} {
		t.Run(audio.String(), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session, invite := s.ringIn(offerless)
				s.do(func() { _ = session.Answer(AnswerCallOptions{Audio: audio}) })
				ok := s.lastResponse()
				if text, has := ok.SDP(); !has || !strings.Contains(string(text), "m=audio 9 ") {
					t.Errorf("answered\n%s", ok.Bytes())
				}
				if got := s.peers[0].lastHold.Audio; got != audio {
					t.Errorf("offered %v", got)
				}
				s.receive(s.ackTo(invite, sdp(farSDP)))
				if got := s.peers[0].applied; session.Status() != StatusConfirmed || len(got) != 1 || got[0] != farSDP {
					t.Errorf("state %v, applied %q", session.Status(), got)
				}
			})
		})
	}
}

// What the consumer of SDP assigns takes effect, in each direction and kind.
func TestSDP_changed(t *testing.T) {
	mark := func(s *scene) {
		s.onEvent = func(e Event) {
			if e, ok := e.(SDP); ok {
				*e.SDP += "a=x-" + e.Originator.String() + "-" + string(e.Type) + "\r\n"
			}
		}
	}
	sent := func(t *testing.T, m interface{ SDP() ([]byte, bool) }, want string) {
		t.Helper()
		if text, _ := m.SDP(); !strings.HasSuffix(string(text), want+"\r\n") {
			t.Errorf("sent %q, want %s", text, want)
		}
	}
	applied := func(t *testing.T, s *scene, want string) {
		t.Helper()
		all := s.peers[len(s.peers)-1].applied
		if got := all[len(all)-1]; !strings.HasSuffix(got, want+"\r\n") {
			t.Errorf("applied %q, want %s", got, want)
		}
	}
	play(t, nil, func(s *scene) {
		mark(s)
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		sent(t, invite, "a=x-local-offer")
		s.answer(invite, 183, sdp(farSDP))
		applied(t, s, "a=x-remote-answer")
		s.answer(invite, 200, sdp(holdSDP))
		applied(t, s, "a=x-remote-answer")
		s.farOf(invite, "bob")
		again := s.request(sip.INVITE, sdp(farSDP))
		s.receive(again)
		applied(t, s, "a=x-remote-offer")
		sent(t, s.lastResponse(), "a=x-local-answer")
		s.receive(s.ackTo(again))
		offerless := s.request(sip.INVITE)
		s.receive(offerless)
		sent(t, s.lastResponse(), "a=x-local-offer")
		s.receive(s.ackTo(offerless, sdp(farSDP)))
		applied(t, s, "a=x-remote-answer")
		s.do(func() { s.ua.Sessions()[0].HoldWith(HoldOptions{UseUpdate: true}, nil) })
		sent(t, s.last(sip.UPDATE), "a=x-local-offer")
	})
	play(t, nil, func(s *scene) {
		mark(s)
		session, _ := s.ringIn()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		applied(t, s, "a=x-remote-offer")
		sent(t, s.lastResponse(), "a=x-local-answer")
	})
}

// The consumer of any event may end the call; nothing comes of it afterwards.
func TestEvents_callEndedByTheConsumer(t *testing.T) {
	incoming := func(s *scene) { s.ringIn(); s.do(func() { _ = s.ua.Sessions()[0].Answer(AnswerCallOptions{}) }) }
	outgoing := func(s *scene) { s.callOut(CallOptions{}) }
	reinvited := func(s *scene) {
		s.answeredOut()
		s.forget()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
	}
	for _, c := range []struct {
		rule  string
		run   func(*scene)
		fail  bool
		when  func(Event) bool
		trace string
	}{
		{
			"SessionConnecting, outgoing", outgoing, false, func(e Event) bool { _, ok := e.(SessionConnecting); return ok },
			"event NewRTCSession local\nevent Ended local Canceled 0",
		},
		{
			"PeerConnection, outgoing", outgoing, false, func(e Event) bool { _, ok := e.(PeerConnection); return ok },
			"event NewRTCSession local\npeer new outgoing\npeer offer\nevent Ended local Canceled 0\npeer close",
		},
		{
			"SDP, outgoing", outgoing, false, func(e Event) bool { _, ok := e.(SDP); return ok },
			"event NewRTCSession local\npeer new outgoing\npeer offer\nevent Ended local Canceled 0\npeer close",
		},
		{
			"Sending", outgoing, false, func(e Event) bool { _, ok := e.(Sending); return ok },
			"event NewRTCSession local\npeer new outgoing\npeer offer\nevent Ended local Canceled 0\npeer close",
		},
		{
			"MediaFailed", outgoing, true, func(e Event) bool { _, ok := e.(MediaFailed); return ok },
			"event NewRTCSession local\npeer new outgoing\npeer offer\nevent Ended local Canceled 0\npeer close",
		},
		{
			"PeerConnection, incoming", incoming, false, func(e Event) bool { _, ok := e.(PeerConnection); return ok },
			ringingIn + "\npeer new incoming\n>> 480 INVITE\nevent Ended local Rejected 480\npeer close",
		},
		{
			"remote SDP, incoming", incoming, false, func(e Event) bool { _, ok := e.(SDP); return ok },
			ringingIn + "\npeer new incoming\n>> 480 INVITE\nevent Ended local Rejected 480\npeer close",
		},
		{
			"local SDP, incoming", incoming, false, func(e Event) bool { x, ok := e.(SDP); return ok && x.Originator == Local },
			ringingIn + "\npeer new incoming\npeer answer\n>> 480 INVITE\nevent Ended local Rejected 480\npeer close",
		},
		{
			"MediaFailed, incoming", incoming, true, func(e Event) bool { _, ok := e.(MediaFailed); return ok },
			ringingIn + "\npeer new incoming\npeer answer\n>> 480 INVITE\nevent Ended local Rejected 480\npeer close",
		},
		{
			"remote SDP of a re-INVITE", reinvited, false, func(e Event) bool { x, ok := e.(SDP); return ok && x.Type == SDPOffer && x.Originator == Remote },
			"<< INVITE\n>> 100 INVITE\nevent Reinvite\n>> BYE\n>> 487 INVITE\nevent Ended local Terminated 0\npeer close",
		},
		{
			"local SDP of a re-INVITE", reinvited, false, func(e Event) bool { x, ok := e.(SDP); return ok && x.Type == SDPAnswer && x.Originator == Local },
			"<< INVITE\n>> 100 INVITE\nevent Reinvite\npeer answer\n>> BYE\nevent Ended local Terminated 0\n>> 487 INVITE\npeer close",
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				if c.fail {
					s.media.offer, s.media.answer = errors.New("no"), errors.New("no")
				}
				s.onEvent = func(e Event) {
					if all := s.ua.Sessions(); c.when(e) && len(all) > 0 {
						_ = all[0].Terminate(TerminateOptions{})
					}
				}
				c.run(s)
				s.expectAnyOrder(c.trace)
				s.do(func() {
					if len(s.ua.Sessions()) != 0 {
						t.Error("a session is left")
					}
				})
			})
		})
	}
}

func TestMediaFailed_steps(t *testing.T) {
	for _, c := range []struct {
		rule  string
		media fakeMedia
		in    bool
		want  MediaStep
	}{
		{"no offer", fakeMedia{offer: errors.New("x")}, false, StepCreateOffer},
		{"no microphone", fakeMedia{offer: ErrUserDenied}, false, StepGetUserMedia},
		{"no answer", fakeMedia{answer: errors.New("x")}, true, StepCreateAnswer},
		{"no peer", fakeMedia{newPeer: errors.New("x")}, true, StepCreateAnswer},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.media = c.media
				var got MediaStep
				s.onEvent = func(e Event) {
					if e, ok := e.(MediaFailed); ok {
						got = e.Step
					}
				}
				if c.in {
					session, _ := s.ringIn()
					s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
				} else {
					s.callOut(CallOptions{})
				}
				if got != c.want {
					t.Errorf("failed at %q", got)
				}
			})
		})
	}
}

func TestIncoming_identity(t *testing.T) {
	const asserted = `"Robert" <sip:+4930123@example.com>, <tel:+4930123>`
	for _, c := range []struct {
		rule    string
		trust   bool
		mods    []mod
		want    string
		asserts bool
	}{
		{"asserted and believed", true, []mod{header("P-Asserted-Identity", asserted)}, "sip:+4930123@example.com", true},
		{"asserted", false, []mod{header("P-Asserted-Identity", asserted)}, "sip:bob@example.com", true},
		{"a number", true, []mod{header("P-Asserted-Identity", "<http://x>, <tel:+4930123>")}, "tel:+4930123", true},
		{"not asserted", true, nil, "sip:bob@example.com", false},
		{"nothing of use", true, []mod{header("P-Asserted-Identity", "<http://x>")}, "sip:bob@example.com", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(conf *Config) { conf.TrustAssertedIdentity = c.trust }, func(s *scene) {
				session, _ := s.ringIn(c.mods...)
				if got := session.RemoteIdentity().URI.String(); got != c.want {
					t.Errorf("from %s", got)
				}
				if _, ok := session.AssertedIdentity(); ok != c.asserts {
					t.Errorf("asserted: %v", ok)
				}
				if got := session.From().URI.String(); got != "sip:bob@example.com" {
					t.Errorf("From %s", got)
				}
			})
		})
	}
}

func TestIncoming_alertAndCallInfo(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn(
			header("Alert-Info", "<urn:alert:source:internal>"),
			header("Call-Info", `<http://example.com/bob.jpg>;purpose=icon`))
		if got := session.AlertInfo(); len(got) != 1 || got[0].URI.String() != "urn:alert:source:internal" {
			t.Errorf("Alert-Info %+v", got)
		}
		if got := session.CallInfo(); len(got) != 1 || got[0].URI.String() != "http://example.com/bob.jpg" {
			t.Errorf("Call-Info %+v", got)
		}
		if _, ok := session.AutoAnswer(); ok {
			t.Error("to be answered by itself")
		}
		out := s.callOut(CallOptions{ExtraHeaders: []sip.Header{
			{Name: "Alert-Info", Value: "<urn:alert:source:internal>"},
			{Name: "P-Asserted-Identity", Value: "<sip:a@x>"},
			{Name: "Answer-Mode", Value: "Auto"},
		}})
		_, answers := out.AutoAnswer()
		_, asserts := out.AssertedIdentity()
		if out.AlertInfo() != nil || out.CallInfo() != nil || answers || asserts {
			t.Error("what we say is no news of the other side")
		}
	})
}

func TestIncoming_autoAnswer(t *testing.T) {
	on := func(c *Config) { c.AutoAnswer = true }
	after3 := header("Call-Info", "<sip:example.com>;answer-after=3")
	for _, c := range []struct {
		rule      string
		configure func(*Config)
		mods      []mod
		script    func(*scene, *RTCSession)
		state     Status
	}{
		{"off by default", nil, []mod{after3}, func(s *scene, _ *RTCSession) { s.pass(4 * time.Second) }, StatusWaitingForAnswer},
		{"not asked for", on, nil, func(s *scene, _ *RTCSession) { s.pass(4 * time.Second) }, StatusWaitingForAnswer},
		{"at once", on, []mod{header("Answer-Mode", "Auto")}, func(s *scene, _ *RTCSession) { s.pass(0) }, StatusWaitingForACK},
		{"not before its time", on, []mod{after3}, func(s *scene, _ *RTCSession) { s.pass(2 * time.Second) }, StatusWaitingForAnswer},
		{"in time", on, []mod{after3}, func(s *scene, _ *RTCSession) { s.pass(3 * time.Second) }, StatusWaitingForACK},
		{"rejected before", on, []mod{after3}, func(s *scene, session *RTCSession) {
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(4 * time.Second)
		}, StatusTerminated},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, c.configure, func(s *scene) {
				s.onEvent = func(e Event) {
					if e, ok := e.(NewRTCSession); ok {
						e.Session.Data = 8
					}
				}
				session, _ := s.ringIn(c.mods...)
				c.script(s, session)
				if session.Status() != c.state {
					t.Errorf("state %v", session.Status())
				}
				if len(s.peers) > 0 && s.peers[0].options.Data != 8 {
					t.Errorf("data %v", s.peers[0].options.Data)
				}
			})
		})
	}
}
