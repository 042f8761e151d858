package sip

import (
	"bytes"
	"strconv"
)

// Bytes prints the request.
func (r *Request) Bytes() []byte {
	return r.Common.print(r.RequestURI.size(), func(b []byte) []byte {
		b = append(b, r.Method...)
		b = append(b, ' ')
		b = r.RequestURI.appendTo(b)
		return append(b, " SIP/2.0"...)
	})
}

// Bytes prints the response.
func (r *Response) Bytes() []byte {
	return r.Common.print(len(r.Reason), func(b []byte) []byte {
		b = append(b, "SIP/2.0 "...)
		b = strconv.AppendInt(b, int64(r.StatusCode), 10)
		b = append(b, ' ')
		return append(b, r.Reason...)
	})
}

// String returns the start line, for logs.
func (r *Request) String() string { return string(r.Method) + " " + r.RequestURI.String() }

// String returns the status code and the reason, for logs.
func (r *Response) String() string { return strconv.Itoa(r.StatusCode) + " " + r.Reason }

// print prints a message with the start line that start appends. Only when a
// value has brought a CR, LF or NUL, which is seen at the end, it prints the
// message again and looks at each line.
func (c *Common) print(size int, start func([]byte) []byte) []byte {
	p := printer{b: make([]byte, 0, size+c.size())}
	p.head(c, start)
	if !p.clean() {
		p = printer{b: p.b[:0], careful: true}
		p.head(c, start)
	}
	p.b = append(p.b, "\r\n"...)
	return append(p.b, c.Body...)
}

// size is about the number of bytes that c is printed with.
func (c *Common) size() int {
	n := 200 + len(c.CallID) + c.From.size() + c.To.size() + len(c.Body)
	for i := range c.Via {
		n += 80 + len(c.Via[i].Host) + c.Via[i].Params.size()
	}
	for i := range c.Headers {
		n += len(c.Headers[i].Name) + len(c.Headers[i].Value) + 4
	}
	return n
}

func (a *NameAddr) size() int { return len(a.DisplayName) + a.URI.size() + a.Params.size() + 12 }

func (u *URI) size() int {
	return len(u.User) + len(u.Password) + len(u.Host) + len(u.Opaque) + u.Params.size() + u.Headers.size() + 16
}

func (p Params) size() (n int) {
	for i := range p {
		n += len(p[i].Name) + len(p[i].Value) + 4
	}
	return n
}

// printer prints the lines of a head.
type printer struct {
	b       []byte
	lines   int  // ended so far
	start   int  // of the line
	careful bool // look at each line
}

func (p *printer) head(c *Common, start func([]byte) []byte) {
	p.b = start(p.b)
	p.endLine()
	for i := range c.Via {
		p.b = append(p.b, "Via: "...)
		p.b = c.Via[i].appendTo(p.b)
		p.endLine()
	}
	p.b = append(p.b, "From: "...)
	p.b = c.From.appendTo(p.b)
	p.endLine()
	p.b = append(p.b, "To: "...)
	p.b = c.To.appendTo(p.b)
	p.endLine()
	p.b = append(p.b, "Call-ID: "...)
	p.b = append(p.b, c.CallID...)
	p.endLine()
	p.b = append(p.b, "CSeq: "...)
	p.b = strconv.AppendUint(p.b, uint64(c.CSeq.Seq), 10)
	p.b = append(p.b, ' ')
	p.b = append(p.b, c.CSeq.Method...)
	p.endLine()
	for i := range c.Headers {
		h := &c.Headers[i]
		if !isUsual(h.Name) && !isToken(h.Name) {
			continue // nothing with such a name can be written
		}
		p.b = append(p.b, h.Name...)
		p.b = append(p.b, ": "...)
		p.b = append(p.b, h.Value...)
		p.endLine()
	}
	p.b = append(p.b, "Content-Length: "...)
	p.b = strconv.AppendInt(p.b, int64(len(c.Body)), 10)
	p.endLine()
}

// endLine ends a line. In a careful printer a CR or LF that came in with a
// value becomes a space, so that no value can begin a header field, and so
// does a NUL that is not half of a quoted pair.
func (p *printer) endLine() {
	if p.careful {
		for i := p.start; i < len(p.b); i++ {
			if p.b[i] == '\r' || p.b[i] == '\n' || p.b[i] == 0 && (i == p.start || p.b[i-1] != '\\') {
				p.b[i] = ' '
			}
		}
	}
	p.b = append(p.b, '\r', '\n')
	p.lines++
	p.start = len(p.b)
}

// clean reports whether the only CR and LF are those of endLine, and no NUL.
func (p *printer) clean() bool {
	return bytes.Count(p.b, []byte("\r")) == p.lines && bytes.Count(p.b, []byte("\n")) == p.lines && bytes.IndexByte(p.b, 0) < 0
}
