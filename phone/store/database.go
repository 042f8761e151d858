package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schema holds, at index i, what makes user_version i+1 of version i. Entries
// are never changed once released.
//
// Times are microseconds since 1970, 0 for none; truth values are 0 and 1.
var schema = []string{`
CREATE TABLE calls (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL,
	peer TEXT NOT NULL,
	display_name TEXT NOT NULL,
	incoming INTEGER NOT NULL,
	started INTEGER NOT NULL,
	answered INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	outcome TEXT NOT NULL,
	cause TEXT NOT NULL,
	status INTEGER NOT NULL,
	codec TEXT NOT NULL,
	mos REAL NOT NULL,
	loss_percent REAL NOT NULL,
	seen INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_unseen ON calls (id) WHERE seen = 0;

CREATE TABLE messages (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL,
	peer TEXT NOT NULL,
	body TEXT NOT NULL,
	content_type TEXT NOT NULL,
	incoming INTEGER NOT NULL,
	at INTEGER NOT NULL,
	state TEXT NOT NULL,
	status INTEGER NOT NULL,
	cause TEXT NOT NULL,
	read INTEGER NOT NULL,
	call_id TEXT NOT NULL
) STRICT;
CREATE INDEX messages_of_peer ON messages (peer, id);
CREATE INDEX messages_unread ON messages (peer) WHERE read = 0 AND incoming = 1;
CREATE INDEX messages_pending ON messages (id) WHERE state IN ('queued', 'sending');

CREATE TABLE contacts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	favourite INTEGER NOT NULL,
	note TEXT NOT NULL
) STRICT;
CREATE TABLE contact_addresses (
	contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	address TEXT NOT NULL,
	PRIMARY KEY (contact, position)
) STRICT, WITHOUT ROWID;
`, `
ALTER TABLE contacts ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;
`, `
ALTER TABLE calls ADD COLUMN mos_worst REAL NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN peer_loss_percent REAL NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN jitter INTEGER NOT NULL DEFAULT 0; -- microseconds
ALTER TABLE calls ADD COLUMN rtt INTEGER NOT NULL DEFAULT 0; -- microseconds
ALTER TABLE calls ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN cipher TEXT NOT NULL DEFAULT '';
`, `
ALTER TABLE calls ADD COLUMN recordings TEXT NOT NULL DEFAULT '';
`, `
ALTER TABLE calls ADD COLUMN receive_codec TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN late INTEGER NOT NULL DEFAULT 0; -- packets
ALTER TABLE calls ADD COLUMN concealed INTEGER NOT NULL DEFAULT 0; -- microseconds
ALTER TABLE calls ADD COLUMN send_rate REAL NOT NULL DEFAULT 0; -- kbit/s
ALTER TABLE calls ADD COLUMN receive_rate REAL NOT NULL DEFAULT 0; -- kbit/s
`, `
CREATE TABLE thread_names (
	peer TEXT PRIMARY KEY,
	name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER thread_ends AFTER DELETE ON messages
WHEN NOT EXISTS (SELECT 1 FROM messages WHERE peer = OLD.peer)
BEGIN
	DELETE FROM thread_names WHERE peer = OLD.peer;
END;
`}

// openDatabase opens the database, setting a broken or too new one aside.
func (p *Profile) openDatabase(ctx context.Context) (notice *SetAsideError, err error) {
	path := p.DatabaseFile()
	for {
		p.db, err = openSQLite(ctx, path)
		if err == nil {
			return notice, os.Chmod(path, 0o600)
		}
		if notice != nil || !unreadable(err) {
			return nil, &DatabaseError{Op: "open", Err: err}
		}
		if notice, err = setDatabaseAside(path, err); err != nil {
			return nil, err
		}
	}
}

// openSQLite opens the file and brings its schema up to date.
func openSQLite(ctx context.Context, path string) (*sql.DB, error) {
	// The file is made here so that it, and the files SQLite makes beside it,
	// are its owner's alone from the start.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = checkHeader(f)
	f.Close()
	if err != nil {
		return nil, err
	}
	source := url.URL{
		Scheme:   "file",
		OmitHost: true,
		Path:     filepath.ToSlash(path),
		RawQuery: url.Values{"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		}, "_txlock": {"immediate"}}.Encode(),
	}
	db, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, err
	}
	// Writes come one after the other anyway, and reads are short.
	db.SetMaxOpenConns(1)
	err = checkDatabase(ctx, db)
	if err == nil {
		err = migrate(ctx, db, schema)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

var errCorrupt = errors.New("the database is damaged")

// checkHeader looks at the beginning of the file before SQLite does, which
// would delete the write-ahead log of a file that is no database any more.
func checkHeader(f *os.File) error {
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if n == 0 && errors.Is(err, io.EOF) {
		if info, err := os.Stat(f.Name() + "-wal"); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: it is empty, but its write-ahead log is not", errCorrupt)
		}
		return nil // a new one
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(head) != magic {
		return fmt.Errorf("%w: it does not begin like one", errCorrupt)
	}
	return nil
}

// checkDatabase reads through the whole file.
func checkDatabase(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errCorrupt, verdict)
	}
	return nil
}

// migrate applies the steps that the database has not seen yet, all or none.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return &VersionError{Got: version, Known: len(steps)}
	}
	if version == len(steps) {
		return nil
	}
	for v := version; v < len(steps); v++ {
		if _, err := tx.ExecContext(ctx, steps[v]); err != nil {
			return fmt.Errorf("schema version %d: %w", v+1, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
		return err
	}
	return tx.Commit()
}

// unreadable reports whether err lies in the content of the file, so that a
// new file would do. A full disk or a missing permission does not.
func unreadable(err error) bool {
	var version *VersionError
	if errors.Is(err, errCorrupt) || errors.As(err, &version) {
		return true
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code() & 0xff { // the rest of the code is detail
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR:
		return true // ERROR: a statement of ours does not suit the schema found
	}
	return false
}

// setDatabaseAside renames the file and what belongs to it alike, so that
// tools of SQLite still see one database.
func setDatabaseAside(path string, cause error) (*SetAsideError, error) {
	notice, err := setAside(path, cause)
	if err != nil {
		return nil, err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, notice.As+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return notice, nil
}

// exec runs one statement.
func (p *Profile) exec(ctx context.Context, op, query string, args ...any) (sql.Result, error) {
	r, err := p.db.ExecContext(ctx, query, args...)
	return r, databaseError(op, err)
}

// execOne runs a statement that must change a row, else it is ErrNotFound.
func (p *Profile) execOne(ctx context.Context, op, query string, args ...any) error {
	r, err := p.exec(ctx, op, query, args...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return databaseError(op, errors.Join(err, ErrNotFound))
	}
	return nil
}

// insert runs an INSERT and returns the new ID.
func (p *Profile) insert(ctx context.Context, op, query string, args ...any) (int64, error) {
	r, err := p.exec(ctx, op, query, args...)
	if err != nil {
		return 0, err
	}
	id, err := r.LastInsertId()
	return id, databaseError(op, err)
}

// queryAll runs a query and scans every row with scan.
func queryAll[T any](ctx context.Context, p *Profile, op, query string, scan func(func(...any) error) (T, error), args ...any) ([]T, error) {
	rows, err := p.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, databaseError(op, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, databaseError(op, err)
		}
		all = append(all, v)
	}
	return all, databaseError(op, rows.Err())
}

// micros is a time as the database has it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n)
}

// text makes a string that SQLite and everything behind it accept: what comes
// from the network may be no UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
