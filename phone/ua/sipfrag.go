package ua

import (
	"strconv"
	"strings"

	"webphone/phone/sip"
)

// statusFragment is the body of a NOTIFY that tells a status (RFC 3420,
// RFC 3515 §2.4.5).
func statusFragment(status int, reason string) []byte {
	if reason == "" {
		reason = sip.ReasonPhrase(status)
	}
	return []byte("SIP/2.0 " + strconv.Itoa(status) + " " + reason + "\r\n")
}

// statusLine reads the status line with which such a body begins.
func statusLine(fragment []byte) (status int, reason string, ok bool) {
	line, _, _ := strings.Cut(string(fragment), "\n")
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	code, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	status, err := strconv.Atoi(code)
	if err != nil || !strings.EqualFold(version, "SIP/2.0") || status < 100 || status > 699 {
		return 0, "", false
	}
	return status, reason, true
}
