package sip

import (
	"strconv"
)

// Bytes prints the request.
func (r *Request) Bytes() []byte {
	b := make([]byte, 0, 1024+len(r.Body))
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = r.RequestURI.appendTo(b)
	b = append(b, " SIP/2.0"...)
	return r.Common.appendTo(endLine(b, 0))
}

// Bytes prints the response.
func (r *Response) Bytes() []byte {
	b := make([]byte, 0, 1024+len(r.Body))
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(r.StatusCode), 10)
	b = append(b, ' ')
	b = append(b, r.Reason...)
	return r.Common.appendTo(endLine(b, 0))
}

// String returns the start line, for logs.
func (r *Request) String() string { return string(r.Method) + " " + r.RequestURI.String() }

// String returns the status code and the reason, for logs.
func (r *Response) String() string { return strconv.Itoa(r.StatusCode) + " " + r.Reason }

func (c *Common) appendTo(b []byte) []byte {
	for i := range c.Via {
		start := len(b)
		b = append(b, "Via: "...)
		b = endLine(c.Via[i].appendTo(b), start)
	}
	start := len(b)
	b = append(b, "From: "...)
	b = endLine(c.From.appendTo(b), start)
	start = len(b)
	b = append(b, "To: "...)
	b = endLine(c.To.appendTo(b), start)
	start = len(b)
	b = append(b, "Call-ID: "...)
	b = endLine(append(b, c.CallID...), start)
	start = len(b)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(c.CSeq.Seq), 10)
	b = append(b, ' ')
	b = endLine(append(b, c.CSeq.Method...), start)
	for _, h := range c.Headers {
		if !isToken(h.Name) {
			continue // nothing with such a name can be written
		}
		start = len(b)
		b = append(b, h.Name...)
		b = append(b, ": "...)
		b = endLine(append(b, h.Value...), start)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(c.Body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, c.Body...)
}

// endLine ends the line that begins at start. A CR or LF that came in with a
// value becomes a space, so that no value can begin a header field, and so
// does a NUL that is not half of a quoted pair.
func endLine(b []byte, start int) []byte {
	for i := start; i < len(b); i++ {
		if b[i] == '\r' || b[i] == '\n' || b[i] == 0 && (i == start || b[i-1] != '\\') {
			b[i] = ' '
		}
	}
	return append(b, '\r', '\n')
}
