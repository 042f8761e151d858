package device

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/gen2brain/malgo"

	"webphone/audio/pulse"
)

func TestCardFault(t *testing.T) {
	busy, denied := error(syscall.EBUSY), error(syscall.EACCES)
	for _, c := range []struct {
		rule  string
		tries []error // of one card after another
		want  Kind
	}{
		{"no card", nil, NoDevice},
		{"another program has the only one", []error{busy}, Busy},
		{"the system does not let us", []error{denied}, Denied},
		{"nor in other words", []error{syscall.EPERM}, Denied},
		{"what is busy comes before what is forbidden", []error{denied, busy, denied}, Busy},
		{"one could be used: it is something else", []error{busy, nil}, NoDevice},
		{"no such card any more", []error{syscall.ENODEV}, NoDevice},
	} {
		dir := t.TempDir()
		for i := range c.tries {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("pcmC%dD0c", i)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		at := 0
		got := cardFault(filepath.Join(dir, "pcmC*D*c"), func(name string) error {
			err := c.tries[at]
			at++
			if err != nil {
				err = &os.PathError{Op: "open", Path: name, Err: err}
			}
			return err
		})
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
	name := filepath.Join(t.TempDir(), "pcmC0D0c")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tryCard(name); err != nil || cardFault(name, tryCard) != NoDevice {
		t.Errorf("a card that can be used: %v, %v", err, cardFault(name, tryCard))
	}
}

// A server that does not let us in is told, by the list and by each device.
func TestSystem_deniedByTheServer(t *testing.T) {
	s := newSystem(t, malgo.BackendNull) // the library finds nothing
	s.follower = follow(func() (server, error) { return nil, &pulse.ServerError{Code: 1} })
	for s.follower.refusal() == nil {
		runtime.Gosched()
	}
	var e *Error
	if _, _, err := s.Devices(); !errors.As(err, &e) || e.Kind != Denied {
		t.Errorf("Devices: %v", err)
	}
	if _, err := hear(s)("", func([]int16) {}); !errors.As(err, &e) || e.Kind != Denied {
		t.Errorf("OpenCapture: %v", err)
	}
}

func TestLibraryError(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{malgo.ErrBusy, Busy},
		{malgo.ErrAlreadyInUse, Busy},
		{malgo.ErrAccessDenied, Denied},
		{malgo.ErrNoDevice, NoDevice},
		{malgo.ErrFailedToOpenBackendDevice, NoDevice},
		{malgo.ErrInvalidArgs, Failed},
	} {
		if e := libraryError("x", c.err); e.Kind != c.want || !errors.Is(e, c.err) || e.Device != "x" {
			t.Errorf("%v: %v", c.err, e)
		}
	}
}
