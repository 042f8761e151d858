package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/phone/ua"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func TestTransfer_enterGivesTheCallToWhomWasTyped(t *testing.T) {
	for _, c := range []struct {
		rule, typed string
		keys        []fyne.KeyName
		want        string
	}{
		{"a name takes the first that it means", "dan", nil, `Transfer("c2", "sip:dana@example.com")`},
		{"an address goes as it is", "zoe@example.com", nil, `Transfer("c2", "zoe@example.com")`},
		{"a number loses its spaces", "030 555", nil, `Transfer("c2", "030555")`},
		{"an arrow marks another", "e", []fyne.KeyName{fyne.KeyDown, fyne.KeyDown}, `Transfer("c2", "sip:erik@example.com")`},
		{"a call is joined", "", []fyne.KeyName{fyne.KeyDown}, `TransferTo("c2", "c1")`},
		{"a call is found by name", "car", nil, `TransferTo("c2", "c1")`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
				r.ctrl(fyne.KeyT)
				if !v.transfer.Visible() || v.controls.Visible() {
					t.Fatal("Ctrl+T does not ask to whom")
				}
				r.typing(c.typed)
				for _, k := range c.keys {
					r.key(k)
				}
				r.key(fyne.KeyReturn)
				r.want(c.want)
				if v.transfer.Visible() {
					t.Error("the panel stays")
				}
			})
		})
	}
}

func TestTransfer_whatIsNoAddressIsAskedForAgain(t *testing.T) {
	inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
		r.phone.Errors["Transfer"] = &phone.TargetError{Target: "zoe@@"}
		r.ctrl(fyne.KeyT)
		r.typing("zoe@@")
		r.key(fyne.KeyReturn)
		r.queue.Settle()
		if !v.transfer.Visible() || v.transfer.field.Text != "zoe@@" || v.transfer.field.CursorColumn != 5 || r.ui.window.Canvas().Focused() != fyne.Focusable(v.transfer.field) {
			t.Errorf("the panel is open: %v, with %q", v.transfer.Visible(), v.transfer.field.Text)
		}
		r.phone.Errors["Transfer"] = &ua.StateError{Op: "transfer"}
		r.key(fyne.KeyReturn)
		r.queue.Settle()
		if v.transfer.Visible() {
			t.Error("it is asked again although the address is not at fault")
		}
	})
}

func TestTransfer_nothingHappensByMarking(t *testing.T) {
	inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
		r.tap(v.controls.transfer)
		r.key(fyne.KeyReturn) // nothing is chosen yet
		v.transfer.list.OnSelect("call c1")
		r.key(fyne.KeyDown)
		if got := v.transfer.do.Label(); got != "Join them" {
			t.Errorf("with a call marked the button says %q", got)
		}
		r.key(fyne.KeyDown)
		if got := v.transfer.do.Label(); got != "Transfer" {
			t.Errorf("with a person marked the button says %q", got)
		}
		for _, it := range v.transfer.list.Items() {
			if it.Key == modeltest.Bob {
				t.Error("the call is offered to its own party")
			}
		}
		r.key(fyne.KeyEscape)
		if v.transfer.Visible() || !v.controls.Visible() {
			t.Error("Escape does not close the panel")
		}
		for _, c := range r.phone.Called() {
			if strings.HasPrefix(c, "Transfer") || strings.HasPrefix(c, "Hangup") {
				t.Errorf("it did %s", c)
			}
		}
	})
}

func TestTransfer_tellsHowItGoes(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.ctrl(fyne.KeyT)
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Transfer = phone.Transfer{State: phone.TransferAsked, Target: modeltest.Carol, Name: "Carol Ruiz", At: time.Now()}
		})
		if v.transfer.Visible() || !v.controls.transfer.Disabled() {
			t.Error("while one is under way another transfer is offered")
		}
		if got := v.state.Content(); got != "Transferring to Carol Ruiz…" {
			t.Errorf("the state says %q", got)
		}
		r.update(func(s *phone.Snapshot) {
			tr := &s.Calls[0].Transfer
			tr.State, tr.At, tr.Err = phone.TransferFailed, time.Now(), &ua.EndError{Cause: ua.CauseBusy, Status: 486, Origin: ua.Remote}
		})
		if got := v.warning.Sentence(); !v.warning.Visible() || got != "Transfer failed – Carol Ruiz is busy. The call is still yours." {
			t.Errorf("it says %q", got)
		}
		if v.state.Content() != "04:12" || v.controls.transfer.Disabled() {
			t.Errorf("the call has not gone on: %q", v.state.Content())
		}
		r.wait(transferTold + time.Second)
		if v.warning.Visible() {
			t.Error("the failure is told for ever")
		}
	})
}

func TestTransfer_theNewPartyTakesThePlaceOfTheOld(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		next := phone.Call{
			ID: "n", Direction: phone.Outgoing, Peer: modeltest.Carol, DisplayName: "Carol Ruiz", State: phone.CallRinging,
			CreatedAt: time.Now(), Follows: "c2", TransferredBy: "Bob Meyer",
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Successor = "n"
			s.Calls = append(s.Calls, next)
		})
		if v.call.ID != "n" || v.chipBar.Visible() {
			t.Errorf("in view is %q, chips %v", v.call.ID, v.chipBar.Visible())
		}
		if got := v.warning.Sentence(); got != "Bob Meyer transferred you to Carol Ruiz." {
			t.Errorf("it says %q", got)
		}
		r.update(func(s *phone.Snapshot) { // Carol is busy
			s.Calls[0].Successor = ""
			s.Calls[1].State, s.Calls[1].EndedAt = phone.CallEnded, time.Now()
			s.Calls[1].End = &ua.EndError{Cause: ua.CauseBusy, Status: 486, Origin: ua.Remote}
		})
		if v.call.ID != "c2" || !v.call.Live() {
			t.Errorf("after it failed %q is in view", v.call.ID)
		}
	})
}

func TestTransfer_isNotOfferedBeforeTheAnswer(t *testing.T) {
	s := withCall(func(c *phone.Call) { c.State, c.StartedAt = phone.CallRinging, time.Time{} })
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.KeyT)
		if v := r.ui.dialpad.call; v.transfer.Visible() || !v.controls.transfer.Disabled() {
			t.Error("a call that rings can be transferred")
		}
	})
}

func TestCall_saysThatItIsBeingKept(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].ReconnectingSince, s.Calls[0].Hearing.In.Cause = time.Now(), phone.FaultBlocked
		})
		if got := v.warning.Sentence(); got != "Connection lost – keeping the call, reconnecting…" || !v.warning.Visible() {
			t.Errorf("it says %q", got)
		}
		r.wait(3 * time.Second)
		if got := v.state.Content(); got != "Reconnecting… 3 s" {
			t.Errorf("after 3 s the state says %q", got)
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].ReconnectingSince, s.Calls[0].Hearing.In.Cause = time.Time{}, phone.FaultNone
		})
		if v.warning.Visible() || v.state.Content() != "04:15" {
			t.Errorf("back again it says %q, %q", v.state.Content(), v.warning.Sentence())
		}
	})
}

func TestExplainTransfer(t *testing.T) {
	end := func(c ua.Cause, status int) error { return &ua.EndError{Cause: c, Status: status, Origin: ua.Remote} }
	for _, c := range []struct {
		rule string
		t    phone.Transfer
		want string
	}{
		{"the target is busy", phone.Transfer{Err: end(ua.CauseBusy, 486)}, "Carol is busy"},
		{"the target is away", phone.Transfer{Err: end(ua.CauseUnavailable, 480)}, "Carol is not reachable now"},
		{"nobody has that name", phone.Transfer{Err: end(ua.CauseNotFound, 404)}, "Carol does not exist on this server"},
		{"no news", phone.Transfer{Err: end(ua.CauseRequestTimeout, 0)}, "nobody says what became of it"},
		{"it was cancelled", phone.Transfer{Err: end(ua.CauseCanceled, 487)}, "the call to Carol was cancelled"},
		{"somebody declined", phone.Transfer{Err: end(ua.CauseRejected, 603)}, "Carol or Bob declined it"},
		{"the number is forbidden", phone.Transfer{Err: end(ua.CauseRejected, 403)}, "not allowed to call this number"},
		{"the phone knows no REFER", phone.Transfer{Err: end(ua.CauseSIPFailure, 405), Refused: true}, "Bob’s phone does not take transfers"},
		{"it is not allowed", phone.Transfer{Err: end(ua.CauseRejected, 603), Refused: true}, "Bob’s phone or server does not allow it"},
		{"it does not answer", phone.Transfer{Err: end(ua.CauseRequestTimeout, 408), Refused: true}, "Bob’s phone did not answer"},
		{"the connection is gone", phone.Transfer{Err: end(ua.CauseConnection, 0), Refused: true}, "no connection"},
		{"the call is gone", phone.Transfer{Err: end(ua.CauseDialog, 481), Refused: true}, "Bob’s phone no longer knows the call"},
		{"another error", phone.Transfer{Err: errors.New("odd")}, "something unexpected happened"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			c.t.Name = "Carol"
			want := "Transfer failed – " + c.want + ". The call is still yours."
			if got := transferFailure(phone.Call{DisplayName: "Bob", Transfer: c.t}); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
