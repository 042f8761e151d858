package desktop

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/phone"
)

// TrayState is what the icon in the tray shows. Each has a colour and a shape
// of its own.
type TrayState string

// The states, the most urgent last.
const (
	TrayOffline TrayState = "offline" // no account is signed in
	TrayReady   TrayState = "ready"
	TrayQuiet   TrayState = "quiet"  // do not disturb
	TrayMissed  TrayState = "missed" // something waits to be seen
	TrayCall    TrayState = "call"
)

// TrayStateOf is the state to show for a snapshot.
func TrayStateOf(s *phone.Snapshot) TrayState {
	switch {
	case slices.ContainsFunc(s.Calls, phone.Call.Live):
		return TrayCall
	case s.MissedCalls > 0 || s.UnreadMessages > 0:
		return TrayMissed
	case !slices.ContainsFunc(s.Accounts, func(a phone.AccountState) bool { return a.State == phone.Registered }):
		return TrayOffline
	case s.Settings.Calls.DoNotDisturb:
		return TrayQuiet
	}
	return TrayReady
}

// TrayHost is the part of Fyne's desktop application that shows the tray.
type TrayHost interface {
	SetSystemTrayMenu(menu *fyne.Menu)
	SetSystemTrayIcon(icon fyne.Resource)
}

// TrayActions are what the tray's menu does, and the words it needs.
type TrayActions struct {
	Show, Quit              func()
	Answer, Decline, Hangup func(id phone.CallID)
	SetQuiet                func(on bool)
	// Account says in a line how an account stands.
	Account func(a phone.AccountState) string
	// Name is how the other party of a call is shown.
	Name func(c phone.Call) string
}

// Tray is the icon beside the clock, for as long as the application runs. The
// UI goroutine owns it. Make one only where HasTray.
type Tray struct {
	host    TrayHost
	actions TrayActions
	state   TrayState
	lines   string // what the menu says now
}

// NewTray puts the icon into the tray.
func NewTray(h TrayHost, a TrayActions, s *phone.Snapshot) *Tray {
	t := &Tray{host: h, actions: a}
	t.Apply(s)
	return t
}

// Apply shows a snapshot. The menu is rebuilt as a whole by the desktop, so
// it is set only when it says something else.
func (t *Tray) Apply(s *phone.Snapshot) {
	if state := TrayStateOf(s); state != t.state {
		t.state = state
		t.host.SetSystemTrayIcon(TrayIcon(state))
	}
	items := t.items(s)
	var b strings.Builder
	for _, i := range items {
		b.WriteString(i.Label)
		if i.Checked {
			b.WriteString(" ✓")
		}
		b.WriteString("\n")
	}
	if b.String() != t.lines {
		t.lines = b.String()
		t.host.SetSystemTrayMenu(fyne.NewMenu("Webphone", items...))
	}
}

func (t *Tray) items(s *phone.Snapshot) []*fyne.MenuItem {
	items := []*fyne.MenuItem{fyne.NewMenuItem("Show Webphone", t.actions.Show)}
	for _, a := range s.Accounts {
		items = append(items, fyne.NewMenuItem(t.actions.Account(a), t.actions.Show))
	}
	items = append(items, fyne.NewMenuItemSeparator())
	for _, c := range s.Calls {
		switch {
		case c.State == phone.CallIncoming:
			items = append(items,
				fyne.NewMenuItem("Answer "+t.actions.Name(c), func() { t.actions.Answer(c.ID) }),
				fyne.NewMenuItem("Decline "+t.actions.Name(c), func() { t.actions.Decline(c.ID) }))
		case c.Live():
			items = append(items, fyne.NewMenuItem("Hang up "+t.actions.Name(c), func() { t.actions.Hangup(c.ID) }))
		}
	}
	on := s.Settings.Calls.DoNotDisturb
	quiet := fyne.NewMenuItem("Do not disturb", func() { t.actions.SetQuiet(!on) })
	quiet.Checked = on
	quit := fyne.NewMenuItem("Quit", t.actions.Quit)
	quit.IsQuit = true // else Fyne adds one that asks nothing
	return append(items, quiet, fyne.NewMenuItemSeparator(), quit)
}
