package desktop

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// startBus runs a message bus of the test's own and makes it the session's.
func startBus(t *testing.T) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "bus.conf")
	err := os.WriteFile(config, []byte(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("dbus-daemon", "--nofork", "--print-address", "--config-file="+config)
	out, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		t.Fatalf("a bus is needed (Debian package dbus-daemon): %v", err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the bus does not say where it listens: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
}

// shownNote is one call of Notify as the desktop sees it.
type shownNote struct {
	Replaces    uint32
	Title, Text string
	Buttons     []string
	Urgency     byte
	Category    string
	Resident    bool
	Expire      int32
}

// server is a notification service that shows nothing.
type server struct {
	conn   *dbus.Conn
	notes  chan shownNote
	closed chan uint32

	mu   sync.Mutex
	caps []string
	next uint32
}

func startServer(t *testing.T, caps ...string) *server {
	t.Helper()
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &server{conn: conn, caps: caps, notes: make(chan shownNote, 16), closed: make(chan uint32, 16)}
	if err := conn.Export(s, notificationsPath, notifications); err != nil {
		t.Fatal(err)
	}
	if r, err := conn.RequestName(notifications, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the name of the service: %v %v", r, err)
	}
	return s
}

func (s *server) GetCapabilities() ([]string, *dbus.Error) { return s.caps, nil }

func (s *server) Notify(_ string, replaces uint32, _, title, text string, buttons []string, hints map[string]dbus.Variant, expire int32) (uint32, *dbus.Error) {
	n := shownNote{Replaces: replaces, Title: title, Text: text, Buttons: buttons, Expire: expire}
	n.Urgency, _ = hints["urgency"].Value().(byte)
	n.Category, _ = hints["category"].Value().(string)
	n.Resident, _ = hints["resident"].Value().(bool)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := replaces
	if id == 0 {
		s.next++
		id = s.next
	}
	s.notes <- n
	return id, nil
}

func (s *server) CloseNotification(id uint32) *dbus.Error {
	s.closed <- id
	return nil
}

func (s *server) press(t *testing.T, id uint32, button string) {
	t.Helper()
	if err := s.conn.Emit(notificationsPath, notifications+".ActionInvoked", id, button); err != nil {
		t.Fatal(err)
	}
}

func (s *server) dismiss(t *testing.T, id uint32) {
	t.Helper()
	if err := s.conn.Emit(notificationsPath, notifications+".NotificationClosed", id, uint32(2)); err != nil {
		t.Fatal(err)
	}
}

// next waits for what must come.
func next[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func startNotifier(t *testing.T, o Options) (*Notifier, chan Press) {
	t.Helper()
	presses := make(chan Press, 16)
	o.OnPress = func(p Press) { presses <- p }
	n := NewNotifier(o)
	t.Cleanup(n.Close)
	return n, presses
}

func TestNotifier_incomingCallHasButtonsAndStaysUntilItEnds(t *testing.T) {
	startBus(t)
	s := startServer(t, "actions", "body", "body-markup")
	n, presses := startNotifier(t, Options{})
	n.Incoming("c1", "Tom & Jerry", "sip:tom@example.com")
	want := shownNote{
		Title: "Incoming call", Text: "Tom &amp; Jerry\ntom@example.com",
		Buttons: []string{"default", "Show", "answer", "Answer", "decline", "Decline"},
		Urgency: 2, Category: "call.incoming", Resident: true,
	}
	if d := cmp.Diff(want, next(t, s.notes, "notification")); d != "" {
		t.Error(d)
	}
	s.press(t, 77, "decline") // another program's
	s.press(t, 1, "answer")
	if got, want := next(t, presses, "press"), (Press{Button: Answer, Call: "c1", Peer: "sip:tom@example.com"}); got != want {
		t.Errorf("pressed %+v, want %+v", got, want)
	}
	n.Incoming("c1", "Tom", "sip:tom@example.com")
	if got := next(t, s.notes, "notification"); got.Replaces != 1 {
		t.Errorf("a second one beside the first: %+v", got)
	}
	n.EndIncoming("c1")
	if id := next(t, s.closed, "closing"); id != 1 {
		t.Errorf("closed %d", id)
	}
}

func TestNotifier_faultOfACall(t *testing.T) {
	startBus(t)
	s := startServer(t, "actions", "body")
	n, presses := startNotifier(t, Options{})
	n.Fault("c1", "Bob", "Bob may not hear you.", true)
	want := shownNote{
		Title: "Call with Bob", Text: "Bob may not hear you.", Urgency: 1, Category: "call", Resident: true,
		Buttons: []string{"default", "Show", "newpath", "Reconnect sound"},
	}
	if d := cmp.Diff(want, next(t, s.notes, "notification")); d != "" {
		t.Error(d)
	}
	s.press(t, 1, "newpath")
	if got, want := next(t, presses, "press"), (Press{Button: NewPath, Call: "c1"}); got != want {
		t.Errorf("pressed %+v, want %+v", got, want)
	}
	n.Fault("c2", "Carol", "No path mends this.", false)
	if got := next(t, s.notes, "notification"); len(got.Buttons) != 2 || got.Replaces != 0 {
		t.Errorf("shown %+v", got)
	}
	n.EndFault("c1")
	if id := next(t, s.closed, "closing"); id != 1 {
		t.Errorf("closed %d", id)
	}
	n.Close()
	if id := next(t, s.closed, "closing"); id != 2 {
		t.Errorf("closed %d when the program ended", id)
	}
}

func TestNotifier_dismissingDoesNotDecline(t *testing.T) {
	startBus(t)
	s := startServer(t, "actions")
	n, presses := startNotifier(t, Options{})
	n.Incoming("c1", "Tom", "sip:tom@example.com")
	next(t, s.notes, "notification")
	s.dismiss(t, 1)
	s.press(t, 1, "decline") // signals come in order: the first was handled by now
	n.Missed("Tom", "sip:tom@example.com")
	if got := next(t, s.notes, "notification"); got.Category != "call.unanswered" || got.Replaces != 0 {
		t.Errorf("shown %+v", got)
	}
	s.press(t, 2, "callback")
	if got, want := next(t, presses, "press"), (Press{Button: CallBack, Peer: "sip:tom@example.com"}); got != want {
		t.Errorf("pressed %+v, want %+v: dismissing must do nothing", got, want)
	}
	n.EndIncoming("c1") // gone already
	n.Seen("nobody")
	n.Close()
	if len(s.closed) > 0 {
		t.Error("a notification that was gone was closed again")
	}
}

func TestNotifier_withoutButtonsOnTheDesktopNoneAreSent(t *testing.T) {
	startBus(t)
	s := startServer(t, "body")
	n, _ := startNotifier(t, Options{})
	n.Incoming("c1", "A < B", "sip:a@example.com")
	got := next(t, s.notes, "notification")
	if len(got.Buttons) != 0 || got.Text != "A < B\na@example.com" {
		t.Errorf("shown %+v", got)
	}
}

func TestNotifier_messagesOfOnePersonAreToldTogether(t *testing.T) {
	startBus(t)
	s := startServer(t, "actions")
	n, _ := startNotifier(t, Options{Quiet: 100 * time.Millisecond})
	for i := range 4 {
		n.Message("Bob", "sip:bob@example.com", fmt.Sprintf("number %d", i))
	}
	n.Message("Carol", "sip:carol@example.com", "hi")
	first, carol, rest := next(t, s.notes, "first"), next(t, s.notes, "Carol's"), next(t, s.notes, "rest")
	if first.Title != "Bob" || first.Text != "number 0" {
		t.Errorf("first %+v", first)
	}
	if carol.Title != "Carol" || carol.Replaces != 0 {
		t.Errorf("Carol's %+v", carol)
	}
	if rest.Title != "Bob · 3 messages" || rest.Text != "number 3" || rest.Replaces != 1 {
		t.Errorf("the rest %+v", rest)
	}
	n.Seen("sip:bob@example.com")
	if id := next(t, s.closed, "closing"); id != 1 {
		t.Errorf("closed %d", id)
	}
}

func TestNotifier_fallsBackWhenNobodyShowsNotifications(t *testing.T) {
	for _, c := range []struct {
		rule string
		bus  func(t *testing.T)
	}{
		{"a bus without the service", startBus},
		{"no bus", func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
			t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		}},
		{"a bus that would have to be started", func(t *testing.T) { t.Setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:") }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			c.bus(t)
			shown := make(chan string, 1)
			n, _ := startNotifier(t, Options{Fallback: func(title, text string) { shown <- title + ": " + text }})
			n.Incoming("c1", "", "sip:tom@example.com")
			if got := next(t, shown, "fallback"); got != "Incoming call: tom@example.com" {
				t.Errorf("shown %q", got)
			}
			n.EndIncoming("c1")
		})
	}
}

func TestNotifier_findsADesktopThatComesLater(t *testing.T) {
	startBus(t)
	shown := make(chan string, 1)
	n, _ := startNotifier(t, Options{Fallback: func(title, text string) { shown <- title }})
	n.Missed("Tom", "sip:tom@example.com")
	next(t, shown, "fallback")
	s := startServer(t, "actions")
	n.Missed("Tom", "sip:tom@example.com")
	next(t, s.notes, "notification")
}

func TestNotifier_closingTakesCallsBack(t *testing.T) {
	startBus(t)
	s := startServer(t, "actions")
	n, _ := startNotifier(t, Options{})
	n.Incoming("c1", "Tom", "sip:tom@example.com")
	next(t, s.notes, "notification")
	n.Close()
	if id := next(t, s.closed, "closing"); id != 1 {
		t.Errorf("closed %d", id)
	}
}

func TestHasTray_onlyWithAWatcherOnTheBus(t *testing.T) {
	startBus(t)
	ctx := context.Background()
	if HasTray(ctx) {
		t.Error("a tray on an empty bus")
	}
	s := startServer(t)
	if _, err := s.conn.RequestName("org.kde.StatusNotifierWatcher", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if !HasTray(ctx) {
		t.Error("no tray though there is a watcher")
	}
}
