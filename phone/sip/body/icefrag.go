package body

import (
	"errors"
	"strings"
)

// ICEFrag carries ICE candidates as they are found (RFC 8840 §9).
type ICEFrag struct {
	Ufrag, Pwd string // of all media that have none of their own, may be ""
	End        bool   // no media will have more candidates
	Media      []ICEMedia
}

// ICEMedia is what the fragment says of one media description.
type ICEMedia struct {
	Line       string // what follows "m=" in it; "" is printed as "audio 9 RTP/AVP 0", which tells nothing (RFC 8840 §9.2)
	MID        string // says which description it is
	Ufrag, Pwd string
	Candidates []string // "candidate:…" (RFC 8839 §5.1)
	End        bool     // no more candidates
}

const (
	anyMedia      = "audio 9 RTP/AVP 0"
	maxMedia      = 32
	maxCandidates = 200
)

var errAttribute = errors.New("malformed attribute")

// Credentials returns the user name fragment and the password that go with the
// candidates of m, one of the media of f.
func (f ICEFrag) Credentials(m ICEMedia) (ufrag, pwd string) {
	if m.Ufrag != "" {
		return m.Ufrag, m.Pwd
	}
	return f.Ufrag, f.Pwd
}

// ParseICEFrag parses a fragment. Lines that do not belong into one are left
// out. The error is a *SyntaxError.
func ParseICEFrag(data []byte) (ICEFrag, error) {
	f, err := parseICEFrag(data)
	if err != nil {
		return ICEFrag{}, &SyntaxError{Type: TypeICEFrag, Err: err}
	}
	return f, nil
}

func parseICEFrag(data []byte) (f ICEFrag, err error) {
	if len(data) > MaxSize {
		return f, errSize
	}
	count := 0
	for len(data) > 0 {
		var line string
		line, data = cutLine(data)
		line = strings.TrimRight(line, " \t")
		if strings.ContainsAny(line, "\r\x00") {
			return f, errAttribute
		}
		switch {
		case strings.HasPrefix(line, "m="):
			f.Media = append(f.Media, ICEMedia{Line: strings.TrimSpace(line[2:])})
		case strings.HasPrefix(line, "a="):
			if strings.HasPrefix(line, "a=candidate:") {
				count++
			}
			if err := f.attribute(line[2:]); err != nil {
				return f, err
			}
		}
		if len(f.Media) > maxMedia || count > maxCandidates {
			return f, errMany
		}
	}
	for i := range f.Media {
		if f.Media[i].Line == "" {
			f.Media[i].Line = anyMedia
		}
	}
	return f, nil
}

func (f *ICEFrag) attribute(line string) error {
	var m *ICEMedia
	ufrag, pwd, end := &f.Ufrag, &f.Pwd, &f.End
	if len(f.Media) > 0 {
		m = &f.Media[len(f.Media)-1]
		ufrag, pwd, end = &m.Ufrag, &m.Pwd, &m.End
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch name {
	case "ice-ufrag", "ice-pwd", "mid":
		if !isWord(value) {
			return errAttribute
		}
	}
	switch name {
	case "ice-ufrag":
		*ufrag = value
	case "ice-pwd":
		*pwd = value
	case "mid":
		if m == nil || m.MID != "" { // some peers leave the m= line out
			f.Media = append(f.Media, ICEMedia{})
			m = &f.Media[len(f.Media)-1]
		}
		m.MID = value
	case "candidate":
		if m == nil {
			f.Media = append(f.Media, ICEMedia{})
			m = &f.Media[0]
		}
		if value == "" {
			return errAttribute
		}
		m.Candidates = append(m.Candidates, "candidate:"+value)
	case "end-of-candidates":
		*end = true
	}
	return nil
}

// isWord reports whether s is visible ASCII without spaces, and not too long.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// Bytes prints the fragment.
func (f ICEFrag) Bytes() []byte {
	var b strings.Builder
	line := func(prefix, value string) {
		if value != "" {
			b.WriteString(prefix + oneLine.Replace(value) + "\r\n")
		}
	}
	level := func(ufrag, pwd string) {
		line("a=ice-ufrag:", ufrag)
		line("a=ice-pwd:", pwd)
	}
	end := func(yes bool) {
		if yes {
			b.WriteString("a=end-of-candidates\r\n")
		}
	}
	level(f.Ufrag, f.Pwd)
	end(f.End)
	for _, m := range f.Media {
		if m.Line == "" {
			m.Line = anyMedia
		}
		line("m=", m.Line)
		line("a=mid:", m.MID)
		level(m.Ufrag, m.Pwd)
		for _, c := range m.Candidates {
			line("a=", c)
		}
		end(m.End)
	}
	return []byte(b.String())
}
