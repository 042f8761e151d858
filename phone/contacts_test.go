package phone

import (
	"errors"
	"testing"

	"webphone/phone/store"
)

func TestContact_validate(t *testing.T) {
	for _, c := range []struct {
		name, address string
		ok            bool
	}{
		{"a user name", "bob", true},
		{"an address", "bob@example.com", true},
		{"with its scheme", "sips:bob@example.com;transport=ws", true},
		{"a number as people write it", "+49 (30) 4477-120", true},
		{"a service code", "*21#", true},
		{"a link", "tel:+49-30-4477", true},
		{"words", "not known yet", false},
		{"an address with a space", "no body@example.com", false},
		{"no host", "bob@", false},
		{"a URI that does not parse", "sip:@@", false},
		{"only marks", "--", false},
		{"none", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			contact := Contact{Name: "Bob", Addresses: []string{"alice@example.com", c.address}}
			if c.address == "" {
				contact.Addresses = nil
			}
			err := contact.validate()
			if (err == nil) != c.ok {
				t.Fatalf("%q: %v", c.address, err)
			}
			var field *store.FieldError
			if err != nil && (!errors.As(err, &field) || field.Field != "addresses") {
				t.Errorf("the field is not named: %v", err)
			}
			var target *TargetError
			if c.address != "" && err != nil && (!errors.As(err, &target) || target.Target != c.address) {
				t.Errorf("the address is not named: %v", err)
			}
		})
	}
}
