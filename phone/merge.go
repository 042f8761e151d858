package phone

import (
	"slices"

	"webphone/phone/ua"
)

// merge makes calls one conference.
//
//	resuming ──all are back──▶ joined
//	   └──one is refused or ends, or the user talks elsewhere──▶ those taken off hold go back
type merge struct {
	calls   []*call
	resumed []*call // those that were on hold
	waiting int     // resumes without an answer
	failed  *MergeError
	dropped bool // the user does something else
}

// Merge makes calls one conference: everybody hears everybody else. Those on
// hold are taken off it, and if one of them cannot be, all stay as they were
// and a *MergeError is told as a notice. It returns when the requests are
// made; Call.Merging tells that they are on their way and Call.Conference that
// it is done. A call that is in a conference brings the others of it along.
// Without ids it is for all answered calls. Fewer than two calls are
// ErrMergeAlone.
func (p *Phone) Merge(ids ...CallID) error {
	return p.do("merge", func() error {
		calls, err := p.mergeable(ids)
		if err != nil {
			return err
		}
		p.merge(calls)
		p.changed()
		return nil
	})
}

// mergeable finds the calls to be merged, in their order.
func (p *Phone) mergeable(ids []CallID) ([]*call, error) {
	for _, id := range ids {
		if c, err := p.findCall(id); err != nil {
			return nil, err
		} else if c.state != CallConfirmed {
			return nil, &ua.StateError{Op: "merge", State: c.session.Status()}
		}
	}
	wanted := func(c *call) bool {
		return len(ids) == 0 || slices.ContainsFunc(p.state.calls, func(named *call) bool {
			return slices.Contains(ids, named.id) && (named == c || named.with(c))
		})
	}
	var calls []*call
	for _, c := range p.state.calls {
		if c.state != CallConfirmed || c.superseded() || !wanted(c) {
			continue
		}
		switch {
		case c.merging != nil:
			return nil, ErrMerging
		case c.transfer.State.Pending():
			return nil, ErrTransferring
		}
		calls = append(calls, c)
	}
	if len(calls) < 2 {
		return nil, ErrMergeAlone
	}
	return calls, nil
}

func (p *Phone) merge(calls []*call) {
	m := &merge{calls: calls}
	for _, c := range calls {
		c.merging = m
		if c.localHold || c.holdPending {
			m.resumed = append(m.resumed, c)
		}
	}
	m.waiting = len(m.resumed)
	for _, c := range m.resumed {
		c.holdPending = true
		c.session.Unhold(func(err error) {
			c.holdPending = false
			m.answered(p, c, err)
			p.changed()
		})
	}
	if m.waiting == 0 {
		p.merged(m)
	}
}

// answered notes what became of one resume. The last ends the merge.
func (m *merge) answered(p *Phone, c *call, err error) {
	if err != nil && m.failed == nil {
		m.failed = &MergeError{Peer: p.nameOf(c.remote, c.remote), Err: err}
	}
	if m.waiting--; m.waiting == 0 {
		p.merged(m)
	}
}

// merged ends a merge, one way or the other.
func (p *Phone) merged(m *merge) {
	for _, c := range m.calls {
		c.merging = nil
		if !c.live() && m.failed == nil {
			m.failed = &MergeError{Peer: p.nameOf(c.remote, c.remote), Err: c.end}
		}
	}
	if m.failed == nil && !m.dropped {
		p.confer(m.calls, m.muted())
		p.holdOthers(m.calls[0])
		return
	}
	for _, c := range m.resumed {
		if c.state == CallConfirmed {
			p.hold(c)
		}
	}
	if m.failed != nil && !m.dropped {
		p.notify(m.failed)
	}
}

// dropMerge gives up a merge that a call is in: the user talks elsewhere.
func (c *call) dropMerge() {
	if c.merging != nil {
		c.merging.dropped = true
	}
}

// muted reports whether the user is muted from now on: as they were where they
// talked, or in any call if they talked in none.
func (m *merge) muted() bool {
	in := func(calls []*call) bool {
		return slices.ContainsFunc(calls, func(c *call) bool { return c.muted })
	}
	if len(m.resumed) == len(m.calls) {
		return in(m.calls)
	}
	talked := slices.DeleteFunc(slices.Clone(m.calls), func(c *call) bool { return slices.Contains(m.resumed, c) })
	return in(talked)
}
