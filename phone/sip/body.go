package sip

import (
	"strings"

	"webphone/phone/sip/body"
)

// maxNesting limits multipart bodies inside multipart bodies.
const maxNesting = 3

// SDP returns the session description in the body: a body of type
// application/sdp, or the first such part of a multipart body (RFC 5621).
func (c *Common) SDP() (text []byte, ok bool) {
	return findPart(c.Headers.Get("Content-Type"), c.Body, "application/sdp", maxNesting)
}

// Part returns the first body part of that media type (lower case), or the
// body itself when it is of that type.
func (c *Common) Part(mediaType string) (text []byte, ok bool) {
	return findPart(c.Headers.Get("Content-Type"), c.Body, mediaType, maxNesting)
}

func findPart(contentType string, text []byte, want string, depth int) ([]byte, bool) {
	mediaType, params := parseMediaType(contentType)
	if mediaType == want {
		return text, len(text) > 0
	}
	boundary, _ := params.Get("boundary")
	if !strings.HasPrefix(mediaType, "multipart/") || depth == 0 {
		return nil, false
	}
	parts, err := body.SplitMultipart(boundary, text)
	if err != nil {
		return nil, false
	}
	for _, part := range parts {
		// RFC 5621 §3.1: a part without type is text/plain.
		if found, ok := findPart(part.Get("Content-Type"), part.Body, want, depth-1); ok {
			return found, true
		}
	}
	return nil, false
}
