package phone_test

import (
	"errors"
	"slices"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestDemo_callsEcho(t *testing.T) {
	u := start(t, "newcomer", t.TempDir(), aliceTone)
	if err := u.RingMe(0); !errors.Is(err, phone.ErrNotDemo) {
		t.Errorf("RingMe outside the demonstration: %v", err)
	}
	u.must(u.StartDemo())
	u.until("echo", func(s *phone.Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].State == phone.CallConfirmed && s.Calls[0].Stats.PacketsReceived > 0
	})
	s := u.Snapshot()
	if !s.Demo || s.Calls[0].DisplayName != "Echo" || len(s.Settings.Accounts) != 0 {
		t.Errorf("demo %v, call %+v, settings %+v", s.Demo, s.Calls[0], s.Settings.Accounts)
	}
	u.hears(aliceTone)
	u.must(u.HangupAll())
	u.call(phone.CallEnded)
	u.must(u.RingMe(0))
	if c := u.call(phone.CallIncoming); c.Direction != phone.Incoming {
		t.Errorf("who rang: %+v", c)
	}
	u.must(u.Decline(""))
	u.call(phone.CallEnded)
	for name, cause := range map[string]ua.Cause{
		"Busy": ua.CauseBusy, "Nobody": ua.CauseUnavailable, "Unknown": ua.CauseNotFound,
		"Codec clash": ua.CauseIncompatibleSDP, "Declines": ua.CauseRejected,
	} {
		id, err := u.Dial(name, phone.DialOptions{})
		u.must(err)
		var end error
		u.until("the end of the call to "+name, func(s *phone.Snapshot) bool {
			i := slices.IndexFunc(s.Calls, func(c phone.Call) bool { return c.ID == id && c.State == phone.CallEnded })
			if i >= 0 {
				end = s.Calls[i].End
			}
			return i >= 0
		})
		if !errors.Is(end, cause) {
			t.Errorf("%s ended with %v, want %v", name, end, cause)
		}
	}
	if err := u.StartDemo(); !errors.Is(err, phone.ErrDemoRunning) {
		t.Errorf("a second StartDemo: %v", err)
	}
	robot := u.Snapshot().Contacts[0]
	if err := u.SaveContact(robot); robot.Own() || !errors.Is(err, phone.ErrDemoContact) {
		t.Errorf("a robot can be changed: %v", err)
	}
	u.must(u.RemoveAccount(u.Snapshot().Accounts[0].ID))
	s = u.until("end of the demonstration", func(s *phone.Snapshot) bool { return !s.Demo })
	if len(s.Accounts)+len(s.Contacts)+len(s.History) != 0 {
		t.Errorf("left over: %d accounts, %d contacts, %d calls", len(s.Accounts), len(s.Contacts), len(s.History))
	}
	u.must(u.StartDemo())
	u.registered()
}

func TestDemo_robotsCanBeTransferred(t *testing.T) {
	you := start(t, "you", t.TempDir(), aliceTone)
	you.must(you.StartDemo())
	echo := you.call(phone.CallConfirmed)
	you.must(you.Transfer(echo.ID, "Busy"))
	s := you.until("failed transfer", func(s *phone.Snapshot) bool { return s.Calls[0].Transfer.State == phone.TransferFailed })
	if c := s.Calls[0]; !errors.Is(c.Transfer.Err, ua.CauseBusy) || !c.Live() {
		t.Errorf("to Busy: %+v, the call is %s", c.Transfer, c.State)
	}
	you.must(you.Transfer(echo.ID, "Music"))
	s = you.until("transfer", func(s *phone.Snapshot) bool { return s.Calls[0].State == phone.CallEnded })
	if got := s.Calls[0].Transfer; got.State != phone.TransferDone || got.Name != "Music" {
		t.Errorf("to Music: %+v", got)
	}
}
