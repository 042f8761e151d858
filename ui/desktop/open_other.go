//go:build windows || darwin

package desktop

import (
	"context"
	"net/url"

	"fyne.io/fyne/v2"
)

// OpenURL opens an address with the program that the user has for it. It
// blocks until that is found out. An error says that there is no such
// program.
func OpenURL(_ context.Context, u *url.URL) error {
	return asSystem(func() error { return fyne.CurrentApp().OpenURL(u) })
}
