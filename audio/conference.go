package audio

import "slices"

// SetConferences makes each group of streams a conference in place of those
// before: whoever is in it hears the user and all the others, but not
// themselves. The user hears everybody, at the volume of each stream; between
// the others volumes do not count. Muting a stream keeps the user from it, not
// the other members; hushing it keeps that member from all. A stream that is active in one direction only, or not at
// all, takes no part until it is active in both.
//
// A member that stays has no gap when others come or leave.
func (e *Engine) SetConferences(groups ...[]*Stream) {
	e.mu.Lock()
	changed := false
	for _, s := range e.streams {
		number := 1 + slices.IndexFunc(groups, func(g []*Stream) bool { return slices.Contains(g, s) })
		changed = changed || number != s.conference
		s.conference = number
	}
	e.mu.Unlock()
	if changed {
		e.route()
	}
}

// conference is several parties who hear one another. It belongs to the
// speaker's goroutine.
type conference struct {
	members []*party
	sum     [blockSamples]float32
}

// confer finds the conferences among the streams and gives each member the
// bridge from the others. One that stays keeps its bridge.
func confer(streams []*Stream, parties map[*Stream]*party) []*conference {
	byNumber := make(map[int]*conference)
	for _, s := range streams {
		if s.conference == 0 || !s.sends.Load() || parties[s] == nil {
			continue
		}
		if byNumber[s.conference] == nil {
			byNumber[s.conference] = new(conference)
		}
		c := byNumber[s.conference]
		c.members = append(c.members, parties[s])
	}
	var all []*conference
	for _, s := range streams {
		c := byNumber[s.conference]
		if c == nil || len(c.members) < 2 || !slices.Contains(c.members, parties[s]) {
			s.sender.others.Store(nil)
			continue
		}
		if s.sender.others.Load() == nil {
			s.sender.others.Store(newBridge())
		}
		parties[s].others = s.sender.others.Load()
		if c.members[0] == parties[s] {
			all = append(all, c)
		}
	}
	return all
}

// pass hands each member what the others have just said.
func (c *conference) pass() {
	clear(c.sum[:])
	for _, p := range c.members {
		for i, s := range p.block {
			c.sum[i] += float32(s)
		}
	}
	for _, p := range c.members {
		p.others.offer(c.sum[:], p.block[:])
	}
}
