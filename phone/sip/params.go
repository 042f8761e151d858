package sip

import "strings"

// Param is one parameter: ";name=value", ";name" or ";name=\"quoted value\"".
type Param struct {
	Name  string // as written; compared without case
	Value string // unquoted and unescaped; as written in a URI
	// Flag is true for a parameter without "=".
	Flag bool
	// Quoted is true for a value that was written as a quoted string and is
	// to be written so again. A value that needs quotes gets them anyway.
	Quoted bool
}

// Params keeps parameters in their order. Names compare without case.
type Params []Param

func (p Params) index(name string) int {
	for i := range p {
		if strings.EqualFold(p[i].Name, name) {
			return i
		}
	}
	return -1
}

// Get returns the value of the first parameter of that name. A flag has the
// value "" and ok true.
func (p Params) Get(name string) (value string, ok bool) {
	if i := p.index(name); i >= 0 {
		return p[i].Value, true
	}
	return "", false
}

// Has reports whether there is a parameter of that name.
func (p Params) Has(name string) bool { return p.index(name) >= 0 }

// With returns a copy in which name has the value: in its old place, or at the
// end.
func (p Params) With(name, value string) Params {
	return p.with(Param{Name: name, Value: value})
}

// WithFlag returns a copy in which name is a parameter without value.
func (p Params) WithFlag(name string) Params {
	return p.with(Param{Name: name, Flag: true})
}

// WithQuoted is like With, for a value that must be a quoted string whatever
// it holds, such as +sip.instance (RFC 5626 §4.1).
func (p Params) WithQuoted(name, value string) Params {
	return p.with(Param{Name: name, Value: value, Quoted: true})
}

func (p Params) with(one Param) Params {
	q := make(Params, len(p), len(p)+1)
	copy(q, p)
	if i := q.index(one.Name); i >= 0 {
		q[i] = one
		return q
	}
	return append(q, one)
}

// Without returns a copy that has no parameter of that name.
func (p Params) Without(name string) Params {
	var q Params
	for _, one := range p {
		if !strings.EqualFold(one.Name, name) {
			q = append(q, one)
		}
	}
	return q
}

// Clone returns a copy.
func (p Params) Clone() Params { return append(Params(nil), p...) }

// appendHeader appends the parameters as those of a header field.
func (p Params) appendHeader(b []byte) []byte {
	for i := range p {
		b = append(b, ';')
		b = append(b, p[i].Name...)
		if p[i].Flag {
			continue
		}
		b = append(b, '=')
		if p[i].Quoted || !all(p[i].Value, classValue) {
			b = appendQuoted(b, p[i].Value)
		} else {
			b = append(b, p[i].Value...)
		}
	}
	return b
}
