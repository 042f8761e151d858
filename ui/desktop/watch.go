package desktop

import (
	"webphone/phone"
)

// Desk is what a Watch tells; *Notifier is one.
type Desk interface {
	Incoming(id phone.CallID, name, address string)
	EndIncoming(id phone.CallID)
	Missed(name, peer string)
	Message(name, peer, body string)
	Seen(peer string)
	Fault(id phone.CallID, name, sentence string, mend bool)
	EndFault(id phone.CallID)
}

// Fault is what keeps the two of a call from hearing each other.
type Fault struct {
	Name     string // of the other
	Sentence string // "" = nothing does
	Mend     bool   // a new path for the sound may help
}

var _ Desk = (*Notifier)(nil)

// Watch finds in each snapshot what the desktop should be told. The UI
// goroutine owns it.
type Watch struct {
	desk Desk
	// inSight reports whether the user has the window before them.
	inSight func() bool
	fault   func(phone.Call) Fault

	begun   bool
	ringing map[phone.CallID]bool  // told
	missed  int64                  // the newest history entry looked at
	message map[string]int64       // by peer: the newest message looked at
	unread  map[string]bool        // by peer: there was something to read
	faulty  map[phone.CallID]Fault // told, or seen in the window
}

// NewWatch returns a watch over what comes after the first snapshot. inSight
// reports whether the user has the window before them, fault what is wrong with
// a call.
func NewWatch(d Desk, inSight func() bool, fault func(phone.Call) Fault) *Watch {
	return &Watch{
		desk: d, inSight: inSight, fault: fault,
		ringing: map[phone.CallID]bool{}, message: map[string]int64{}, unread: map[string]bool{},
		faulty: map[phone.CallID]Fault{},
	}
}

// Apply tells what is new in s: a call always, since what is in front may be
// looked at by nobody, the rest only when the window is not.
func (w *Watch) Apply(s *phone.Snapshot) {
	away := !w.inSight()
	w.calls(s)
	w.history(s, away)
	w.threads(s, away)
	w.faults(s, away)
	w.begun = true
}

// faults tells of each fault, and of what becomes of it until it ends.
func (w *Watch) faults(s *phone.Snapshot, away bool) {
	faulty := map[phone.CallID]Fault{}
	for _, c := range s.Calls {
		f := w.fault(c)
		if f.Sentence == "" {
			continue
		}
		faulty[c.ID] = f
		if away && w.faulty[c.ID] != f {
			w.desk.Fault(c.ID, f.Name, f.Sentence, f.Mend)
		}
	}
	for id := range w.faulty {
		if _, still := faulty[id]; !still {
			w.desk.EndFault(id)
		}
	}
	w.faulty = faulty
}

func (w *Watch) calls(s *phone.Snapshot) {
	rings := map[phone.CallID]bool{}
	for _, c := range s.Calls {
		if c.State != phone.CallIncoming {
			continue
		}
		rings[c.ID] = true
		if !w.ringing[c.ID] {
			w.ringing[c.ID] = true
			w.desk.Incoming(c.ID, c.DisplayName, c.Peer)
		}
	}
	for id := range w.ringing {
		if !rings[id] {
			delete(w.ringing, id)
			w.desk.EndIncoming(id)
		}
	}
}

func (w *Watch) history(s *phone.Snapshot, away bool) {
	newest := w.missed
	for _, h := range s.History { // newest first
		if h.ID <= w.missed {
			continue
		}
		newest = max(newest, h.ID)
		if w.begun && away && h.Outcome == phone.OutcomeMissed && !h.Seen {
			w.desk.Missed(h.DisplayName, h.Peer)
		}
	}
	w.missed = newest
}

func (w *Watch) threads(s *phone.Snapshot, away bool) {
	for _, t := range s.Threads {
		last := w.message[t.Peer]
		newest := last
		for _, m := range t.Messages {
			if m.ID <= last {
				continue
			}
			newest = max(newest, m.ID)
			if w.begun && away && m.Incoming && !m.Read {
				w.desk.Message(t.DisplayName, t.Peer, m.Body)
			}
		}
		w.message[t.Peer] = newest
		if w.unread[t.Peer] && t.Unread == 0 {
			w.desk.Seen(t.Peer)
		}
		w.unread[t.Peer] = t.Unread > 0
	}
}
