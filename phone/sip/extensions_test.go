package sip

import (
	"slices"
	"testing"
)

func TestIdentities(t *testing.T) {
	c := with("P-Asserted-Identity", `"Cullen Jennings" <sip:fluffy@cisco.com>, tel:+14085264000`, "p-asserted-identity", "malformed",
		"P-Preferred-Identity", `"A, B" <sip:fluffy@cisco.com>`, "P-Preferred-Identity", "sip:alice@example.com")
	list := c.AssertedIdentity()
	if len(list) != 2 || list[0].DisplayName != "Cullen Jennings" || list[0].URI.Host != "cisco.com" || list[1].URI.Number() != "+14085264000" {
		t.Error(list)
	}
	if list := c.PreferredIdentity(); len(list) != 2 || list[0].DisplayName != "A, B" || list[1].URI.User != "alice" {
		t.Error(list)
	}
	if with().AssertedIdentity() != nil {
		t.Error("absent")
	}
}

func TestPrivacy(t *testing.T) {
	for value, want := range map[string][]string{
		"id": {"id"}, "ID; critical": {"id", "critical"}, "header;user;id": {"header", "user", "id"}, "none": {"none"}, " ;": nil, "": nil, "id,user": {"id", "user"},
	} {
		if got := with("Privacy", value).Privacy(); !slices.Equal(got, want) {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestPathAndServiceRoute(t *testing.T) {
	c := with("Path", "<sip:P1.EXAMPLEVISITED.COM;lr>", "Path", "<sip:p2;lr>;x", "Service-Route", "<sip:a;lr>, <sip:b;lr>")
	if list, err := c.Path(); err != nil || len(list) != 2 || list[0].URI.Host != "p1.examplevisited.com" {
		t.Error(list, err)
	}
	if list, err := c.ServiceRoute(); err != nil || len(list) != 2 || list[1].URI.Host != "b" {
		t.Error(list, err)
	}
	if _, err := with("Service-Route", "x").ServiceRoute(); err == nil {
		t.Error("malformed Service-Route")
	}
}

func TestReliability(t *testing.T) {
	for value, want := range map[string]uint32{"1": 1, "988789": 988789, "4294967295": 1<<32 - 1, "0": 0, "4294967296": 0, "x": 0, "": 0, "-1": 0} {
		if n, ok := with("RSeq", value).RSeq(); ok != (want != 0) || ok && n != want {
			t.Errorf("RSeq %q: %d %v", value, n, ok)
		}
	}
	for value, good := range map[string]bool{
		"776656 1 INVITE": true, "776656\t1  INVITE": true, "0 1 INVITE": false, "776656": false, "776656 INVITE": false, "": false,
		"776656 1": false, "x 1 INVITE": false, "776656 1 INVITE x": false, " 1 INVITE": false,
	} {
		rseq, cseq, method, ok := with("RAck", value).RAck()
		if ok != good || ok && (rseq != 776656 || cseq != 1 || method != INVITE) {
			t.Errorf("RAck %q: %d %d %s %v", value, rseq, cseq, method, ok)
		}
	}
}

func TestEntityTags(t *testing.T) {
	c := with("SIP-ETag", "dx200xyz", "sip-if-match", "a b")
	if c.SIPETag() != "dx200xyz" || c.SIPIfMatch() != "" || with().SIPETag() != "" {
		t.Errorf("%q %q", c.SIPETag(), c.SIPIfMatch())
	}
}

func TestSmallFields(t *testing.T) {
	c := with("flow-timer", "120", "Unsupported", "Foo, bar", "u", "Presence,dialog;x", "Accept", "Application/SDP;level=1, text/*",
		"Content-Disposition", "Early-Session;handling=optional", "Info-Package", "G.x;y=z", "Recv-Info", "a, B;c", "Recv-Info", "nil")
	if n, ok := c.FlowTimer(); n != 120 || !ok {
		t.Error(n, ok)
	}
	if got := c.Unsupported(); !slices.Equal(got, []string{"foo", "bar"}) {
		t.Error(got)
	}
	if got := c.AllowEvents(); !slices.Equal(got, []string{"presence", "dialog;x"}) {
		t.Error(got)
	}
	if got, ok := c.Accept(); !slices.Equal(got, []string{"application/sdp", "text/*"}) || !ok {
		t.Error(got)
	}
	if got, p := c.ContentDisposition(); got != "early-session" || !p.Has("handling") {
		t.Error(got, p)
	}
	if got, p, ok := c.InfoPackage(); got != "g.x" || len(p) != 1 || !ok {
		t.Error(got, p, ok)
	}
	if got, ok := c.RecvInfo(); !slices.Equal(got, []string{"a", "b"}) || !ok {
		t.Error(got, ok)
	}
	if got, ok := with("Recv-Info", "").RecvInfo(); got != nil || !ok {
		t.Error("an empty Recv-Info says that no package is taken")
	}
	if _, ok := with().RecvInfo(); ok {
		t.Error("no Recv-Info")
	}
	if _, ok := with().Accept(); ok {
		t.Error("no Accept")
	}
	if _, _, ok := with("Info-Package", "a b").InfoPackage(); ok {
		t.Error("Info-Package that is no token")
	}
}

func TestNextNonce(t *testing.T) {
	for value, want := range map[string]string{
		`nextnonce="47364c23432d2e131a5fb210812c"`: "47364c23432d2e131a5fb210812c",
		`qop=auth, rspauth="x", nextnonce=abc`:     "abc",
		`rspauth="x"`:                              "", "": "", `nextnonce="x`: "",
	} {
		server, proxy := with("Authentication-Info", value).NextNonce()
		if server != want || proxy != "" {
			t.Errorf("%s: %q %q", value, server, proxy)
		}
		server, proxy = with("Proxy-Authentication-Info", value).NextNonce()
		if server != "" || proxy != want {
			t.Errorf("%s: %q %q", value, server, proxy)
		}
	}
}
