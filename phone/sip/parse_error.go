package sip

import (
	"errors"
	"fmt"
)

// ParseError reports a message that cannot be taken as it is.
type ParseError struct {
	Line   int    // of the message, from 1; 0 when the fault is in the whole
	Header string // canonical name; "" for the start line and the body
	Err    error
	// Partial is what could be read of a request, nil when not even its
	// start line. Response makes the answer of it.
	Partial *Request
}

func (e *ParseError) Error() string {
	switch {
	case e.Header != "" && e.Line > 0:
		return fmt.Sprintf("sip: line %d: %s: %v", e.Line, e.Header, e.Err)
	case e.Header != "":
		return fmt.Sprintf("sip: %s: %v", e.Header, e.Err)
	default:
		return fmt.Sprintf("sip: line %d: %v", e.Line, e.Err)
	}
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Status returns the status code that answers the fault: 505 for another
// protocol version, else 400.
func (e *ParseError) Status() int {
	if errors.Is(e.Err, errVersion) {
		return 505
	}
	return 400
}

// Response returns the answer to a malformed request, or nil when there must
// be none: to a response, to an ACK, or without a Via to send it by. What the
// request lacks is made up: the answer finds its way and its transaction by
// Via and CSeq method alone (RFC 3261 §17.1.3).
func (e *ParseError) Response() *Response {
	if e.Partial == nil || e.Partial.Method == ACK || len(e.Partial.Via) == 0 {
		return nil
	}
	r := *e.Partial
	nobody := NameAddr{URI: URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}
	if r.From.URI.IsZero() {
		r.From = nobody
	}
	if r.To.URI.IsZero() {
		r.To = nobody
	}
	if r.CallID == "" {
		r.CallID = "missing"
	}
	r.CSeq.Method = r.Method
	reason := ReasonPhrase(e.Status())
	if e.Header != "" && e.Status() == 400 {
		reason = "Bad " + e.Header + " header field"
	}
	return NewResponse(&r, e.Status(), reason, NewTag())
}

var (
	errStartLine  = errors.New("malformed start line")
	errVersion    = errors.New("protocol version is not SIP/2.0")
	errStatusCode = errors.New("status code out of range")
	errNoEnd      = errors.New("no empty line after the header fields")
	errFieldName  = errors.New("malformed header field name")
	errMissing    = errors.New("missing")
	errTwice      = errors.New("appears more than once")
	errCSeq       = errors.New("malformed sequence number or method")
	errMismatch   = errors.New("method differs from the request's")
	errLength     = errors.New("not a length")
	errShort      = errors.New("body is shorter than Content-Length")
)
