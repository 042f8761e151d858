// Package body is what SIP carries, as values: presence, dialog and voice mail
// states, typing and delivery notices, multipart, message fragments and ICE
// candidates. Each type has a Parse function and a Bytes method; what Bytes
// prints parses to the same value.
//
// Bodies come from strangers. Parsers take time and memory in proportion to
// what they are given, refuse what is larger than any honest body, and never
// expand entities. What a document holds besides is left out.
package body

import (
	"errors"
	"fmt"
)

// Media types of the bodies.
const (
	TypePIDF           = "application/pidf+xml"
	TypeDialogInfo     = "application/dialog-info+xml"
	TypeMessageSummary = "application/simple-message-summary"
	TypeIsComposing    = "application/im-iscomposing+xml"
	TypeIMDN           = "message/imdn+xml"
	TypeCPIM           = "message/cpim"
	TypeSipfrag        = "message/sipfrag"
	TypeICEFrag        = "application/trickle-ice-sdpfrag"
)

// MaxSize is the largest body in bytes that the parsers take. Multipart alone
// has no limit but that of the message.
const MaxSize = 256 << 10

// SyntaxError reports a body that is not what its type says.
type SyntaxError struct {
	Type string // the media type
	Err  error  // what is wrong with it
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("sip: invalid %s: %v", e.Type, e.Err) }

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

var (
	errSize    = errors.New("too large")
	errField   = errors.New("malformed header field")
	errMany    = errors.New("too many elements")
	errMissing = errors.New("a mandatory element is missing")
	errNumber  = errors.New("not a number in range")
)
