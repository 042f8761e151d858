package sip

import (
	"crypto/subtle"
	"strings"
)

// Verify reports whether a proves the password for a request with that method
// and body. The caller checks the nonce, the count and that URI is the
// request's.
func (a Authorization) Verify(password string, m Method, body []byte) bool {
	return a.verify(a.Username, password, m, body)
}

// VerifyUser is like Verify for a user known by another way, as when Username
// is hashed (RFC 7616 §3.4.4).
func (a Authorization) VerifyUser(user, password string, m Method, body []byte) bool {
	return a.verify(user, password, m, body)
}

func (a Authorization) verify(user, password string, m Method, body []byte) bool {
	alg, ok := findAlgorithm(a.Algorithm)
	if !ok || a.QOP != "" && a.QOP != "auth" && a.QOP != "auth-int" {
		return false
	}
	want := alg.response(alg.sum(user+":"+a.Realm+":"+password), a, m, body)
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(a.Response))) == 1
}
