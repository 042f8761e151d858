package ua

import (
	"context"
	"slices"

	"webphone/phone/sip"
	sipbody "webphone/phone/sip/body"
)

// Names of RFC 8840 §10: the option tag is the Info Package's too.
const trickleTag = "trickle-ice"

// maxTrickled bounds the candidates of ours that wait to be sent.
const maxTrickled = 100

// Candidate is a candidate of ICE, or the end of those of one description.
type Candidate struct {
	Text       string // "candidate:…" (RFC 8839 §5.1); "" with End
	Ufrag, Pwd string // of the description that it belongs to; may be ""
	MID        string // of the section; may be ""
	End        bool   // there will be no more
	// Late: it was found after the description had been made without it.
	Late bool
	// Ready ends the wait for further ones: the description is made with
	// those that there are. It may be called from any goroutine; nil when a
	// peer told the candidate.
	Ready func()
}

// trickling is the state of candidates that are told one by one (RFC 8838,
// RFC 8840). We are a half trickler: a description has all candidates that
// were found within its time, and only what comes later is told by INFO, to a
// peer that announces that it can.
type trickling struct {
	peer    bool // announces it
	waiting []Candidate
	sending bool        // an INFO is under way
	refused bool        // the peer does not take it after all
	early   []Candidate // of the caller, told before our media were asked for
}

// learnPeer notes what a message of the peer tells about it.
func (s *RTCSession) learnPeer(c *sip.Common) {
	s.timer.learn(c)
	s.learnIdentity(c)
	if tags := c.Supported(); len(tags) > 0 {
		s.trickle.peer = slices.Contains(tags, trickleTag)
	}
}

// localCandidate tells of a candidate of ours, and the peer if it is late.
func (s *RTCSession) localCandidate(c Candidate) {
	if !c.End {
		s.env.emit(ICECandidate{Session: s, Candidate: c})
	}
	t := &s.trickle
	if s.IsEnded() || !c.Late || s.env.config.NoTrickle || len(t.waiting) >= maxTrickled {
		return
	}
	t.waiting = append(t.waiting, c)
	s.sendCandidates()
}

// sendCandidates tells the peer what has gathered, of one generation at a
// time; the next INFO waits for the answer to the last.
func (s *RTCSession) sendCandidates() {
	t := &s.trickle
	if len(t.waiting) == 0 || t.sending || t.refused || !t.peer || s.env.config.NoTrickle || s.dialog == nil ||
		s.status != StatusConfirmed && s.status != StatusWaitingForACK {
		return
	}
	first := t.waiting[0]
	m := sipbody.ICEMedia{MID: first.MID}
	rest := slices.IndexFunc(t.waiting, func(c Candidate) bool { return c.Ufrag != first.Ufrag })
	if rest < 0 {
		rest = len(t.waiting)
	}
	for _, c := range t.waiting[:rest] {
		if m.End = m.End || c.End; !c.End {
			m.Candidates = append(m.Candidates, c.Text)
		}
	}
	t.waiting = slices.Clone(t.waiting[rest:])
	frag := sipbody.ICEFrag{Ufrag: first.Ufrag, Pwd: first.Pwd, Media: []sipbody.ICEMedia{m}}
	t.sending = true
	s.sendInfo(s.dialog, sipbody.TypeICEFrag, frag.Bytes(), InfoOptions{
		ExtraHeaders: []sip.Header{
			{Name: "Info-Package", Value: trickleTag},
			{Name: "Content-Disposition", Value: "Info-Package"},
		},
		Done: func(res *sip.Response, err *EndError) {
			t.sending = false
			t.refused = t.refused || err != nil && res != nil
			s.sendCandidates()
		},
	})
}

// isTrickle reports an INFO that tells candidates (RFC 8840 §10.4).
func (s *RTCSession) isTrickle(r *inbound, kind string) bool {
	name, _, ok := r.InfoPackage()
	return ok && name == trickleTag && kind == sipbody.TypeICEFrag && !s.env.config.NoTrickle
}

// receiveTrickle takes the peer's candidates.
func (s *RTCSession) receiveTrickle(r *inbound) {
	frag, err := sipbody.ParseICEFrag(r.Body)
	if err != nil {
		s.log.Info("candidates not understood", "error", err)
		r.reply(answer{status: 400})
		return
	}
	r.reply(answer{status: 200})
	var told []Candidate
	for _, m := range frag.Media {
		ufrag, pwd := frag.Credentials(m)
		for _, text := range m.Candidates {
			told = append(told, Candidate{Text: text, Ufrag: ufrag, Pwd: pwd, MID: m.MID})
		}
		if m.End || frag.End {
			told = append(told, Candidate{Ufrag: ufrag, Pwd: pwd, MID: m.MID, End: true})
		}
	}
	if s.in != nil && !s.in.early.asked { // RFC 8840 §4.3: it may begin with our 180
		s.trickle.early = append(s.trickle.early, told[:min(len(told), maxTrickled-len(s.trickle.early))]...)
		return
	}
	s.addCandidates(told)
}

// addCandidates hands the peer's candidates to the media.
func (s *RTCSession) addCandidates(told []Candidate) {
	if len(told) == 0 {
		return
	}
	s.apply("add candidates", func(ctx context.Context, p Peer) error { return p.AddCandidates(ctx, told) }, func(err error) {
		if err != nil {
			s.log.Info("candidates not taken", "error", err)
		}
	})
}
