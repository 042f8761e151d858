package sip

import "testing"

func TestMaskSecrets_tokens(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"a Bearer token", "Authorization: Bearer eyJ.abc-_=\r\n", "Authorization: Bearer ***\r\n"},
		{"to a proxy", "Proxy-Authorization: Bearer abc\r\n", "Proxy-Authorization: Bearer ***\r\n"},
		{"of a scheme nobody knows, with parameters", "Authorization: Token token=\"abc\", x=1\r\n", "Authorization: Token ***\r\n"},
		{"without a scheme", "Authorization: abc\r\n", "Authorization: ***\r\n"},
		{"folded", "Authorization: Bearer\r\n abc\r\nX: abc\r\n", "Authorization: ***\r\n ***\r\nX: abc\r\n"},
		{"that looks like a parameter", "Authorization: Bearer a=\"b\"\r\n", "Authorization: Bearer ***\r\n"},
		{"the next nonce", "Authentication-Info: nextnonce=\"abc\", qop=auth\r\n", "Authentication-Info: nextnonce=\"***\", qop=auth\r\n"},
		{"keys of SDES", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc|2^20\r\n", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20\r\n"},
		{"the password of ICE", "a=ice-pwd:abc\r\n", "a=ice-pwd:***\r\n"},
	} {
		if got := string(MaskSecrets([]byte(c.in))); got != c.want {
			t.Errorf("%s: %q, want %q", c.rule, got, c.want)
		}
	}
}
