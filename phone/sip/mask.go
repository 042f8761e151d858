package sip

import (
	"bytes"
	"strings"
)

// MaskSecrets returns a copy of a printed message, well-formed or not, in
// which what could give a password or a media key away reads "***": digest
// responses and client nonces, other credentials, passwords in SIP URIs, SDES
// keys and ICE passwords.
func MaskSecrets(message []byte) []byte {
	out := make([]byte, 0, len(message))
	credentials := none // the kind of the field that the line belongs to, which may be folded
	for len(message) > 0 {
		line := message
		if i := bytes.IndexByte(message, '\n'); i >= 0 {
			line = message[:i+1]
		}
		message = message[len(line):]
		text := string(line)
		if !isSpace(text[0]) {
			name, _, _ := strings.Cut(text, ":")
			switch CanonicalName(trim(name)) {
			case "Authorization", "Proxy-Authorization":
				credentials = credentialsIn(text)
			case "Authentication-Info", "Proxy-Authentication-Info":
				credentials = digest
			default:
				credentials = none
			}
		}
		switch {
		case credentials == digest:
			text = maskDigest(text)
		case credentials == opaque:
			text = maskOpaque(text)
		case strings.HasPrefix(text, "a=crypto:"):
			text = maskAfter(text, "inline:")
		case strings.HasPrefix(text, "a=ice-pwd:"):
			text = maskAfter(text, "a=ice-pwd:")
		default:
			text = maskURIPasswords(text)
		}
		out = append(out, text...)
	}
	return out
}

const mask = "***"

// credentialKind says how a header field proves the user.
type credentialKind int

const (
	none   credentialKind = iota
	digest                // parameters, of which some are secret
	opaque                // a token, or what is not known: all of it is secret
)

// credentialsIn looks at the scheme of an Authorization field.
func credentialsIn(line string) credentialKind {
	_, value, _ := strings.Cut(line, ":")
	scheme, _, _ := strings.Cut(trim(value), " ")
	if strings.EqualFold(trim(scheme), "Digest") || strings.TrimSpace(value) == "" {
		return digest
	}
	return opaque
}

// maskOpaque hides all but the name of the field and its scheme.
func maskOpaque(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if isSpace(line[0]) || !ok {
		return " " + mask + lineEnd(line)
	}
	scheme, rest, _ := strings.Cut(trim(value), " ")
	if rest == "" || !isToken(scheme) {
		return name + ": " + mask + lineEnd(line)
	}
	return name + ": " + scheme + " " + mask + lineEnd(line)
}

// maskDigest hides the secret values of a Digest field.
func maskDigest(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if isSpace(line[0]) || !ok {
		name, value = "", line
	} else {
		name += ":"
	}
	for _, secret := range []string{"response", "cnonce", "rspauth", "nextnonce"} {
		value = maskParam(value, secret)
	}
	return name + value
}

func lineEnd(line string) string { return line[len(strings.TrimRight(line, "\r\n")):] }

// maskParam hides the value of one parameter wherever it stands.
func maskParam(s, name string) string {
	var out strings.Builder
	done := 0 // of s, what is in out
	for from := 0; ; {
		i := indexFold(s[from:], name)
		if i < 0 {
			out.WriteString(s[done:])
			return out.String()
		}
		i += from
		from = i + len(name)
		if i > 0 && classes[s[i-1]]&classToken != 0 {
			continue // the end of a longer name
		}
		j := skipSpace(s, from)
		if j == len(s) || s[j] != '=' {
			continue
		}
		j = skipSpace(s, j+1)
		out.WriteString(s[done:j])
		end := j
		if j < len(s) && s[j] == '"' {
			var err error
			if _, end, err = scanQuoted(s, j); err != nil {
				end = len(s) - len(lineEnd(s))
			}
			out.WriteString(`"` + mask + `"`)
		} else {
			for end < len(s) && classes[s[end]]&classValue != 0 {
				end++
			}
			out.WriteString(mask)
		}
		from, done = end, end
	}
}

func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// maskAfter hides what follows prefix up to the next separator.
func maskAfter(line, prefix string) string {
	i := strings.Index(line, prefix)
	if i < 0 {
		return line
	}
	i += len(prefix)
	j := strings.IndexAny(line[i:], "| \t\r\n")
	if j < 0 {
		j = len(line) - i
	}
	return line[:i] + mask + line[i+j:]
}

// maskURIPasswords hides the password in "sip:user:password@host".
func maskURIPasswords(s string) string {
	var out strings.Builder
	done := 0 // of s, what is in out
	for from := 0; ; {
		i := indexFold(s[from:], "sip")
		if i < 0 {
			out.WriteString(s[done:])
			return out.String()
		}
		from += i + 3
		if from < len(s) && s[from]|0x20 == 's' {
			from++
		}
		if from == len(s) || s[from] != ':' {
			continue
		}
		from++
		end := strings.IndexAny(s[from:], "@<> \t\r\n\"")
		if end < 0 || s[from+end] != '@' {
			continue
		}
		if colon := strings.IndexByte(s[from:from+end], ':'); colon >= 0 {
			out.WriteString(s[done : from+colon+1])
			out.WriteString(mask)
			done = from + end
			from = done
		}
	}
}
