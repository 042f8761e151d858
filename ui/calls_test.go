package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func lines(s *callsScreen) []string {
	var out []string
	for _, it := range s.list.Items() {
		if it.Heading != "" {
			out = append(out, "# "+it.Heading)
			continue
		}
		out = append(out, it.Row.Title+" | "+it.Row.Subtitle+" | "+it.Row.Right)
	}
	return out
}

func callsRig(t *testing.T, s *phone.Snapshot) (*rig, *callsScreen) {
	t.Helper()
	var calls *callsScreen
	r := newRig(t, s, look.Light, false, func(h *host) screen { calls = newCalls(h); return calls })
	return r, calls
}

func TestCalls_areGroupedByDayAndFoldedByPerson(t *testing.T) {
	_, s := callsRig(t, modeltest.Sample())
	want := []string{
		"# Today", "Bob Meyer | Outgoing · 4:12 | 10:24", "Carol Ruiz (3) | Missed call | 09:58",
		"# Yesterday", "Echo test | Outgoing · 0:31 | 17:40", "Dana Petrov | Incoming · 12:40 | 15:02",
		"# Tuesday", "Bob Meyer | Incoming · 1:58 | 16:05", "Bob Meyer | Missed call | 09:12",
		"# Monday", "+1 555 010 4477 | Incoming · 1:02 | 11:11", "Erik Lund | No answer | 09:30",
		"# Sunday", "Support queue | Outgoing · 22:09 | 14:00",
	}
	if d := cmp.Diff(want, lines(s)); d != "" {
		t.Error(d)
	}
}

func TestGroupCalls_folds(t *testing.T) {
	now := modeltest.Now
	call := func(id int64, peer string, d phone.Direction, o phone.Outcome, ago time.Duration) phone.HistoryEntry {
		return phone.HistoryEntry{ID: id, Peer: peer, Direction: d, Outcome: o, At: now.Add(-ago)}
	}
	const in, out = phone.Incoming, phone.Outgoing
	for _, c := range []struct {
		rule string
		a, b phone.HistoryEntry
		want int
	}{
		{"two missed calls from one person", call(2, "sip:a@x", in, phone.OutcomeMissed, 0), call(1, "sip:a@x", in, phone.OutcomeMissed, time.Hour), 1},
		{"two attempts, however they ended", call(2, "sip:a@x", out, phone.OutcomeBusy, 0), call(1, "sip:a@x", out, phone.OutcomeNoAnswer, time.Hour), 1},
		{"not two persons", call(2, "sip:a@x", in, phone.OutcomeMissed, 0), call(1, "sip:b@x", in, phone.OutcomeMissed, time.Hour), 2},
		{"not over midnight", call(2, "sip:a@x", in, phone.OutcomeMissed, 0), call(1, "sip:a@x", in, phone.OutcomeMissed, 11*time.Hour), 2},
		{"not a missed call with an answered one", call(2, "sip:a@x", in, phone.OutcomeAnswered, 0), call(1, "sip:a@x", in, phone.OutcomeMissed, time.Hour), 2},
		{"not both directions", call(2, "sip:a@x", out, phone.OutcomeAnswered, 0), call(1, "sip:a@x", in, phone.OutcomeAnswered, time.Hour), 2},
	} {
		t.Run(c.rule, func(t *testing.T) {
			groups := groupCalls([]phone.HistoryEntry{c.a, c.b}, allCalls, "", now)
			if len(groups) != c.want {
				t.Errorf("%d rows, want %d", len(groups), c.want)
			}
			if key := groups[len(groups)-1].key(); key != "1" {
				t.Errorf("key %s, want the oldest call's", key)
			}
		})
	}
}

func TestCalls_searchFindsNamesAddressesAndNumbers(t *testing.T) {
	_, s := callsRig(t, modeltest.Sample())
	for query, want := range map[string]int{"carol": 1, "CAROL RUIZ": 1, "555 010": 1, "+1555": 1, "example.com": 9, "zzz": 0} {
		s.search.SetText(query)
		if got := len(s.groups); got != want {
			t.Errorf("%q finds %d rows, want %d", query, got, want)
		}
	}
	if s.empty != "search zzz" && s.search.Text == "zzz" {
		t.Error("an empty search says nothing")
	}
	s.search.SetText("x")
	if !s.Escape() || s.search.Text != "" {
		t.Error("Escape does not end the search")
	}
	if s.Escape() {
		t.Error("Escape has nothing more to undo, but says so")
	}
}

func TestCalls_missedCallsAreSeenOnceTheScreenIsInSight(t *testing.T) {
	r, s := callsRig(t, modeltest.Sample())
	r.host.Model.Close()
	if !r.phone.Was("MarkCallsSeen()") {
		t.Error("missed calls were not marked as seen")
	}
	r.update(func(s *phone.Snapshot) { s.MissedCalls = 0 })
	if got := s.missed.Label(); got != "Missed 2" {
		t.Errorf("chip %q: the number must stay while one looks", got)
	}
	s.Shown(false)
	if got := s.missed.Label(); got != "Missed" {
		t.Errorf("chip %q after leaving", got)
	}
	test.Tap(s.missed)
	want := []string{"# Today", "Carol Ruiz (3) | Missed call | 09:58", "# Tuesday", "Bob Meyer | Missed call | 09:12"}
	if d := cmp.Diff(want, lines(s)); d != "" {
		t.Error(d)
	}
}

func TestCalls_keysAndPage(t *testing.T) {
	r, s := callsRig(t, modeltest.Sample())
	if s.page.title.Content() != "Bob Meyer" {
		t.Errorf("the page shows %q, want the newest call's person", s.page.title.Content())
	}
	r.window.Canvas().Focus(s.list)
	r.press(fyne.KeyDown)
	if s.page.title.Content() != "Carol Ruiz" {
		t.Errorf("Down shows %q", s.page.title.Content())
	}
	r.press(fyne.KeyReturn)
	r.press(fyne.KeyDelete)
	want := []string{"call sip:carol@example.com", "confirm Delete 3 calls with Carol Ruiz?"}
	if d := cmp.Diff(want, r.log); d != "" {
		t.Error(d)
	}
	r.asked()
	for _, call := range []string{"DeleteHistory(19)", "DeleteHistory(18)", "DeleteHistory(17)"} {
		if !r.phone.Was(call) {
			t.Errorf("%s was not called: %q", call, r.phone.Called())
		}
	}
	test.Tap(s.clear)
	if !strings.HasPrefix(r.log[2], "confirm Delete all 11 calls?") {
		t.Errorf("asked %q", r.log)
	}
	r.asked()
	if !r.phone.Was("ClearHistory()") {
		t.Error("history was not cleared")
	}
}

func TestCalls_emptyHistoryOffersTheEcho(t *testing.T) {
	snap := modeltest.Sample()
	snap.History, snap.MissedCalls = nil, 0
	r, s := callsRig(t, snap)
	if s.empty != "calls" || s.clear.Disabled() == false {
		t.Errorf("empty state %q", s.empty)
	}
	r.update(func(s *phone.Snapshot) { s.History = modeltest.Sample().History[:1] })
	if s.empty != "" || s.clear.Disabled() {
		t.Error("the first call does not end the empty state")
	}
}

func TestCalls_contactOfAPersonIsOneStepAway(t *testing.T) {
	r, s := callsRig(t, modeltest.Sample())
	if s.page.contact.Label() != "Open contact" {
		t.Errorf("for Bob, who is a contact: %q", s.page.contact.Label())
	}
	stranger := slices.IndexFunc(s.groups, func(g callGroup) bool { return g.newest().Peer == modeltest.Unknown })
	s.open(s.groups[stranger].key())
	if s.page.contact.Label() != "Add to contacts" {
		t.Errorf("for a stranger: %q", s.page.contact.Label())
	}
	test.Tap(s.page.contact)
	if d := cmp.Diff([]string{"contact  +15550104477@example.com"}, r.log); d != "" {
		t.Error(d)
	}
}

func TestCalls_pageTellsWhyCallsFailed(t *testing.T) {
	r, s := callsRig(t, modeltest.Sample())
	erik := slices.IndexFunc(s.groups, func(g callGroup) bool { return g.newest().Peer == modeltest.Erik })
	s.open(s.groups[erik].key())
	row := s.page.table.Objects[1].(*pastCall)
	if got := row.why.Content(); got != "Erik Lund was not reachable" {
		t.Errorf("why %q", got)
	}
	if row.raw.Visible() {
		t.Error("codes are shown unasked")
	}
	test.Tap(s.page.toggle)
	row = s.page.table.Objects[1].(*pastCall)
	if got := row.raw.Content(); !strings.Contains(got, "SIP 480") {
		t.Errorf("codes %q", got)
	}
	r.golden("calls-codes")
}

func TestCalls_pageTellsHowCallsSounded(t *testing.T) {
	state := modeltest.Sample()
	for i := range state.History {
		if h := &state.History[i]; h.Peer == modeltest.Bob && h.MOS > 0 {
			h.MOSWorst, h.PeerLossPercent, h.Jitter, h.RTT = 3.8, 0.4, 4*time.Millisecond, 31*time.Millisecond
			h.Path, h.Cipher = "host – srflx", "AES-128-GCM"
			break
		}
	}
	r, s := callsRig(t, state)
	s.open(s.groups[0].key())
	test.Tap(s.page.toggle)
	row := s.page.table.Objects[1].(*pastCall)
	if got := row.raw.Content(); !strings.Contains(got, "worst 3.8 · Codec: Opus") || !strings.Contains(got, "Round trip: 31 ms") {
		t.Errorf("figures %q", got)
	}
	r.golden("calls-figures")
}
