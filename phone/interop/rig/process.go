package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a process may take to end after SIGTERM.
const stopGrace = 5 * time.Second

// Process is a child of the test: a server, a browser, a phone. What it
// prints is kept in a file. It is ended by its process id, and by the kernel
// when the test itself dies.
type Process struct {
	Name string
	cmd  *exec.Cmd
	log  *Log
	done chan struct{}
	err  error // valid after done
}

// Command describes a process to start. Env is added to the test's own
// environment; Stdin and Stdout are optional, standard output goes to the log
// file otherwise.
type Command struct {
	Name   string
	Args   []string
	Env    []string
	Dir    string
	Stdin  io.Reader
	Stdout io.Writer
	Files  []*os.File // descriptors 3 and on
	LogDir string     // where the log file NAME.log is kept
}

// Start starts c.
func Start(c Command) (*Process, error) {
	log, err := NewLog(filepath.Join(c.LogDir, c.Name+".log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Dir = c.Dir
	cmd.Stdin = c.Stdin
	cmd.Stdout = c.Stdout
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	cmd.Stderr = log
	cmd.ExtraFiles = c.Files
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = time.Second
	p := &Process{Name: c.Name, cmd: cmd, log: log, done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		log.Close()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	go func() {
		p.err = cmd.Wait()
		log.Close()
		close(p.done)
	}()
	return p, nil
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns what the process printed.
func (p *Process) Log() *Log { return p.log }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err tells how the process ended; nil while it runs.
func (p *Process) Err() error {
	select {
	case <-p.done:
		if p.err == nil {
			return errors.New("ended with status 0")
		}
		return p.err
	default:
		return nil
	}
}

// Stop asks the process to end and waits; after five seconds it is killed.
func (p *Process) Stop() {
	if p == nil || p.Err() != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// Kill ends the process at once, as a crash would.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// WaitFor calls ready every 20 ms until it says true. It fails when the
// process ends first or after limit.
func (p *Process) WaitFor(what string, limit time.Duration, ready func() bool) error {
	err := Poll(limit, func() error {
		if ready() {
			return nil
		}
		if err := p.Err(); err != nil {
			return Final(err)
		}
		return errors.New("not yet")
	})
	if err != nil {
		return fmt.Errorf("%s: %s: %w\n%s", p.Name, what, err, p.log.Tail(4000))
	}
	return nil
}

// finalError ends a Poll.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Final marks an error after which Poll need not try again.
func Final(err error) error { return finalError{err} }

// Poll calls try every 20 ms until it returns nil or a Final error. After
// limit it returns the last error of try.
func Poll(limit time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		if final := (finalError{}); errors.As(err, &final) {
			return final.error
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %v: %w", limit, err)
		case <-tick.C:
		}
	}
}

// Log is a file that a process writes and a test looks at. It is safe for use
// from several goroutines.
type Log struct {
	mu     sync.Mutex // guards the fields below
	file   *os.File
	kept   []byte
	chunks []chunk
}

// chunk says when what precedes a position had come.
type chunk struct {
	end int
	at  time.Time
}

// NewLog creates the file and its folder.
func NewLog(name string) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &Log{file: f}, nil
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, b...)
	l.chunks = append(l.chunks, chunk{end: len(l.kept), at: time.Now()})
	return l.file.Write(b)
}

// Close closes the file; what was written can still be read.
func (l *Log) Close() { _ = l.file.Close() }

// Size returns how many bytes were written: a mark for Since.
func (l *Log) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept)
}

// Since returns what was written after the mark.
func (l *Log) Since(mark int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.kept[min(mark, len(l.kept)):])
}

// When returns when s was first written after the mark; the zero time when it
// was not.
func (l *Log) When(mark int, s string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := bytes.Index(l.kept[min(mark, len(l.kept)):], []byte(s))
	if i < 0 {
		return time.Time{}
	}
	for _, c := range l.chunks {
		if c.end > mark+i {
			return c.at
		}
	}
	return time.Time{}
}

// Contains reports whether s was written.
func (l *Log) Contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.kept, []byte(s))
}

// Tail returns the last n bytes at most, from the start of a line.
func (l *Log) Tail(n int) string {
	s := l.Since(0)
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	return "…\n" + s
}

// lines hands over what is written a line at a time.
type lines struct {
	each func(line []byte)
	rest []byte
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		l.each(line)
		l.rest = rest
	}
}
