package rig

import "webphone/audio/codec"

// JsSIP is a party that runs JsSIP in a page of a browser.
type JsSIP struct{ *Web }

// OpenJsSIP opens a page of the browser, whose microphone plays the given
// frequency. Register is the next step. logDir keeps its story.
func OpenJsSIP(b *Browser, s *PeerServer, frequency float64, logDir string) (*JsSIP, error) {
	w, err := openWeb(b, s, "jssip", frequency, logDir)
	return &JsSIP{w}, err
}

// Prefer implements Chooser.
func (j *JsSIP) Prefer(codecs ...codec.Name) error { return j.do("peer.prefer(%s)", codecs) }

// HoldByUpdate holds or resumes the newest call by UPDATE.
func (j *JsSIP) HoldByUpdate(on bool) error { return j.do("peer.holdByUpdate(%s)", on) }
