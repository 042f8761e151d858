package phone

import (
	"strconv"
	"testing"
)

func TestSameAddress(t *testing.T) {
	cases := []struct {
		name string
		a, b string
		want bool
	}{
		{"the same address", "sip:bob@example.com", "sip:bob@example.com", true},
		{"scheme, case and parameters do not count", "Bob@Example.com", "sip:bob@example.com;transport=ws", true},
		{"another user", "sip:bob@example.com", "sip:rob@example.com", false},
		{"another host", "sip:bob@example.com", "sip:bob@example.org", false},
		{"a bare user is of any host", "bob", "sip:bob@example.com", true},
		{"a number written with spaces", "+49 (30) 4477-120", "sip:+49304477120@example.com", true},
		{"a number with another trunk prefix", "030 4477 1200", "sip:+493044771200@example.com", true},
		{"numbers that differ in the last digits", "030 4477 1200", "sip:03044771201@example.com", false},
		{"short numbers count as a whole", "120", "sip:120@example.com", true},
		{"a short number is not the end of a long one", "120", "sip:0304477120@example.com", false},
		{"short numbers of two systems differ", "sip:120@a.example", "sip:120@b.example", false},
		{"nothing matches nothing", "", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := sameAddress(c.a, c.b); got != c.want {
				t.Errorf("sameAddress(%q, %q) = %v", c.a, c.b, got)
			}
			if got := sameAddress(c.b, c.a); got != c.want {
				t.Errorf("sameAddress(%q, %q) = %v", c.b, c.a, got)
			}
		})
	}
}

// An address is compared with the contacts once, not for every snapshot; a
// change of the contacts is seen at once.
func TestPhone_nameOf(t *testing.T) {
	bob := func(name string) []Contact {
		return []Contact{{ID: 1, Name: name, Addresses: []string{"sip:bob@example.com"}}}
	}
	p := &Phone{}
	p.state.publish = true // as if it were under way
	expect := func(rule, want string) {
		t.Helper()
		if got := p.nameOf("sip:bob@example.com", "said"); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
	expect("no contacts", "said")
	p.setContacts(bob("Bob"))
	expect("a new contact", "Bob")
	p.setContacts(bob("Robert"))
	expect("another name", "Robert")
	if n := testing.AllocsPerRun(10, func() { p.nameOf("sip:bob@example.com", "said") }); n > 0 {
		t.Errorf("%.0f allocations: the contacts are compared again", n)
	}
	p.setContacts(nil)
	expect("the contact is gone", "said")
	for i := range 2 * mostNames {
		p.nameOf(strconv.Itoa(i), "")
	}
	if n := len(p.state.names); n > mostNames {
		t.Errorf("%d addresses are remembered", n)
	}
}
