package sip

import (
	"errors"
	"fmt"
)

// SanityError reports a message that parses but must not be acted upon.
type SanityError struct {
	Header string // canonical name, "" for the Request-URI
	Err    error
}

func (e *SanityError) Error() string {
	if e.Header == "" {
		return fmt.Sprintf("sip: Request-URI: %v", e.Err)
	}
	return fmt.Sprintf("sip: %s: %v", e.Header, e.Err)
}

// Unwrap returns the cause.
func (e *SanityError) Unwrap() error { return e.Err }

var (
	errNotSIP    = errors.New("scheme is neither sip nor sips")
	errHeadersIn = errors.New("a Request-URI cannot have headers")
	errTwoVias   = errors.New("response with more than one Via")
	errNumber    = errors.New("not a number in range")
	errStar      = errors.New("* must be alone and comes with Expires: 0")
	errInviteOne = errors.New("an INVITE has exactly one")
)

// Sanity checks what a transaction user checks before it acts (RFC 3261
// §8.1.3.3, §8.2.2, §16.3). For a request that fails, status is the answer,
// or 0 when there must be none (an ACK); a response that fails is dropped. A
// message that Parse returned has all its mandatory fields; one built by hand
// is checked for them too.
func Sanity(m Message) (status int, err error) {
	c := m.Fields()
	header, err := c.missing()
	if err == nil {
		if r, ok := m.(*Request); ok {
			status, header, err = r.sanity()
		} else if len(c.Via) > 1 {
			header, err = "Via", errTwoVias // RFC 3261 §8.1.3.3
		}
	}
	if err == nil {
		return 0, nil
	}
	if r, ok := m.(*Request); !ok || r.Method == ACK || len(c.Via) == 0 {
		status = 0
	} else if status == 0 {
		status = 400
	}
	return status, &SanityError{Header: header, Err: err}
}

func (c *Common) missing() (header string, err error) {
	switch {
	case len(c.Via) == 0:
		return "Via", errMissing
	case c.From.URI.IsZero():
		return "From", errMissing
	case c.To.URI.IsZero():
		return "To", errMissing
	case c.CallID == "":
		return "Call-ID", errMissing
	case c.CSeq.Method == "":
		return "CSeq", errMissing
	}
	return "", nil
}

func (r *Request) sanity() (status int, header string, err error) {
	if r.CSeq.Method != r.Method {
		return 400, "CSeq", errMismatch
	}
	if !r.RequestURI.IsSIP() {
		return 416, "", errNotSIP // RFC 3261 §8.2.2.1
	}
	if len(r.RequestURI.Headers) > 0 {
		return 400, "", errHeadersIn // RFC 3261 §19.1.1, table 1
	}
	for _, name := range []string{"Route", "Record-Route"} {
		if _, err := r.addresses(name); err != nil {
			return 400, name, err
		}
	}
	if err := r.checkContact(); err != nil {
		return 400, "Contact", err
	}
	if _, ok := r.MaxForwards(); !ok && r.Headers.Has("Max-Forwards") {
		return 400, "Max-Forwards", errNumber
	}
	if _, _, ok := r.SessionExpires(); !ok && r.Headers.Has("Session-Expires") {
		return 400, "Session-Expires", errNumber
	}
	return 0, "", nil
}

// checkContact applies RFC 3261 §8.1.1.8 and §10.3 step 6.
func (r *Request) checkContact() error {
	list, star, err := r.Contacts()
	if err != nil {
		return err
	}
	switch {
	case star:
		seconds, ok := r.Expires()
		if r.Method != REGISTER || !ok || seconds != 0 {
			return errStar
		}
	case r.Method == INVITE && len(list) != 1:
		return errInviteOne
	}
	return nil
}
