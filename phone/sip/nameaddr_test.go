package sip

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseNameAddr(t *testing.T) {
	for _, tt := range []struct{ rule, in, name, out string }{
		{
			"quoted pairs", `  "Iñaki ðđøþ foo \"bar\" \\\\ \\ \\d \\\\d \\' \\\"sdf\\\"" <SIP:%61liCE@versaTICA.Com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1>;QWE=QWE;ASd`,
			`Iñaki ðđøþ foo "bar" \\ \ \d \\d \' \"sdf\"`, `"Iñaki ðđøþ foo \"bar\" \\\\ \\ \\d \\\\d \\' \\\"sdf\\\"" <sip:%61liCE@versatica.com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1>;QWE=QWE;ASd`,
		},
		{"undecodable octet", "\"\uFFFD\"<sip:foo@bar.com>", "\uFFFD", "\"\uFFFD\" <sip:foo@bar.com>"},
		{"octet that is not UTF-8", "\"\xC0\"<sip:foo@bar.com>", "\xC0", "\"\xC0\" <sip:foo@bar.com>"},
		{"tokens", "Foo    Foo Bar\tBaz<sip:a@b>", "Foo Foo Bar Baz", `"Foo Foo Bar Baz" <sip:a@b>`},
		{"no space before <", `"Foo"<sip:a@b>`, "Foo", `"Foo" <sip:a@b>`},
		{"no name", "<sip:a@b>", "", "<sip:a@b>"},
		{"empty name", `"" <sip:a@b.com>`, "", "<sip:a@b.com>"},
		{"comma in quotes", `"A, B" <sip:a@b.com>`, "A, B", `"A, B" <sip:a@b.com>`},
		{"angle in quotes", `"A <B>" <sip:a@b.com>`, "A <B>", `"A <B>" <sip:a@b.com>`},
		{"instance keeps its quotes", `"x" <sip:a@b.com;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1`, "x", `"x" <sip:a@b.com;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1`},
		{"addr-spec", "sip:a@b.com", "", "<sip:a@b.com>"},
		{"parameters of an addr-spec are the field's", "sip:a@b.com;tag=1;ob", "", "<sip:a@b.com>;tag=1;ob"},
		{"non-ASCII unquoted name", "José <sip:a@b.com>", "José", `"José" <sip:a@b.com>`},
		{"careless unquoted name", "J. (Bob) Doe: 7 <sip:a@b.com>", "J. (Bob) Doe: 7", `"J. (Bob) Doe: 7" <sip:a@b.com>`},
		{"tel", "<tel:+1234>;tag=x", "", "<tel:+1234>;tag=x"},
		{"tel without brackets", "tel:+1234;tag=x", "", "<tel:+1234>;tag=x"},
		{"unknown scheme", "<isbn:2983792873>", "", "<isbn:2983792873>"},
		{"spaces around separators", "A <sip:a@b> ; tag = 1 ;\tx", "A", `"A" <sip:a@b>;tag=1;x`},
		{"folding", "\r\n \"A\"\r\n\t<sip:a@b>\r\n ;tag=1", "A", `"A" <sip:a@b>;tag=1`},
		{"quotes needed come back", `<sip:a@b>;x="a b";y="";z="abc"`, "", `<sip:a@b>;x="a b";y="";z="abc"`},
		{"question mark inside brackets", "<sip:a@b?Subject=x>", "", "<sip:a@b?Subject=x>"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			a, err := ParseNameAddr(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if a.DisplayName != tt.name || a.String() != tt.out {
				t.Errorf("name %q, out\n%s, want\n%s", a.DisplayName, a, tt.out)
			}
			again, err := ParseNameAddr(a.String())
			if err != nil || cmp.Diff(a, again) != "" {
				t.Errorf("printed and parsed: %v\n%s", err, cmp.Diff(a, again))
			}
		})
	}
}

func TestParseNameAddr_refuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "Alice <sip:a@b.com", `"unterminated <sip:a@b.com>`, "sip:a@b?Route=x", "sip:a@b, sip:c@d", `"A" sip:a@b`, `A "b" <sip:a@b>`,
		"<sip:a@b>;", "<sip:a@b>;;x", "<sip:a@b>x", "<sip:a@b>;x=\"y", "< sip:a@b>", "<sip:a@b >", "<>", "A\x01 <sip:a@b>",
		"<sip:a@b>;x=y\r\nVia: z", "<sip:a@b>\x00", "Bell, Alexander <sip:a@b>", "*",
	} {
		if a, err := ParseNameAddr(in); err == nil {
			t.Errorf("%q: %v", in, a)
		}
	}
}

func TestParseNameAddrs_contacts(t *testing.T) {
	list, err := ParseNameAddrs(`"Iñaki @ł€" <SIP:+1234@ALIAX.net;Transport=WS>;+sip.Instance="abCD", sip:bob@biloxi.COM;headerParam, <sip:DOMAIN.com:5>`)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for i, want := range []string{
		`"Iñaki @ł€" <sip:+1234@aliax.net;Transport=WS>;+sip.Instance="abCD"`,
		"<sip:bob@biloxi.com>;headerParam",
		"<sip:domain.com:5>",
	} {
		if list[i].String() != want {
			t.Errorf("%d: %s, want %s", i, list[i], want)
		}
	}
	if _, err := ParseNameAddrs("<sip:a@b>,"); err == nil {
		t.Error("an empty element was accepted")
	}
}

func TestNameAddr_tag(t *testing.T) {
	a := NameAddr{DisplayName: `A "q" \`, URI: URI{Scheme: "sip", User: "a", Host: "b"}}
	b := a.WithTag("1").WithTag("2")
	if a.Tag() != "" || b.Tag() != "2" || b.String() != `"A \"q\" \\" <sip:a@b>;tag=2` {
		t.Errorf("%s %s", a, b)
	}
	c := b.Clone()
	c.Params[0].Value = "3"
	if b.Tag() != "2" {
		t.Error("Clone shares its parameters")
	}
}
