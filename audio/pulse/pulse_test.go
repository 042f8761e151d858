package pulse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// device writes what reader.device reads.
func (w *writer) device(d Device, source bool) {
	w.u32(7)
	w.text(d.Name)
	w.text(d.Description)
	*w = append(*w, tagSampleSpec, 3, 1, 0, 0, 0xBB, 0x80, tagChannelMap, 1, 0)
	w.u32(0)
	*w = append(*w, tagVolumes, 1, 0, 1, 0, 0, tagFalse)
	monitored := ^uint32(0)
	if d.Monitor || !source {
		monitored = 3
	}
	w.u32(monitored)
	*w = append(*w, tagNoString, tagUsec, 0, 0, 0, 0, 0, 0, 0, 1)
	w.text("driver.c")
	w.u32(0)
	w.properties(d.Properties)
	*w = append(*w, tagUsec, 0, 0, 0, 0, 0, 0, 0, 2, tagVolume, 0, 1, 0, 0)
	w.u32(0)
	w.u32(0)
	w.u32(d.Card)
}

// fakeServer answers on one end of a pipe.
type fakeServer struct {
	net.Conn
	sinks, sources writer
	refuse         uint32 // the command that is not allowed
	asked          []uint32
	mute           bool // it answers no more
}

func (s *fakeServer) run() {
	for {
		message, err := readMessage(s)
		if err != nil {
			return
		}
		r := reader{rest: message}
		command, number := r.u32(), r.u32()
		s.asked = append(s.asked, command)
		if s.mute {
			continue
		}
		var w writer
		if command == s.refuse {
			w.u32(commandError)
			w.u32(number)
			w.u32(1)
			s.send(w)
			continue
		}
		w.u32(commandReply)
		w.u32(number)
		switch command {
		case commandGetServer:
			for range 4 {
				w.text("x")
			}
			w = append(w, tagSampleSpec, 3, 1, 0, 0, 0xBB, 0x80)
			w.text("speaker")
			w.text("microphone")
		case commandGetSinks:
			w = append(w, s.sinks...)
		case commandGetSources:
			w = append(w, s.sources...)
		}
		s.send(w)
	}
}

func (s *fakeServer) send(message []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	frame = binary.BigEndian.AppendUint32(frame, controlChannel)
	frame = append(frame, make([]byte, headerLength-len(frame))...)
	_, _ = s.Write(append(frame, message...))
}

func (s *fakeServer) event(event uint32) {
	var w writer
	w.u32(commandEvent)
	w.u32(^uint32(0))
	w.u32(event)
	w.u32(7)
	s.send(w)
}

// serve connects a client to a fake server.
func serve(t *testing.T, s *fakeServer) (*Client, error) {
	t.Helper()
	var ours net.Conn
	ours, s.Conn = net.Pipe()
	done := make(chan struct{})
	go func() { s.run(); close(done) }()
	t.Cleanup(func() { s.Close(); <-done })
	c, err := newClient(ours, "test", make([]byte, cookieLength))
	if err == nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

var (
	speaker = Device{Name: "speaker", Description: "Lautsprecher", Default: true, Card: 4, Properties: map[string]string{"device.form_factor": "headset"}}
	remote  = Device{Name: "remote", Card: NoCard, Properties: map[string]string{}}
	monitor = Device{Name: "speaker.monitor", Monitor: true, Card: 4, Properties: map[string]string{"device.class": "monitor"}}
	headset = Device{Name: "microphone", Description: "Microphone", Default: true, Card: 4, Properties: map[string]string{}}
)

func TestClient_devices(t *testing.T) {
	s := new(fakeServer)
	s.sinks.device(speaker, false)
	s.sinks.device(remote, false)
	s.sources.device(monitor, true)
	s.sources.device(headset, true)
	c, err := serve(t, s)
	if err != nil {
		t.Fatal(err)
	}
	sinks, sources, err := c.Devices()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Device{speaker, remote}, sinks); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Device{monitor, headset}, sources); d != "" {
		t.Error(d)
	}
	want := []uint32{commandAuth, commandName, commandSubscribe, commandGetServer, commandGetSinks, commandGetSources}
	if d := cmp.Diff(want, s.asked); d != "" {
		t.Errorf("asked: %s", d)
	}
}

func TestClient_changes(t *testing.T) {
	s := new(fakeServer)
	c, err := serve(t, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		rule  string
		event uint32
		want  bool
	}{
		{"a new sink", 0, true},
		{"a sink's volume", 0x10, false},
		{"a sink that left", 0x20, true},
		{"a new source", 1, true},
		{"a source's volume", 1 | 0x10, false},
		{"another default", 7 | 0x10, true},
	} {
		s.event(e.event)
		if _, _, err := c.Devices(); err != nil { // the event has been read then
			t.Fatal(err)
		}
		told := false
		select {
		case <-c.Changes():
			told = true
		default:
		}
		if told != e.want {
			t.Errorf("%s: told %v", e.rule, told)
		}
	}
}

func TestClient_refused(t *testing.T) {
	for _, command := range []uint32{commandAuth, commandSubscribe} {
		if _, err := serve(t, &fakeServer{refuse: command}); !errors.Is(err, ErrDenied) {
			t.Errorf("command %d refused: %v", command, err)
		}
	}
}

func TestClient_endsWithTheConnection(t *testing.T) {
	for _, c := range []struct {
		rule string
		end  func(*fakeServer)
	}{
		{"the server goes", func(s *fakeServer) { s.Close() }},
		{"a message without a command", func(s *fakeServer) { s.send([]byte("x")) }},
		{"a message that is far too long", func(s *fakeServer) {
			_, _ = s.Write(bytes.Repeat([]byte{0xFF}, headerLength))
		}},
		{"sound that nobody asked for", func(s *fakeServer) { _, _ = s.Write(make([]byte, headerLength)) }},
	} {
		s := new(fakeServer)
		client, err := serve(t, s)
		if err != nil {
			t.Fatal(err)
		}
		c.end(s)
		select {
		case <-client.Done():
		case <-time.After(Timeout):
			t.Fatalf("%s: the client goes on", c.rule)
		}
		if _, _, err := client.Devices(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		rule string
		env  map[string]string
		want []address
	}{
		{
			"the user's, then the system's",
			map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"},
			[]address{{"unix", "/run/user/1/pulse/native"}, {"unix", "/var/run/pulse/native"}},
		},
		{
			"a folder of its own comes first",
			map[string]string{"PULSE_RUNTIME_PATH": "/p", "XDG_RUNTIME_DIR": "/x"},
			[]address{{"unix", "/p/native"}, {"unix", "/x/pulse/native"}, {"unix", "/var/run/pulse/native"}},
		},
		{
			"named servers alone",
			map[string]string{"XDG_RUNTIME_DIR": "/x", "PULSE_SERVER": "unix:/a {id}unix:/b /c tcp:host host:1 tcp6:[::1]"},
			[]address{{"unix", "/a"}, {"unix", "/b"}, {"unix", "/c"}, {"tcp", "host:4713"}, {"tcp", "host:1"}, {"tcp6", "[::1]:4713"}},
		},
		{"nothing that can be meant", map[string]string{"PULSE_SERVER": "{id unix: tcp:"}, nil},
	} {
		if d := cmp.Diff(c.want, addresses(func(name string) string { return c.env[name] }), cmp.AllowUnexported(address{})); d != "" {
			t.Errorf("%s: %s", c.rule, d)
		}
	}
}

func TestCookie(t *testing.T) {
	home := t.TempDir()
	secret := bytes.Repeat([]byte{7}, cookieLength)
	env := func(name string) string {
		if name == "HOME" {
			return home
		}
		return ""
	}
	if got := cookie(env); !bytes.Equal(got, make([]byte, cookieLength)) {
		t.Error("without a file: not zeros")
	}
	if err := os.MkdirAll(filepath.Join(home, ".config/pulse"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config/pulse/cookie"), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := cookie(env); !bytes.Equal(got, secret) {
		t.Error("the file was not read")
	}
}

// What can be read at all is read the same after being written anew.
func FuzzDevices(f *testing.F) {
	var w writer
	w.device(speaker, true)
	w.device(monitor, true)
	f.Add([]byte(w))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, message []byte) {
		r := reader{rest: message}
		list := r.devices(true, "speaker")
		var again writer
		for _, d := range list {
			again.device(d, true)
		}
		r = reader{rest: again}
		if d := cmp.Diff(list, r.devices(true, "speaker")); d != "" || r.err != nil {
			t.Error(r.err, d)
		}
	})
}

func TestDial_deniedSocket(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nonexistent/socket")
	if _, err := Dial("test"); err == nil || errors.Is(err, ErrDenied) {
		t.Errorf("no server: %v", err)
	}
}
