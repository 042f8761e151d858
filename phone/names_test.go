package phone

import "testing"

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
