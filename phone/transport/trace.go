package transport

import (
	"bytes"
	"regexp"
)

// Direction is the way a traced message went.
type Direction int

// The directions.
const (
	Received Direction = iota
	Sent
)

// String returns "received" or "sent".
func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}

var (
	// A credentials field with its folded lines (RFC 3261 §7.3.1).
	credentialsField = regexp.MustCompile(`(?im)^(?:Proxy-)?Authorization[ \t]*:[ \t]*[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*`)
	digestScheme     = regexp.MustCompile(`(?i)^[^:]*:\s*Digest\s`)
	digestResponse   = regexp.MustCompile(`(?i)(\bresponse[ \t]*=[ \t]*)("[^"]*"|[^,\s]*)`)
	fieldValue       = regexp.MustCompile(`(?s):.*`)
)

// Mask returns data with the credentials of Authorization and
// Proxy-Authorization replaced by asterisks: of Digest the response alone, so
// that a trace still shows realm, nonce and algorithm. Other schemes are
// masked whole. data is not changed; a body is left alone.
func Mask(data []byte) []byte {
	head, body := data, []byte(nil)
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		head, body = data[:i], data[i:]
	}
	masked := credentialsField.ReplaceAllFunc(head, func(field []byte) []byte {
		if digestScheme.Match(field) {
			return digestResponse.ReplaceAll(field, []byte(`${1}"***"`))
		}
		return fieldValue.ReplaceAll(field, []byte(": ***"))
	})
	return append(masked[:len(masked):len(masked)], body...)
}
