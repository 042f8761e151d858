package ui

import (
	"errors"
	"syscall"
	"testing"

	"webphone/audio/record"
	"webphone/phone"
	"webphone/phone/store"
)

func TestFieldWords_sayWhatIsAtFault(t *testing.T) {
	for _, c := range []struct {
		rule string
		err  error
		want string
	}{
		{"the address that is none", &phone.TargetError{Target: "no body", Err: errors.New("a space")}, `"no body" is neither an address nor a number.`},
		{"the folder and why", &record.Error{Op: "folder", File: "/srv/calls", Err: syscall.EACCES}, "Nothing can be written into the folder /srv/calls. You are not allowed to."},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := fieldWords(&store.FieldError{Field: "x", Err: c.err}); got != c.want {
				t.Errorf("it says %q", got)
			}
		})
	}
}
