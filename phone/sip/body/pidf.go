package body

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// PIDF is a presence document (RFC 3863): whether somebody can be reached, and
// what the person is doing (RFC 4479, RFC 4480).
type PIDF struct {
	Entity string // the URI of the presentity
	Tuples []Tuple
	Notes  []Note // about the presentity
	Person Person
}

// Basic is the state of a tuple (RFC 3863 §4.1.4).
type Basic string

// The states of a tuple; "" is unknown.
const (
	Open   Basic = "open"
	Closed Basic = "closed"
)

// Tuple is one way to reach the presentity (RFC 3863 §4.1.2).
type Tuple struct {
	ID        string // unique in the document
	Basic     Basic
	Contact   string // URI, may be ""
	Priority  string // of the contact, "0" to "1"; may be ""
	Notes     []Note
	Timestamp time.Time // zero when absent
}

// Note is text for people (RFC 3863 §4.1.6).
type Note struct {
	Lang string // language tag, may be ""
	Text string
}

// Person is what is known of the person, whatever the device (RFC 4479 §3.2).
// Several persons of one document are read as one.
type Person struct {
	Activities []Activity
	Notes      []Note
}

// Activity is what a person does (RFC 4480 §3.2).
type Activity string

// The activities that a phone shows with words of its own; others are legal.
const (
	Appointment      Activity = "appointment"
	Away             Activity = "away"
	Busy             Activity = "busy"
	Holiday          Activity = "holiday"
	InTransit        Activity = "in-transit"
	Meal             Activity = "meal"
	Meeting          Activity = "meeting"
	OnThePhone       Activity = "on-the-phone"
	Other            Activity = "other" // what it is stands in the notes
	PermanentAbsence Activity = "permanent-absence"
	Presentation     Activity = "presentation"
	Sleeping         Activity = "sleeping"
	Steering         Activity = "steering"
	Travel           Activity = "travel"
	UnknownActivity  Activity = "unknown"
	Vacation         Activity = "vacation"
	Working          Activity = "working"
)

// maxActivities is more than the standard has.
const maxActivities = 32

// Basic returns open if a tuple is, else closed if one is, else "".
func (p PIDF) Basic() Basic {
	var found Basic
	for _, t := range p.Tuples {
		if t.Basic == Open {
			return Open
		}
		if t.Basic != "" {
			found = t.Basic
		}
	}
	return found
}

// Note returns the first text for people: the person's, the presentity's, or
// that of a tuple; "" if there is none.
func (p PIDF) Note() string {
	notes := slices.Concat(p.Person.Notes, p.Notes)
	for _, t := range p.Tuples {
		notes = append(notes, t.Notes...)
	}
	for _, n := range notes {
		if n.Text != "" {
			return n.Text
		}
	}
	return ""
}

// ParsePIDF parses a presence document. The error is a *SyntaxError.
func ParsePIDF(data []byte) (PIDF, error) {
	root, err := parseXML(data, "presence")
	if err != nil {
		return PIDF{}, &SyntaxError{Type: TypePIDF, Err: err}
	}
	p := PIDF{Entity: root.attr("entity"), Notes: root.notes()}
	for _, e := range root.children {
		switch e.name {
		case "tuple":
			p.Tuples = append(p.Tuples, parseTuple(e, len(p.Tuples)))
			// Before RFC 4479 activities stood in the tuple or its status.
			p.Person.addActivities(e)
			p.Person.addActivities(e.child("status"))
		case "person":
			p.Person.Notes = append(p.Person.Notes, e.notes()...)
			p.Person.addActivities(e)
		}
	}
	return p, nil
}

func parseTuple(e *element, n int) Tuple {
	t := Tuple{ID: e.attr("id"), Notes: e.notes(), Timestamp: parseTime(e.childText("timestamp"))}
	if t.ID == "" {
		t.ID = tupleID(n)
	}
	switch basic := Basic(strings.ToLower(e.child("status").childText("basic"))); basic {
	case Open, Closed:
		t.Basic = basic
	}
	if c := e.child("contact"); c != nil && c.text != "" {
		t.Contact, t.Priority = c.text, c.attr("priority")
	}
	return t
}

func tupleID(n int) string { return "t" + strconv.Itoa(n+1) }

// notes returns the notes among the children of e that say something.
func (e *element) notes() []Note {
	var list []Note
	for _, c := range e.children {
		if c.name == "note" && c.text != "" {
			list = append(list, Note{Lang: c.attr("lang"), Text: c.text})
		}
	}
	return list
}

// addActivities adds what the activities elements in e hold. The notes among
// them, and the text of "other", become notes of the person.
func (p *Person) addActivities(e *element) {
	if e == nil {
		return
	}
	for _, list := range e.children {
		if list.name != "activities" {
			continue
		}
		p.Notes = append(p.Notes, list.notes()...)
		for _, c := range list.children {
			name := c.name
			if name == "activity" { // before RFC 4480
				name = c.text
			}
			if c.name == string(Other) && c.text != "" {
				p.Notes = append(p.Notes, Note{Lang: c.attr("lang"), Text: c.text})
			}
			if c.name != "note" && isActivity(name) && len(p.Activities) < maxActivities && !slices.Contains(p.Activities, Activity(name)) {
				p.Activities = append(p.Activities, Activity(name))
			}
		}
	}
}

// isActivity reports whether s can be the name of an activity's element, which
// all are of lower case letters and hyphens.
func isActivity(s string) bool {
	return s != "" && s != "note" && s != "activity" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// Bytes prints the document.
func (p PIDF) Bytes() []byte {
	w := newWriter()
	w.open("presence", "xmlns", "urn:ietf:params:xml:ns:pidf", "xmlns:dm", "urn:ietf:params:xml:ns:pidf:data-model",
		"xmlns:rpid", "urn:ietf:params:xml:ns:pidf:rpid", "entity", p.Entity)
	w.WriteByte('\n')
	for i, t := range p.Tuples {
		if t.ID == "" {
			t.ID = tupleID(i)
		}
		w.open("tuple", "id", t.ID)
		w.open("status")
		w.optional("basic", string(t.Basic))
		w.close("status")
		w.optional("contact", t.Contact, "priority", t.Priority)
		w.notes("note", t.Notes)
		w.time("timestamp", t.Timestamp)
		w.close("tuple")
	}
	w.notes("note", p.Notes)
	w.person(p.Person)
	w.close("presence")
	return w.Bytes()
}

func (w *writer) notes(name string, notes []Note) {
	for _, n := range notes {
		w.optional(name, n.Text, "xml:lang", n.Lang)
	}
}

func (w *writer) person(p Person) {
	if len(p.Activities) == 0 && len(p.Notes) == 0 {
		return
	}
	w.open("dm:person", "id", "p1")
	if len(p.Activities) > 0 {
		w.open("rpid:activities")
		for _, a := range p.Activities {
			if isActivity(string(a)) {
				w.empty("rpid:" + string(a))
			}
		}
		w.close("rpid:activities")
	}
	w.notes("dm:note", p.Notes)
	w.close("dm:person")
}
