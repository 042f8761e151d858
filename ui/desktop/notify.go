package desktop

import (
	"context"
	"html"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"webphone/phone"
)

// Button is what somebody pressed on a notification.
type Button string

// The buttons; their texts are the action keys on the bus.
const (
	Answer   Button = "answer"
	Decline  Button = "decline"
	CallBack Button = "callback"
	NewPath  Button = "newpath" // for the sound of a call
	Open     Button = "default" // the notification itself
)

// Press tells which button of which notification was pressed.
type Press struct {
	Button Button
	Call   phone.CallID // of an incoming call or a faulty one; else ""
	Peer   string       // who called or wrote
}

// Options configure a Notifier.
type Options struct {
	// OnPress is called for each press, from the notifier's goroutine.
	OnPress func(Press)
	// Fallback shows a notification without buttons when the bus has nobody
	// to show one; nil means nothing is shown.
	Fallback func(title, text string)
	// Quiet is the shortest time between two notifications about messages of
	// one person; 0 means 4 s. What comes meanwhile is told together.
	Quiet time.Duration
	// Log is told of a bus that refuses; nil means slog.Default.
	Log *slog.Logger
}

// Notifier shows desktop notifications. Its methods are safe from any
// goroutine and never wait for the desktop. A notification that is dismissed
// does nothing: it never declines a call.
type Notifier struct {
	options Options
	work    chan func(*desk)
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// NewNotifier returns a notifier that is ready at once; it looks for the bus
// when there is something to tell. End it with Close.
func NewNotifier(o Options) *Notifier {
	if o.Quiet == 0 {
		o.Quiet = 4 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Notifier{options: o, work: make(chan func(*desk), 64), cancel: cancel}
	n.done.Go(func() { n.run(ctx) })
	return n
}

// Close takes back what still calls for an answer and ends the notifier.
func (n *Notifier) Close() {
	n.cancel()
	n.done.Wait()
}

// post hands work to the goroutine. When the desktop hangs and the queue is
// full, a notification is lost rather than the window stopped.
func (n *Notifier) post(f func(*desk)) {
	select {
	case n.work <- f:
	default:
		n.options.Log.Warn("desktop: too many notifications are waiting, one is left out")
	}
}

// Incoming tells of a call that rings, until EndIncoming.
func (n *Notifier) Incoming(id phone.CallID, name, address string) {
	n.post(func(d *desk) {
		d.show(notification{
			key: "call " + string(id), title: "Incoming call", text: callerText(name, address),
			category: "call.incoming", urgency: 2, resident: true,
			buttons: []string{string(Open), "Show", string(Answer), "Answer", string(Decline), "Decline"},
			press:   Press{Call: id, Peer: address},
		})
	})
}

// EndIncoming takes the notification of a call away: it was answered, here or
// elsewhere, or it ended.
func (n *Notifier) EndIncoming(id phone.CallID) {
	n.post(func(d *desk) { d.close("call " + string(id)) })
}

// Missed tells of a call that nobody answered.
func (n *Notifier) Missed(name, peer string) {
	n.post(func(d *desk) {
		d.show(notification{
			key: "missed " + peer, title: "Missed call", text: callerText(name, peer), category: "call.unanswered", urgency: 1,
			buttons: []string{string(Open), "Show", string(CallBack), "Call back"},
			press:   Press{Peer: peer},
		})
	})
}

// Fault tells what keeps the two of a call from hearing each other, until
// EndFault; mend says that a new path for the sound may help.
func (n *Notifier) Fault(id phone.CallID, name, sentence string, mend bool) {
	buttons := []string{string(Open), "Show"}
	if mend {
		buttons = append(buttons, string(NewPath), "Reconnect sound")
	}
	n.post(func(d *desk) {
		d.show(notification{
			key: faultKey(id), title: "Call with " + name, text: sentence, category: "call", urgency: 1, resident: true,
			buttons: buttons, press: Press{Call: id},
		})
	})
}

// EndFault takes what Fault told away.
func (n *Notifier) EndFault(id phone.CallID) {
	n.post(func(d *desk) { d.close(faultKey(id)) })
}

// faultKey begins as that of what is taken back when the program ends.
func faultKey(id phone.CallID) string { return "call fault " + string(id) }

// Message tells of a message. Several from one person in a short time are
// told together.
func (n *Notifier) Message(name, peer, body string) {
	n.post(func(d *desk) { d.message(name, peer, body) })
}

// Seen takes away what was told about a person's messages.
func (n *Notifier) Seen(peer string) {
	n.post(func(d *desk) {
		delete(d.held, peer)
		d.close("chat " + peer)
	})
}

func callerText(name, address string) string {
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		address = strings.TrimPrefix(address, scheme)
	}
	if name == "" {
		return address
	}
	return name + "\n" + address
}

// run owns the desk: the connection and what is on show.
func (n *Notifier) run(ctx context.Context) {
	// The connection outlives ctx a little, to take calls back; a bus that
	// hangs cannot hold up the end for longer.
	connected, disconnect := context.WithCancel(context.Background())
	defer disconnect()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(busTimeout, disconnect) })()
	d := &desk{connected: connected, options: n.options, shown: map[string]*showing{}, held: map[string]*heldMessages{}}
	defer d.leave()
	for {
		select {
		case f := <-n.work:
			f(d)
		case s := <-d.signals:
			d.signal(s)
		case <-d.flushAt():
			d.flush()
		case <-ctx.Done():
			return
		}
	}
}

// notification is one thing to tell.
type notification struct {
	key         string // what it replaces: one per call, person and kind
	title, text string
	category    string
	urgency     byte // 1 normal, 2 critical
	resident    bool // stays until it is taken away
	buttons     []string
	press       Press
}

type showing struct {
	id    uint32
	press Press
}

// desk is the notifier's state; its goroutine owns it.
type desk struct {
	connected context.Context // ends the connection, after the notifier
	options   Options
	conn      *dbus.Conn
	signals   chan *dbus.Signal // nil without a connection
	actions   bool              // the desktop shows buttons
	markup    bool              // the desktop takes HTML in the text
	shown     map[string]*showing
	held      map[string]*heldMessages
}

const (
	notifications     = "org.freedesktop.Notifications"
	notificationsPath = dbus.ObjectPath("/org/freedesktop/Notifications")
	busTimeout        = 2 * time.Second
)

// connect finds the desktop's notification service, if there is none yet.
func (d *desk) connect() error {
	if d.conn != nil && d.conn.Connected() {
		return nil
	}
	conn, err := dialBus(d.connected)
	if err != nil {
		return err
	}
	var capabilities []string
	if err := d.call(conn, "GetCapabilities").Store(&capabilities); err != nil {
		conn.Close()
		return err
	}
	d.actions, d.markup = false, false
	for _, c := range capabilities {
		d.actions = d.actions || c == "actions"
		d.markup = d.markup || c == "body-markup"
	}
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(notifications), dbus.WithMatchObjectPath(notificationsPath)); err != nil {
		conn.Close()
		return err
	}
	d.conn, d.signals = conn, make(chan *dbus.Signal, 16)
	conn.Signal(d.signals)
	clear(d.shown) // ids of another connection
	return nil
}

func (d *desk) call(conn *dbus.Conn, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(d.connected, busTimeout)
	defer cancel()
	return conn.Object(notifications, notificationsPath).CallWithContext(ctx, notifications+"."+method, 0, args...)
}

func (d *desk) show(n notification) {
	if err := d.notify(n); err != nil {
		d.options.Log.Debug("desktop: no notification with buttons", "err", err)
		if d.options.Fallback != nil {
			d.options.Fallback(n.title, n.text)
		}
	}
}

func (d *desk) notify(n notification) error {
	if err := d.connect(); err != nil {
		return err
	}
	var replaces uint32
	if s := d.shown[n.key]; s != nil {
		replaces = s.id
	}
	text, buttons, expire := n.text, n.buttons, int32(-1)
	if d.markup {
		text = html.EscapeString(text)
	}
	if !d.actions {
		buttons = nil
	}
	hints := map[string]dbus.Variant{
		"urgency":       dbus.MakeVariant(n.urgency),
		"category":      dbus.MakeVariant(n.category),
		"desktop-entry": dbus.MakeVariant("webphone"),
		"transient":     dbus.MakeVariant(false),
	}
	if n.resident {
		hints["resident"] = dbus.MakeVariant(true)
		expire = 0 // until it is taken away
	}
	var id uint32
	err := d.call(d.conn, "Notify", "Webphone", replaces, "webphone", n.title, text, buttons, hints, expire).Store(&id)
	if err != nil {
		return err
	}
	d.shown[n.key] = &showing{id: id, press: n.press}
	return nil
}

func (d *desk) close(key string) {
	s := d.shown[key]
	if s == nil {
		return
	}
	delete(d.shown, key)
	if err := d.call(d.conn, "CloseNotification", s.id).Err; err != nil {
		d.options.Log.Debug("desktop: a notification stays", "err", err)
	}
}

// signal handles what the desktop says about notifications, ours and those
// of other programs.
func (d *desk) signal(s *dbus.Signal) {
	if s == nil { // the bus went away
		d.signals = nil
		return
	}
	if len(s.Body) != 2 {
		return
	}
	id, _ := s.Body[0].(uint32)
	for key, showing := range d.shown {
		if showing.id != id {
			continue
		}
		switch s.Name {
		case notifications + ".NotificationClosed":
			delete(d.shown, key) // dismissed or run out: the call rings on
		case notifications + ".ActionInvoked":
			button, _ := s.Body[1].(string)
			press := showing.press
			press.Button = Button(button)
			if d.options.OnPress != nil {
				d.options.OnPress(press)
			}
		}
		return
	}
}

// leave takes back the notifications of calls: nobody would act on them.
func (d *desk) leave() {
	if d.conn == nil {
		return
	}
	// A message that nobody waits for can be lost when the connection closes.
	ctx, cancel := context.WithTimeout(d.connected, busTimeout/4)
	defer cancel()
	for key, s := range d.shown {
		if strings.HasPrefix(key, "call ") {
			_ = d.conn.Object(notifications, notificationsPath).CallWithContext(ctx, notifications+".CloseNotification", 0, s.id).Err
		}
	}
	d.conn.Close()
}
