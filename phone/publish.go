package phone

import (
	"cmp"
	"slices"
)

// changed says that the state differs from the last snapshot; one turn later,
// after whatever else is queued with it, a new one is published.
func (p *Phone) changed() {
	if p.state.publish {
		return
	}
	p.state.publish = true
	p.loop.Post("publish", p.publishNow)
}

func (p *Phone) publishNow() {
	p.state.publish = false
	p.publishPresence()
	p.current.Store(p.snapshot())
	p.watchers.Lock()
	defer p.watchers.Unlock()
	for c := range p.watchers.channels {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (p *Phone) snapshot() *Snapshot {
	s := &Snapshot{
		Contacts: p.state.contacts,
		Devices:  p.devices(),
		Settings: p.state.settings,
		Notices:  p.state.notices,
		Presence: p.presence(),

		RecordingFolder: p.recordingFolder(),
	}
	for _, a := range p.state.accounts {
		s.Accounts = append(s.Accounts, a.snapshot())
	}
	for _, c := range p.state.calls {
		s.Calls = append(s.Calls, p.callSnapshot(c))
	}
	if d := p.state.demo; d != nil {
		s.Demo = true
		s.RingMeAt = d.ringAt
		s.Contacts = append(slices.Clone(d.contacts), s.Contacts...)
		sortContacts(s.Contacts)
	}
	for _, t := range p.state.threads {
		if ofDemo(t.Peer) && !s.Demo {
			continue
		}
		t.DisplayName = p.nameOf(t.Peer, t.DisplayName)
		if how := p.state.manners[t.Peer]; how != nil {
			t.Typing = how.theyType
		}
		s.UnreadMessages += t.Unread
		s.Threads = append(s.Threads, t)
	}
	slices.SortFunc(s.Threads, func(a, b Thread) int {
		return cmp.Or(b.lastAt().Compare(a.lastAt()), cmp.Compare(a.Peer, b.Peer))
	})
	for _, h := range p.state.history {
		if ofDemo(h.Peer) && !s.Demo {
			continue
		}
		h.DisplayName = p.nameOf(h.Peer, h.DisplayName)
		if h.Outcome == OutcomeMissed && !h.Seen {
			s.MissedCalls++
		}
		s.History = append(s.History, h)
	}
	return s
}
