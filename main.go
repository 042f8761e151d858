// Command webphone is a desktop phone that speaks SIP over WebSocket, and its
// own remote control: the first process of a profile is the phone, later ones
// give it commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/control"
	"webphone/phone/store"
	"webphone/ui"
)

// version is sent as the User-Agent and shown in the settings.
const version = "0.1"

// shutdownLimit is how long hanging up and unregistering may take.
const shutdownLimit = 10 * time.Second

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) (code int) {
	c, err := control.Parse(args)
	if err != nil {
		return control.ReportUsage(os.Stderr, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err = untilFree(ctx, func() (int, error) {
		code := c.Run(ctx, control.Environment{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, AddAccount: addAccount,
		})
		if code != control.ExitNotRunning || !c.Starts() {
			return code, nil
		}
		return control.ExitDone, start(ctx, c)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "webphone: "+inWords(err))
		return control.ExitRefused
	}
	return code
}

// untilFree repeats an attempt to start while another phone has the profile and
// does not answer: it is about to begin, and will, or to end.
func untilFree(ctx context.Context, attempt func() (code int, err error)) (code int, err error) {
	const pause = 200 * time.Millisecond
	for end := time.Now().Add(shutdownLimit); ; {
		code, err = attempt()
		if !errors.Is(err, store.ErrLocked) || !time.Now().Before(end) {
			return code, err
		}
		select {
		case <-ctx.Done():
			return code, err
		case <-time.After(pause):
		}
	}
}

// start makes this process the phone and returns when it has ended.
func start(ctx context.Context, c *control.Command) error {
	if !c.Headless {
		if err := checkDisplay(runtime.GOOS, os.Getenv); err != nil {
			return err
		}
	}
	log, err := openLog(c.Profile)
	if err != nil {
		return err
	}
	defer log.Close()
	backend, err := openDevices(c, log.Logger)
	if err != nil {
		return err
	}
	p, err := phone.New(phone.Options{
		Profile: c.Profile, Backend: backend, Log: log.Logger, UserAgent: "Webphone/" + version,
		Trace: log.trace(),
	})
	if err != nil {
		return errors.Join(err, backend.Close())
	}
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	if c.Headless {
		return serve(ctx, c, p, log.Logger, nil, quit)
	}
	window, err := openWindow(p, ui.Options{
		Desktop: true, Log: log.Logger, Profile: c.Profile, Version: version,
	})
	if err != nil {
		return errors.Join(err, closePhone(p))
	}
	return serve(ctx, c, p, log.Logger, window, quit)
}

// appID names the application to the desktop; FyneApp.toml has the same.
const appID = "org.webphone.Webphone"

// serve opens the control socket, runs the window (or waits, without one)
// until the end is asked for, and takes everything down in order.
func serve(ctx context.Context, c *control.Command, p *phone.Phone, log *slog.Logger, window *ui.UI, quit func()) (err error) {
	hooks := control.Hooks{Quit: quit, Explain: inWords}
	if window != nil {
		hooks.Show = func() error { window.Show(); return nil }
		hooks.Open = func(target string) error { window.Dial(target); return nil }
	}
	server, err := control.Serve(c.Profile, control.Adapt(p, hooks), log)
	if err != nil {
		return errors.Join(err, closePhone(p))
	}
	defer server.Release() // who asked to quit learns it when all is done
	if c.Demo {
		if err := p.StartDemo(); err != nil {
			log.Error("demonstration", "err", err)
		}
	}
	if window == nil {
		<-ctx.Done()
	} else {
		stop := context.AfterFunc(ctx, window.Quit)
		if c.Link != "" {
			window.Dial(c.Link)
		}
		window.Run()
		stop()
	}
	// First the input, then the calls and the registrations, then the rest.
	server.Close()
	if window != nil {
		window.Close()
	}
	return closePhone(p)
}

func closePhone(p *phone.Phone) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
	defer cancel()
	return p.Close(ctx)
}

// openDevices returns the system's devices, or the files that stand in for
// them.
func openDevices(c *control.Command, log *slog.Logger) (device.Backend, error) {
	system, err := device.NewSystem(device.Options{Name: "Webphone", ID: appID, Icon: "webphone", Log: log})
	if err != nil {
		log.Warn("no sound system", "err", err)
		system = device.NewNull()
	}
	if c.MicrophoneFile == "" && c.SpeakerFile == "" {
		return system, nil
	}
	return device.NewFiles(c.MicrophoneFile, c.SpeakerFile, system)
}

// addAccount is "account add" without a running phone.
func addAccount(_ context.Context, profile string, a control.Account) (note string, err error) {
	notices, err := phone.AddAccount(profile, nil, phone.Account{
		URI: a.URI, Servers: []string{a.Server}, DisplayName: a.DisplayName, AuthUser: a.AuthUser, CAPEM: a.CAPEM,
	}, a.Password)
	if err != nil {
		err = errors.New(inWords(err))
	}
	var notes []string
	for _, n := range notices {
		notes = append(notes, inWords(n))
	}
	return strings.Join(notes, "\n"), err
}

// inWords puts an error into the words that the window has for it.
func inWords(err error) string {
	if e := displayError(""); errors.As(err, &e) {
		return string(e)
	}
	about := ui.Subject{}
	if m := (*control.MessageError)(nil); errors.As(err, &m) {
		about = ui.Subject{Topic: ui.TopicMessage, Name: m.Peer}
	}
	s := ui.Explain(err, about)
	words := s.Title
	if s.Text != "" {
		words += ". " + s.Text
	}
	if s.Details != "" && !repeats(words, s.Details) {
		words += " (" + strings.ReplaceAll(s.Details, "\n", "; ") + ")"
	}
	return words
}

// repeats reports whether the details only say again what the words say.
func repeats(words, details string) bool {
	if name, rest, ok := strings.Cut(details, ": "); ok && !strings.Contains(name, " ") {
		details = rest // the package that noticed
	}
	return strings.Contains(strings.ToLower(words), strings.ToLower(details))
}

// logFile is the profile's log: what happened, for whoever must find a fault.
type logFile struct {
	*slog.Logger
	file *os.File
}

// maxLog is the size in bytes above which a log is begun anew at the start;
// the one before is kept.
const maxLog = 5 << 20

func openLog(profile string) (*logFile, error) {
	if err := os.MkdirAll(profile, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(profile, "webphone.log")
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	level := slog.LevelInfo
	if os.Getenv("WEBPHONE_DEBUG") != "" {
		level = slog.LevelDebug
	}
	return &logFile{slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: level})), file}, nil
}

func (l *logFile) Close() error { return l.file.Close() }

// trace returns where SIP messages go; nil unless WEBPHONE_DEBUG is set.
func (l *logFile) trace() func(string) {
	if os.Getenv("WEBPHONE_DEBUG") == "" {
		return nil
	}
	return func(message string) { _, _ = io.WriteString(l.file, message) }
}
