package control

import (
	"errors"

	"webphone/phone/ua"
)

// endOf tells why a call has ended: JsSIP's cause and the SIP status, 0 when
// there was none. It is "" and 0 for a call that lives.
func endOf(err error) (cause string, status int) {
	var e *ua.EndError
	switch {
	case err == nil:
		return "", 0
	case errors.As(err, &e):
		return string(e.Cause), e.Status
	}
	return err.Error(), 0
}
