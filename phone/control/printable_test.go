package control

import (
	"errors"
	"testing"

	"webphone/phone"
)

func TestPrintable_keepsWhatJoinsCharacters(t *testing.T) {
	for _, c := range []struct{ rule, text, want string }{
		{"emoji joined to one", "👩\u200d💻 ok", "👩\u200d💻 ok"},
		{"variation selector", "❤\ufe0f", "❤\ufe0f"},
		{"Persian", "می\u200cخواهم", "می\u200cخواهم"},
		{"escape sequence", "a\x1b[2J", "a\uFFFD[2J"},
		{"change of direction", "a\u202eb", "a\uFFFDb"},
	} {
		if got := printable(c.text); got != c.want {
			t.Errorf("%s: %q", c.rule, got)
		}
	}
}

func TestAdapter_messageRefusalNamesThePeer(t *testing.T) {
	var peer string
	p := Adapt(&fake{s: &phone.Snapshot{}, err: phone.ErrNotRegistered}, Hooks{Explain: func(err error) string {
		if m := (*MessageError)(nil); errors.As(err, &m) {
			peer = m.Peer
		}
		return ""
	}})
	if err := p.SendMessage(t.Context(), "bob", "hi", ""); !errors.Is(err, phone.ErrNotRegistered) || peer != "bob" {
		t.Errorf("%v about %q", err, peer)
	}
}
