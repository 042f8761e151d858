package phone_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestCall_tellsOfSilenceAndFindsANewPath(t *testing.T) {
	alice, bob, _ := pair(t)
	if err := alice.RestartPath(""); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("without a call: %v", err)
	}
	_, err := alice.Dial("sip:bob@"+domain, phone.DialOptions{})
	alice.must(err)
	bob.call(phone.CallIncoming)
	var state *ua.StateError
	if err := alice.RestartPath(""); !errors.As(err, &state) {
		t.Errorf("before the answer: %v", err)
	}
	bob.must(bob.Answer(""))
	bob.call(phone.CallConfirmed)
	alice.until("figures", func(s *phone.Snapshot) bool {
		c := s.Calls[0]
		return c.State == phone.CallConfirmed && c.Stats.RTT > 0 && c.Stats.MOS > 1 && c.Stats.Cipher != "" &&
			c.Stats.Sent.Payload > 8 && c.Stats.Received.Wire > c.Stats.Received.Payload && c.Stats.Local.Type == "host"
	})

	bob.must(bob.SetMuted("", true))
	muted := time.Now()
	alice.until("silence", func(s *phone.Snapshot) bool { return s.Calls[0].Hearing.In.Cause == phone.FaultSilence })
	t.Logf("silence was told after %v", time.Since(muted))
	if c := alice.Snapshot().Calls[0]; c.MediaLost || c.Hearing.Out.Cause != phone.FaultNone {
		t.Errorf("lost %v, hearing %+v", c.MediaLost, c.Hearing)
	}
	bob.must(bob.SetMuted("", false))
	alice.until("sound", func(s *phone.Snapshot) bool { return s.Calls[0].Hearing == phone.Hearing{} })

	alice.must(alice.RestartPath(""))
	if err := alice.RestartPath(""); !errors.Is(err, phone.ErrRestarting) {
		t.Errorf("a moment later: %v", err)
	}
	s := alice.until("a new path", func(s *phone.Snapshot) bool { return s.Calls[0].PathRestart.State == phone.RestartDone })
	before := s.Calls[0].Stats.PacketsReceived
	alice.until("sound on it", func(s *phone.Snapshot) bool {
		return s.Calls[0].Stats.PacketsReceived > before+50 && s.Calls[0].Hearing == phone.Hearing{}
	})
	alice.must(alice.HangupAll())
	s = alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
	// Bob's check may come before his answer: then he is seen as "prflx".
	if h := s.History[0]; h.MOS < 1 || h.MOSWorst < 1 || h.MOSWorst > h.MOS || h.RTT <= 0 || !strings.HasPrefix(h.Path, "host – ") || h.Cipher == "" ||
		h.ReceiveCodec != "opus" || h.SendRate < 8 || h.ReceiveRate < 8 {
		t.Errorf("history %+v", h)
	}
	bob.call(phone.CallEnded)
}

// Who speaks into a microphone that is switched off is told within five
// seconds.
func TestCall_tellsOfASilentMicrophone(t *testing.T) {
	s := server(t)
	alice, bob := start(t, "alice", t.TempDir(), 0), start(t, "bob", t.TempDir(), bobTone)
	alice.signIn(s, "alice", "wonderland")
	bob.signIn(s, "bob", "builder")
	alice.registered()
	bob.registered()
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	bob.call(phone.CallIncoming)
	bob.must(bob.Answer(""))
	began := alice.call(phone.CallConfirmed).StartedAt
	alice.until("fault", func(s *phone.Snapshot) bool { return s.Calls[0].Hearing.Out.Cause == phone.FaultMic })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("told after %v", took)
	}
	bob.until("silence", func(s *phone.Snapshot) bool { return s.Calls[0].Hearing.In.Cause == phone.FaultSilence })
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("the other side is told after %v", took)
	}
}
