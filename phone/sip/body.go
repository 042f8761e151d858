package sip

import (
	"bytes"
	"io"
	"mime/multipart"
	"strings"
)

// maxNesting limits multipart bodies inside multipart bodies.
const maxNesting = 3

// SDP returns the session description in the body: a body of type
// application/sdp, or the first such part of a multipart body (RFC 5621).
func (c *Common) SDP() (body []byte, ok bool) {
	return findPart(c.Headers.Get("Content-Type"), c.Body, "application/sdp", maxNesting)
}

// Part returns the first body part of that media type (lower case), or the
// body itself when it is of that type.
func (c *Common) Part(mediaType string) (body []byte, ok bool) {
	return findPart(c.Headers.Get("Content-Type"), c.Body, mediaType, maxNesting)
}

func findPart(contentType string, body []byte, want string, depth int) ([]byte, bool) {
	mediaType, params := parseMediaType(contentType)
	if mediaType == want {
		return body, len(body) > 0
	}
	boundary, _ := params.Get("boundary")
	if !strings.HasPrefix(mediaType, "multipart/") || boundary == "" || depth == 0 {
		return nil, false
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, false
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, false
		}
		// RFC 5621 §3.1: a part without type is text/plain.
		if found, ok := findPart(part.Header.Get("Content-Type"), text, want, depth-1); ok {
			return found, true
		}
	}
}
