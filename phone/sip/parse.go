package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
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

// Parse reads the one message that data holds, as from one WebSocket frame
// (RFC 7118 §5). Without Content-Length the body is the rest of data; what
// follows a body of Content-Length bytes is cut off. The message shares no
// memory with data. The error is a *ParseError.
func Parse(data []byte) (Message, error) {
	// RFC 3261 §7.5: ignore line ends before the start line.
	skipped := 0
	for bytes.HasPrefix(data, []byte("\r\n")) {
		data = data[2:]
		skipped++
	}
	end := bytes.Index(data, []byte("\r\n\r\n"))
	p := parser{line: skipped + 1}
	head := data
	if end >= 0 {
		head = data[:end+2]
	}
	p.text = string(head)
	p.start()
	if p.request == nil && p.response == nil {
		return nil, p.err
	}
	p.fields()
	if end < 0 {
		p.fail("", errNoEnd)
	} else {
		p.body(data[end+4:])
	}
	p.check()
	switch {
	case p.err != nil:
		p.err.Partial = p.request
		return nil, p.err
	case p.request != nil:
		return p.request, nil
	default:
		return p.response, nil
	}
}

// parser reads the head of a message. It goes on after an error, so that as
// much as possible of a request is known to answer it; the first error stays.
type parser struct {
	text     string // the rest of the head, each line with its CR LF
	line     int    // of the message, where text begins
	request  *Request
	response *Response
	common   *Common
	length   int // Content-Length, -1 when absent
	seen     seen
	err      *ParseError
}

// seen tells which of the fields that must be alone have come, and whether a
// Via could not be read.
type seen struct{ from, to, callID, cseq, length, badVia bool }

func (p *parser) fail(header string, err error) {
	if p.err == nil {
		p.err = &ParseError{Line: p.line, Header: header, Err: err}
	}
}

// nextLine cuts one line off, continuation lines included (RFC 3261 §7.3.1).
func (p *parser) nextLine() (line string, lines int) {
	for end := 0; ; {
		i := strings.Index(p.text[end:], "\r\n")
		if i < 0 {
			line, p.text = p.text, ""
			return line, lines + 1
		}
		lines++
		end += i + 2
		if end == len(p.text) || !isSpace(p.text[end]) {
			line, p.text = p.text[:end-2], p.text[end:]
			return line, lines
		}
	}
}

func (p *parser) start() {
	p.length = -1
	line, lines := p.nextLine()
	if lines != 1 || strings.ContainsAny(line, "\r\n\x00") {
		p.fail("", errStartLine)
		return
	}
	if len(line) >= 4 && strings.EqualFold(line[:4], "SIP/") {
		p.statusLine(line)
	} else {
		p.requestLine(line)
	}
	p.line++
}

// statusLine reads RFC 3261 §7.2. The space before an empty reason phrase may
// be missing.
func (p *parser) statusLine(line string) {
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(version, "SIP/2.0") {
		p.fail("", errVersion)
		return
	}
	n, ok := parseUint(code, 699)
	if !ok || n < 100 || len(code) != 3 {
		p.fail("", errStatusCode)
		return
	}
	p.response = &Response{StatusCode: int(n), Reason: trim(reason)}
	p.common = &p.response.Common
}

// requestLine reads RFC 3261 §7.1. Of a line with spaces where none may be it
// takes the method, so that it can be answered (RFC 4475 §3.1.2.8).
func (p *parser) requestLine(line string) {
	method, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimRight(rest, " ")
	space := strings.LastIndexByte(rest, ' ')
	if space < 0 || !isToken(method) || !isVersion(rest[space+1:]) {
		p.fail("", errStartLine)
		return
	}
	uri, version := rest[:space], rest[space+1:]
	if len(method)+1+len(rest) != len(line) {
		p.fail("", errStartLine)
	}
	p.request = &Request{Method: Method(method)}
	p.common = &p.request.Common
	if !strings.EqualFold(version, "SIP/2.0") {
		p.fail("", errVersion)
	}
	u, err := parseURI(uri)
	if err != nil {
		p.fail("", &SyntaxError{What: "URI", Text: uri, Err: err})
	}
	p.request.RequestURI = u
}

// isVersion reports whether s has the form of a SIP version.
func isVersion(s string) bool {
	if len(s) < 7 || !strings.EqualFold(s[:4], "SIP/") {
		return false
	}
	major, minor, _ := strings.Cut(s[4:], ".")
	_, ok1 := parseUint(major, 1<<32)
	_, ok2 := parseUint(minor, 1<<32)
	return ok1 && ok2
}

func (p *parser) fields() {
	n := strings.Count(p.text, "\r\n")
	p.common.Headers = make(Headers, 0, max(n-5, 0))
	for p.text != "" {
		line, lines := p.nextLine()
		p.field(line)
		p.line += lines
	}
	if len(p.common.Headers) == 0 {
		p.common.Headers = nil
	}
}

func (p *parser) field(line string) {
	colon := strings.IndexByte(line, ':')
	if colon < 0 {
		p.fail("", errFieldName)
		return
	}
	name := line[:colon]
	for name != "" && isSpace(name[len(name)-1]) { // HCOLON
		name = name[:len(name)-1]
	}
	if !isToken(name) {
		p.fail("", errFieldName)
		return
	}
	name = CanonicalName(name)
	value, err := unfold(line[colon+1:])
	if err != nil {
		p.fail(name, err)
		return
	}
	if err := p.known(name, value); err != nil {
		p.fail(name, err)
	}
}

// known files one header field.
func (p *parser) known(name, value string) error {
	c := p.common
	switch name {
	case "Via":
		if p.seen.badVia {
			return nil
		}
		answerable, err := c.addVia(value)
		if !answerable {
			p.seen.badVia, c.Via = true, nil
		}
		return err
	case "From":
		return parseOnce(&p.seen.from, &c.From, value)
	case "To":
		return parseOnce(&p.seen.to, &c.To, value)
	case "Call-ID":
		if p.seen.callID {
			return errTwice
		}
		p.seen.callID = true
		if !all(value, classVisible) {
			return errTrailing
		}
		c.CallID = value
	case "CSeq":
		if p.seen.cseq {
			return errTwice
		}
		p.seen.cseq = true
		cseq, ok := parseCSeq(value)
		if !ok {
			return errCSeq
		}
		c.CSeq = cseq
	case "Content-Length":
		n, ok := parseUint(value, 1<<31-1)
		if !ok {
			return errLength
		}
		if p.seen.length && p.length != int(n) {
			return errTwice
		}
		p.seen.length, p.length = true, int(n)
	default:
		c.Headers = append(c.Headers, Header{name, value})
	}
	return nil
}

// parseOnce reads a field that holds one address and may come only once.
func parseOnce(seen *bool, a *NameAddr, value string) error {
	if *seen {
		return errTwice
	}
	*seen = true
	one, end, err := scanNameAddr(value, 0)
	if err != nil {
		return err
	}
	if end < len(value) {
		return errTrailing
	}
	*a = one
	return nil
}

// parseCSeq reads 1*DIGIT LWS Method (RFC 3261 §20.16, below 2**31 by §8.1.1.5).
func parseCSeq(s string) (CSeq, bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return CSeq{}, false
	}
	n, ok := parseUint(s[:i], 1<<31-1)
	method := trim(s[i:])
	if !ok || !isToken(method) {
		return CSeq{}, false
	}
	return CSeq{Seq: uint32(n), Method: Method(method)}, true
}

func (p *parser) body(rest []byte) {
	n := len(rest)
	switch {
	case p.length > n:
		p.fail("Content-Length", errShort)
		return
	case p.length >= 0:
		n = p.length
	}
	if n > 0 {
		p.common.Body = bytes.Clone(rest[:n])
	}
}

// check looks for the fields that every message must have (RFC 3261 §8.1.1).
func (p *parser) check() {
	c := p.common
	p.line = 0
	for _, one := range [...]struct {
		name string
		ok   bool
	}{
		{"Via", len(c.Via) > 0},
		{"From", p.seen.from},
		{"To", p.seen.to},
		{"Call-ID", c.CallID != ""},
		{"CSeq", p.seen.cseq},
	} {
		if !one.ok {
			p.fail(one.name, errMissing)
		}
	}
	if p.request != nil && p.seen.cseq && c.CSeq.Method != p.request.Method {
		p.fail("CSeq", errMismatch)
	}
}
