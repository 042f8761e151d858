package ua

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func sendTones(s *scene, session *RTCSession, text string, o DTMFOptions) {
	s.t.Helper()
	o.Done = s.outcome("tones " + text)
	s.do(func() {
		if err := session.SendDTMF(text, o); err != nil {
			s.t.Error(err)
		}
	})
}

func TestDTMF_RTP(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		sendTones(s, session, "1,2", DTMFOptions{})
		sendTones(s, session, "#", DTMFOptions{Duration: time.Second, InterToneGap: time.Millisecond})
		s.expect("peer DTMF 1")
		s.pass(600 * time.Millisecond)
		s.expect("event NewDTMF local 1 100ms")
		s.pass(2*time.Second - 1)
		s.expect()
		s.pass(1)
		s.expect("peer DTMF 2")
		s.pass(600 * time.Millisecond)
		s.expectAnyOrder("event NewDTMF local 2 100ms\npeer DTMF #\ntones 1,2 done")
		s.pass(1050*time.Millisecond - 1)
		s.expect()
		s.pass(1) // the gap is never below 50 ms
		s.expect("event NewDTMF local # 1s", "tones # done")
		sendTones(s, session, "*", DTMFOptions{Duration: time.Millisecond, InterToneGap: time.Hour})
		s.pass(time.Hour + minToneDuration)
		s.expect("peer DTMF *", "event NewDTMF local * 70ms", "tones * done")
	})
}

func TestDTMF_fallsBackToINFO(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.media.dtmf = ErrNoTelephoneEvent
		sendTones(s, session, "1a", DTMFOptions{})
		s.expect("peer DTMF 1", ">> INFO", "event NewDTMF local 1 100ms")
		info := s.last(sip.INFO)
		if info.Headers.Get("Content-Type") != "application/dtmf-relay" || string(info.Body) != "Signal=1\r\nDuration=100\r\n" {
			t.Errorf("INFO:\n%s", info.Bytes())
		}
		s.pass(300 * time.Millisecond)
		s.answer(info, 200)
		s.pass(300*time.Millisecond - 1)
		s.expect("<< 200 INFO") // tone and gap count from the start
		s.pass(1)
		s.expect(">> INFO", "event NewDTMF local A 100ms") // RTP is not tried again
		s.answer(s.last(sip.INFO), 200)
		s.pass(600 * time.Millisecond)
		s.expect("<< 200 INFO", "tones 1a done")
	})
}

func TestDTMF_oneFailureDropsTheQueue(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		sendTones(s, session, "12", DTMFOptions{Transport: DTMFInfo})
		sendTones(s, session, "3", DTMFOptions{Transport: DTMFInfo})
		s.forget()
		s.answer(s.last(sip.INFO), 415)
		s.expect("<< 415 INFO", "tones 12 failed: SIP Failure Code 415", "tones 3 failed: SIP Failure Code 415")
		sendTones(s, session, "4", DTMFOptions{Transport: DTMFInfo})
		s.expect(">> INFO", "event NewDTMF local 4 100ms")
	})
	t.Run("RTP asked for and not negotiated", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.media.dtmf = ErrNoTelephoneEvent
			sendTones(s, session, "1", DTMFOptions{Transport: DTMFRTP})
			s.expect("peer DTMF 1", "tones 1 failed: telephone-event not negotiated")
		})
	})
	t.Run("the call ends", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			sendTones(s, session, "1,2", DTMFOptions{})
			s.forget()
			s.receive(s.request(sip.BYE))
			s.expectAnyOrder("<< BYE\n>> 200 BYE\nevent Ended remote Terminated 0\ntones 1,2 failed: Terminated 0\npeer close")
			s.pass(time.Minute)
			s.expect()
		})
	})
	t.Run("an INFO that meets no dialog ends the call", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			sendTones(s, session, "1", DTMFOptions{Transport: DTMFInfo})
			s.forget()
			s.answer(s.last(sip.INFO), 481)
			s.expectAnyOrder("<< 481 INFO\n>> BYE\nevent Ended remote Dialog Error 481\ntones 1 failed: SIP Failure Code 481\npeer close")
		})
	})
}

func TestDTMF_refused(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		var state *StateError
		s.do(func() {
			if err := session.SendDTMF("1", DTMFOptions{}); !errors.As(err, &state) || state.State != StatusInviteSent {
				t.Errorf("before the answer: %v", err)
			}
			for _, text := range []string{"", "E", "1 2", "１"} {
				if err := session.SendDTMF(text, DTMFOptions{}); err == nil || !strings.Contains(err.Error(), "invalid tones") {
					t.Errorf("%q: %v", text, err)
				}
			}
		})
	})
}

func TestInfo_incoming(t *testing.T) {
	for _, c := range []struct {
		rule, kind, text string
		status           int
		event            string
	}{
		{"JsSIP's relay", "application/dtmf-relay", "Signal=5\r\nDuration=160", 200, "event NewDTMF remote 5 160ms"},
		{"spaces, case, no duration", "Application/DTMF-Relay", "signal = *\n", 200, "event NewDTMF remote * 100ms"},
		{"lower case letter", "application/dtmf-relay", "Signal=d\r\nDuration=x\r\n", 200, "event NewDTMF remote D 100ms"},
		{"bare digit", "application/dtmf", "7", 200, "event NewDTMF remote 7 100ms"},
		{"no signal", "application/dtmf-relay", "Duration=100\r\n", 400, ""},
		{"bad signal", "application/dtmf-relay", "Signal=17\r\n", 400, ""},
		{"anything else", "application/media_control+xml", "<x/>", 200, "event NewInfo remote"},
		{"no type", "", "x", 415, ""},
		{"nothing", "", "", 200, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredIn()
				s.receive(s.request(sip.INFO, func(m *sip.Common) {
					m.Body = []byte(c.text)
					if c.kind != "" {
						m.Headers.Set("Content-Type", c.kind)
					}
				}))
				if got := s.lastResponse().StatusCode; got != c.status {
					t.Errorf("answered %d, want %d", got, c.status)
				}
				s.mu.Lock()
				last := s.trace[len(s.trace)-1]
				s.mu.Unlock()
				if c.event != "" && last != c.event || c.event == "" && strings.HasPrefix(last, "event") {
					t.Errorf("told %q, want %q", last, c.event)
				}
			})
		})
	}
}

func TestInfo_outgoing(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() {
			err := session.SendInfo("text/plain", []byte("hi"), InfoOptions{
				ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}},
				Done:         func(res *sip.Response, err *EndError) { s.note("info %d %v", res.StatusCode, err == nil) },
			})
			if err != nil {
				t.Error(err)
			}
		})
		s.expect(">> INFO", "event NewInfo local")
		if s.last(sip.INFO).Headers.Get("X-One") != "1" {
			t.Error("no extra header")
		}
		s.answer(s.last(sip.INFO), 200)
		s.expect("<< 200 INFO", "info 200 true")
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.do(func() {
			if err := session.SendInfo("text/plain", nil, InfoOptions{}); err == nil {
				t.Error("INFO after the end")
			}
		})
	})
}

func TestMediaEvents(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.do(session.Mute)
		s.do(session.Mute)
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.forget()
		events := s.peers[0].options.Events
		events.DTMF('9', 120*time.Millisecond)
		s.expect("event NewDTMF remote 9 120ms")
		s.do(session.Unmute)
		s.expect("event MutedChanged false")
		s.do(session.Mute)
		s.expect("peer muted", "event MutedChanged true")
		if !session.IsMuted() {
			t.Error("not muted")
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.forget()
		events.DTMF('9', 0)
		events.Connected()
		s.do(session.Unmute)
		s.expect()
	})
	t.Run("muted before the media are there", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.media.delay = time.Second
			session := s.callOut(CallOptions{})
			s.do(session.Mute)
			s.pass(time.Second)
			s.expect("event NewRTCSession local", "peer new outgoing", "peer offer", "event MutedChanged true", "peer muted", ">> INVITE")
		})
	})
}
