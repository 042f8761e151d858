package main

import (
	"testing"

	"webphone/phone"
)

func TestInWords_nothingIsSaidTwice(t *testing.T) {
	const want = `"bob@" is neither an address nor a number. Type a number, a name like bob, or an address like bob@example.com.`
	if got := inWords(&phone.TargetError{Target: "bob@"}); got != want {
		t.Errorf("inWords: %s\nwant: %s", got, want)
	}
}

func TestRepeats(t *testing.T) {
	tests := []struct {
		rule, words, details string
		want                 bool
	}{
		{"the same words", "There is no display", "There is no display", true},
		{"the same after the package's name", "There is no such call", "phone: no such call", true},
		{"a code is news", "Bob is busy", "SIP 486 Busy Here", false},
		{"a cause is news", "No answer from h:1", "dial tcp: connection refused", false},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			if got := repeats(test.words, test.details); got != test.want {
				t.Errorf("repeats(%q, %q) = %v", test.words, test.details, got)
			}
		})
	}
}
