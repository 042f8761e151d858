package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Implementation constants.
const (
	maxClients   = 64      // at once
	maxRequest   = 1 << 20 // bytes of one line
	requestWait  = 30 * time.Second
	answerWait   = 10 * time.Second
	closeWait    = 500 * time.Millisecond // for answers when the phone ends
	messageWait  = time.Minute            // SIP gives up after 32 s
	followerPing = 30 * time.Second
)

// ErrRunning is returned by Serve when another phone answers at the socket.
var ErrRunning = errors.New("control: a phone with this profile is running")

// Server answers clients of the socket. One goroutine accepts, one more serves
// each client.
type Server struct {
	phone    Phone
	log      *slog.Logger
	path     string
	file     os.FileInfo // of the socket, to recognize it when it is removed
	listener *net.UnixListener

	ctx    context.Context // until Close; parent of every command
	cancel context.CancelFunc
	joined sync.WaitGroup

	clients struct {
		sync.Mutex
		closed    bool
		open      map[net.Conn]struct{}
		lingering []net.Conn // asked to quit, and wait for it
	}
}

// Serve opens the socket of the profile, which must exist, and answers for p.
// A socket that a crashed phone left is replaced. log nil means slog.Default.
func Serve(profile string, p Phone, log *slog.Logger) (*Server, error) {
	path, err := SocketPath(profile)
	if err != nil {
		return nil, err
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		return nil, ErrRunning
	}
	if dir := filepath.Dir(path); dir == shortDir() {
		if err := prepareDir(dir); err != nil {
			return nil, fmt.Errorf("control: %w", err)
		}
	}
	s := &Server{phone: p, log: log, path: path}
	if s.log == nil {
		s.log = slog.Default()
	}
	if err := s.listen(); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.clients.open = map[net.Conn]struct{}{}
	s.joined.Go(s.accept)
	return s, nil
}

// listen makes the socket under another name, closes it to others and only
// then gives it its own: at no time can others connect, or see half of it.
func (s *Server) listen() error {
	raw := s.path + beingMade
	if err := os.Remove(raw); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: raw, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(raw, 0o600)
	if err == nil {
		err = os.Rename(raw, s.path)
	}
	if err == nil {
		s.file, err = os.Lstat(s.path)
	}
	if err != nil {
		l.Close()
		return errors.Join(err, os.Remove(raw))
	}
	s.listener = l
	return nil
}

// Path is where the socket is.
func (s *Server) Path() string { return s.path }

// Close ends all commands, followers included, and returns when every
// goroutine has ended. Clients that asked to quit wait on, for Release.
func (s *Server) Close() {
	s.clients.Lock()
	closed := s.clients.closed
	s.clients.closed = true
	s.cancel()
	for c := range s.clients.open {
		// Ends a read at once, and an answer that nobody reads soon.
		now := time.Now()
		if err := errors.Join(c.SetReadDeadline(now), c.SetWriteDeadline(now.Add(closeWait))); err != nil {
			c.Close()
		}
	}
	s.clients.Unlock()
	if closed {
		return
	}
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
		if err := os.Remove(s.path); err != nil {
			s.log.Warn("control: removing the socket", "err", err)
		}
	}
	s.listener.Close()
	s.joined.Wait()
}

// Release tells the clients that asked to quit that it is done. The end of
// the process does the same.
func (s *Server) Release() {
	s.clients.Lock()
	defer s.clients.Unlock()
	for _, c := range s.clients.lingering {
		c.Close()
	}
	s.clients.lingering = nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if s.ctx.Err() == nil {
				s.log.Error("control: no more clients are accepted", "err", err)
			}
			return
		}
		if !s.admit(conn) {
			conn.Close()
			continue
		}
		s.joined.Go(func() {
			c := &client{s: s, conn: conn, in: bufio.NewReader(conn)}
			c.serve()
			s.dismiss(conn, c.quitting)
		})
	}
}

// admit counts a new client in, unless there are too many.
func (s *Server) admit(conn net.Conn) bool {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.clients.closed {
		return false
	}
	if len(s.clients.open) >= maxClients {
		full := refused(errors.New("the phone has too many clients"))
		_ = (&client{s: s, conn: conn}).answer(full) // it learns from the end of the connection, too
		return false
	}
	s.clients.open[conn] = struct{}{}
	return true
}

func (s *Server) dismiss(conn net.Conn, quitting bool) {
	s.clients.Lock()
	defer s.clients.Unlock()
	delete(s.clients.open, conn)
	if quitting {
		s.clients.lingering = append(s.clients.lingering, conn)
		return
	}
	conn.Close()
}

// client is one connection. It belongs to its goroutine.
type client struct {
	s        *Server
	conn     net.Conn
	in       *bufio.Reader
	quitting bool
}

func (c *client) serve() {
	for c.s.ctx.Err() == nil && !c.quitting {
		line, err := c.read()
		if len(bytes.TrimSpace(line)) == 0 {
			if err != nil {
				return
			}
			continue
		}
		var r request
		var answer response
		if e := json.Unmarshal(line, &r); errors.Is(err, errTooLong) || e != nil {
			if err == nil || errors.Is(err, io.EOF) {
				err = fmt.Errorf("this is no request: %w", e)
			}
			_ = c.answer(response{Code: ExitUsage, Error: err.Error()}) // nothing more can be done
			return
		}
		if r.Command == "status" && r.Follow {
			answer, err = c.follow()
		} else {
			answer, err = c.s.dispatch(r), nil
		}
		if err != nil || c.answer(answer) != nil {
			return
		}
		if r.Command == "quit" {
			c.quitting = true
			c.s.phone.Quit()
		}
	}
}

var errTooLong = fmt.Errorf("a request has at most %d bytes", maxRequest)

// read returns the next line. A client that sends half of one and then
// nothing is not waited for.
func (c *client) read() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(requestWait)); err != nil {
		return nil, err
	}
	if c.s.ctx.Err() != nil { // Close came before the deadline was set
		return nil, c.s.ctx.Err()
	}
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxRequest:
			return line, errTooLong
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return line, err
		}
	}
}

func (c *client) answer(r response) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return c.write(append(line, '\n'))
}

func (c *client) write(line []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(answerWait)); err != nil {
		return err
	}
	if c.s.ctx.Err() != nil { // Close may have come before the deadline was set
		if err := c.conn.SetWriteDeadline(time.Now().Add(closeWait)); err != nil {
			return err
		}
	}
	_, err := c.conn.Write(line)
	return err
}

// follow sends the status now and after every change. The last answer, at the
// end of the phone, is left to the caller.
func (c *client) follow() (response, error) {
	ctx, cancel := context.WithCancel(c.s.ctx)
	defer cancel()
	changed := c.s.phone.Changed(ctx)
	ping := time.NewTicker(followerPing)
	defer ping.Stop()
	var last []byte
	for {
		status := c.s.phone.Status()
		line, err := json.Marshal(response{Status: &status, More: true})
		if err != nil {
			return response{}, err
		}
		if !bytes.Equal(line, last) {
			if err := c.write(append(line, '\n')); err != nil {
				return response{}, err
			}
			last = line
		}
		for again := false; !again; {
			select {
			case _, again = <-changed:
				if !again {
					return response{}, nil
				}
			case <-c.s.ctx.Done():
				return response{}, nil
			case <-ping.C: // finds out who has gone away
				if err := c.write([]byte("\n")); err != nil {
					return response{}, err
				}
			}
		}
	}
}
