package body

import (
	"bytes"
	"strings"
)

// Field is one header field inside a body: its name as written, its value
// unfolded and trimmed.
type Field struct{ Name, Value string }

// maxFields limits the header fields of one part.
const maxFields = 200

// get returns the first value of that name, which compares without case.
func get(fields []Field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// cutFields reads header fields up to an empty line or the end; rest is what
// follows that line. Lines end in CR LF or LF, and may be folded.
func cutFields(data []byte) (fields []Field, rest []byte, err error) {
	for len(data) > 0 {
		var line string
		line, data = cutLine(data)
		if line == "" {
			return fields, data, nil
		}
		if strings.ContainsAny(line, "\r\x00") {
			return nil, nil, errField
		}
		if line[0] == ' ' || line[0] == '\t' { // continues the line before
			if len(fields) == 0 {
				return nil, nil, errField
			}
			last := &fields[len(fields)-1]
			last.Value = strings.Trim(last.Value+" "+strings.Trim(line, " \t"), " \t")
			if len(last.Value) > maxFolded {
				return nil, nil, errSize
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if !ok || !isToken(name) {
			return nil, nil, errField
		}
		if len(fields) == maxFields {
			return nil, nil, errMany
		}
		fields = append(fields, Field{Name: name, Value: strings.Trim(value, " \t")})
	}
	return fields, nil, nil
}

// maxFolded limits a folded field: joining it takes time that grows with the
// square of its length.
const maxFolded = 16 << 10

// cutLine cuts one line off and its end with it.
func cutLine(data []byte) (line string, rest []byte) {
	one, rest, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimSuffix(one, []byte("\r"))), rest
}

// appendFields prints fields, one to a line. What would end a line becomes a
// space: no value can begin a field.
func appendFields(b []byte, fields []Field) []byte {
	for _, f := range fields {
		if !isToken(f.Name) {
			continue
		}
		b = append(b, f.Name...)
		b = append(b, ": "...)
		b = append(b, oneLine.Replace(f.Value)...)
		b = append(b, "\r\n"...)
	}
	return b
}

// oneLine is safe for concurrent use and never changed.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// isToken reports whether s is a token of RFC 3261 §25.1.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if 'a' <= c && c <= 'z' || '0' <= s[i] && s[i] <= '9' || strings.IndexByte("-.!%*_+`'~", s[i]) >= 0 {
			continue
		}
		return false
	}
	return s != ""
}
