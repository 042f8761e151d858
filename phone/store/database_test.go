package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.Local)

func TestCalls_roundTrip(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	whole := CallRecord{
		Account: "a1", Peer: "sip:bob@example.com", DisplayName: "Bob ✆", Incoming: true,
		Started: noon, Answered: noon.Add(time.Second), Ended: noon.Add(time.Minute),
		Outcome: "answered", Cause: "Terminated", Status: 200, Codec: "opus", MOS: 4.31, LossPercent: 0.25, Seen: true,
		MOSWorst: 3.2, PeerLossPercent: 1.5, Jitter: 3217 * time.Microsecond, RTT: 48 * time.Millisecond,
		Path: "host – srflx", Cipher: "AES-128-GCM", Recordings: "/a/one.opus\n/a/two.opus",
		ReceiveCodec: "PCMA", Late: 7, Concealed: 1250 * time.Millisecond, SendRate: 31.5, ReceiveRate: 64,
	}
	for i, r := range []CallRecord{whole, {}} {
		var err error
		if r.ID, err = p.AddCall(t.Context(), r); err != nil || r.ID == 0 {
			t.Fatal(r.ID, err)
		}
		if i == 0 {
			whole = r
		}
	}
	p.Close()
	p = open(t, dir)
	got, err := p.Calls(t.Context(), 10, 0)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if want := (CallRecord{ID: got[0].ID}); !reflect.DeepEqual(got[0], want) {
		t.Errorf("zero record came back as %+v", got[0])
	}
	if !reflect.DeepEqual(got[1], whole) {
		t.Errorf("got  %+v\nwant %+v", got[1], whole)
	}
	whole.Outcome, whole.Seen, whole.Answered = "missed", false, time.Time{}
	if err := p.UpdateCall(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	if got, _ := p.Calls(t.Context(), 10, 0); !reflect.DeepEqual(got[1], whole) {
		t.Errorf("updated: %+v", got[1])
	}
}

func TestCalls_pagesNewestFirst(t *testing.T) {
	p := open(t, t.TempDir())
	var ids []int64
	for i := range 7 {
		id, err := p.AddCall(t.Context(), CallRecord{Peer: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var pages []string
	for before := int64(0); ; {
		page, err := p.Calls(t.Context(), 3, before)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		var peers string
		for _, r := range page {
			peers += r.Peer
		}
		pages = append(pages, peers)
		before = page[len(page)-1].ID
	}
	if got := strings.Join(pages, " "); got != "654 321 0" {
		t.Errorf("pages %q", got)
	}
	p.DeleteCall(t.Context(), ids[6])
	p.DeleteCall(t.Context(), ids[6])
	if id, _ := p.AddCall(t.Context(), CallRecord{}); id <= ids[6] {
		t.Errorf("the ID %d was given twice", id)
	}
	if err := p.MarkCallsSeen(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, _ := p.Calls(t.Context(), 100, 0)
	if len(left) != 7 || !left[0].Seen || !left[6].Seen {
		t.Errorf("left %+v", left)
	}
	if err := p.ClearCalls(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, _ := p.Calls(t.Context(), 100, 0); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
}

func TestMessages_roundTripAndThreads(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	add := func(r MessageRecord) MessageRecord {
		t.Helper()
		id, err := p.AddMessage(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		r.ID = id
		return r
	}
	out := add(MessageRecord{
		Account: "a", Peer: "sip:bob@x", Body: "hi\r\n'; DROP TABLE messages; --", ContentType: "text/plain",
		At: noon, State: "queued", Status: 503, Cause: "Connection Error", Read: true, CallID: "c1",
	})
	in := add(MessageRecord{Peer: "sip:bob@x", Body: "你好", Incoming: true, At: noon.Add(time.Hour), State: "received"})
	carol := add(MessageRecord{Peer: "sip:carol@x", Body: "?", Incoming: true, State: "received"})
	add(MessageRecord{Peer: "sip:bob@x", Body: "again", State: "sending", At: noon.Add(2 * time.Hour)})
	p.Close()
	p = open(t, dir)

	got, err := p.Messages(t.Context(), "sip:bob@x", 10, 0)
	if err != nil || len(got) != 3 || !reflect.DeepEqual(got[0], out) || !reflect.DeepEqual(got[1], in) {
		t.Errorf("messages %+v, %v", got, err)
	}
	if page, err := p.Messages(t.Context(), "sip:bob@x", 1, got[2].ID); err != nil || len(page) != 1 || page[0].ID != in.ID {
		t.Errorf("page %+v, %v", page, err)
	}
	threads, err := p.Threads(t.Context())
	if err != nil || len(threads) != 2 {
		t.Fatal(threads, err)
	}
	if th := threads[0]; th.Peer != "sip:bob@x" || th.Unread != 1 || th.Count != 3 || !reflect.DeepEqual(th.Last, got[2]) {
		t.Errorf("newest thread %+v", th)
	}
	if th := threads[1]; th.Peer != "sip:carol@x" || th.Unread != 1 || th.Last.ID != carol.ID {
		t.Errorf("older thread %+v", th)
	}

	if n, err := p.Unread(t.Context()); n != 2 || err != nil {
		t.Errorf("%d unread, %v", n, err)
	}
	if err := p.MarkRead(t.Context(), "sip:bob@x"); err != nil {
		t.Fatal(err)
	}
	if n, _ := p.Unread(t.Context()); n != 1 {
		t.Errorf("%d unread after reading one thread", n)
	}

	pending, err := p.PendingMessages(t.Context())
	if err != nil || len(pending) != 2 || pending[0].ID != out.ID {
		t.Errorf("pending %+v, %v", pending, err)
	}
	out.State, out.Status, out.Cause = "accepted", 0, ""
	if err := p.UpdateMessage(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if pending, _ := p.PendingMessages(t.Context()); len(pending) != 1 {
		t.Errorf("pending %+v", pending)
	}

	if err := p.DeleteMessage(t.Context(), out.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.DeleteThread(t.Context(), "sip:carol@x"); err != nil {
		t.Fatal(err)
	}
	if threads, _ := p.Threads(t.Context()); len(threads) != 1 || threads[0].Count != 2 {
		t.Errorf("left %+v", threads)
	}
}

func TestMessages_bytesThatAreNoText_areStored(t *testing.T) {
	p := open(t, t.TempDir())
	if _, err := p.AddMessage(t.Context(), MessageRecord{Peer: "x", Body: "gr\xfc\xdfe\x00!"}); err != nil {
		t.Fatal(err)
	}
	got, err := p.Messages(t.Context(), "x", 1, 0)
	if err != nil || len(got) != 1 || got[0].Body != "gr\uFFFDe\x00!" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestContacts(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	save := func(r ContactRecord) ContactRecord {
		t.Helper()
		id, err := p.SaveContact(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		r.ID = id
		return r
	}
	zoe := save(ContactRecord{Name: "zoe", Addresses: []string{"sip:zoe@x", "1234", "sip:a@b"}, Favourite: true, Note: "desk 4", Watched: true})
	adam := save(ContactRecord{Name: "Adam"})
	p.Close()
	p = open(t, dir)
	if got, err := p.Contacts(t.Context()); err != nil || !reflect.DeepEqual(got, []ContactRecord{adam, zoe}) {
		t.Errorf("%+v, %v", got, err)
	}
	zoe.Name, zoe.Addresses, zoe.Favourite = "Zoë", []string{"1234"}, false
	if id, err := p.SaveContact(t.Context(), zoe); err != nil || id != zoe.ID {
		t.Errorf("%d, %v", id, err)
	}
	if got, err := p.Contact(t.Context(), zoe.ID); err != nil || !reflect.DeepEqual(got, zoe) {
		t.Errorf("%+v, %v", got, err)
	}
	for range 2 {
		if err := p.DeleteContact(t.Context(), zoe.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Contact(t.Context(), zoe.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted contact: %v", err)
	}
	var orphans int
	if err := p.db.QueryRow("SELECT count(*) FROM contact_addresses").Scan(&orphans); err != nil || orphans != 0 {
		t.Errorf("%d addresses left, %v", orphans, err)
	}
}

func TestUpdate_ofWhatIsNotThere_isErrNotFound(t *testing.T) {
	p := open(t, t.TempDir())
	_, err := p.SaveContact(t.Context(), ContactRecord{ID: 7})
	for name, err := range map[string]error{
		"call":    p.UpdateCall(t.Context(), CallRecord{ID: 7}),
		"message": p.UpdateMessage(t.Context(), MessageRecord{ID: 7}),
		"contact": err,
	} {
		var typed *DatabaseError
		if !errors.Is(err, ErrNotFound) || !errors.As(err, &typed) || typed.Op == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDatabase_cancelledContext(t *testing.T) {
	p := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.AddCall(ctx, CallRecord{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := p.AddCall(t.Context(), CallRecord{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestDatabase_fromManyGoroutines(t *testing.T) {
	p := open(t, t.TempDir())
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for range 10 {
				if _, err := p.AddMessage(t.Context(), MessageRecord{Peer: fmt.Sprint(g), Incoming: true}); err != nil {
					t.Error(err)
				}
				if _, err := p.Threads(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := p.SaveContact(t.Context(), ContactRecord{Name: "n", Addresses: []string{"a"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n, err := p.Unread(t.Context()); n != 80 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
}

// filled makes a closed profile with a database of some pages and returns its
// directory.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	p := open(t, dir)
	for i := range 50 {
		if _, err := p.AddMessage(t.Context(), MessageRecord{Peer: fmt.Sprint(i), Body: strings.Repeat("text ", 200)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDatabase_damaged_isSetAside(t *testing.T) {
	for name, damage := range map[string]func(string) string{
		"not a database":   func(string) string { return "this is my diary\n" + strings.Repeat("dear diary ", 1000) },
		"cut off":          func(s string) string { return s[:len(s)*2/3] },
		"header only":      func(s string) string { return s[:100] },
		"zeroes inside":    func(s string) string { return s[:8192] + strings.Repeat("\x00", 16384) + s[24576:] },
		"noise in a page":  func(s string) string { return s[:len(s)-4096] + strings.Repeat("\xff\x5a", 2048) },
		"schema destroyed": func(s string) string { return s[:100] + strings.Repeat("\x7f", 3996) + s[4096:] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			file := filepath.Join(dir, DatabaseName)
			damaged := damage(read(t, file))
			write(t, file, damaged)
			p, notices, err := Open(dir, &ring{})
			if err != nil || len(notices) != 1 {
				t.Fatalf("%v, notices %v", err, notices)
			}
			defer p.Close()
			aside(t, notices[0], file, damaged)
			if list, err := p.Threads(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("new database: %v, %v", list, err)
			}
			if _, err := p.AddCall(t.Context(), CallRecord{}); err != nil {
				t.Error(err)
			}
			if m := mode(t, file); m != 0o600 {
				t.Errorf("mode %o", m)
			}
		})
	}
}

func TestDatabase_setAside_takesItsJournalAlong(t *testing.T) {
	for name, content := range map[string]string{"not a database": strings.Repeat("diary ", 1000), "emptied": ""} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			file := filepath.Join(dir, DatabaseName)
			write(t, file, content)
			write(t, file+"-wal", "journal")
			p, notices, err := Open(dir, &ring{})
			if err != nil || len(notices) != 1 {
				t.Fatal(err, notices)
			}
			defer p.Close()
			if got := read(t, aside(t, notices[0], file, content).As+"-wal"); got != "journal" {
				t.Errorf("journal %q", got)
			}
		})
	}
}

func TestDatabase_ofANewerVersion_isSetAside(t *testing.T) {
	dir := filled(t)
	p := open(t, dir)
	if _, err := p.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	p.Close()
	p, notices, err := Open(dir, &ring{})
	if err != nil || len(notices) != 1 {
		t.Fatal(err, notices)
	}
	defer p.Close()
	var v *VersionError
	if !errors.As(notices[0], &v) || v.Got != 99 || v.Known != len(schema) {
		t.Errorf("notice %v", notices[0])
	}
}

func TestDatabase_thatIsADirectory_isAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, DatabaseName), 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open(dir, &ring{})
	var typed *DatabaseError
	if !errors.As(err, &typed) {
		t.Fatalf("%v", err)
	}
	// The failed attempt leaves no lock behind.
	if err := os.Remove(filepath.Join(dir, DatabaseName)); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestMigrate_appliesEachStepOnce_allOrNone(t *testing.T) {
	p := open(t, t.TempDir())
	steps := append(schema[:len(schema):len(schema)], "CREATE TABLE second (x)", "CREATE TABLE third (x)")
	for range 2 {
		if err := migrate(t.Context(), p.db, steps); err != nil {
			t.Fatal(err)
		}
	}
	failing := append(steps, "CREATE TABLE fourth (x)", "CREATE TABLE second (x)")
	if err := migrate(t.Context(), p.db, failing); err == nil {
		t.Fatal("no error")
	}
	if _, err := p.db.Exec("INSERT INTO fourth VALUES (1)"); err == nil {
		t.Error("half of the steps were applied")
	}
	var version int
	if err := p.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != len(schema)+2 {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestDatabase_pragmas(t *testing.T) {
	p := open(t, t.TempDir())
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "1", "busy_timeout": "5000", "foreign_keys": "1",
	} {
		var got string
		if err := p.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", pragma, got, err, want)
		}
	}
}
