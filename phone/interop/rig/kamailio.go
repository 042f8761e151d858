package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

// KamailioOptions configure a server; the zero value takes the users alice
// to leo, MD5, and a Ping every 30 s.
type KamailioOptions struct {
	Users       map[string]string // name → password
	Algorithm   string            // of the digest: "MD5" or "SHA-256"; "" MD5
	MinExpires  int               // seconds; shorter registrations get 423
	PingSeconds int               // idle time before a WebSocket Ping
	NotifyDelay time.Duration     // for which each NOTIFY of the presence server is held back
	Place       *Place            // where it runs; nil is here, on loopback
	LogDir      string            // where kamailio.log, with the SIP trace, is kept
}

// Kamailio is a running server: registrar and proxy for WebSocket phones.
type Kamailio struct {
	Domain    string
	WS, WSS   string // URLs of its two listeners
	Port      int    // of WS
	TLSPort   int    // of WSS
	Users     map[string]string
	Authority *Authority
	Pin       string // of its certificate, for Chromium
	process   *Process
	dir       string
	command   Command
	host      string
	place     *Place
}

// tables are the empty ones that come with the server.
const tables = "/usr/share/kamailio/dbtext/kamailio"

// StartKamailio starts a server on free ports of loopback and waits until it
// listens.
func StartKamailio(o KamailioOptions) (*Kamailio, error) {
	program, err := Look("kamailio")
	if err != nil {
		return nil, err
	}
	if o.Users == nil {
		o.Users = map[string]string{
			"alice": "wonderland", "bob": "builder", "carol": "christmas", "dave": "lodger",
			"erin": "emerald", "frank": "furter", "grace": "hopper", "heidi": "alm",
			"ivan": "terrible", "judy": "garland", "kate": "winslet", "leo": "tolstoy",
		}
	}
	if o.Algorithm == "" {
		o.Algorithm = "MD5"
	}
	if o.PingSeconds == 0 {
		o.PingSeconds = 30
	}
	dir, err := os.MkdirTemp("", "kamailio-")
	if err != nil {
		return nil, err
	}
	k := &Kamailio{Domain: "lab.test", Users: o.Users, dir: dir, host: "127.0.0.1", place: o.Place}
	if o.Place != nil {
		k.host = o.Place.Address()
	}
	// A port can be taken between the look and the start: then try others.
	for range 3 {
		if err = k.start(program, o); err == nil {
			return k, nil
		}
	}
	_ = os.RemoveAll(dir)
	return nil, err
}

func (k *Kamailio) start(program string, o KamailioOptions) error {
	var err error
	if k.Port, err = FreePort(); err != nil {
		return err
	}
	if k.TLSPort, err = FreePort(); err != nil {
		return err
	}
	k.WS = fmt.Sprintf("ws://%s:%d/ws", k.host, k.Port)
	k.WSS = fmt.Sprintf("wss://%s:%d/ws", k.host, k.TLSPort)
	if k.Authority, err = NewAuthority(k.dir); err != nil {
		return err
	}
	certificate, err := k.Authority.Issue("kamailio")
	if err != nil {
		return err
	}
	k.Pin = certificate.Pin
	config, err := k.configure(o, certificate)
	if err != nil {
		return err
	}
	k.command = Command{
		Name: "kamailio",
		Args: []string{
			program, "-DD", "-E", "-f", config, "-Y", k.dir, "-w", k.dir,
			"-P", filepath.Join(k.dir, "pid"), "-m", "64", "-M", "8",
		},
		LogDir: o.LogDir,
	}
	if k.place != nil {
		k.command.Args = k.place.Wrap(k.command.Args...)
	}
	return k.run()
}

// run starts the configured server and waits until it listens.
func (k *Kamailio) run() error {
	var err error
	if k.process, err = Start(k.command); err != nil {
		return err
	}
	err = k.process.WaitFor("listening", 10*time.Second, func() bool { return k.listens(k.Port) && k.listens(k.TLSPort) })
	if err != nil {
		k.process.Stop()
	}
	return err
}

// listens reports whether the server takes connections on the port.
func (k *Kamailio) listens(port int) bool {
	if k.place == nil {
		return answers(port)
	}
	return k.place.network.run(k.place.Wrap("bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d", k.host, port))...) == nil
}

// Shut ends the server; all that it knew is lost.
func (k *Kamailio) Shut() { k.process.Stop() }

// Restart starts a server that was shut on the same ports. Its trace begins
// anew; the file goes on.
func (k *Kamailio) Restart() error {
	if err := k.emptyTables(); err != nil {
		return err
	}
	return k.run()
}

// emptyTables makes those of a server that knows nothing. What an ending server
// saves it does not always read again itself.
func (k *Kamailio) emptyTables() error {
	if err := os.RemoveAll(k.tables()); err != nil {
		return err
	}
	if err := os.CopyFS(k.tables(), os.DirFS(tables)); err != nil {
		return fmt.Errorf("kamailio's empty tables: %w", err)
	}
	return nil
}

func (k *Kamailio) tables() string { return filepath.Join(k.dir, "tables") }

func (k *Kamailio) configure(o KamailioOptions, c *ServerCertificate) (string, error) {
	t, err := template.ParseFiles(filepath.Join(Root(), "phone/interop/testdata/kamailio.cfg"))
	if err != nil {
		return "", err
	}
	if err := k.emptyTables(); err != nil {
		return "", err
	}
	name := filepath.Join(k.dir, "kamailio.cfg")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return name, t.Execute(f, map[string]any{
		"Domain": k.Domain, "Host": k.host, "Port": k.Port, "TLSPort": k.TLSPort, "Users": k.Users,
		"Algorithm": o.Algorithm, "MinExpires": o.MinExpires, "PingSeconds": o.PingSeconds,
		"NotifyDelay": o.NotifyDelay.Microseconds(),
		"Certificate": c.File, "Key": c.KeyFile, "Tables": k.tables(),
	})
}

// URI returns the address of a user.
func (k *Kamailio) URI(user string) string { return "sip:" + user + "@" + k.Domain }

// Trace returns the log with every SIP message the server saw and sent.
func (k *Kamailio) Trace() *Log { return k.process.Log() }

// Stop ends the server.
func (k *Kamailio) Stop() {
	k.process.Stop()
	_ = os.RemoveAll(k.dir)
}
