//go:build !windows && !darwin

package desktop

import (
	"context"
	"net/url"
	"os/exec"
	"time"
)

// openerWait is how long what opens an address may take to fail. On some
// desktops it lives as long as the program that it starts.
const openerWait = 10 * time.Second

// OpenURL opens an address with the program that the user has for it. It
// blocks until that is found out, openerWait at most, or until ctx ends. An
// error says that there is no such program.
func OpenURL(ctx context.Context, u *url.URL) error {
	opener := exec.Command("xdg-open", u.String())
	if err := asSystem(opener.Start); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- opener.Wait() }() // ends with the opener
	ctx, cancel := context.WithTimeout(ctx, openerWait)
	defer cancel()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}
