package sip

import (
	"crypto/rand"
	"encoding/hex"
)

// NewToken returns n random characters (5 bits each) out of a–z and 2–7, good
// in any token, user part or host label.
func NewToken(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	b := make([]byte, n)
	rand.Read(b) // never fails, see crypto/rand
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b)
}

// MagicCookie begins every branch made by RFC 3261 (§8.1.1.7).
const MagicCookie = "z9hG4bK"

// NewBranch returns a Via branch with 80 random bits.
func NewBranch() string { return MagicCookie + NewToken(16) }

// NewTag returns a From or To tag with 60 random bits (RFC 3261 §19.3 wants 32).
func NewTag() string { return NewToken(12) }

// NewCallID returns a Call-ID with 130 random bits.
func NewCallID() string { return NewToken(26) }

// NewUUID returns a random UUID (RFC 9562 version 4) in lower case.
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	s := make([]byte, 36)
	hex.Encode(s, b[:4])
	hex.Encode(s[9:], b[4:6])
	hex.Encode(s[14:], b[6:8])
	hex.Encode(s[19:], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s)
}
