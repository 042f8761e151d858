package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// membersOf are the calls of the conference that c is in, c among them; nil
// when it is in none.
func membersOf(c phone.Call, calls []phone.Call) []phone.Call {
	if c.Conference == "" {
		return nil
	}
	var members []phone.Call
	for _, other := range calls {
		if other.Live() && other.Conference == c.Conference {
			members = append(members, other)
		}
	}
	if len(members) < 2 {
		return nil
	}
	return members
}

// talks are the conversations among live calls, each by one of its calls: that
// of the call c by c itself.
func talks(c phone.Call, live []phone.Call) []phone.Call {
	var all []phone.Call
	for _, other := range live {
		seen := other.Conference != "" && other.Conference == c.Conference && other.ID != c.ID
		for _, t := range all {
			seen = seen || other.Conference != "" && t.Conference == other.Conference
		}
		if !seen {
			all = append(all, other)
		}
	}
	return all
}

// listWords are names as a sentence has them: "Bob, Carol and Dana".
func listWords(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// talkName is who is talked to: the other party, or all of a conference.
func talkName(c phone.Call, calls []phone.Call) string {
	members := membersOf(c, calls)
	if members == nil {
		return callName(c)
	}
	var names []string
	for _, m := range members {
		names = append(names, callName(m))
	}
	return listWords(names)
}

// conferenceWords is the state of a conference, with its timer.
func conferenceWords(members []phone.Call, now time.Time) string {
	held, pending := 0, 0
	first := members[0]
	for _, m := range members {
		if m.Transfer.State.Pending() {
			return "Connecting them with each other…"
		}
		if m.LocalHold {
			held++
		}
		if m.HoldPending {
			pending++
		}
		if m.StartedAt.Before(first.StartedAt) {
			first = m
		}
	}
	switch {
	case held == len(members) && pending > 0:
		return "Resuming…"
	case pending > 0 && held+pending == len(members):
		return "Holding…"
	case held == len(members):
		return "On hold · " + talkTime(first, now)
	}
	return talkTime(first, now)
}

// allHeld reports whether nobody of a conference is talked to.
func allHeld(members []phone.Call) bool {
	for _, m := range members {
		if !m.LocalHold {
			return false
		}
	}
	return len(members) > 0
}

// memberWords is the state of one member.
func memberWords(c phone.Call, now time.Time) string {
	words := shortCallWords(c, now)
	switch {
	case c.HoldPending && c.LocalHold:
		words = "resuming"
	case c.HoldPending:
		words = "holding"
	case c.MemberMuted && !c.LocalHold:
		words = "muted by you"
	case c.RemoteHold && !c.LocalHold:
		words = "holds the line"
	case c.MediaLost && !c.LocalHold:
		words = "we hear nothing from them"
	}
	if !c.Encrypted {
		words += " · not encrypted yet"
	}
	return firstUpper(words)
}

// mergeable reports whether there is more than one answered conversation to be
// made one, and whether that is on its way.
func mergeable(live []phone.Call) (can, merging bool) {
	answered := map[string]bool{}
	for _, c := range live {
		if c.State != phone.CallConfirmed || c.Transfer.State.Pending() {
			continue
		}
		key := "conference " + string(c.Conference)
		if c.Conference == "" {
			key = string(c.ID)
		}
		answered[key] = true
		merging = merging || c.Merging
	}
	return len(answered) > 1, merging
}

// memberList shows who is in a conference, and how to leave it to the two
// others.
type memberList struct {
	*fyne.Container
	host *host

	members []phone.Call
	shown   string
	column  *fyne.Container
	rows    []*memberRow
	scroll  *container.Scroll
	room    *listRoom
	lower   float32 // than it could be: see follow
	leave   *widgets.Link
	leaving *fyne.Container
}

const memberHeight, membersShown, membersTight = 46, 4, 2

func newMemberList(h *host) *memberList {
	m := &memberList{host: h, column: widgets.NewColumn(0), room: &listRoom{}}
	m.scroll = container.NewVScroll(m.column)
	m.leave = widgets.NewLink("Connect them and leave", look.MinorText, func() {
		id := m.members[0].ID
		h.Run(func() error { return h.Phone.ConnectConference(id) }, nil)
	})
	m.leaving = container.NewCenter(m.leave)
	m.Container = widgets.NewColumn(6, container.New(m.room, m.scroll), m.leaving)
	m.Hide()
	return m
}

// HeightFor makes the list flow.
func (m *memberList) HeightFor(width float32) float32 {
	if !m.Visible() {
		return 0
	}
	return widgets.HeightFor(m.Container, width)
}

// setTight shows fewer of them at once; one scrolls to the others.
func (m *memberList) setTight(tight bool) {
	most := membersShown
	if tight {
		most = membersTight
	}
	m.room.height = float32(min(len(m.members), most)) * memberHeight
	setVisible(m.leaving, len(m.members) == 2)
}

// shrink makes the list lower by that much, down to one member.
func (m *memberList) shrink(by float32) {
	m.room.height = max(memberHeight, m.room.height-by)
}

// follow scrolls so that the members stay where they are although the list,
// above the keys of the call, is lower at its top by that much than it could
// be. It was scrolled to offset before it was placed.
func (m *memberList) follow(lower, offset float32) {
	if by := lower - m.lower; by != 0 {
		m.lower = lower
		m.scroll.Offset.Y = max(0, min(offset+by, m.column.MinSize().Height-m.room.height))
		m.scroll.Refresh()
	}
}

// Apply shows the members; nil hides the list.
func (m *memberList) Apply(members []phone.Call, now time.Time) {
	m.members = members
	setVisible(m.Container, members != nil)
	key := ""
	for _, c := range members {
		key += fmt.Sprint(c.ID, callName(c), " ")
	}
	transferring := false
	for _, c := range members {
		transferring = transferring || c.Transfer.State.Pending()
	}
	m.leave.SetEnabled(!transferring)
	if key != m.shown {
		m.shown = key
		m.column.Objects, m.rows = nil, nil
		for _, c := range members {
			row := newMemberRow(m.host, c)
			m.rows = append(m.rows, row)
			m.column.Add(row.Container)
		}
		m.column.Refresh()
	}
	for i, c := range members {
		m.rows[i].Apply(c)
	}
	m.Tick(now)
}

func (m *memberList) allHeld() bool { return allHeld(m.members) }

// Tick moves the timers.
func (m *memberList) Tick(now time.Time) {
	for _, r := range m.rows {
		r.Tick(now)
	}
}

// closeVolume closes the volume of all members and reports whether one was
// open.
func (m *memberList) closeVolume() (open bool) {
	for _, r := range m.rows {
		if m.Visible() && r.volume.Visible() {
			r.toggleVolume()
			open = true
		}
	}
	return open
}

// merge makes a conference of the answered calls.
func (v *callView) merge() {
	v.host.InOrder(func() error { return v.host.Phone.Merge() })
}

// split makes single calls of the conference; the call in view goes on.
func (v *callView) split() {
	id := v.call.ID
	v.host.InOrder(func() error { return v.host.Phone.Split(id) })
}

// applyMerge shows the members of a conference, or whether there are calls to
// make one of.
func (v *callView) applyMerge(s *phone.Snapshot, now time.Time) {
	v.members.Apply(membersOf(v.call, s.Calls), now)
	can, merging := mergeable(v.live)
	v.mergeLink.SetText("Merge")
	if merging {
		v.mergeLink.SetText("Merging…")
	}
	v.mergeLink.SetEnabled(!merging)
	setVisible(v.mergeLink, can)
}

// inConference reports whether the view shows one.
func (v *callView) inConference() bool { return v.members.Visible() }

// hangup ends a call, or the conference it is in.
func (h *host) hangup(c phone.Call, calls []phone.Call) {
	h.Run(func() error {
		if membersOf(c, calls) != nil {
			return h.Phone.HangupConference(c.ID)
		}
		return h.Phone.Hangup(c.ID)
	}, nil)
}
