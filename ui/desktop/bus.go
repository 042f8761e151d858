// Package desktop joins the phone to the desktop around its window:
// notifications with actions, the tray, and links that open the phone. All of
// it is optional: where the desktop lacks something the phone goes on without.
package desktop

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// errNoBus says that this session has no D-Bus.
var errNoBus = errors.New("desktop: no session bus")

// busAddress is where the session bus listens, or "". It never starts one:
// a bus of our own would reach nobody.
func busAddress() string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		if strings.HasPrefix(a, "autolaunch:") {
			return ""
		}
		return a
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return ""
	}
	socket := filepath.Join(dir, "bus")
	if i, err := os.Stat(socket); err != nil || i.Mode()&os.ModeSocket == 0 {
		return ""
	}
	return "unix:path=" + socket
}

// dialBus opens a connection of our own, which ends with ctx.
func dialBus(ctx context.Context) (*dbus.Conn, error) {
	address := busAddress()
	if address == "" {
		return nil, errNoBus
	}
	return dbus.Connect(address, dbus.WithContext(ctx))
}

// HasTray reports whether somebody shows tray icons in this session. Without
// that, closing to the tray would make the phone vanish.
func HasTray(ctx context.Context) bool {
	conn, err := dialBus(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	var owned bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&owned)
	return err == nil && owned
}
