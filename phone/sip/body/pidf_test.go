package body

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// diff compares what was parsed; an empty list is like none.
func diff[T any](want, got T) string { return cmp.Diff(want, got, cmpopts.EquateEmpty()) }

// xmlHead begins the documents of the tests.
const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func TestParsePIDF(t *testing.T) {
	at := time.Date(2001, 10, 27, 16, 49, 29, 0, time.UTC)
	for _, tt := range []struct {
		rule, text string
		want       PIDF
	}{
		{
			"RFC 3863 §4.2.2", xmlHead + `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:im="urn:ietf:params:xml:ns:pidf:im"
				xmlns:myex="http://id.example.com/presence/" entity="pres:someone@example.com">
			<tuple id="bs35r9"><status><basic>open</basic><im:im>busy</im:im><myex:location>home</myex:location></status>
				<contact priority="0.8">im:someone@mobilecarrier.net</contact>
				<note xml:lang="en">Don't Disturb Please!</note><note xml:lang="fr">Ne derangez pas, s'il vous plait</note>
				<timestamp>2001-10-27T16:49:29Z</timestamp></tuple>
			<tuple id="eg92n8"><status><basic>closed</basic></status><contact priority="1.0">mailto:someone@example.com</contact></tuple>
			<note>I'll be in Tokyo next week</note></presence>`,
			PIDF{
				Entity: "pres:someone@example.com", Notes: []Note{{"", "I'll be in Tokyo next week"}},
				Tuples: []Tuple{
					{"bs35r9", Open, "im:someone@mobilecarrier.net", "0.8", []Note{{"en", "Don't Disturb Please!"}, {"fr", "Ne derangez pas, s'il vous plait"}}, at},
					{ID: "eg92n8", Basic: Closed, Contact: "mailto:someone@example.com", Priority: "1.0"},
				},
			},
		},
		{
			"RPID in a person", `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
				xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:bob@lab.test">
			<tuple id="t1"><status><basic>open</basic></status></tuple>
			<dm:person id="p1"><rpid:activities><rpid:note>Call me later</rpid:note><rpid:on-the-phone/><rpid:busy/><rpid:busy/></rpid:activities>
				<dm:note>On the phone</dm:note></dm:person></presence>`,
			PIDF{
				Entity: "sip:bob@lab.test", Tuples: []Tuple{{ID: "t1", Basic: Open}},
				Person: Person{[]Activity{OnThePhone, Busy}, []Note{{"", "On the phone"}, {"", "Call me later"}}},
			},
		},
		{
			"activities of older documents, in the tuple", `<presence entity="sip:a@b"><tuple id="x"><status><basic>OPEN</basic>
				<ep:activities xmlns:ep="urn:x"><ep:activity>meeting</ep:activity></ep:activities></status></tuple></presence>`,
			PIDF{Entity: "sip:a@b", Tuples: []Tuple{{ID: "x", Basic: Open}}, Person: Person{Activities: []Activity{Meeting}}},
		},
		{
			"another activity", `<presence><person><activities><other xml:lang="en">juggling</other><looking-for-work/></activities></person></presence>`,
			PIDF{Person: Person{[]Activity{Other, "looking-for-work"}, []Note{{"en", "juggling"}}}},
		},
		{
			"two persons are one", `<presence><person><activities><away/></activities></person><person><activities><meal/></activities></person></presence>`,
			PIDF{Person: Person{Activities: []Activity{Away, Meal}}},
		},
		{"no status, no identifier, a state we do not know", `<presence><tuple/><tuple><status><basic>ajar</basic></status></tuple></presence>`, PIDF{Tuples: []Tuple{{ID: "t1"}, {ID: "t2"}}}},
		{"nothing", `<presence entity=" sip:a@b "/>`, PIDF{Entity: "sip:a@b"}},
		{"escapes", `<presence><note>a &lt;b&gt; &amp; &#65; "c" ]]&gt;</note></presence>`, PIDF{Notes: []Note{{"", `a <b> & A "c" ]]>`}}}},
		{"a malformed time is none", `<presence><tuple id="a"><timestamp>yesterday</timestamp></tuple></presence>`, PIDF{Tuples: []Tuple{{ID: "a"}}}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := ParsePIDF([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(tt.want, got); d != "" {
				t.Error(d)
			}
			again, err := ParsePIDF(got.Bytes())
			if err != nil || diff(got, again) != "" {
				t.Errorf("printed as\n%s\n%v%s", got.Bytes(), err, diff(got, again))
			}
		})
	}
}

func TestPIDF_Bytes(t *testing.T) {
	p := PIDF{
		Entity: "sip:alice@example.com",
		Tuples: []Tuple{{Basic: Open, Contact: "sip:a@b?x=1&y=2", Priority: "0.5"}},
		Person: Person{Activities: []Activity{OnThePhone, "no element"}, Notes: []Note{{"en", "<b>"}}},
	}
	const want = xmlHead + `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">
<tuple id="t1"><status><basic>open</basic>
</status>
<contact priority="0.5">sip:a@b?x=1&amp;y=2</contact>
</tuple>
<dm:person id="p1"><rpid:activities><rpid:on-the-phone/></rpid:activities>
<dm:note xml:lang="en">&lt;b&gt;</dm:note>
</dm:person>
</presence>
`
	if got := string(p.Bytes()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestPIDF_summary(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		p     PIDF
		basic Basic
		note  string
	}{
		{"nothing known", PIDF{}, "", ""},
		{"one tuple is open", PIDF{Tuples: []Tuple{{Basic: Closed}, {Basic: Open}}}, Open, ""},
		{"all are closed", PIDF{Tuples: []Tuple{{}, {Basic: Closed, Notes: []Note{{"", "gone"}}}}}, Closed, "gone"},
		{"the person's note first", PIDF{Notes: []Note{{"", "b"}}, Person: Person{Notes: []Note{{"", "a"}}}}, "", "a"},
	} {
		if tt.p.Basic() != tt.basic || tt.p.Note() != tt.note {
			t.Errorf("%s: %q %q", tt.rule, tt.p.Basic(), tt.p.Note())
		}
	}
}

// TestParseXML_refuses is about what all XML bodies have in common.
func TestParseXML_refuses(t *testing.T) {
	for _, tt := range []struct {
		rule, text string
		want       error
	}{
		{"nothing", "", errRoot},
		{"another document", "<dialog-info/>", errRoot},
		{"two roots", "<presence/><presence/>", errRoot},
		{"text before the root", "x<presence/>", errContent},
		{"text after the root", "<presence/>x", errContent},
		{"entities that grow", `<!DOCTYPE presence [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><presence><note>&b;</note></presence>`, errDTD},
		{"an entity of a file", `<!DOCTYPE presence [<!ENTITY a SYSTEM "file:///etc/passwd">]><presence><note>&a;</note></presence>`, errDTD},
		{"an unknown entity", "<presence><note>&nbsp;</note></presence>", nil},
		{"elements in elements", "<presence>" + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + "</presence>", errDeep},
		{"many elements", "<presence>" + strings.Repeat("<a/>", maxElements) + "</presence>", errMany},
		{"large", "<presence>" + strings.Repeat(" ", MaxSize) + "</presence>", errSize},
		{"no end", "<presence>", nil},
		{"ends crossed", "<presence><a></presence></a>", nil},
		{"not UTF-8", "<presence><note>\xff</note></presence>", nil},
		{"another encoding", `<?xml version="1.0" encoding="UTF-16"?><presence/>`, nil},
	} {
		_, err := ParsePIDF([]byte(tt.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Type != TypePIDF || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.rule, err)
		}
	}
	if _, err := ParsePIDF([]byte("\ufeff<presence/>\r\n<!-- a comment -->\n")); err != nil {
		t.Error(err)
	}
}
