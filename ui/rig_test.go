package ui

import (
	"fmt"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"webphone/phone"
	"webphone/ui/internal/golden"
	"webphone/ui/look"
	"webphone/ui/model"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	if err := os.Setenv("LANG", "en_US.UTF-8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// rig is one screen in a window of its own, without the rail, over a phone
// that only remembers. Work runs at once, on the test's goroutine.
type rig struct {
	t      *testing.T
	phone  *modeltest.Phone
	queue  *modeltest.Queue
	host   *host
	window fyne.Window
	screen screen

	compact  bool
	pageOpen bool     // when compact
	log      []string // what the screen asked of the window
	problems []Sentence
	asked    func() // what the last Confirm would do
}

func newRig(t *testing.T, s *phone.Snapshot, choice look.Choice, compact bool, make func(h *host) screen) *rig {
	t.Helper()
	golden.App(t, choice)
	r := &rig{t: t, phone: modeltest.NewPhone(s), queue: &modeltest.Queue{}, compact: compact}
	m := model.New(r.phone, r.queue.Post)
	t.Cleanup(m.Close)
	note := func(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }
	r.window = test.NewTempWindow(t, container.NewStack())
	r.window.SetPadded(false)
	r.host = &host{
		Model: m, Phone: r.phone, Now: func() time.Time { return modeltest.Now }, Window: r.window,
		Run: func(work func() error, then func(error)) {
			err := work()
			if err != nil {
				r.problems = append(r.problems, Explain(err, Subject{}))
			}
			if then != nil {
				then(err)
			}
		},
		Say:  func(s string) { note("say %s", s) },
		Call: func(target string) { note("call %s", target) },
		CallBack: func(target, account string) {
			if account == "a1" { // the sample's only one
				note("call %s", target)
				return
			}
			note("call %s from %q", target, account)
		},
		Chat:         func(peer string) { note("chat %s", peer) },
		AddContact:   func(name, address string) { note("contact %s %s", name, address) },
		Go:           func(p place) { note("go %s", p) },
		ShowPage:     func() { r.pageOpen = true; r.lay() },
		ShowList:     func() { r.pageOpen = false; r.lay() },
		Compact:      func() bool { return r.compact },
		Lowered:      func() float32 { return 0 },
		Focus:        func(w fyne.Focusable) { r.window.Canvas().Focus(w) },
		Confirm:      func(question, _, _ string, then func()) { note("confirm %s", question); r.asked = then },
		TitleChanged: func() {},
	}
	r.screen = make(r.host)
	m.Listen(r.screen.Apply)
	if compact {
		r.window.Resize(fyne.NewSize(360, 570))
	} else {
		r.window.Resize(fyne.NewSize(924, 680))
	}
	r.lay()
	r.screen.Shown(true)
	return r
}

// lay puts list and page into the window as the shell does.
func (r *rig) lay() {
	list := widgets.NewPanel(look.Surface, r.screen.List())
	page := widgets.NewPanel(look.Background, r.screen.Page())
	switch {
	case r.compact && r.pageOpen:
		r.window.SetContent(page)
	case r.compact:
		r.window.SetContent(list)
	default:
		r.window.SetContent(container.New(sideBySide{}, list, page))
	}
}

// update changes the phone and shows that.
func (r *rig) update(change func(s *phone.Snapshot)) {
	r.phone.Update(change)
	r.host.Model.Apply(r.phone.Snapshot())
}

func (r *rig) golden(name string) {
	r.t.Helper()
	golden.Check(r.t, r.window, name)
}

// type types into what has the keyboard.
func (r *rig) typeIn(text string) {
	r.t.Helper()
	f := r.window.Canvas().Focused()
	if f == nil {
		r.t.Fatal("nothing has the keyboard")
	}
	test.Type(f, text)
}

// press presses a key in what has the keyboard.
func (r *rig) press(key fyne.KeyName) {
	r.t.Helper()
	if f := r.window.Canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: key})
		return
	}
	r.t.Fatal("nothing has the keyboard")
}

type sideBySide struct{}

func (sideBySide) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(look.ListWidth, s.Height))
	o[1].Move(fyne.NewPos(look.ListWidth, 0))
	o[1].Resize(fyne.NewSize(s.Width-look.ListWidth, s.Height))
}

func (sideBySide) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(600, 300) }
