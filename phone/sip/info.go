package sip

import (
	"strings"
	"time"
)

// Info is one value of Alert-Info or Call-Info (RFC 3261 §20.4, §20.9).
type Info struct {
	URI    URI    // zero when there is none or it is malformed
	Text   string // what stands in its place, as some servers write it: "Ring Answer"
	Params Params
}

// AlertInfo returns the values of the Alert-Info fields. Servers write them
// with little care: malformed ones are left out.
func (c *Common) AlertInfo() []Info { return c.infos("Alert-Info") }

// CallInfo returns the values of the Call-Info fields, as AlertInfo does.
func (c *Common) CallInfo() []Info { return c.infos("Call-Info") }

func (c *Common) infos(name string) []Info {
	var list []Info
	for _, value := range c.tokens(name) {
		if one, ok := parseInfo(value); ok {
			list = append(list, one)
		}
	}
	return list
}

// parseInfo reads "<URI>;params", and what is common in its place: ";params"
// and "param=value" without a URI, a URI without brackets, plain words.
func parseInfo(s string) (one Info, ok bool) {
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	if strings.HasPrefix(s, "<") {
		angle := strings.IndexByte(s, '>')
		if angle < 0 {
			return one, false
		}
		end = angle + 1
		if u, err := parseURI(trim(s[1:angle])); err == nil {
			one.URI = u
		}
	} else if text := trim(s[:end]); text != "" {
		u, err := parseURI(text)
		switch {
		case err == nil:
			one.URI = u
		case strings.IndexByte(text, '=') > 0:
			s, end = ";"+s, 0
		default:
			one.Text = text
		}
	}
	var r room
	params, stop, err := r.scanParams(s, end)
	one.Params = params
	return one, err == nil && stop == len(s)
}

// AutoAnswer reports whether the caller asks that the call be answered without
// anybody's doing, and after which delay: Answer-Mode: Auto (RFC 5373), a
// Call-Info with answer-after in seconds, or an Alert-Info that says
// alert-autoanswer or, in the words of older servers, auto answer or ring
// answer. An Answer-Mode of Manual overrules the others.
func (c *Common) AutoAnswer() (delay time.Duration, ok bool) {
	for _, name := range [...]string{"Priv-Answer-Mode", "Answer-Mode"} {
		mode, _, _ := valueAndParams(c.Headers.Get(name))
		switch {
		case strings.EqualFold(mode, "auto"):
			ok = true
		case strings.EqualFold(mode, "manual"):
			return 0, false
		}
	}
	if ok {
		return 0, true
	}
	for _, one := range append(c.CallInfo(), c.AlertInfo()...) {
		if delay, ok := one.autoAnswer(); ok {
			return delay, true
		}
	}
	return 0, false
}

func (i Info) autoAnswer() (delay time.Duration, ok bool) {
	if after, has := i.Params.Get("answer-after"); has {
		n, ok := parseUint(after, maxSeconds)
		return time.Duration(n) * time.Second, ok
	}
	info, _ := i.Params.Get("info")
	if info == "" {
		info = i.Text
	}
	switch strings.ToLower(info) {
	case "alert-autoanswer", "auto answer", "ring answer":
	default:
		return 0, false
	}
	after, _ := i.Params.Get("delay")
	n, _ := parseUint(after, maxSeconds)
	return time.Duration(n) * time.Second, true
}
