package sip

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCanonicalName(t *testing.T) {
	for in, want := range map[string]string{
		"call-id": "Call-ID", "CSEQ": "CSeq", "www-authenticate": "WWW-Authenticate", "x_foo-bar": "X_foo-Bar",
		"p-asserted-identity": "P-Asserted-Identity", "sip-etag": "SIP-ETag", "min-se": "Min-SE", "X-FOO": "X-FOO",
		"v": "Via", "F": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length", "c": "Content-Type", "x": "Session-Expires",
		"r": "Refer-To", "o": "Event", "k": "Supported", "s": "Subject", "e": "Content-Encoding", "b": "Referred-By", "a": "Accept-Contact",
		"j": "Reject-Contact", "d": "Request-Disposition", "y": "Identity", "u": "Allow-Events", "q": "Q", "": "",
		"a-name-that-is-longer-than-any-known-one": "A-Name-That-Is-Longer-Than-Any-Known-One",
	} {
		if got := CanonicalName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestIsUsual(t *testing.T) {
	for compact, name := range canonical {
		if !isUsual(name) {
			t.Errorf("%s shares its place with %s", name, spellings[spellingOf(name)])
		}
		if compact != name && isUsual(compact) {
			t.Errorf("%s is no usual spelling", compact)
		}
	}
	if isUsual("") || isUsual("X-Foo") || isUsual("VIA") {
		t.Error("what is not usual")
	}
}

func TestHeaders(t *testing.T) {
	var h Headers
	h.Add("m", "<sip:a@b>")
	h.Add("x-a", " 1 ")
	h.Add("X-A", "2")
	h.Add("contact", "<sip:c@d>")
	if h.Get("X-a") != "1" || !h.Has("x-a") || h.Has("y") || h.Get("y") != "" {
		t.Errorf("%v", h)
	}
	if got := h.Values("Contact"); !slices.Equal(got, []string{"<sip:a@b>", "<sip:c@d>"}) {
		t.Errorf("%q", got)
	}
	before := h.Clone()
	h.Set("x-A", "3")
	if got := h.Values("x-a"); !slices.Equal(got, []string{"3"}) || h[1].Value != "3" || len(h) != 3 {
		t.Errorf("Set: %v", h)
	}
	h.Del("m")
	if len(h) != 1 || h[0] != (Header{"X-A", "3"}) {
		t.Errorf("Del: %v", h)
	}
	h.Set("New", "x")
	if h.Get("new") != "x" || len(before) != 4 || before[1].Value != "1" {
		t.Errorf("%v %v", h, before)
	}
	hand := Headers{{"call-info", "x"}, {"k", "y"}}
	if hand.Get("Call-Info") != "x" || hand.Get("Supported") != "y" {
		t.Errorf("names put in by hand")
	}
}

func TestHeaders_SetDoesNotTouchACopy(t *testing.T) {
	a := Headers{{"A", "1"}, {"B", "1"}, {"A", "2"}, {"C", "1"}}
	b := a[:len(a):len(a)]
	b.Del("A")
	if a[0].Value != "1" || a[1].Name != "B" {
		t.Errorf("%v", a)
	}
}

// with returns fields to try accessors on.
func with(pairs ...string) *Common {
	c := &Common{}
	for i := 0; i < len(pairs); i += 2 {
		c.Headers.Add(pairs[i], pairs[i+1])
	}
	return c
}

func TestContacts(t *testing.T) {
	if list, star, err := with("m", "*").Contacts(); list != nil || !star || err != nil {
		t.Error(list, star, err)
	}
	list, star, err := with("m", "<sip:a@b>;expires=5, <sip:c@d>", "Contact", "sip:e@f").Contacts()
	if len(list) != 3 || star || err != nil {
		t.Error(list, star, err)
	}
	if _, _, err := with("m", "*", "m", "<sip:a@b>").Contacts(); err == nil {
		t.Error("* beside an address")
	}
	if _, _, err := with("m", "sip:a@b?x=y").Contacts(); err == nil {
		t.Error("headers without brackets")
	}
}

func TestReadableContacts(t *testing.T) {
	for _, c := range []struct {
		rule   string
		fields []string
		hosts  string
		all    bool
	}{
		{"none", nil, "", true},
		{"all of all fields", []string{"<sip:a@b>;expires=5, sip:c@d", "<sip:e@f>"}, "b d f", true},
		{"a malformed one is skipped", []string{"<sip:a@b>, <sip:a b@c>, <sip:e@f>"}, "b f", false},
		{"a malformed field is skipped", []string{"<sip:", "<sip:e@f>"}, "f", false},
		{"without the end of a quoted string", []string{`"a <sip:a@b>, <sip:e@f>`}, "f", false},
		{"without the bracket", []string{"<sip:a@b, <sip:e@f>, <sip:g@h>"}, "f h", false},
		{"with a malformed parameter", []string{`<sip:a@b>;x="y, <sip:e@f>`}, "f", false},
		{"with what no field may have", []string{"<sip:a@b>\x00, <sip:e@f>"}, "", false},
		{"an empty one", []string{"<sip:a@b>,, <sip:e@f>"}, "b f", false},
		{"that of every binding at once", []string{"*"}, "", false},
		{"no more are looked for than is reasonable", []string{strings.Repeat("<,", maxUnreadable) + "<sip:e@f>"}, "", false},
		{"but so many are", []string{strings.Repeat("<,", maxUnreadable-1) + "<sip:e@f>"}, "f", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var m Common
			for _, f := range c.fields {
				m.Headers.Add("Contact", f)
			}
			list, all := m.ReadableContacts()
			var hosts []string
			for _, a := range list {
				hosts = append(hosts, a.URI.Host)
			}
			if got := strings.Join(hosts, " "); got != c.hosts || all != c.all {
				t.Errorf("%q %v, want %q %v", got, all, c.hosts, c.all)
			}
		})
	}
}

func TestRecordRoute_keepsOrder(t *testing.T) {
	list, err := with("Record-Route", "<sip:p1;lr>, <sip:p2;lr>", "Record-Route", "<sip:p3;lr>").RecordRoute()
	if err != nil || len(list) != 3 || list[0].URI.Host != "p1" || list[2].URI.Host != "p3" {
		t.Error(list, err)
	}
	if list, err := with().Route(); list != nil || err != nil {
		t.Error(list, err)
	}
}

func TestNumbers(t *testing.T) {
	if n, ok := with("Expires", "600").Expires(); n != 600 || !ok {
		t.Error(n, ok)
	}
	for _, bad := range []string{"", "x", "-1", "4294967296", "99999999999999999999999"} {
		if n, ok := with("Expires", bad).Expires(); ok {
			t.Errorf("Expires %q: %d", bad, n)
		}
	}
	if n, ok := with("min-expires", "0").MinExpires(); n != 0 || !ok {
		t.Error(n, ok)
	}
	for value, want := range map[string]time.Duration{"120": 2 * time.Minute, "18000;duration=3600": 5 * time.Hour, "120 (I'm in a meeting)": 2 * time.Minute} {
		if d, ok := with("Retry-After", value).RetryAfter(); d != want || !ok {
			t.Error(value, d, ok)
		}
	}
	if _, ok := with("Retry-After", "soon").RetryAfter(); ok {
		t.Error("Retry-After: soon")
	}
	if n, ok := with("Max-Forwards", "70").MaxForwards(); n != 70 || !ok {
		t.Error(n, ok)
	}
	if _, ok := with("Max-Forwards", "300").MaxForwards(); ok {
		t.Error("Max-Forwards: 300")
	}
	if n, ok := with("Min-SE", "120;x=y").MinSE(); n != 120 || !ok {
		t.Error(n, ok)
	}
	for value, want := range map[string]struct {
		n  int
		by string
	}{"180;refresher=uac": {180, "uac"}, "210  ;   refresher  =  UAS ; foo  =  bar": {210, "uas"}, "90": {90, ""}} {
		if n, by, ok := with("x", value).SessionExpires(); n != want.n || by != want.by || !ok {
			t.Error(value, n, by, ok)
		}
	}
	if _, _, ok := with("x", "x").SessionExpires(); ok {
		t.Error("Session-Expires: x")
	}
}

func TestContentType(t *testing.T) {
	for value, want := range map[string]string{"Application/SDP;charset=utf-8": "application/sdp", "text / plain ; a=b": "text/plain", "": ""} {
		if got, _ := with("c", value).ContentType(); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
	if _, p := with("c", `multipart/mixed; Boundary="a b"`).ContentType(); len(p) != 1 || p[0].Value != "a b" {
		t.Error(p)
	}
}

func TestTokens(t *testing.T) {
	c := with("Allow", "INVITE,ACK , BYE,", "Allow", "Foo", "k", "Timer,100REL", "Require", "Replaces")
	if got := c.Allow(); !slices.Equal(got, []Method{INVITE, ACK, BYE, "Foo"}) {
		t.Error(got)
	}
	if got := c.Supported(); !slices.Equal(got, []string{"timer", "100rel"}) {
		t.Error(got)
	}
	if got := c.Require(); !slices.Equal(got, []string{"replaces"}) {
		t.Error(got)
	}
	if with().Supported() != nil {
		t.Error("absent")
	}
}

func TestReasons(t *testing.T) {
	for value, want := range map[string]Reason{
		`SIP  ; cause = 488 ; text = "Wrong SDP"`:         {"sip", 488, "Wrong SDP"},
		`ISUP; cause=500 ; LALA = foo`:                    {"isup", 500, ""},
		`Q.850;cause=16;text="Terminated"`:                {"q.850", 16, "Terminated"},
		`SIP ;cause=200 ;text="Call completed elsewhere"`: {"sip", 200, "Call completed elsewhere"},
		`SIP;cause=200;text="a, b"`:                       {"sip", 200, "a, b"},
		`SIP;cause=x`:                                     {"sip", 0, ""},
	} {
		if got := with("Reason", value).Reasons(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v", value, got)
		}
		if got := with("Reason", want.String()).Reasons(); len(got) != 1 || got[0] != want {
			t.Errorf("%s printed %s: %+v", value, want, got)
		}
	}
	if got := with("Reason", "SIP;cause=486, Q.850;cause=17", "Reason", "x;").Reasons(); len(got) != 2 || got[1].Cause != 17 {
		t.Error(got)
	}
	if got := (Reason{"sip", 200, "Call completed elsewhere"}).String(); got != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Error(got)
	}
}

func TestEventAndState(t *testing.T) {
	for value, want := range map[string]string{"Presence;Param1=QWe;paraM2": "presence", "Presence.winfo;x": "presence.winfo"} {
		if pkg, p, ok := with("o", value).Event(); pkg != want || !ok || len(p) == 0 {
			t.Error(pkg, p, ok)
		}
	}
	if _, _, ok := with("o", "").Event(); ok {
		t.Error("empty Event")
	}
	state, p, ok := with("Subscription-State", "Terminated;reason=probation;retry-after=30").SubscriptionState()
	if after, _ := p.Get("Retry-After"); state != "terminated" || !ok || after != "30" {
		t.Error(state, p, ok)
	}
}

func TestReplaces(t *testing.T) {
	for value, want := range map[string][3]string{
		"5t2gpbrbi72v79p1i8mr;to-tag=03aq91cl9n;from-tag=kun98clbf7":                         {"5t2gpbrbi72v79p1i8mr", "03aq91cl9n", "kun98clbf7"},
		"98732@sip.example.com\r\n          ;from-tag=r33th4x0r\r\n          ;to-tag=ff87ff": {"98732@sip.example.com", "ff87ff", "r33th4x0r"},
		"12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only":                             {"12adf2f34456gs5", "12345", "54321"},
		"12adf2f34456gs5;baz;to-tag=12345;early-only;from-tag=54321":                         {"12adf2f34456gs5", "12345", "54321"},
		"87134@171.161.34.23;to-tag=24796;from-tag=0;foo=bar":                                {"87134@171.161.34.23", "24796", "0"},
	} {
		id, to, from, _, ok := ParseReplaces(value)
		if !ok || [3]string{id, to, from} != want {
			t.Errorf("%q: %q %q %q %v", value, id, to, from, ok)
		}
	}
	if _, _, _, early, _ := with("Replaces", "a;to-tag=1;from-tag=2;early-only").Replaces(); !early {
		t.Error("early-only")
	}
	for _, bad := range []string{
		"", "12adf2f34456gs5;to-tag1=12345;from-tag=54321;early-only", "12adf2f34456gs5;baz;to-tag=12345;from-tag=54321;",
		"87134@171.161.34.23;to-tag=24796;from-tag", "87134@171.161.34.23;to-tag;from-tag=0;foo=bar", "a b;to-tag=1;from-tag=2",
	} {
		if _, _, _, _, ok := ParseReplaces(bad); ok {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestParseVia(t *testing.T) {
	for in, want := range map[string]string{
		"SIP /  2.0 \r\n / UDP [1:ab::FF]:6060 ;\r\n  BRanch=1234;Param1=Foo;paRAM2;param3=Bar": "SIP/2.0/UDP [1:ab::ff]:6060;BRanch=1234;Param1=Foo;paRAM2;param3=Bar",
		"SIP/2.0/UDP a.com:6060;rport=1111":                                                     "SIP/2.0/UDP a.com:6060;rport=1111",
		"SIP/2.0/UDP a.com:6060;rport":                                                          "SIP/2.0/UDP a.com:6060;rport",
		"SIP/2.0/WS  127.0.0.1:8088;branch=z9hG4bKx.1.0;i=3":                                    "SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bKx.1.0;i=3",
		"SIP/2.0/UDP a.com;branch=z9hG4bKa;received=2001:db8::1":                                "SIP/2.0/UDP a.com;branch=z9hG4bKa;received=2001:db8::1",
		"SIP/2.0/UDP a.com;received=[2001:db8::1];branch=z9hG4bK":                               "SIP/2.0/UDP a.com;received=[2001:db8::1];branch=z9hG4bK",
		"SIP/2.0/WSS abc.invalid ; branch = x":                                                  "SIP/2.0/WSS abc.invalid;branch=x",
	} {
		v, err := ParseVia(in)
		if err != nil || v.String() != want {
			t.Errorf("%q: %v %v", in, v, err)
		}
	}
	for _, bad := range []string{
		"", "SIP/2.0 a.com", "SIP/3.0/UDP a.com", "HTTP/2.0/TCP a.com", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDPa.com;x", "SIP/2.0/UDP a.com;;,;,,",
		"SIP/2.0/UDP a.com:99999", "SIP/2.0/UDP a.com x", "SIP/2.0/UDP a.com, SIP/2.0/UDP b.com",
	} {
		if v, err := ParseVia(bad); err == nil {
			t.Errorf("%q: %v", bad, v)
		}
	}
}

func TestParseCSeq(t *testing.T) {
	for in, want := range map[string]CSeq{"123456  CHICKEN": {123456, "CHICKEN"}, "0009 INVITE": {9, INVITE}, "1\tACK": {1, ACK}, "2147483647 x": {1<<31 - 1, "x"}} {
		if got, ok := parseCSeq(in); got != want || !ok {
			t.Errorf("%q: %v %v", in, got, ok)
		}
	}
	for _, bad := range []string{"1INVITE", "INVITE", "1", "", "-1 ACK", "2147483648 ACK", "1 A B", "1 "} {
		if got, ok := parseCSeq(bad); ok {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
