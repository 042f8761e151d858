package phone_test

import (
	"errors"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

// trio is a pair and carol, signed in to the same server.
func trio(t *testing.T) (alice, bob, carol *user) {
	t.Helper()
	alice, bob, s := pair(t)
	carol = start(t, "carol", t.TempDir(), carolTone)
	carol.signIn(s, "carol", "singer")
	carol.registered()
	return alice, bob, carol
}

const carolTone = 1000.0

// with waits until the newest call with peer satisfies ok.
func (u *user) with(what, peer string, ok func(phone.Call) bool) phone.Call {
	u.t.Helper()
	var found phone.Call
	u.until(what, func(s *phone.Snapshot) bool {
		for _, c := range s.Calls {
			if c.Peer == "sip:"+peer+"@"+domain {
				found = c
			}
		}
		return found.ID != "" && ok(found)
	})
	return found
}

func talking(c phone.Call) bool {
	return c.State == phone.CallConfirmed && c.Encrypted && !c.LocalHold && !c.RemoteHold && c.Stats.PacketsReceived > 0
}

func over(c phone.Call) bool { return c.State == phone.CallEnded }

func TestTransfer_blind(t *testing.T) {
	alice, bob, carol := trio(t)
	_, before := talk(alice, bob)
	alice.must(alice.Transfer("", "carol"))
	c := alice.with("transfer that rings", "bob", func(c phone.Call) bool { return c.Transfer.State == phone.TransferRinging })
	if c.Transfer.Target != "sip:carol@"+domain || c.Transfer.Other != "" || c.State != phone.CallConfirmed {
		t.Errorf("the transfer under way: %+v in %s", c.Transfer, c.State)
	}
	if err := alice.Transfer("", "carol"); !errors.Is(err, phone.ErrTransferring) {
		t.Errorf("a second transfer meanwhile: %v", err)
	}
	next := bob.with("call that follows", "carol", func(c phone.Call) bool { return c.State == phone.CallRinging })
	if next.Follows != before || next.TransferredBy != "sip:alice@"+domain {
		t.Errorf("the call that follows: %+v", next)
	}
	bob.with("place given up", "alice", func(c phone.Call) bool { return c.Successor == next.ID })
	carol.call(phone.CallIncoming)
	carol.must(carol.Answer(""))
	if c := alice.with("end", "bob", over); c.Transfer.State != phone.TransferDone {
		t.Errorf("alice's call ended in transfer state %q: %v", c.Transfer.State, c.End)
	}
	bob.with("end", "alice", over)
	bob.with("sound", "carol", talking)
	carol.with("sound", "bob", talking)
	bob.hears(carolTone)
	carol.hears(bobTone)
}

// Who is muted and sent on to somebody else is not heard by them either.
func TestTransfer_keepsMuted(t *testing.T) {
	alice, bob, carol := trio(t)
	talk(alice, bob)
	bob.must(bob.SetMuted("", true))
	alice.must(alice.Transfer("", "carol"))
	next := bob.with("call that follows", "carol", func(c phone.Call) bool { return c.State == phone.CallRinging })
	if !next.Muted {
		t.Error("the call that follows is not muted")
	}
	carol.call(phone.CallIncoming)
	carol.must(carol.Answer(""))
	bob.with("end", "alice", over)
	if c := bob.with("sound", "carol", talking); !c.Muted {
		t.Error("not muted any more")
	}
	bob.must(bob.SetMuted("", false))
	carol.hears(bobTone)
}

func TestTransfer_blindThatFailsLeavesTheCall(t *testing.T) {
	alice, bob, carol := trio(t)
	talk(alice, bob)
	alice.must(alice.Transfer("", "carol"))
	carol.call(phone.CallIncoming)
	carol.must(carol.Decline(""))
	c := alice.with("failed transfer", "bob", func(c phone.Call) bool { return c.Transfer.State == phone.TransferFailed })
	if !errors.Is(c.Transfer.Err, ua.CauseBusy) || !c.Live() {
		t.Errorf("the transfer failed with %v, the call is %s", c.Transfer.Err, c.State)
	}
	bob.with("end", "carol", over)
	bob.with("the old call in its place", "alice", func(c phone.Call) bool { return c.Live() && c.Successor == "" && !c.LocalHold })
	alice.must(alice.Transfer("", "nobody"))
	c = alice.with("transfer to nobody", "bob", func(c phone.Call) bool {
		return c.Transfer.State == phone.TransferFailed && c.Transfer.Target == "sip:nobody@"+domain
	})
	if !c.Live() {
		t.Errorf("a transfer to nobody ended the call: %v", c.End)
	}
}

// Whoever is in a call with us cannot have us call any number of others.
func TestTransfer_isFollowedAFewTimes(t *testing.T) {
	alice, bob, _ := trio(t)
	talk(alice, bob)
	var last phone.Call
	for range 9 {
		alice.must(alice.Transfer("", "nobody"))
		before := last.Transfer.At
		last = alice.with("end of the transfer", "bob", func(c phone.Call) bool {
			return c.Transfer.State == phone.TransferFailed && c.Transfer.At.After(before)
		})
	}
	if e := (*ua.EndError)(nil); !errors.As(last.Transfer.Err, &e) || e.Status != 603 {
		t.Errorf("the last was answered %v", last.Transfer.Err)
	}
	dialled := 0
	for _, c := range bob.Snapshot().Calls {
		if c.Direction == phone.Outgoing {
			dialled++
		}
	}
	if dialled > 8 {
		t.Errorf("bob called %d times", dialled)
	}
}

func TestTransfer_attended(t *testing.T) {
	alice, bob, carol := trio(t)
	first, _ := talk(alice, bob)
	second, err := alice.Dial("carol", phone.DialOptions{})
	alice.must(err)
	carol.call(phone.CallIncoming)
	if err := alice.TransferTo("", second); !isState(err) {
		t.Errorf("joining with a call that rings: %v", err)
	}
	carol.must(carol.Answer(""))
	alice.with("consultation", "carol", talking)
	if err := alice.TransferTo(first, first); !errors.Is(err, phone.ErrTransferSelf) {
		t.Errorf("joining a call with itself: %v", err)
	}
	alice.must(alice.TransferTo("", second))
	for _, peer := range []string{"bob", "carol"} {
		if c := alice.with("end", peer, over); c.Transfer.State != phone.TransferDone {
			t.Errorf("the call with %s ended in transfer state %q: %v", peer, c.Transfer.State, c.End)
		}
	}
	bob.with("end", "alice", over)
	c := carol.with("sound", "bob", talking)
	if c.TransferredBy != "sip:alice@"+domain || c.Direction != phone.Incoming {
		t.Errorf("carol's new call: %+v", c)
	}
	bob.with("sound", "carol", talking)
	carol.hears(bobTone)
	bob.hears(carolTone)
}

func TestTransfer_refuses(t *testing.T) {
	alice, bob, _ := pair(t)
	if err := alice.Transfer("", "bob"); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("without a call: %v", err)
	}
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	bob.call(phone.CallIncoming)
	if err := alice.Transfer("", "carol"); !isState(err) {
		t.Errorf("before it is answered: %v", err)
	}
	bob.must(bob.Answer(""))
	alice.call(phone.CallConfirmed)
	var wrong *phone.TargetError
	if err := alice.Transfer("", "<>"); !errors.As(err, &wrong) {
		t.Errorf("to nobody: %v", err)
	}
	if c := alice.Snapshot().Calls[0]; c.Transfer != (phone.Transfer{}) {
		t.Errorf("a refused transfer is left over: %+v", c.Transfer)
	}
	if err := alice.TransferTo("", "none"); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("to a call that is not there: %v", err)
	}
}

func isState(err error) bool {
	var e *ua.StateError
	return errors.As(err, &e)
}
