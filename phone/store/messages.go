package store

import (
	"context"
	"slices"
	"time"
)

// The states of a message that the store itself knows of.
const (
	stateQueued  = "queued"
	stateSending = "sending"
)

// MessageRecord is one instant message. At is kept to the microsecond.
type MessageRecord struct {
	ID          int64 // given by AddMessage
	Account     string
	Peer        string // SIP address; names the thread
	Body        string
	ContentType string
	Incoming    bool
	At          time.Time
	State       string // "queued", "sending", "accepted", "delivered", "read", "failed", "received"
	Status      int    // SIP status of a failure, 0 when none
	Cause       string
	Read        bool   // by the user; matters for incoming ones
	CallID      string // or what the receipts of the message name it
}

// ThreadRecord is the conversation with one peer.
type ThreadRecord struct {
	Peer   string
	Name   string // see SetThreadName; "" if unknown
	Count  int    // of messages
	Unread int
	Last   MessageRecord
}

const messageColumns = "account, peer, body, content_type, incoming, at, state, status, cause, read, call_id"

// columns are the values of messageColumns.
func (r *MessageRecord) columns() []any {
	return []any{
		text(r.Account), text(r.Peer), text(r.Body), text(r.ContentType), r.Incoming, micros(r.At),
		text(r.State), r.Status, text(r.Cause), r.Read, text(r.CallID),
	}
}

// fields are where a row of id and messageColumns goes.
func (r *MessageRecord) fields(at *int64) []any {
	return []any{
		&r.ID, &r.Account, &r.Peer, &r.Body, &r.ContentType, &r.Incoming, at,
		&r.State, &r.Status, &r.Cause, &r.Read, &r.CallID,
	}
}

func scanMessage(scan func(...any) error) (MessageRecord, error) {
	var r MessageRecord
	var at int64
	err := scan(r.fields(&at)...)
	r.At = fromMicros(at)
	return r, err
}

// AddMessage stores a message and returns its ID; r.ID is not looked at. When
// it returns, the message survives the end of the process.
func (p *Profile) AddMessage(ctx context.Context, r MessageRecord) (int64, error) {
	return p.insert(ctx, "add message",
		"INSERT INTO messages ("+messageColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", r.columns()...)
}

// UpdateMessage replaces the message r.ID, or returns ErrNotFound.
func (p *Profile) UpdateMessage(ctx context.Context, r MessageRecord) error {
	return p.execOne(ctx, "update message",
		"UPDATE messages SET ("+messageColumns+") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
		append(r.columns(), r.ID)...)
}

// Messages returns the newest messages exchanged with peer, limit at most, of
// those stored before the message with the ID before (0: all), the oldest of
// them first.
func (p *Profile) Messages(ctx context.Context, peer string, limit int, before int64) ([]MessageRecord, error) {
	where := "peer = ? AND id < ?"
	if before == 0 {
		where = "peer = ? AND ? = 0"
	}
	list, err := queryAll(ctx, p, "messages",
		"SELECT id, "+messageColumns+" FROM messages WHERE "+where+" ORDER BY id DESC LIMIT ?",
		scanMessage, peer, before, limit)
	slices.Reverse(list)
	return list, err
}

// Threads returns all conversations, the one with the newest message first.
func (p *Profile) Threads(ctx context.Context) ([]ThreadRecord, error) {
	return queryAll(ctx, p, "threads", `
		SELECT t.count, (SELECT count(*) FROM messages u WHERE u.peer = messages.peer AND u.read = 0 AND u.incoming = 1),
			coalesce((SELECT name FROM thread_names n WHERE n.peer = messages.peer), ''),
			id, `+messageColumns+`
		FROM messages JOIN (SELECT max(id) AS last, count(*) AS count FROM messages GROUP BY peer) t ON id = t.last
		ORDER BY id DESC`,
		func(scan func(...any) error) (ThreadRecord, error) {
			var t ThreadRecord
			var at int64
			err := scan(append([]any{&t.Count, &t.Unread, &t.Name}, t.Last.fields(&at)...)...)
			t.Last.At = fromMicros(at)
			t.Peer = t.Last.Peer
			return t, err
		})
}

// SetThreadName keeps what peer calls itself, as long as there is a message.
func (p *Profile) SetThreadName(ctx context.Context, peer, name string) error {
	_, err := p.exec(ctx, "set thread name",
		"INSERT INTO thread_names (peer, name) VALUES (?, ?) ON CONFLICT (peer) DO UPDATE SET name = excluded.name", text(peer), text(name))
	return err
}

// MarkRead marks every message of peer as read.
func (p *Profile) MarkRead(ctx context.Context, peer string) error {
	_, err := p.exec(ctx, "mark read", "UPDATE messages SET read = 1 WHERE peer = ? AND read = 0 AND incoming = 1", peer)
	return err
}

// Unread returns how many incoming messages are not read.
func (p *Profile) Unread(ctx context.Context) (int, error) {
	var n int
	err := p.db.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE read = 0 AND incoming = 1").Scan(&n)
	return n, databaseError("unread", err)
}

// PendingMessages returns the messages that are queued, or were being sent
// when the process ended, the oldest first.
func (p *Profile) PendingMessages(ctx context.Context) ([]MessageRecord, error) {
	return queryAll(ctx, p, "pending messages",
		"SELECT id, "+messageColumns+" FROM messages WHERE state IN ('"+stateQueued+"', '"+stateSending+"') ORDER BY id",
		scanMessage)
}

// DeleteMessage removes one message; one that is not there is no error.
func (p *Profile) DeleteMessage(ctx context.Context, id int64) error {
	_, err := p.exec(ctx, "delete message", "DELETE FROM messages WHERE id = ?", id)
	return err
}

// DeleteThread removes every message exchanged with peer.
func (p *Profile) DeleteThread(ctx context.Context, peer string) error {
	_, err := p.exec(ctx, "delete thread", "DELETE FROM messages WHERE peer = ?", peer)
	return err
}
