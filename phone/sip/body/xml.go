package body

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// Limits of an XML body; the bodies of honest peers stay far below.
const (
	maxDepth    = 24
	maxElements = 8000
)

var (
	errDeep    = errors.New("nested too deep")
	errDTD     = errors.New("a document type declaration")
	errContent = errors.New("text outside of the root element")
	errRoot    = errors.New("another root element")
)

// element is one XML element. Namespaces are not looked at: servers write old
// and wrong ones, and no two that we read have a name in common.
type element struct {
	name     string
	attrs    []xml.Attr
	text     string // of the element itself, trimmed
	children []*element
}

// parseXML reads a document whose root has that name.
func parseXML(data []byte, root string) (*element, error) {
	if len(data) > MaxSize {
		return nil, errSize
	}
	top := &element{} // holds the root
	stack := []*element{top}
	text := []*strings.Builder{{}}
	count := 0
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		last := len(stack) - 1
		switch token := token.(type) {
		case xml.StartElement:
			if count++; count > maxElements {
				return nil, errMany
			}
			if len(stack) > maxDepth {
				return nil, errDeep
			}
			e := &element{name: token.Name.Local, attrs: token.Attr}
			stack[last].children = append(stack[last].children, e)
			stack, text = append(stack, e), append(text, &strings.Builder{})
		case xml.EndElement:
			stack[last].text = strings.TrimSpace(text[last].String())
			stack, text = stack[:last], text[:last]
		case xml.CharData:
			text[last].Write(token)
		case xml.Directive:
			return nil, errDTD
		}
	}
	switch {
	case strings.Trim(text[0].String(), " \t\r\n\ufeff") != "":
		return nil, errContent
	case len(top.children) != 1 || top.children[0].name != root:
		return nil, errRoot
	}
	return top.children[0], nil
}

// attr returns the trimmed value of an attribute, "" when it is absent: some
// servers pad numbers with spaces.
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space != "xmlns" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// child returns the first child of that name, or nil.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// childText returns the text of the first child of that name, or "".
func (e *element) childText(name string) string {
	if c := e.child(name); c != nil {
		return c.text
	}
	return ""
}

// parseTime reads a date and time (RFC 3339), the zero time if it is none.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// parseUint32 reads a run of decimal digits.
func parseUint32(s string) (uint32, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errNumber
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, errNumber
	}
	return uint32(n), nil
}

// writer prints XML.
type writer struct{ bytes.Buffer }

func newWriter() *writer {
	w := &writer{}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	return w
}

// open begins an element; attributes with an empty value are left out.
func (w *writer) open(name string, attrs ...string) {
	w.begin(name, attrs)
	w.WriteByte('>')
}

// empty prints an element without content.
func (w *writer) empty(name string, attrs ...string) {
	w.begin(name, attrs)
	w.WriteString("/>")
}

func (w *writer) begin(name string, attrs []string) {
	w.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" {
			continue
		}
		w.WriteString(" " + attrs[i] + `="`)
		w.text(attrs[i+1])
		w.WriteByte('"')
	}
}

func (w *writer) close(name string) { w.WriteString("</" + name + ">\n") }

// text prints escaped text. A bytes.Buffer never fails.
func (w *writer) text(s string) { _ = xml.EscapeText(w, []byte(s)) }

// leaf prints an element that holds text.
func (w *writer) leaf(name, text string, attrs ...string) {
	w.open(name, attrs...)
	w.text(text)
	w.close(name)
}

// optional is leaf, but nothing when there is no text.
func (w *writer) optional(name, text string, attrs ...string) {
	if text != "" {
		w.leaf(name, text, attrs...)
	}
}

// time prints an element that holds a date and time, nothing for the zero time.
func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.leaf(name, t.Format(time.RFC3339Nano))
	}
}
