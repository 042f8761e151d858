package ui

import (
	"testing"
	"time"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

func TestDays_areCountedByMidnights(t *testing.T) {
	now := modeltest.Now // Thursday 6 January 2000, 10:30
	for _, c := range []struct {
		rule              string
		at                time.Time
		word, when, stamp string
	}{
		{"this morning", now.Add(-time.Hour), "Today", "09:30", "Today 09:30"},
		{"a clock set back gives today", now.Add(time.Hour), "Today", "11:30", "Today 11:30"},
		{"eleven hours ago is yesterday", now.Add(-11 * time.Hour), "Yesterday", "Yesterday", "Yesterday 23:30"},
		{"two days ago has the weekday", now.Add(-48 * time.Hour), "Tuesday", "Tue", "Tue 10:30"},
		{"six days ago still", now.Add(-6 * 24 * time.Hour), "Friday", "Fri", "Fri 10:30"},
		{"a week ago has the date and the other year", now.Add(-7 * 24 * time.Hour), "30 December 1999", "30 Dec 1999", "30 Dec 1999 10:30"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := dayWord(c.at, now); got != c.word {
				t.Errorf("dayWord %q, want %q", got, c.word)
			}
			if got := whenWord(c.at, now); got != c.when {
				t.Errorf("whenWord %q, want %q", got, c.when)
			}
			if got := stamp(c.at, now); got != c.stamp {
				t.Errorf("stamp %q, want %q", got, c.stamp)
			}
		})
	}
}

func TestNameOrNumber(t *testing.T) {
	for _, c := range []struct{ name, uri, want string }{
		{"Bob Meyer", "sip:bob@example.com", "Bob Meyer"},
		{"", "sip:bob@example.com", "bob"},
		{"", "sip:+15550104477@example.com", "+1 555 010 4477"},
		{"", "tel:+49305550199;phone-context=x", "+49 305 550 199"},
		{"", "sip:4477@example.com", "4477"},
		{"", "sip:030-4477@example.com", "030-4477"},
		{"", "sips:host.example", "host.example"},
		{"", "", ""},
	} {
		if got := nameOrNumber(c.name, c.uri); got != c.want {
			t.Errorf("nameOrNumber(%q, %q) = %q, want %q", c.name, c.uri, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 31 * time.Second: "0:31", 12*time.Minute + 40*time.Second: "12:40",
		time.Hour + 2*time.Minute + 9*time.Second: "1:02:09",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestMessageWords_tellHowFarItHasCome(t *testing.T) {
	for _, c := range []struct {
		m    phone.Message
		name string
		want string
	}{
		{phone.Message{State: phone.MessageQueued}, "Bob", "Waiting to be sent"},
		{phone.Message{State: phone.MessageSending}, "Bob", "Sending…"},
		{phone.Message{State: phone.MessageAccepted}, "Bob", "Sent"},
		{phone.Message{State: phone.MessageDelivered}, "Bob", "Delivered"},
		{phone.Message{State: phone.MessageRead}, "Bob", "Read"},
		{phone.Message{State: phone.MessageFailed, Cause: "Unavailable", Status: 480}, "Bob", "Not sent: Bob is not reachable now"},
		{phone.Message{State: phone.MessageFailed, Cause: "Connection Error"}, "Bob", "Not sent: no connection"},
		{phone.Message{State: phone.MessageFailed, Cause: "Authentication Error", Status: 401}, "Bob", "Not sent: the server asked for another password"},
		{phone.Message{State: phone.MessageFailed, Cause: "SIP Failure Code", Status: 405}, "", "Not sent: the other side’s server does not take messages"},
		{phone.Message{State: phone.MessageReceived}, "Bob", ""},
	} {
		if got := messageWords(c.m, c.name); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}

func TestOutcome_everyOneHasWords(t *testing.T) {
	for _, o := range constants(t, "../phone", "Outcome") {
		h := phone.HistoryEntry{Outcome: phone.Outcome(o), Direction: phone.Outgoing, Peer: modeltest.Bob, Duration: 31 * time.Second}
		words, word := outcomeWords(h), outcomeWord(h)
		if o == string(phone.OutcomeAnswered) {
			if words != "Outgoing · 0:31" || word != "Outgoing" {
				t.Errorf("answered: %q, %q", words, word)
			}
			continue
		}
		if words == "Outgoing" || words == "" || word == "" {
			t.Errorf("%s has no words", o)
		}
	}
}

func TestExplainHistory(t *testing.T) {
	base := phone.HistoryEntry{Peer: modeltest.Bob, DisplayName: "Bob Meyer", Direction: phone.Outgoing}
	for _, c := range []struct {
		rule   string
		change func(h *phone.HistoryEntry)
		want   string
	}{
		{"an answered call needs no reason", func(h *phone.HistoryEntry) { h.Outcome, h.Cause = phone.OutcomeAnswered, "Terminated" }, ""},
		{"an answered call that broke has one", func(h *phone.HistoryEntry) { h.Outcome, h.Cause = phone.OutcomeAnswered, "RTP Timeout" }, "No path for sound. A firewall blocks it. A TURN server would help."},
		{"an answered call that was lost", func(h *phone.HistoryEntry) {
			h.Outcome, h.Cause, h.Status = phone.OutcomeAnswered, "Request Timeout", 408
		}, "The call was lost. Bob Meyer did not answer any more."},
		{"busy", func(h *phone.HistoryEntry) { h.Outcome, h.Cause, h.Status = phone.OutcomeBusy, "Busy", 486 }, "Bob Meyer was busy"},
		{"own cancel", func(h *phone.HistoryEntry) { h.Outcome, h.Cause, h.Status = phone.OutcomeCancelled, "Canceled", 487 }, "Cancelled"},
		{"missed", func(h *phone.HistoryEntry) {
			h.Outcome, h.Cause, h.Direction = phone.OutcomeMissed, "Canceled", phone.Incoming
		}, "You missed this call. Bob Meyer gave up before you answered."},
		{"declined by us", func(h *phone.HistoryEntry) {
			h.Outcome, h.Cause, h.Direction = phone.OutcomeDeclined, "Rejected", phone.Incoming
		}, "You declined the call"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			h := base
			c.change(&h)
			if got := explainHistory(h).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
