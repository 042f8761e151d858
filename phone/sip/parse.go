package sip

import (
	"bytes"
	"slices"
	"strings"
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
	end, lines, paired := headEnd(data)
	p := parser{line: skipped + 1}
	head := data
	if end >= 0 {
		head = data[:end+2]
	}
	p.text, p.lines = string(head), lines
	p.clean = paired && strings.Count(p.text, "\r") == lines && strings.IndexByte(p.text, 0) < 0
	// Some semicolons begin no parameter, or one of a field that nobody asks for.
	p.room.params = make([]Param, 0, min(strings.Count(p.text, ";"), 32))
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

// headEnd returns where the first CR LF CR LF is, or -1, the number of line
// feeds up to its first half, and whether all of them come after a CR.
func headEnd(data []byte) (end, lines int, paired bool) {
	paired = true
	for i := 0; ; lines++ {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return -1, lines, paired
		}
		i += n + 1
		if i < 2 || data[i-2] != '\r' {
			paired = false
		} else if i+1 < len(data) && data[i] == '\r' && data[i+1] == '\n' {
			return i - 2, lines + 1, paired
		}
	}
}

// parser reads the head of a message. It goes on after an error, so that as
// much as possible of a request is known to answer it; the first error stays.
type parser struct {
	text     string // the rest of the head, each line with its CR LF
	line     int    // of the message, where text begins
	lines    int    // of the head
	clean    bool   // no NUL, and neither CR nor LF without the other
	room     room
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
		i := strings.IndexByte(p.text[end:], '\n')
		if i < 0 {
			line, p.text = p.text, ""
			return line, lines + 1
		}
		end += i + 1
		if !p.clean && (end < 2 || p.text[end-2] != '\r') {
			continue
		}
		lines++
		if end == len(p.text) || !isSpace(p.text[end]) {
			line, p.text = p.text[:end-2], p.text[end:]
			return line, lines
		}
	}
}

func (p *parser) start() {
	p.length = -1
	line, lines := p.nextLine()
	if lines != 1 || !p.clean && strings.ContainsAny(line, "\r\n\x00") {
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

// spare is memory that comes with a message: most have no more Vias, and many
// have no more other fields.
type spare struct {
	vias    [2]Via
	headers [8]Header
}

// use makes c what the fields are read into.
func (p *parser) use(c *Common, s *spare) {
	p.common = c
	c.Via, c.Headers = s.vias[:0], s.headers[:0]
	if n := p.lines - 6; n > len(s.headers) {
		c.Headers = make(Headers, 0, n)
	}
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
	r := &struct {
		Response
		spare
	}{}
	p.response = &r.Response
	p.use(&r.Common, &r.spare)
	r.StatusCode, r.Reason = int(n), trim(reason)
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
	r := &struct {
		Request
		spare
	}{}
	p.request = &r.Request
	p.use(&r.Common, &r.spare)
	r.Method = Method(method)
	if !strings.EqualFold(version, "SIP/2.0") {
		p.fail("", errVersion)
	}
	if err := p.room.scanURI(&r.RequestURI, uri); err != nil {
		r.RequestURI = URI{}
		p.fail("", &SyntaxError{What: "URI", Text: uri, Err: err})
	}
}

// isVersion reports whether s has the form of a SIP version.
func isVersion(s string) bool {
	if s == "SIP/2.0" {
		return true
	}
	if len(s) < 7 || !strings.EqualFold(s[:4], "SIP/") {
		return false
	}
	major, minor, _ := strings.Cut(s[4:], ".")
	_, ok1 := parseUint(major, 1<<32)
	_, ok2 := parseUint(minor, 1<<32)
	return ok1 && ok2
}

func (p *parser) fields() {
	for p.text != "" {
		line, lines := p.nextLine()
		p.field(line, lines > 1)
		p.line += lines
	}
	// What is appended to one copy of a message must not lie in another's.
	c := p.common
	c.Via, c.Headers = slices.Clip(c.Via), slices.Clip(c.Headers)
	if len(c.Headers) == 0 {
		c.Headers = nil
	}
}

func (p *parser) field(line string, folded bool) {
	colon := strings.IndexByte(line, ':')
	if colon < 0 {
		p.fail("", errFieldName)
		return
	}
	name := line[:colon]
	if !isUsual(name) {
		for name != "" && isSpace(name[len(name)-1]) { // HCOLON
			name = name[:len(name)-1]
		}
		if !isToken(name) {
			p.fail("", errFieldName)
			return
		}
		name = CanonicalName(name)
	}
	value := trim(line[colon+1:])
	if folded || !p.clean {
		var err error
		if value, err = unfold(line[colon+1:]); err != nil {
			p.fail(name, err)
			return
		}
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
		answerable, err := p.addVia(value)
		if !answerable {
			p.seen.badVia, c.Via = true, nil
		}
		return err
	case "From":
		return p.once(&p.seen.from, &c.From, value)
	case "To":
		return p.once(&p.seen.to, &c.To, value)
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

// once reads a field that holds one address and may come only once.
func (p *parser) once(seen *bool, a *NameAddr, value string) error {
	if *seen {
		return errTwice
	}
	*seen = true
	end, err := p.room.scanNameAddr(a, value, 0)
	if err == nil && end < len(value) {
		err = errTrailing
	}
	if err != nil {
		*a = NameAddr{}
	}
	return err
}

// parseCSeq reads 1*DIGIT LWS Method (RFC 3261 §20.16, below 2**31 by §8.1.1.5).
func parseCSeq(s string) (CSeq, bool) {
	i := 0
	for i < len(s) && !isSpace(s[i]) {
		i++
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
	present := func(name string, ok bool) {
		if !ok {
			p.fail(name, errMissing)
		}
	}
	present("Via", len(c.Via) > 0)
	present("From", p.seen.from)
	present("To", p.seen.to)
	present("Call-ID", c.CallID != "")
	present("CSeq", p.seen.cseq)
	if p.request != nil && p.seen.cseq && c.CSeq.Method != p.request.Method {
		p.fail("CSeq", errMismatch)
	}
}
