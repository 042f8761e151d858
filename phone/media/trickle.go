package media

import (
	"context"
	"fmt"

	"github.com/pion/webrtc/v3"

	"webphone/phone/ua"
)

// maxTold bounds the candidates of one description that a peer may tell, in it
// and after it: we send to the address of each, whosever it is.
const maxTold = 100

// begin prepares for another generation of candidates.
func (c *connection) begin() {
	for _, old := range []chan struct{}{c.gathered, c.srflx} {
		select {
		case <-old:
		default:
		}
	}
	c.described.Store(nil)
	c.hosts.Store(false)
	c.mapped.Store(false)
}

// signal fills a slot.
func signal(slot chan struct{}) {
	select {
	case slot <- struct{}{}:
	default:
	}
}

// onCandidate is told each candidate as it is found, and nil after the last.
func (c *connection) onCandidate(candidate *webrtc.ICECandidate) {
	found := ua.Candidate{End: candidate == nil, Ready: func() { signal(c.gathered) }}
	if d := c.described.Load(); d != nil {
		found.Late, found.Ufrag, found.Pwd, found.MID = true, d.ufrag, d.pwd, d.mid
	}
	if candidate == nil {
		c.candidate(found)
		signal(c.gathered)
		return
	}
	if found.Text = candidate.ToJSON().Candidate; usableCandidate("a=" + found.Text) {
		c.candidate(found)
	}
	switch candidate.Typ {
	case webrtc.ICECandidateTypeHost:
		c.hosts.Store(true)
	case webrtc.ICECandidateTypeSrflx:
		c.mapped.Store(true)
	}
	if c.hosts.Load() && c.mapped.Load() {
		signal(c.srflx)
	}
}

// described is what a description has said of the candidates to come.
type described struct{ ufrag, pwd, mid string }

// admits counts a candidate of the peer's description ufrag that was told
// after it, and reports whether there is room for it.
func (c *connection) admits(ufrag string) bool {
	if c.toldOf != ufrag {
		c.toldOf, c.told = ufrag, 0
	}
	c.told++
	return c.told <= maxTold
}

// announce has candidates that are found from now on told: a description made
// after it has all others.
func (c *connection) announce() {
	session, media := split(c.pc.LocalDescription().SDP)
	all := append(session, media[0]...)
	d := &described{}
	d.ufrag, _ = all.value("a=ice-ufrag:")
	d.pwd, _ = all.value("a=ice-pwd:")
	d.mid, _ = media[0].value("a=mid:")
	c.described.Store(d)
}

// trickleLines is what a trickler's description says of its candidates
// (RFC 8838 §3, RFC 8840 §4.1).
func (c *connection) trickleLines() section {
	switch {
	case !c.trickle:
		return nil
	case c.pc.ICEGatheringState() == webrtc.ICEGatheringStateComplete:
		return section{"a=ice-options:trickle", "a=end-of-candidates"}
	}
	return section{"a=ice-options:trickle"}
}

// AddCandidates implements ua.Peer.
func (p *Peer) AddCandidates(_ context.Context, told []ua.Candidate) error {
	p.told = append(p.told, told...)
	if n := len(p.told) - maxTold; n > 0 {
		p.told = p.told[n:]
	}
	return p.takeTold()
}

// takeTold hands over the candidates of the present description; others may
// be of the next.
func (p *Peer) takeTold() error {
	c, err := p.current()
	if err != nil || c == nil || p.stable == nil {
		return err
	}
	var later []ua.Candidate
	for _, t := range p.told {
		switch {
		case t.Ufrag != "" && t.Ufrag != p.stable.ufrag:
			later = append(later, t)
		case !t.End && usableCandidate("a="+t.Text) && c.admits(p.stable.ufrag):
			if e := c.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: t.Text}); e != nil {
				err = fmt.Errorf("media: candidate: %w", e)
			}
		}
	}
	p.told = later
	return err
}

// useTold is takeTold for a description that is good in any case.
func (p *Peer) useTold() {
	if err := p.takeTold(); err != nil {
		p.o.Log.Info("candidates not taken", "error", err)
	}
}
