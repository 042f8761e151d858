package sip

import (
	"crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"
)

// TestAuthorize_rfc7616Userhash is RFC 7616 §3.9.2 with the hashes of its
// erratum 4897: those in the text were made with a truncated SHA-512, which is
// not SHA-512/256.
func TestAuthorize_rfc7616Userhash(t *testing.T) {
	c, err := ParseChallenge(`Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ` +
		`nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true`)
	if err != nil {
		t.Fatal(err)
	}
	jason := Credentials{Username: "J\u00e4s\u00f8n Doe", Password: "Secret, or not?"}
	value, err := c.Authorize(jason, "GET", "/doe.json", nil, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseAuthorization(value)
	if err != nil || a.Username != "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b" ||
		a.Response != "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5" || a.Opaque != c.Opaque {
		t.Errorf("%s %v", value, err)
	}
	if !a.VerifyUser(jason.Username, jason.Password, "GET", nil) {
		t.Error("does not verify")
	}
	whole := sha512.Sum512([]byte(jason.Username + ":" + c.Realm))
	if got := hex.EncodeToString(whole[:32]); got != "488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec" {
		t.Errorf("the text's hash is not a truncated SHA-512 either: %s", got)
	}
}

// RFC 8760 has no numbers of its own: its hashes are those of RFC 7616. What
// it asks for is here.

func TestRFC8760_lengthOfTheResponse(t *testing.T) {
	for algorithm, want := range map[string]int{"": 32, "MD5": 32, "SHA-256": 64, "SHA-512-256": 64, "SHA-256-sess": 64, "SHA-512-256-sess": 64} {
		c := Challenge{Realm: "biloxi.com", Nonce: "n", Algorithm: algorithm, QOP: []string{"auth"}}
		value, err := c.Authorize(Credentials{Username: "bob", Password: "zanzibar"}, REGISTER, "sip:biloxi.com", nil, "", 1)
		a, err2 := ParseAuthorization(value)
		if err != nil || err2 != nil || len(a.Response) != want || a.Response != strings.ToLower(a.Response) {
			t.Errorf("%s: %s %v %v", algorithm, value, err, err2)
		}
		if algorithm != "" && a.Algorithm != algorithm {
			t.Errorf("the algorithm is not repeated: %s", value)
		}
	}
}

// TestAuthorize_rfc3665 answers the challenge of RFC 3665 §2.1, which the flow
// there answers without qop.
func TestAuthorize_rfc3665(t *testing.T) {
	c, err := ParseChallenge(`Digest realm="atlanta.example.com", qop="auth", nonce="ea9c8e88df84f1cec4341ae6cbe5a359", opaque="", stale=FALSE, algorithm=MD5`)
	if err != nil || c.Stale || len(c.QOP) != 1 {
		t.Fatal(c, err)
	}
	c.QOP = nil
	value, err := c.Authorize(Credentials{Username: "bob", Password: "zanzibar"}, REGISTER, "sips:ss2.biloxi.example.com", nil, "", 1)
	a, _ := ParseAuthorization(value)
	want := sumMD5(sumMD5("bob:atlanta.example.com:zanzibar") + ":" + c.Nonce + ":" + sumMD5("REGISTER:sips:ss2.biloxi.example.com"))
	if err != nil || a.Response != want {
		t.Errorf("%s %v, want %s", value, err, want)
	}
}

func TestRFC8760_severalAlgorithmsOfOneRealm(t *testing.T) {
	c := with(
		"WWW-Authenticate", NewChallenge("r", "1", "SHA3-512"),
		"WWW-Authenticate", NewChallenge("r", "2", "MD5"),
		"WWW-Authenticate", NewChallenge("r", "3", "SHA-512-256"),
		"WWW-Authenticate", NewChallenge("r", "4", "SHA-256"),
	)
	var got []string
	for _, one := range c.Challenges() {
		got = append(got, one.Algorithm)
	}
	if strings.Join(got, " ") != "SHA-512-256 SHA-256 MD5" {
		t.Error(got)
	}
	// auth-int covers the body with the same hash (RFC 7616 §3.4.3).
	one := Challenge{Realm: "r", Nonce: "n", Algorithm: "SHA-512-256", QOP: []string{"auth-int"}}
	value, err := one.Authorize(Credentials{Username: "u", Password: "p"}, MESSAGE, "sip:a@b", []byte("hi"), "c", 1)
	a, _ := ParseAuthorization(value)
	a2 := sumSHA512("MESSAGE:sip:a@b:" + sumSHA512("hi"))
	if want := sumSHA512(sumSHA512("u:r:p") + ":n:00000001:c:auth-int:" + a2); err != nil || a.Response != want {
		t.Errorf("%s %v, want %s", value, err, want)
	}
}
