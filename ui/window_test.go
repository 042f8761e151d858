package ui

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/transport"
	"webphone/ui/internal/golden"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// windowRig is the whole window over a phone that only remembers. It lives in
// a bubble; what the window posts runs when the test settles.
type windowRig struct {
	t     *testing.T
	phone *modeltest.Phone
	queue *modeltest.Queue
	ui    *UI
}

// inWindow runs f with the window of a phone in state s.
func inWindow(t *testing.T, s *phone.Snapshot, choice look.Choice, width, height float32, f func(r *windowRig)) {
	t.Helper()
	modeltest.Bubble(t, func(t *testing.T) {
		a := golden.App(t, choice)
		s.Settings.Appearance.Theme = string(choice)
		r := &windowRig{t: t, phone: modeltest.NewPhone(s), queue: &modeltest.Queue{}}
		r.phone.Levels = 0.74
		r.ui = New(a, r.phone, Options{Post: r.queue.Post})
		r.ui.window.Resize(fyne.NewSize(width, height))
		r.ui.Start()
		r.queue.Settle()
		defer func() {
			r.ui.Close()
			r.queue.Settle()
			r.ui.window.Close()
		}()
		f(r)
	})
}

// update changes the phone's state and lets the window follow.
func (r *windowRig) update(change func(s *phone.Snapshot)) {
	r.t.Helper()
	r.phone.Update(change)
	r.queue.Settle()
}

// ctrl presses a shortcut where the keyboard is, as the driver does: a
// focused control that knows shortcuts gets it, else the canvas.
func (r *windowRig) ctrl(key fyne.KeyName) {
	r.t.Helper()
	s := &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	c := r.ui.window.Canvas()
	if f, ok := c.Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
	} else {
		c.(fyne.Shortcutable).TypedShortcut(s)
	}
	r.queue.Settle()
}

// key presses a key where the keyboard is.
func (r *windowRig) key(name fyne.KeyName) {
	r.t.Helper()
	e := &fyne.KeyEvent{Name: name}
	c := r.ui.window.Canvas()
	if f := c.Focused(); f != nil {
		f.TypedKey(e)
	} else if c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
	r.queue.Settle()
}

// typing types where the keyboard is.
func (r *windowRig) typing(text string) {
	r.t.Helper()
	c := r.ui.window.Canvas()
	for _, char := range text {
		if f := c.Focused(); f != nil {
			f.TypedRune(char)
		} else {
			c.OnTypedRune()(char)
		}
	}
	r.queue.Settle()
}

// tap presses a control. Unlike test.Tap it leaves the focus, as the driver
// does for what can have it.
func (r *windowRig) tap(o fyne.Tappable) {
	r.t.Helper()
	o.Tapped(&fyne.PointEvent{})
	r.queue.Settle()
}

func (r *windowRig) wait(d time.Duration) {
	time.Sleep(d)
	r.queue.Settle()
}

func (r *windowRig) want(call string) {
	r.t.Helper()
	if !r.phone.Was(call) {
		r.t.Errorf("the phone was not asked %s but %v", call, r.phone.Called())
	}
}

func (r *windowRig) golden(name string) {
	r.t.Helper()
	golden.Check(r.t, r.ui.window, name)
}

// picture is a golden of the window.
type picture struct {
	name          string
	state         func() *phone.Snapshot
	width, height float32
	do            func(r *windowRig)
}

func dialled(text string) func(*windowRig) {
	return func(r *windowRig) { r.typing(text) }
}

func shownCall(then func(r *windowRig)) func(*windowRig) {
	return func(r *windowRig) {
		r.ui.dialpad.ShowCall("c2")
		if then != nil {
			then(r)
		}
		r.queue.Settle()
	}
}

func withCall(change func(c *phone.Call)) *phone.Snapshot {
	s := modeltest.Talking()
	s.Calls = s.Calls[1:]
	change(&s.Calls[0])
	return s
}

func demoSnapshot() *phone.Snapshot {
	s := modeltest.Sample()
	s.Demo = true
	return s
}

// company is the sample with people who tell how they can be reached, and with
// voicemail.
func company() *phone.Snapshot {
	s := modeltest.Sample()
	s.Presence = map[string]phone.Presence{
		"bob@example.com": {Availability: phone.Available}, "dana@example.com": {Availability: phone.Away, Note: "back at three"},
		"carol@example.com": {Availability: phone.InCall}, "erik@example.com": {Availability: phone.Unreachable},
	}
	s.Accounts[0].Voicemail = phone.Voicemail{Waiting: true, New: 2, Old: 1, Address: "sip:voicemail@example.com"}
	return s
}

func switchedOff() *phone.Snapshot {
	s := modeltest.Sample()
	s.Accounts[0].State = phone.Offline
	s.History = nil
	s.MissedCalls, s.UnreadMessages = 0, 0
	return s
}

func troubled() *phone.Snapshot {
	s := modeltest.Sample()
	s.Accounts[0].State = phone.Connecting
	s.Accounts[0].Problem = &transport.Error{
		Op: transport.OpTCP, Server: s.Accounts[0].Server, Host: "example.com:8089", Err: syscall.ECONNREFUSED,
	}
	s.Accounts[0].RetryAt = modeltest.Now.Add(8 * time.Second)
	s.Devices.Problem = &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.NoDevice}}
	return s
}

func windowPictures() []picture {
	return []picture{
		{"dialpad", modeltest.Sample, 1000, 680, dialled("030 4477")},
		{"dialpad-empty", modeltest.Sample, 1000, 680, nil},
		{"dialpad-names", modeltest.Sample, 1000, 680, dialled("e")},
		{"dialpad-demo", demoSnapshot, 1000, 680, nil},
		{"dialpad-offline", switchedOff, 1000, 680, nil},
		{"dialpad-compact", modeltest.Sample, 360, 680, dialled("030 4477")},
		{"dialpad-small", demoSnapshot, 340, 520, dialled("030 4477")},
		{"presence", company, 1000, 680, nil},
		{"presence-compact", company, 360, 680, func(r *windowRig) { r.ctrl(fyne.Key3) }},
		{"presence-contacts", company, 1000, 680, func(r *windowRig) { r.ctrl(fyne.Key4) }},
		{"incall", modeltest.Talking, 1000, 680, shownCall(nil)},
		{"incall-one", func() *phone.Snapshot { return withCall(func(c *phone.Call) { c.Muted = false }) }, 1000, 680, nil},
		{"incall-recorded", recordedCall, 1000, 680, nil},
		{"incall-small-recorded", recordedCall, 340, 520, nil},
		{"callbar-recorded", recordedCall, 1000, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		{"callbar-compact-recorded", recordedCall, 360, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		{"incall-ringing", func() *phone.Snapshot {
			return withCall(func(c *phone.Call) {
				c.State, c.Codec, c.Encrypted, c.Muted = phone.CallRinging, "", false, false
				c.StartedAt = time.Time{}
			})
		}, 1000, 680, nil},
		{"incall-keypad", modeltest.Talking, 1000, 680, shownCall(func(r *windowRig) { r.ctrl(fyne.KeyK); r.typing("12#") })},
		{"incall-figures", modeltest.Talking, 1000, 680, shownCall(func(r *windowRig) { r.ui.dialpad.call.ToggleFigures() })},
		{"incall-small-figures", modeltest.Talking, 340, 520, shownCall(func(r *windowRig) { r.ui.dialpad.call.ToggleFigures() })},
		{"incall-unheard", unheard, 1000, 680, nil},
		{"incall-small-unheard", unheard, 340, 520, nil},
		{"incall-small-all", recordedCall, 340, 520, allAtOnce},
		{"incall-small-read", recordedCall, 340, 520, func(r *windowRig) { allAtOnce(r); r.tap(r.foldKey()) }},
		{"incall-transfer", modeltest.Talking, 1000, 680, shownCall(func(r *windowRig) { r.ctrl(fyne.KeyT) })},
		{"incall-small-transfer", modeltest.Talking, 340, 520, shownCall(func(r *windowRig) { r.ctrl(fyne.KeyT) })},
		{"incall-reconnecting", func() *phone.Snapshot {
			return withCall(func(c *phone.Call) {
				c.Muted, c.ReconnectingSince = false, modeltest.Now.Add(-12*time.Second)
			})
		}, 1000, 680, nil},
		{"incall-compact", modeltest.Talking, 360, 680, shownCall(nil)},
		{"incall-small", modeltest.Talking, 340, 520, shownCall(nil)},
		{"incall-small-keypad", modeltest.Talking, 340, 520, shownCall(func(r *windowRig) { r.ctrl(fyne.KeyK) })},
		{"callbar", modeltest.Talking, 1000, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		{"callbar-compact", modeltest.Talking, 360, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		{"incoming", modeltest.Ringing, 1000, 680, func(r *windowRig) { r.ctrl(fyne.Key3) }},
		{"incoming-second", func() *phone.Snapshot {
			s := modeltest.Talking()
			s.Calls = append(s.Calls, modeltest.Ringing().Calls...)
			return s
		}, 1000, 680, nil},
		{"incoming-compact", modeltest.Ringing, 360, 680, func(r *windowRig) { r.ctrl(fyne.Key3) }},
		{"trouble", troubled, 1000, 680, nil},
		{"trouble-compact", troubled, 360, 680, nil},
		{"quit", modeltest.Talking, 1000, 680, func(r *windowRig) { r.ctrl(fyne.KeyQ) }},
	}
}

func TestWindow_goldens(t *testing.T) {
	inDark := []string{"incall-recorded", "dialpad", "dialpad-compact", "incall", "incall-compact", "incoming", "callbar", "trouble", "quit", "conference", "conference-muted"}
	for _, c := range append(windowPictures(), conferencePictures()...) {
		for _, choice := range []look.Choice{look.Light, look.Dark} {
			if choice == look.Dark && !slices.Contains(inDark, c.name) {
				continue
			}
			t.Run(c.name+"-"+string(choice), func(t *testing.T) {
				inWindow(t, c.state(), choice, c.width, c.height, func(r *windowRig) {
					if c.do != nil {
						c.do(r)
					}
					r.golden("window-" + c.name + "-" + string(choice))
				})
			})
		}
	}
}

// BenchmarkWindow_apply is what the window does for each change of the phone
// during a call, about once a second.
func BenchmarkWindow_apply(b *testing.B) {
	a := test.NewTempApp(b)
	a.Settings().SetTheme(look.Theme{Choice: look.Light})
	s := modeltest.Talking()
	u := New(a, modeltest.NewPhone(s), Options{Post: func(f func()) { f() }})
	u.window.Resize(fyne.NewSize(1000, 680))
	defer u.Close()
	for b.Loop() {
		next := *s
		next.Calls = slices.Clone(s.Calls)
		next.Calls[1].Stats.PacketsSent++
		u.apply(&next)
	}
}
