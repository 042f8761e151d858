package rig

// SIPjs is a party that runs SIP.js in a page of a browser.
type SIPjs struct{ *Web }

// OpenSIPjs opens a page of the browser, whose microphone plays the given
// frequency. Register is the next step. logDir keeps its story.
func OpenSIPjs(b *Browser, s *PeerServer, frequency float64, logDir string) (*SIPjs, error) {
	w, err := openWeb(b, s, "sipjs", frequency, logDir)
	return &SIPjs{w}, err
}

// Progress answers the ringing call 183 with a description: early media.
func (s *SIPjs) Progress(reliable bool) error { return s.do("peer.progress(%s)", reliable) }

// Publish implements Publisher.
func (s *SIPjs) Publish(event, contentType, body string) error {
	return s.do("peer.publish(%s, %s, %s)", event, contentType, body)
}
