package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// talk connects to the server as a script would.
func talk(t *testing.T, s *Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("unix", s.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn, bufio.NewReader(conn)
}

func readLine(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatalf("read %q, %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func TestServer_socketIsForItsOwnerAlone(t *testing.T) {
	s, dir := serve(t, newRecorder())
	if s.Path() != filepath.Join(dir, SocketName) {
		t.Errorf("path %s", s.Path())
	}
	info, err := os.Lstat(s.Path())
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("entries %v", entries)
	}
	s.Close()
	s.Close()
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("entries %v after Close", entries)
	}
}

func TestServe_twice_isErrRunning(t *testing.T) {
	_, dir := serve(t, newRecorder())
	if _, err := Serve(dir, newRecorder(), nil); !errors.Is(err, ErrRunning) {
		t.Errorf("error %v", err)
	}
	if code, _, _ := run(dir, "", "status"); code != ExitDone {
		t.Error("the first one is gone")
	}
}

func TestServe_staleSocket_isReplaced(t *testing.T) {
	for name, leave := range map[string]func(path string){
		"of a crashed phone": func(path string) {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			l.SetUnlinkOnClose(false)
			l.Close()
		},
		"half made": func(path string) { os.WriteFile(path+beingMade, nil, 0o600) },
		"a file":    func(path string) { os.WriteFile(path, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := profile(t)
			leave(filepath.Join(dir, SocketName))
			if code, _, stderr := run(dir, "", "status"); code != ExitNotRunning {
				t.Errorf("before: code %d, %s", code, stderr)
			}
			s, err := Serve(dir, newRecorder(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if code, _, stderr := run(dir, "", "status"); code != ExitDone {
				t.Errorf("after: code %d, %s", code, stderr)
			}
		})
	}
}

func TestServe_noProfile(t *testing.T) {
	if _, err := Serve(filepath.Join(profile(t), "none"), newRecorder(), nil); err == nil {
		t.Error("no error")
	}
}

func TestServer_Close_leavesTheSocketOfItsSuccessor(t *testing.T) {
	s, dir := serve(t, newRecorder())
	os.Remove(s.Path())
	next, err := Serve(dir, newRecorder(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	s.Close()
	if code, _, stderr := run(dir, "", "status"); code != ExitDone {
		t.Errorf("code %d, %s", code, stderr)
	}
}

func TestSocketPath_longProfile_isShortAndTheSameOnBothSides(t *testing.T) {
	dir := filepath.Join(profile(t), strings.Repeat("long-directory-name/", 8))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(dir), "link-"+strings.Repeat("x", 30))
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	s, err := Serve(dir, newRecorder(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Path())+len(beingMade) > 103 || strings.HasPrefix(s.Path(), dir) {
		t.Errorf("path %s", s.Path())
	}
	parent, err := os.Stat(filepath.Dir(s.Path()))
	if err != nil || parent.Mode().Perm() != 0o700 {
		t.Errorf("its directory has mode %v, %v", parent.Mode(), err)
	}
	t.Setenv("XDG_RUNTIME_DIR", "/elsewhere")
	t.Setenv("TMPDIR", "/elsewhere")
	for _, name := range []string{dir, dir + "/", link} {
		if code, _, stderr := run(name, "", "status"); code != ExitDone {
			t.Errorf("%s: code %d, %s", name, code, stderr)
		}
	}
	other, err := SocketPath(dir + "2")
	if err != nil || other == s.Path() {
		t.Errorf("another profile has the same socket: %s, %v", other, err)
	}
}

func TestPrepareDir_thatOthersCanEnter_isNotUsed(t *testing.T) {
	dir := profile(t)
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	os.Chmod(open, 0o777)
	link := filepath.Join(dir, "link")
	os.Symlink(dir, link)
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o600)
	for _, bad := range []string{open, link, file} {
		if err := prepareDir(bad); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	if err := prepareDir(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
}

func TestServer_requestsOneAfterTheOther(t *testing.T) {
	r := newRecorder()
	s, _ := serve(t, r)
	conn, in := talk(t, s)
	io.WriteString(conn, "\n{\"command\":\"dial\",\"target\":\"bob\"}\r\n{\"command\":\"hold\",")
	if got := readLine(t, in); got != `{"code":0,"id":"7"}` {
		t.Errorf("answer %s", got)
	}
	io.WriteString(conn, "\"call\":\"7\"}\n")
	if got := readLine(t, in); got != `{"code":0}` {
		t.Errorf("answer %s", got)
	}
	// The end of the input may take the place of the last line's.
	io.WriteString(conn, `{"command":"hangup"}`)
	conn.(*net.UnixConn).CloseWrite()
	if got := readLine(t, in); got != `{"code":0}` {
		t.Errorf("answer %s", got)
	}
	if got := r.took(); got != `dial ["bob"]; hold "7"; hangup ""` {
		t.Errorf("phone was told %s", got)
	}
}

func TestServer_badRequests(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"half written, then the end": {`{"command":"dial","tar`, `{"code":2,"error":"this is no request`},
		"no JSON":                    {"dial bob\n", `{"code":2,"error":"this is no request`},
		"wrong type":                 {`{"command":7}` + "\n", `{"code":2,"error":"this is no request`},
		"unknown command":            {`{"command":"juggle"}` + "\n", `{"code":2,"error":"this phone knows no command \"juggle\""}`},
		"no account":                 {`{"command":"account add"}` + "\n", `{"code":2,"error":"account add needs an account"}`},
		"too long":                   {strings.Repeat("x", maxRequest+1), `{"code":2,"error":"a request has at most`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder()
			s, _ := serve(t, r)
			conn, in := talk(t, s)
			go func() {
				io.WriteString(conn, tt.in)
				conn.(*net.UnixConn).CloseWrite()
			}()
			if got := readLine(t, in); !strings.HasPrefix(got, tt.want) {
				t.Errorf("answer %s, want %s", got, tt.want)
			}
			if got := r.took(); got != "" {
				t.Errorf("phone was told %s", got)
			}
		})
	}
}

func TestServer_halfWrittenRequest_hindersNobody(t *testing.T) {
	s, dir := serve(t, newRecorder())
	conn, in := talk(t, s)
	io.WriteString(conn, `{"command":"sta`)
	if code, _, stderr := run(dir, "", "status"); code != ExitDone {
		t.Errorf("code %d, %s", code, stderr)
	}
	s.Close() // returns although the client goes on saying nothing
	if line, err := in.ReadString('\n'); err == nil && !strings.Contains(line, `"code":2`) {
		t.Errorf("answer %q", line)
	}
}

func TestServer_tooManyClients_areTurnedAway(t *testing.T) {
	s, dir := serve(t, newRecorder())
	var conns []net.Conn
	for range maxClients {
		conn, in := talk(t, s)
		io.WriteString(conn, `{"command":"hold"}`+"\n")
		readLine(t, in)
		conns = append(conns, conn)
	}
	code, _, stderr := run(dir, "", "status")
	if code != ExitRefused || !strings.Contains(stderr, "too many clients") {
		t.Errorf("code %d, %s", code, stderr)
	}
	conns[0].Close()
	for range 1000 { // until the server has noticed
		if code, _, _ = run(dir, "", "status"); code == ExitDone {
			break
		}
	}
	if code != ExitDone {
		t.Errorf("code %d after one has left", code)
	}
}

// follower reads what "status --json --follow" prints.
type follower struct {
	lines  chan Status
	code   chan int
	cancel context.CancelFunc
}

func follow(t *testing.T, dir string) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{lines: make(chan Status, 100), code: make(chan int, 1), cancel: cancel}
	out, in := io.Pipe()
	var group sync.WaitGroup
	group.Go(func() {
		f.code <- Run(ctx, []string{"--profile", dir, "status", "--json", "--follow"}, Environment{Stdout: in, Stderr: io.Discard})
		in.Close()
	})
	group.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var s Status
			if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
				t.Errorf("%q: %v", lines.Text(), err)
			}
			f.lines <- s
		}
		close(f.lines)
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	return f
}

func (f *follower) next(t *testing.T) Status {
	t.Helper()
	select {
	case s := <-f.lines:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("no line")
		return Status{}
	}
}

func TestFollow_twoClientsAtOnce_eachSeesEveryChange(t *testing.T) {
	r := newRecorder()
	s, dir := serve(t, r)
	one, two := follow(t, dir), follow(t, dir)
	for _, f := range []*follower{one, two} {
		if s := f.next(t); s.MissedCalls != 0 {
			t.Errorf("first line %+v", s)
		}
	}
	for n := 1; n <= 5; n++ {
		r.set(func(s *Status) { s.MissedCalls = n })
		r.set(func(*Status) {}) // nothing that shows: no line
		for _, f := range []*follower{one, two} {
			if s := f.next(t); s.MissedCalls != n {
				t.Errorf("line %+v, want %d missed calls", s, n)
			}
		}
	}
	one.cancel() // one leaving does not disturb the other
	if code := <-one.code; code != ExitDone {
		t.Errorf("code %d after an interrupt", code)
	}
	r.set(func(s *Status) { s.UnreadMessages = 3 })
	if s := two.next(t); s.UnreadMessages != 3 {
		t.Errorf("line %+v", s)
	}
	s.Close()
	if code := <-two.code; code != ExitDone {
		t.Errorf("code %d at the end of the phone", code)
	}
	if _, more := <-two.lines; more {
		t.Error("a line after the end")
	}
}

func TestFollow_clientThatDoesNotRead_isGivenUp(t *testing.T) {
	r := newRecorder()
	s, _ := serve(t, r)
	conn, _ := talk(t, s)
	io.WriteString(conn, `{"command":"status","follow":true}`+"\n")
	big := strings.Repeat("x", 1<<20)
	r.set(func(s *Status) { s.Devices.Problem = big })
	s.Close() // does not wait longer than for one answer
}

func TestQuit_returnsWhenThePhoneIsGone(t *testing.T) {
	r := newRecorder()
	s, dir := serve(t, r)
	code := make(chan int, 1)
	go func() {
		c, _, _ := run(dir, "", "quit")
		code <- c
	}()
	<-r.quit
	s.Close()
	select {
	case c := <-code:
		t.Errorf("returned %d before the end", c)
	default:
	}
	s.Release()
	if c := <-code; c != ExitDone {
		t.Errorf("code %d", c)
	}
}

func TestMessage_phoneEndsMeanwhile(t *testing.T) {
	r := newRecorder()
	r.block = make(chan struct{})
	s, dir := serve(t, r)
	code := make(chan int, 1)
	conn, _ := talk(t, s)
	go func() {
		c, _, _ := run(dir, "", "message", "bob", "hi")
		code <- c
	}()
	// Both clients are being served once this one is answered twice.
	for range 2 {
		io.WriteString(conn, `{"command":"hold"}`+"\n")
	}
	s.Close()
	if c := <-code; c != ExitRefused && c != ExitNotRunning {
		t.Errorf("code %d", c)
	}
}

func TestNotRunning_pathsThatAreNoSocket(t *testing.T) {
	if code, _, stderr := run(profile(t), "", "dial", "bob"); code != ExitNotRunning || stderr != "webphone: no phone is running with this profile.\n" {
		t.Errorf("code %d, %s", code, stderr)
	}
	err := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}
	var b strings.Builder
	c := &Command{name: "status"}
	if code := c.withoutPhone(t.Context(), Environment{Stderr: &b}, err); code != ExitRefused {
		t.Errorf("code %d, %s", code, b.String())
	}
}
