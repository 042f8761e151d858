package store

import (
	"context"
	"strings"
	"time"
)

// CallRecord is one past call. Times are kept to the microsecond.
type CallRecord struct {
	ID          int64 // given by AddCall
	Account     string
	Peer        string // SIP address
	DisplayName string
	Incoming    bool
	Started     time.Time // dialled, or began to ring
	Answered    time.Time // zero if it never was
	Ended       time.Time
	Outcome     string // "answered", "missed", …
	Cause       string
	Status      int // SIP status, 0 when none
	Codec       string
	MOS         float64
	LossPercent float64
	// MOS is the mean of the call, MOSWorst its worst moment; 0 = not known.
	MOSWorst        float64
	PeerLossPercent float64       // of what we sent
	Jitter, RTT     time.Duration // means, to the microsecond
	Path            string        // "host – srflx"
	Cipher          string
	ReceiveCodec    string
	Late            uint64        // packets
	Concealed       time.Duration // to the microsecond
	// SendRate and ReceiveRate are means of the payload, in kbit/s.
	SendRate, ReceiveRate float64

	Seen       bool   // by the user; matters for missed calls
	Recordings string // files of its sound, a path in a line
}

const callColumns = `account, peer, display_name, incoming, started, answered, ended,
	outcome, cause, status, codec, mos, loss_percent, seen,
	mos_worst, peer_loss_percent, jitter, rtt, path, cipher, recordings,
	receive_codec, late, concealed, send_rate, receive_rate`

// callValues has a place for each of callColumns.
var callValues = "(?" + strings.Repeat(", ?", strings.Count(callColumns, ",")) + ")"

// columns are the values of callColumns.
func (r *CallRecord) columns() []any {
	return []any{
		text(r.Account), text(r.Peer), text(r.DisplayName), r.Incoming,
		micros(r.Started), micros(r.Answered), micros(r.Ended),
		text(r.Outcome), text(r.Cause), r.Status, text(r.Codec), r.MOS, r.LossPercent, r.Seen,
		r.MOSWorst, r.PeerLossPercent, r.Jitter.Microseconds(), r.RTT.Microseconds(), text(r.Path), text(r.Cipher),
		r.Recordings,
		text(r.ReceiveCodec), int64(r.Late), r.Concealed.Microseconds(), r.SendRate, r.ReceiveRate,
	}
}

func scanCall(scan func(...any) error) (CallRecord, error) {
	var r CallRecord
	var started, answered, ended, jitter, rtt, late, concealed int64
	err := scan(&r.ID, &r.Account, &r.Peer, &r.DisplayName, &r.Incoming, &started, &answered, &ended,
		&r.Outcome, &r.Cause, &r.Status, &r.Codec, &r.MOS, &r.LossPercent, &r.Seen,
		&r.MOSWorst, &r.PeerLossPercent, &jitter, &rtt, &r.Path, &r.Cipher, &r.Recordings,
		&r.ReceiveCodec, &late, &concealed, &r.SendRate, &r.ReceiveRate)
	r.Late, r.Concealed = uint64(late), time.Duration(concealed)*time.Microsecond
	r.Jitter, r.RTT = time.Duration(jitter)*time.Microsecond, time.Duration(rtt)*time.Microsecond
	r.Started, r.Answered, r.Ended = fromMicros(started), fromMicros(answered), fromMicros(ended)
	return r, err
}

// AddCall writes a call down and returns its ID; r.ID is not looked at.
func (p *Profile) AddCall(ctx context.Context, r CallRecord) (int64, error) {
	return p.insert(ctx, "add call",
		"INSERT INTO calls ("+callColumns+") VALUES "+callValues, r.columns()...)
}

// UpdateCall replaces the call r.ID, or returns ErrNotFound.
func (p *Profile) UpdateCall(ctx context.Context, r CallRecord) error {
	return p.execOne(ctx, "update call",
		"UPDATE calls SET ("+callColumns+") = "+callValues+" WHERE id = ?",
		append(r.columns(), r.ID)...)
}

// Calls returns at most limit calls, the newest first, of those written down
// before the call with the ID before; 0 means all.
func (p *Profile) Calls(ctx context.Context, limit int, before int64) ([]CallRecord, error) {
	return queryAll(ctx, p, "calls",
		"SELECT id, "+callColumns+" FROM calls WHERE ? = 0 OR id < ? ORDER BY id DESC LIMIT ?",
		scanCall, before, before, limit)
}

// MarkCallsSeen marks every call as seen.
func (p *Profile) MarkCallsSeen(ctx context.Context) error {
	_, err := p.exec(ctx, "mark calls seen", "UPDATE calls SET seen = 1 WHERE seen = 0")
	return err
}

// DeleteCall removes one call; a call that is not there is no error.
func (p *Profile) DeleteCall(ctx context.Context, id int64) error {
	_, err := p.exec(ctx, "delete call", "DELETE FROM calls WHERE id = ?", id)
	return err
}

// ClearCalls removes all calls.
func (p *Profile) ClearCalls(ctx context.Context) error {
	_, err := p.exec(ctx, "clear calls", "DELETE FROM calls")
	return err
}
