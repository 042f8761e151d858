package sip

import (
	"testing"
	"time"
)

func TestAlertInfo(t *testing.T) {
	for _, tt := range []struct {
		rule, value, uri, text, param string
		n                             int
	}{
		{"a URI", "<http://www.example.com/sounds/moo.wav>", "http://www.example.com/sounds/moo.wav", "", "", 1},
		{"parameters", "<http://127.0.0.1/Bellcore-dr2>;info=internal", "http://127.0.0.1/Bellcore-dr2", "", "internal", 1},
		{"two", "<urn:alert:source:internal>, <urn:alert:service:call-waiting>;info=x", "urn:alert:source:internal", "", "", 2},
		{"no URI between the brackets", "<>;info=alert-autoanswer", "", "", "alert-autoanswer", 1},
		{"no brackets", "http://x/y;info=z", "http://x/y", "", "z", 1},
		{"a parameter alone", "info=alert-autoanswer", "", "", "alert-autoanswer", 1},
		{"a parameter after a semicolon", ";info=x", "", "", "x", 1},
		{"words", "Ring Answer", "", "Ring Answer", "", 1},
		{"words and parameters", "Bellcore-dr3;info=\"a, b\"", "", "Bellcore-dr3", "a, b", 1},
		{"no end of the URI", "<http://x", "", "", "", 0},
		{"malformed parameters", "<http://x>;;", "", "", "", 0},
	} {
		list := with("Alert-Info", tt.value).AlertInfo()
		if len(list) != tt.n {
			t.Errorf("%s: %+v", tt.rule, list)
			continue
		}
		if tt.n == 0 {
			continue
		}
		info, _ := list[0].Params.Get("info")
		if list[0].URI.String() != tt.uri || list[0].Text != tt.text || info != tt.param {
			t.Errorf("%s: %+v", tt.rule, list[0])
		}
	}
	list := with("Call-Info", "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info").CallInfo()
	if purpose, _ := list[1].Params.Get("purpose"); len(list) != 2 || purpose != "info" {
		t.Errorf("%+v", list)
	}
}

func TestAutoAnswer(t *testing.T) {
	for _, tt := range []struct {
		rule, name, value string
		delay             time.Duration
		ok                bool
	}{
		{"RFC 5373", "Answer-Mode", "Auto", 0, true},
		{"RFC 5373 with parameters", "Answer-Mode", "auto;require", 0, true},
		{"RFC 5373 privileged", "Priv-Answer-Mode", "Auto", 0, true},
		{"RFC 5373 manual", "Answer-Mode", "Manual", 0, false},
		{"answer-after at once", "Call-Info", "<sip:example.com>;answer-after=0", 0, true},
		{"answer-after later", "Call-Info", "<sip:example.com>; answer-after=5", 5 * time.Second, true},
		{"answer-after without a URI", "Call-Info", ";answer-after=0", 0, true},
		{"answer-after alone", "Call-Info", "answer-after=2", 2 * time.Second, true},
		{"answer-after of a second value", "Call-Info", "<http://x>;purpose=icon, <sip:y>;answer-after=1", time.Second, true},
		{"answer-after is no number", "Call-Info", "<sip:example.com>;answer-after=soon", 0, false},
		{"alert-autoanswer", "Alert-Info", "<http://www.example.com>;info=alert-autoanswer;delay=3", 3 * time.Second, true},
		{"alert-autoanswer alone", "Alert-Info", "info=Alert-AutoAnswer", 0, true},
		{"words of old servers", "Alert-Info", "Auto Answer", 0, true},
		{"the same", "Alert-Info", "ring answer", 0, true},
		{"another ring", "Alert-Info", "<http://127.0.0.1/Bellcore-dr2>;info=internal", 0, false},
		{"a delay alone", "Alert-Info", "<http://x>;delay=0", 0, false},
		{"nothing", "Subject", "auto answer", 0, false},
	} {
		if delay, ok := with(tt.name, tt.value).AutoAnswer(); delay != tt.delay || ok != tt.ok {
			t.Errorf("%s: %v %v", tt.rule, delay, ok)
		}
	}
	if _, ok := with("Answer-Mode", "Manual", "Alert-Info", "Auto Answer").AutoAnswer(); ok {
		t.Error("manual does not overrule")
	}
}
