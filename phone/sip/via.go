package sip

import (
	"errors"
	"strconv"
	"strings"
)

// Via is one Via value (RFC 3261 §20.42).
type Via struct {
	Transport string // "WS", "WSS", "UDP"…, as written
	Host      string // lower case; IPv6 in brackets
	Port      int    // 0 when absent
	Params    Params
}

// Branch returns the branch parameter, or "".
func (v Via) Branch() string { b, _ := v.Params.Get("branch"); return b }

// String prints v as in a header field.
func (v Via) String() string { return string(v.appendTo(make([]byte, 0, 96))) }

func (v *Via) appendTo(b []byte) []byte {
	b = append(b, "SIP/2.0/"...)
	b = append(b, v.Transport...)
	b = append(b, ' ')
	b = append(b, v.Host...)
	if v.Port != 0 {
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(v.Port), 10)
	}
	return v.Params.appendHeader(b)
}

var errVia = errors.New("malformed sent-protocol or sent-by")

// ParseVia parses one Via value. The error is a *SyntaxError.
func ParseVia(s string) (Via, error) {
	text, err := unfold(s)
	if err == nil {
		var r room
		var v Via
		var end int
		if end, err = r.scanVia(&v, text, 0); err == nil && end == len(text) {
			return v, nil
		}
	}
	if err == nil {
		err = errTrailing
	}
	return Via{}, &SyntaxError{What: "Via", Text: s, Err: err}
}

// addVia appends the comma-joined values of one line. Of a malformed value it
// takes what can be read, so that it can be answered, but only when no other
// Via is lost by that: with a part of the list an answer would go astray.
func (p *parser) addVia(s string) (answerable bool, err error) {
	c := p.common
	for i := 0; ; i++ {
		c.Via = append(c.Via, Via{})
		v := &c.Via[len(c.Via)-1]
		if i, err = p.room.scanVia(v, s, i); err != nil {
			return v.Host != "" && strings.IndexByte(s[i:], '/') < 0, err
		}
		if i == len(s) {
			return true, nil
		}
	}
}

// scanVia reads one value from s[i:] into v and stops at a comma or the end.
// Spaces may stand around the slashes and, several of them, before the host.
func (r *room) scanVia(v *Via, s string, i int) (end int, err error) {
	var part [3]string
	for n := range part {
		i = skipSpace(s, i)
		start := i
		for i < len(s) && classes[s[i]]&classToken != 0 {
			i++
		}
		if part[n] = s[start:i]; part[n] == "" {
			return i, errVia
		}
		if n < 2 {
			if i = skipSpace(s, i); i == len(s) || s[i] != '/' {
				return i, errVia
			}
			i++
		}
	}
	v.Transport = part[2]
	start := skipSpace(s, i)
	if start == i {
		return i, errVia
	}
	for i = start; i < len(s) && s[i] != ';' && s[i] != ',' && !isSpace(s[i]); {
		i++
	}
	if v.Host, v.Port, err = parseHostPort(s[start:i]); err != nil {
		return i, err
	}
	v.Params, end, err = r.scanParams(s, i)
	if err == nil && (!strings.EqualFold(part[0], "SIP") || part[1] != "2.0") {
		err = errVersion
	}
	return end, err
}
