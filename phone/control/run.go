package control

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// quitWait is how long "quit" waits for the phone to be gone.
const quitWait = 15 * time.Second

// maxPassword is the longest password read, in bytes.
const maxPassword = 4096

// Environment is what a command works with.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// AddAccount writes an account into a profile that no running phone
	// has, and returns what the user must be told although it was done.
	AddAccount func(ctx context.Context, profile string, a Account) (note string, err error)
}

// Run parses args and runs the command. It is for programs that never become
// the phone themselves; see Command.Starts.
func Run(ctx context.Context, args []string, env Environment) (code int) {
	c, err := Parse(args)
	if err != nil {
		return ReportUsage(env.Stderr, err)
	}
	return c.Run(ctx, env)
}

// ReportUsage prints the error of Parse and the usage text, and returns the
// exit code for it.
func ReportUsage(stderr io.Writer, err error) (code int) {
	fmt.Fprintf(stderr, "webphone: %v.\n\n", err)
	var e *UsageError
	if errors.As(err, &e) && e.Command != "" {
		for _, s := range commands {
			if s.name == e.Command {
				fmt.Fprintf(stderr, "Usage: webphone [--profile DIR] %s\nwebphone --help shows all commands.\n", s.usage)
				return ExitUsage
			}
		}
	}
	fmt.Fprint(stderr, Usage())
	return ExitUsage
}

// Run gives the command to the running phone and returns the exit code. The
// end of ctx ends it, as done.
//
// For a command that starts a phone it is ExitNotRunning, silently, if none
// runs; otherwise the running one shows its window, takes the link or starts
// the demonstration.
func (c *Command) Run(ctx context.Context, env Environment) (code int) {
	if c.name == "help" {
		fmt.Fprint(env.Stdout, Usage())
		return ExitDone
	}
	if c.name == "account add" {
		if err := c.readFiles(env); err != nil {
			return fail(env, ExitRefused, err)
		}
	}
	conn, err := c.connect(ctx)
	if err != nil {
		return c.withoutPhone(ctx, env, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	switch {
	case c.name != "":
	case c.Headless:
		return fail(env, ExitRefused, errors.New("a phone with this profile is running already"))
	case c.Link != "":
		c.request = request{Command: "open", Target: c.Link}
	default:
		c.request = request{Command: "show"}
	}
	code, err = c.converse(conn, env)
	if ctx.Err() != nil {
		return ExitDone
	}
	if err != nil {
		return fail(env, code, err)
	}
	return code
}

// errGone says that a phone was there.
var errGone = errors.New("the phone has ended")

// fail reports err as a sentence.
func fail(env Environment, code int, err error) int {
	fmt.Fprintf(env.Stderr, "webphone: %s.\n", strings.TrimSuffix(printable(err.Error()), "."))
	return code
}

// tell reports what the user must know of a success, a line each.
func tell(env Environment, note string) {
	for line := range strings.Lines(note) {
		fail(env, ExitDone, errors.New(strings.TrimSuffix(line, "\n")))
	}
}

// connect finds the running phone.
func (c *Command) connect(ctx context.Context) (net.Conn, error) {
	path, err := SocketPath(c.Profile)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
}

// withoutPhone does what can be done when connecting failed.
func (c *Command) withoutPhone(ctx context.Context, env Environment, err error) int {
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return fail(env, ExitRefused, fmt.Errorf("the phone cannot be reached: %w", err))
	}
	switch {
	case c.Starts():
		return ExitNotRunning
	case c.name == "account add" && env.AddAccount != nil:
		note, err := env.AddAccount(ctx, c.Profile, *c.request.Account)
		tell(env, note)
		if err != nil {
			return fail(env, refused(err).Code, err)
		}
		return ExitDone
	}
	return fail(env, ExitNotRunning, errors.New("no phone is running with this profile"))
}

// converse sends the request and deals with the answers.
func (c *Command) converse(conn net.Conn, env Environment) (int, error) {
	line, err := json.Marshal(c.request)
	if err != nil {
		return ExitRefused, err
	}
	// A phone that does not want the request may have said why and hung up:
	// what reading brings counts, not whether this was written.
	_, _ = conn.Write(append(line, '\n'))
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return ExitNotRunning, errGone
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r response
		if err := json.Unmarshal(line, &r); err != nil {
			return ExitRefused, fmt.Errorf("the phone's answer is not understood: %w", err)
		}
		if r.Error != "" {
			return r.Code, errors.New(r.Error)
		}
		tell(env, r.Note)
		if err := c.print(env.Stdout, r); err != nil {
			return ExitDone, nil // nobody reads on, as in "status --follow | head"
		}
		if r.More {
			continue
		}
		if c.request.Command == "quit" {
			return awaitEnd(conn)
		}
		return r.Code, nil
	}
}

// awaitEnd waits for the phone to be gone, which ends the connection.
func awaitEnd(conn net.Conn) (int, error) {
	if err := conn.SetReadDeadline(time.Now().Add(quitWait)); err != nil {
		return ExitRefused, err
	}
	_, err := io.Copy(io.Discard, conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ExitRefused, errors.New("the phone is still busy with ending")
	}
	return ExitDone, nil
}

// readFiles reads what "account add" gets from elsewhere than its arguments.
func (c *Command) readFiles(env Environment) error {
	if c.caFile != "" {
		pem, err := os.ReadFile(c.caFile)
		if err != nil {
			return fmt.Errorf("the certificates cannot be read: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s holds no certificate in PEM form", c.caFile)
		}
		c.request.Account.CAPEM = string(pem)
	}
	password, err := io.ReadAll(io.LimitReader(env.Stdin, maxPassword+1))
	if err != nil {
		return fmt.Errorf("the password cannot be read from standard input: %w", err)
	}
	password = bytes.TrimSuffix(bytes.TrimSuffix(password, []byte("\n")), []byte("\r"))
	switch {
	case len(password) == 0:
		return errors.New("there is no password on standard input")
	case len(password) > maxPassword || bytes.ContainsAny(password, "\r\n"):
		return errors.New("what is on standard input is more than a password")
	}
	c.request.Account.Password = string(password)
	return nil
}
