package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a Phone that writes down what it is told.
type recorder struct {
	sync.Mutex
	calls    []string
	err      error // of every command
	note     string
	status   Status
	watchers map[chan struct{}]struct{}
	quit     chan struct{}
	block    chan struct{} // SendMessage waits for it, if not nil
	accounts []Account
}

func newRecorder() *recorder {
	return &recorder{
		watchers: map[chan struct{}]struct{}{}, quit: make(chan struct{}),
		status: Status{Accounts: []AccountStatus{}, Calls: []CallStatus{}},
	}
}

func (r *recorder) did(format string, args ...any) error {
	r.Lock()
	defer r.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	return r.err
}

// took returns what was written down since the last time.
func (r *recorder) took() string {
	r.Lock()
	defer r.Unlock()
	s := strings.Join(r.calls, "; ")
	r.calls = nil
	return s
}

// set changes the status and tells so.
func (r *recorder) set(change func(*Status)) {
	r.Lock()
	defer r.Unlock()
	change(&r.status)
	for c := range r.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (r *recorder) Dial(target, account string) (string, error) {
	return "7", r.did("dial %q", append([]string{target}, strings.Fields(account)...))
}
func (r *recorder) Answer(id string) error            { return r.did("answer %q", id) }
func (r *recorder) Decline(id string) error           { return r.did("decline %q", id) }
func (r *recorder) Hangup(id string) error            { return r.did("hangup %q", id) }
func (r *recorder) HangupAll() error                  { return r.did("hangup all") }
func (r *recorder) Hold(id string) error              { return r.did("hold %q", id) }
func (r *recorder) Resume(id string) error            { return r.did("resume %q", id) }
func (r *recorder) SetMuted(id string, on bool) error { return r.did("mute %q %v", id, on) }

func (r *recorder) SetMemberMuted(id string, on bool) error {
	return r.did("mute member %q %v", id, on)
}

func (r *recorder) SetRecording(id string, on bool) error { return r.did("record %q %v", id, on) }
func (r *recorder) ToggleRecording(id string) error       { return r.did("toggle recording %q", id) }
func (r *recorder) SendDTMF(id, digits string) error      { return r.did("dtmf %q %q", id, digits) }
func (r *recorder) Transfer(id, target string) error      { return r.did("transfer %q %q", id, target) }

func (r *recorder) TransferTo(id, other string) error { return r.did("transfer %q to %q", id, other) }
func (r *recorder) Merge() error                      { return r.did("merge") }
func (r *recorder) Reconnect(id string) error         { return r.did("reconnect %q", id) }
func (r *recorder) Split(id string) error             { return r.did("split %q", id) }
func (r *recorder) Show() error                       { return r.did("show") }
func (r *recorder) Open(target string) error          { return r.did("open %q", target) }
func (r *recorder) Demo() error                       { return r.did("demo") }
func (r *recorder) Quit()                             { _ = r.did("quit"); close(r.quit) }

func (r *recorder) SendMessage(ctx context.Context, peer, text, account string) error {
	if r.block != nil {
		select {
		case <-r.block:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return r.did("message %q", append([]string{peer, text}, strings.Fields(account)...))
}

func (r *recorder) Messages(peer string) ([]Message, error) {
	err := r.did("messages %q", peer)
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.Local)
	return []Message{
		{ID: 1, Peer: "sip:bob@x", DisplayName: "Bob", Direction: "incoming", Text: "hi\nthere \x1b[31m", At: at, State: "received"},
		{ID: 2, Peer: "sip:bob@x", Direction: "outgoing", Text: "lost", At: at, State: "failed", Cause: "Not Found", Status: 404},
	}, err
}

func (r *recorder) History() ([]HistoryEntry, error) {
	at := time.Date(2026, 11, 21, 4, 15, 0, 0, time.Local)
	return []HistoryEntry{
		{ID: 2, Peer: "sip:bob@x", DisplayName: "Bob", Direction: "outgoing", Outcome: "answered", At: at, Seconds: 62.5},
		{ID: 1, Peer: "sip:c@x", Direction: "outgoing", Outcome: "failed", Cause: "Request Timeout", Status: 408, At: at},
	}, r.did("history")
}

func (r *recorder) AddAccount(_ context.Context, a Account) (string, error) {
	err := r.did("account %v", a)
	r.Lock()
	defer r.Unlock()
	r.accounts = append(r.accounts, a)
	return r.note, err
}

func (r *recorder) Status() Status {
	r.Lock()
	defer r.Unlock()
	return r.status
}

func (r *recorder) Changed(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	r.Lock()
	defer r.Unlock()
	r.watchers[c] = struct{}{}
	context.AfterFunc(ctx, func() {
		r.Lock()
		defer r.Unlock()
		delete(r.watchers, c)
		close(c)
	})
	return c
}

// profile is a directory with a path short enough for a socket.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve runs a server for r in a new profile.
func serve(t *testing.T, r *recorder) (*Server, string) {
	t.Helper()
	dir := profile(t)
	s, err := Serve(dir, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); s.Release() })
	return s, dir
}

// run runs a command line with the profile.
func run(dir, stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	env := Environment{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs}
	code = Run(context.Background(), append([]string{"--profile", dir}, args...), env)
	return code, out.String(), errs.String()
}

var errTest = errors.New("no such call")
