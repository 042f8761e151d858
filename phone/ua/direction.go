package ua

import "strings"

// holdsUs reports whether an SDP offer puts us on hold: every active
// audio or video description in it is sendonly or inactive (RFC 3264 §8.4).
func holdsUs(sdp string) bool {
	session := "sendrecv"
	var media []string // the direction of each active description
	current := &session
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		if kind, ok := strings.CutPrefix(line, "m="); ok {
			var ignored string
			current = &ignored
			fields := strings.Fields(kind)
			if len(fields) >= 2 && (fields[0] == "audio" || fields[0] == "video") && fields[1] != "0" {
				media = append(media, session)
				current = &media[len(media)-1]
			}
			continue
		}
		switch line {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			*current = line[len("a="):]
		}
	}
	for _, direction := range media {
		if direction == "sendrecv" || direction == "recvonly" {
			return false
		}
	}
	return len(media) > 0
}
