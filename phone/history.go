package phone

import (
	"context"
	"slices"
	"time"

	"webphone/phone/loop"
	"webphone/phone/store"
	"webphone/phone/ua"
)

// recordCall writes an ended call down.
func (p *Phone) recordCall(c *call) {
	with := c.inHistory()
	h := HistoryEntry{
		Account: c.account.ID, Peer: with.address, DisplayName: with.name,
		Direction: c.direction, Outcome: outcome(c.direction, !c.startedAt.IsZero(), c.end),
		At: c.createdAt, Codec: c.codec,
		Recordings: recordingsOf(c.files),
	}
	c.quality.summary(&h)
	if c.unasked && h.Outcome == OutcomeDeclined {
		h.Outcome = OutcomeMissed
	}
	if c.end != nil {
		h.Cause, h.Status = string(c.end.Cause), c.end.Status
	}
	if !c.startedAt.IsZero() {
		h.Duration = c.endedAt.Sub(c.startedAt)
	}
	h.Seen = h.Outcome != OutcomeMissed
	record := store.CallRecord{
		Account: h.Account, Peer: h.Peer, DisplayName: h.DisplayName, Incoming: h.Direction == Incoming,
		Started: c.createdAt, Answered: c.startedAt, Ended: c.endedAt,
		Outcome: string(h.Outcome), Cause: h.Cause, Status: h.Status,
		Codec: h.Codec, MOS: h.MOS, LossPercent: h.LossPercent, Seen: h.Seen,
		MOSWorst: h.MOSWorst, PeerLossPercent: h.PeerLossPercent, Jitter: h.Jitter, RTT: h.RTT, Path: h.Path, Cipher: h.Cipher,
		ReceiveCodec: h.ReceiveCodec, Late: h.Late, Concealed: h.Concealed, SendRate: h.SendRate, ReceiveRate: h.ReceiveRate,
		Recordings: string(h.Recordings),
	}
	loop.Enqueue(p.state.disk, "record call", func(ctx context.Context) (int64, error) {
		return p.store.AddCall(ctx, record)
	}, func(id int64, err error) {
		if err != nil {
			p.notify(&StorageError{What: "call", Err: err})
			p.state.lastID++
			id = -p.state.lastID // shown until the restart, never stored
		}
		h.ID = id
		p.state.history = append([]HistoryEntry{h}, p.state.history...)
		newestFirst(p.state.history)
		p.state.history = p.state.history[:min(len(p.state.history), HistoryKept)]
		p.changed()
	})
}

// newestFirst sorts by when the calls began: one that was on hold for long is
// written down after those that began and ended meanwhile.
func newestFirst(history []HistoryEntry) {
	slices.SortStableFunc(history, func(a, b HistoryEntry) int { return b.At.Compare(a.At) })
}

// outcome tells how a call went.
func outcome(d Direction, answered bool, e *ua.EndError) Outcome {
	if answered {
		return OutcomeAnswered
	}
	if e == nil {
		return OutcomeFailed
	}
	if d == Incoming {
		switch {
		case e.Cause == ua.CauseAnsweredElsewhere:
			return OutcomeElsewhere
		case e.Origin == ua.Local && e.Cause == ua.CauseRejected:
			return OutcomeDeclined
		case e.Cause == ua.CauseCanceled, e.Cause == ua.CauseNoAnswer, e.Cause == ua.CauseExpires, e.Cause == ua.CauseBye:
			return OutcomeMissed
		}
		return OutcomeFailed
	}
	switch e.Cause {
	case ua.CauseCanceled:
		return OutcomeCancelled
	case ua.CauseBusy:
		return OutcomeBusy
	case ua.CauseRejected:
		return OutcomeRejected
	case ua.CauseUnavailable, ua.CauseNoAnswer, ua.CauseExpires:
		return OutcomeNoAnswer
	}
	if e.Status == 487 { // not by us: a server gave up ringing
		return OutcomeNoAnswer
	}
	return OutcomeFailed
}

func historyOf(r store.CallRecord) HistoryEntry {
	h := HistoryEntry{
		ID: r.ID, Account: r.Account, Peer: r.Peer, DisplayName: r.DisplayName,
		Direction: Outgoing, Outcome: Outcome(r.Outcome), Cause: r.Cause, Status: r.Status,
		At: r.Started, Codec: r.Codec, MOS: r.MOS, LossPercent: r.LossPercent, Seen: r.Seen,
		MOSWorst: r.MOSWorst, PeerLossPercent: r.PeerLossPercent, Jitter: r.Jitter, RTT: r.RTT, Path: r.Path, Cipher: r.Cipher,
		ReceiveCodec: r.ReceiveCodec, Late: r.Late, Concealed: r.Concealed, SendRate: r.SendRate, ReceiveRate: r.ReceiveRate,
		Recordings: Recordings(r.Recordings),
	}
	if r.Incoming {
		h.Direction = Incoming
	}
	if !r.Answered.IsZero() {
		h.Duration = max(0, r.Ended.Sub(r.Answered))
	}
	return h
}

// MarkCallsSeen says that the user has looked at the missed calls.
func (p *Phone) MarkCallsSeen() {
	p.loop.Post("calls seen", func() {
		missed := false
		seen := make([]HistoryEntry, len(p.state.history))
		for i, h := range p.state.history {
			missed = missed || !h.Seen
			h.Seen = true
			seen[i] = h
		}
		if !missed {
			return
		}
		p.state.history = seen
		p.write("call", p.store.MarkCallsSeen)
		p.changed()
	})
}

// DeleteHistory removes one past call.
func (p *Phone) DeleteHistory(id int64) error {
	return p.do("delete call", func() error {
		kept := make([]HistoryEntry, 0, len(p.state.history))
		for _, h := range p.state.history {
			if h.ID != id {
				kept = append(kept, h)
			}
		}
		p.state.history = kept
		p.write("call", func(ctx context.Context) error { return p.store.DeleteCall(ctx, id) })
		p.changed()
		return nil
	})
}

// ClearHistory removes all past calls.
func (p *Phone) ClearHistory() error {
	return p.do("clear calls", func() error {
		p.state.history = nil
		p.write("call", p.store.ClearCalls)
		p.changed()
		return nil
	})
}

// write queues something for the disk; a failure becomes a notice.
func (p *Phone) write(what string, f func(context.Context) error) {
	loop.Enqueue(p.state.disk, "write "+what, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f(ctx)
	}, func(_ struct{}, err error) {
		if err != nil {
			p.notify(&StorageError{What: what, Err: err})
		}
	})
}

// lastAt is when the newest message of a thread was written.
func (t Thread) lastAt() time.Time {
	if len(t.Messages) == 0 {
		return time.Time{}
	}
	return t.Messages[len(t.Messages)-1].At
}
