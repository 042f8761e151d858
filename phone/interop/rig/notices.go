package rig

import (
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"
)

// Notice is a notification that a program has asked the desktop to show.
type Notice struct {
	App, Title, Body string
	Actions          []string // key, label, key, label…
	Closed           bool
}

// notices is the desktop's notification server. Its exported methods are
// called over D-Bus.
type notices struct {
	bus *dbus.Conn

	mu  sync.Mutex // guards all
	all []Notice
}

const noticePath, noticeName = "/org/freedesktop/Notifications", "org.freedesktop.Notifications"

// showNotices takes the place of the notification server on a bus.
func showNotices(address string) (*notices, error) {
	bus, err := dbus.Connect(address)
	if err != nil {
		return nil, err
	}
	n := &notices{bus: bus}
	if err := bus.Export(n, noticePath, noticeName); err != nil {
		return nil, err
	}
	_, err = bus.RequestName(noticeName, dbus.NameFlagDoNotQueue)
	return n, err
}

// GetCapabilities implements org.freedesktop.Notifications.
func (n *notices) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "persistence"}, nil
}

// GetServerInformation implements org.freedesktop.Notifications.
func (n *notices) GetServerInformation() (name, vendor, version, spec string, err *dbus.Error) {
	return "rig", "webphone", "1", "1.2", nil
}

// Notify implements org.freedesktop.Notifications.
func (n *notices) Notify(app string, replaces uint32, _, title, body string, actions []string,
	_ map[string]dbus.Variant, _ int32,
) (uint32, *dbus.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	notice := Notice{App: app, Title: title, Body: body, Actions: actions}
	if replaces > 0 && int(replaces) <= len(n.all) {
		n.all[replaces-1] = notice
		return replaces, nil
	}
	n.all = append(n.all, notice)
	return uint32(len(n.all)), nil
}

// CloseNotification implements org.freedesktop.Notifications.
func (n *notices) CloseNotification(id uint32) *dbus.Error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id > 0 && int(id) <= len(n.all) {
		n.all[id-1].Closed = true
	}
	return nil
}

func (n *notices) close() { _ = n.bus.Close() }

// Notices returns what programs have asked the desktop to show, oldest first.
func (d *Desktop) Notices() []Notice {
	d.notices.mu.Lock()
	defer d.notices.mu.Unlock()
	return slices.Clone(d.notices.all)
}

// PressNotice presses a button of the notice with the given index, as a
// person would.
func (d *Desktop) PressNotice(index int, action string) error {
	return d.notices.bus.Emit(noticePath, noticeName+".ActionInvoked", uint32(index+1), action)
}
