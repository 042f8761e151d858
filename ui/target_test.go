package ui

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/ua"
	"webphone/ui/model/modeltest"
)

func TestCleanTarget(t *testing.T) {
	for _, c := range []struct {
		text, want string
		changed    bool
	}{
		{"1234", "1234", false},
		{"  1234 ", "1234", false},
		{"+49 (241) 12-34", "+492411234", true},
		{"+49 (0) 241 1234", "+492411234", true},
		{"030\n4477\r\n120", "0304477120", true},
		{"tel:+1-555-010-4477", "+15550104477", true},
		{"callto:100", "100", true},
		{"TEL:100", "100", true},
		{"tel:+49%2030%201234567", "+49301234567", true},
		{"tel:%2B49%0A30%C2%A01234567", "+49301234567", true},
		{"tel:+49-30-123;phone-context=x", "+4930123", true},
		{"tel:+49-30-123;ext=12", "+4930123", true},
		{"tel:0301234567,,12", "0301234567", true},
		{"callto://100?video", "100", true},
		{"tel:*31%23100", "*31#100", true},
		{"tel:100%", "100%", true},
		{"sip:bob%20m@example.com;user=phone", "sip:bob%20m@example.com;user=phone", false},
		{"sip:///bob@example.com", "sip:bob@example.com", true},
		{"SIP:bob@example.com", "sip:bob@example.com", true},
		{"sip:bob@example.com", "sip:bob@example.com", false},
		{"bob@example.com", "bob@example.com", false},
		{"1-800-HELP", "1-800-HELP", false},
		{"*72#", "*72#", false},
		{"Bob  Meyer", "Bob Meyer", true},
		{"", "", false},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, changed := cleanTarget(c.text)
			if got != c.want || changed != c.changed {
				t.Errorf("cleanTarget(%q) = %q, %v; want %q, %v", c.text, got, changed, c.want, c.changed)
			}
			if again, _ := cleanTarget(got); again != got {
				t.Errorf("cleaning %q again gives %q", got, again)
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	s := modeltest.Sample()
	for _, c := range []struct {
		rule, query string
		want        []string // "name address armed"
	}{
		{"nothing typed, nothing meant", "", nil},
		{"a contact by the beginning of a word", "mey", []string{"Bob Meyer " + modeltest.Bob + " true"}},
		{"several contacts, the first is meant", "e", []string{"Echo test " + modeltest.Echo + " true", "Erik Lund " + modeltest.Erik + " true"}},
		{"a number by its digits", "0304477", []string{"Bob Meyer 030 4477 120 true"}},
		{"few digits may be an extension", "030", []string{"Bob Meyer 030 4477 120 false"}},
		{"an international number by its end", "305550199", []string{"Dana Petrov +49 30 555 0199 true"}},
		{"somebody of the history", "+1555", []string{"+1 555 010 4477 " + modeltest.Unknown + " false"}},
		{"an address is dialled as typed", "bob@", []string{"Bob Meyer " + modeltest.Bob + " false"}},
		{"contacts before history, each once", "carol", []string{"Carol Ruiz " + modeltest.Carol + " true"}},
		{"letters inside a word mean nothing", "eyer", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var got []string
			for _, f := range suggest(c.query, s, 8) {
				got = append(got, fmt.Sprintf("%s %s %v", f.Name, f.Address, f.Armed))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("suggest(%q) = %q, want %q", c.query, got, c.want)
			}
		})
	}
	if n := len(suggest("e", s, 1)); n != 1 {
		t.Errorf("a limit of 1 gives %d", n)
	}
}

func TestCallWords(t *testing.T) {
	now := modeltest.Now
	started := now.Add(-3*time.Minute - 12*time.Second)
	for _, c := range []struct {
		call phone.Call
		want string
	}{
		{phone.Call{State: phone.CallConnecting, Direction: phone.Outgoing}, "Calling…"},
		{phone.Call{State: phone.CallConnecting, Direction: phone.Incoming}, "Connecting…"},
		{phone.Call{State: phone.CallRinging}, "Ringing…"},
		{phone.Call{State: phone.CallEarly}, "Ringing…"},
		{phone.Call{State: phone.CallIncoming}, "Incoming call"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started}, "03:12"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: now.Add(-time.Hour - time.Minute)}, "1:01:00"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: now.Add(time.Second)}, "00:00"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, LocalHold: true}, "On hold · 03:12"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, RemoteHold: true}, "Held by the other side · 03:12"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, HoldPending: true}, "Holding…"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, HoldPending: true, LocalHold: true}, "Resuming…"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, ReconnectingSince: now.Add(-12 * time.Second)}, "Reconnecting… 12 s"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, Transfer: phone.Transfer{State: phone.TransferAsked, Name: "Carol"}}, "Transferring to Carol…"},
		{phone.Call{State: phone.CallConfirmed, StartedAt: started, Transfer: phone.Transfer{State: phone.TransferRinging, Target: modeltest.Carol}}, "Ringing at carol…"},
		{phone.Call{State: phone.CallEnded, EndedAt: now, Transfer: phone.Transfer{State: phone.TransferDone, Name: "Carol"}}, "Transferred to Carol"},
		{phone.Call{State: phone.CallEnded, EndedAt: now}, "Call ended"},
		{phone.Call{State: phone.CallEnded, EndedAt: now, Peer: modeltest.Bob, DisplayName: "Bob Meyer", End: &ua.EndError{Cause: ua.CauseBusy, Origin: ua.Remote, Status: 486}}, "Bob Meyer is busy"},
	} {
		if got := callWords(c.call, now); got != c.want {
			t.Errorf("callWords(%+v) = %q, want %q", c.call, got, c.want)
		}
	}
}

func TestQualityWord(t *testing.T) {
	for _, c := range []struct {
		mos   float64
		codec string
		want  string
		bars  int
	}{
		{0, "opus", "", 0},
		{4.4, "opus", "Excellent", 4},
		{4.0, "opus", "Good", 3},
		{3.5, "opus", "Fair", 2},
		{2.6, "opus", "Poor", 1},
		{2, "opus", "Bad", 1},
		{phone.BestMOS("PCMA"), "PCMA", "Excellent", 4},
		{phone.BestMOS("PCMA") - 0.4, "PCMA", "Good", 3},
		{phone.BestMOS("G722"), "G722", "Excellent", 4},
		{1, "PCMU", "Bad", 1},
	} {
		if word, bars := qualityWord(c.mos, c.codec); word != c.want || bars != c.bars {
			t.Errorf("MOS %v of %s is %q with %d bars, want %q with %d", c.mos, c.codec, word, bars, c.want, c.bars)
		}
	}
}

func TestMainCall(t *testing.T) {
	now := modeltest.Now
	call := func(id string, state phone.CallState, hold bool) phone.Call {
		return phone.Call{ID: phone.CallID(id), State: state, LocalHold: hold, StartedAt: now, Direction: phone.Outgoing}
	}
	ended := func(id string, ago time.Duration) phone.Call {
		c := call(id, phone.CallEnded, false)
		c.EndedAt = now.Add(-ago)
		return c
	}
	handed := ended("handed", 0)
	handed.Transfer.State = phone.TransferDone
	missed := ended("missed", 0)
	missed.Direction, missed.StartedAt = phone.Incoming, time.Time{}
	for _, c := range []struct {
		rule   string
		calls  []phone.Call
		wanted phone.CallID
		want   phone.CallID
	}{
		{"no call", nil, "", ""},
		{"a ringing one is on the card, not here", []phone.Call{call("r", phone.CallIncoming, false)}, "", ""},
		{"the one being talked on before one on hold", []phone.Call{call("talk", phone.CallConfirmed, false), call("hold", phone.CallConfirmed, true)}, "", "talk"},
		{"the one being dialled before the one being talked on", []phone.Call{call("talk", phone.CallConfirmed, false), call("dial", phone.CallRinging, false)}, "", "dial"},
		{"the wanted one before all", []phone.Call{call("talk", phone.CallConfirmed, false), call("hold", phone.CallConfirmed, true)}, "hold", "hold"},
		{"a wanted one that has ended gives way", []phone.Call{call("talk", phone.CallConfirmed, false), ended("gone", 0)}, "gone", "talk"},
		{"the end is shown for two seconds", []phone.Call{ended("gone", 1900*time.Millisecond)}, "", "gone"},
		{"and no longer", []phone.Call{ended("gone", 2*time.Second)}, "", ""},
		{"a missed call was never in the view", []phone.Call{missed}, "", ""},
		{"of two ended ones the last", []phone.Call{ended("one", 0), ended("two", 0)}, "", "two"},
		{"of two ended ones the wanted one", []phone.Call{ended("one", 0), ended("two", 0)}, "one", "one"},
		{"after a transfer the call handed over", []phone.Call{handed, ended("asked", 0)}, "asked", "handed"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got, ok := mainCall(&phone.Snapshot{Calls: c.calls}, c.wanted, now)
			if got.ID != c.want || ok != (c.want != "") {
				t.Errorf("main call is %q, %v; want %q", got.ID, ok, c.want)
			}
		})
	}
}
