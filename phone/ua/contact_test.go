package ua

import (
	"fmt"
	"testing"

	"webphone/phone/sip"
)

func TestRegister_GRUU(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, header("Contact", fmt.Sprintf(binding, 600)+
			`;pub-gruu="sip:alice@example.com;gr=urn:uuid:1";temp-gruu="sip:uloc-1@example.com;gr"`))
		s.forget()
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		if got := invite.Headers.Get("Contact"); got != "<sip:alice@example.com;gr=urn:uuid:1>" {
			t.Errorf("Contact %s", got)
		}
		if got := invite.Headers.Get("Supported"); got != "timer,gruu,ice,trickle-ice,replaces,outbound,100rel" {
			t.Errorf("Supported %s", got)
		}
		s.callOut(CallOptions{Anonymous: true})
		if got := s.last(sip.INVITE).Headers.Get("Contact"); got != "<sip:uloc-1@example.com;gr>" {
			t.Errorf("anonymous Contact %s", got)
		}
		s.outside()
		s.far.requestURI = "sip:uloc-1@example.com;gr" // B18
		s.receive(s.request(sip.OPTIONS))
		if got := s.lastResponse().StatusCode; got != 200 {
			t.Errorf("OPTIONS to the temporary GRUU: %d", got)
		}
	})
}
