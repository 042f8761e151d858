package widgets_test

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"webphone/assets"
	"webphone/ui/internal/golden"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// show puts an object into a window of its own.
func show(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	golden.App(t, look.Light)
	return showIn(t, o, width, height)
}

func showIn(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, container.NewStack(widgets.NewPanel(look.Background, nil), o))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	return w
}

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

// pressable is every control that can be pressed.
type pressable interface {
	fyne.Focusable
	fyne.Tappable
	fyne.Disableable
	fyne.CanvasObject
}

func controls(tapped func()) map[string]pressable {
	return map[string]pressable{
		"button":      widgets.NewButton(widgets.Primary, "Save", assets.Check, tapped),
		"small":       widgets.NewSmallButton(widgets.Quiet, "New", assets.Compose, tapped),
		"icon button": widgets.NewIconButton("Delete", assets.Trash, look.Muted, tapped),
		"chip":        widgets.NewChip("All", tapped),
		"link":        widgets.NewLink("Retry", 13, tapped),
		"key":         widgets.NewKey("2", "ABC", nil, tapped),
		"round":       widgets.NewRound("Mute", assets.Mic, tapped),
		"nav":         widgets.NewNav("Calls", assets.Clock, tapped),
		"switch":      widgets.NewSwitch(func(bool) { tapped() }),
	}
}

func TestControls_mouseAndKeyboardDoTheSame(t *testing.T) {
	golden.App(t, look.Light)
	pressed := 0
	for name, c := range controls(func() { pressed++ }) {
		t.Run(name, func(t *testing.T) {
			w := showIn(t, c, 120, 90)
			for what, press := range map[string]func(){
				"tap":    func() { test.Tap(c) },
				"Enter":  func() { c.TypedKey(key(fyne.KeyReturn)) },
				"keypad": func() { c.TypedKey(key(fyne.KeyEnter)) },
				"Space":  func() { c.TypedKey(key(fyne.KeySpace)); c.TypedRune(' ') },
			} {
				pressed = 0
				w.Canvas().Focus(c)
				press()
				if pressed != 1 {
					t.Errorf("%s pressed it %d times, want once", what, pressed)
				}
				c.Disable()
				press()
				if pressed != 1 {
					t.Errorf("%s pressed it although it is disabled", what)
				}
				c.Enable()
			}
		})
	}
}

func TestControls_focusIsSeen(t *testing.T) {
	for _, choice := range []look.Choice{look.Light, look.Dark} {
		golden.App(t, choice)
		for name, c := range controls(func() {}) {
			t.Run(string(choice)+"/"+name, func(t *testing.T) {
				w := showIn(t, container.NewCenter(c), 140, 110)
				before := w.Canvas().Capture()
				w.Canvas().Focus(c)
				if off := golden.Differing(before, w.Canvas().Capture()); off < 0.005 {
					t.Errorf("focus changes %.2f %% of the pixels", off*100)
				}
				w.Canvas().Unfocus()
				if off := golden.Differing(before, w.Canvas().Capture()); off != 0 {
					t.Error("the ring stays after the focus left")
				}
			})
		}
	}
}

func TestControls_takeTheThemeWhenItChanges(t *testing.T) {
	a := golden.App(t, look.Light)
	all := container.NewGridWithColumns(3)
	for _, c := range controls(func() {}) {
		all.Add(c)
	}
	all.Add(widgets.NewText("text", 14, look.Text))
	all.Add(widgets.NewIcon(assets.Mic, 24, look.Text))
	w := showIn(t, all, 360, 400)
	light := w.Canvas().Capture()
	a.Settings().SetTheme(look.Theme{Choice: look.Dark})
	w.Content().Refresh()
	dark := w.Canvas().Capture()
	if off := golden.Differing(light, dark); off < 0.9 {
		t.Errorf("only %.0f %% of the pixels changed with the theme", off*100)
	}
	if n := count(dark, look.Theme{Choice: look.Light}.Color(look.Text, 0)); n > 0 {
		t.Errorf("%d pixels are still the text of the light theme", n)
	}
}

func count(img image.Image, c color.Color) int {
	n := 0
	r, g, b, _ := c.RGBA()
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				n++
			}
		}
	}
	return n
}

func TestPress_leavesTheKeyboardWhereItIs(t *testing.T) {
	field := widgets.NewField("")
	button := widgets.NewButton(widgets.Positive, "Call", nil, func() {})
	w := show(t, container.NewVBox(field, button), 200, 120)
	w.Canvas().Focus(field)
	button.Tapped(&fyne.PointEvent{}) // test.Tap takes the focus away; the driver does not
	if w.Canvas().Focused() != fyne.Focusable(field) {
		t.Error("a tap on a button took the focus from the field")
	}
}

func TestPress_typingGoesToTheWindow(t *testing.T) {
	button := widgets.NewButton(widgets.Outline, "x", nil, func() {})
	w := show(t, button, 100, 60)
	var typed string
	var keys []fyne.KeyName
	w.Canvas().SetOnTypedRune(func(r rune) { typed += string(r) })
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { keys = append(keys, e.Name) })
	w.Canvas().Focus(button)
	button.TypedRune('4')
	button.TypedKey(key(fyne.KeyEscape))
	if typed != "4" || len(keys) != 1 || keys[0] != fyne.KeyEscape {
		t.Errorf("the window got %q and %v", typed, keys)
	}
}

func TestKey_longPressIsTheSecondMeaning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []rune
		k := widgets.NewKey("0", "+", nil, func() { got = append(got, '0') })
		k.OnLong = func() { got = append(got, '+') }
		show(t, k, 100, 80)
		hold := func(d time.Duration) {
			k.MouseDown(&desktop.MouseEvent{})
			time.Sleep(d)
			k.MouseUp(&desktop.MouseEvent{})
			test.Tap(k)
		}
		hold(100 * time.Millisecond)
		hold(widgets.LongPress)
		k.TypedKey(key(fyne.KeySpace))
		if string(got) != "0+0" {
			t.Errorf("a short, a long press and Space gave %q, want 0+0", string(got))
		}
	})
}

func TestAvatar_initials(t *testing.T) {
	for _, c := range []struct{ name, address, want string }{
		{"Bob Meyer", "sip:bob@example.com", "BM"},
		{"Echo test", "sip:echo@example.com", "Et"},
		{"Ana Maria de la Cruz", "", "AC"},
		{"madonna", "", "Ma"},
		{"", "sip:+15550104477@example.com", "+1"},
		{"", "sip:bob@example.com", "Bo"},
		{"Émile Zola", "", "ÉZ"},
		{"x", "", "X"},
		{"", "", "?"},
		{"  ", "sip:@", "?"},
	} {
		if got := widgets.Initials(c.name, c.address); got != c.want {
			t.Errorf("Initials(%q, %q) = %q, want %q", c.name, c.address, got, c.want)
		}
	}
}

func TestAvatar_tintIsThePersonsForEver(t *testing.T) {
	if widgets.TintOf("sip:Bob@Example.com") != widgets.TintOf("sip:bob@example.com") {
		t.Error("case changes the tint")
	}
	seen := map[look.Tint]bool{}
	for c := 'a'; c <= 'z'; c++ {
		seen[widgets.TintOf("sip:"+strings.Repeat(string(c), 4)+"@example.com")] = true
	}
	if len(seen) != look.Tints {
		t.Errorf("26 people share %d tints, want all %d", len(seen), look.Tints)
	}
}

func TestText_isCutAndWrapped(t *testing.T) {
	golden.App(t, look.Light)
	style := fyne.TextStyle{}
	width := func(s string) float32 { return fyne.MeasureText(s, 14, style).Width }
	if got := widgets.Ellipsis("Support queue", width("Support q…"), 14, style); got != "Support q…" {
		t.Errorf("cut to %q", got)
	}
	if got := widgets.Ellipsis("whole", 500, 14, style); got != "whole" {
		t.Errorf("cut to %q although there is room", got)
	}
	lines := widgets.WrapText("one two\nthree", width("one two"), 14, style)
	if strings.Join(lines, "|") != "one two|three" {
		t.Errorf("lines are %q", lines)
	}
	word := strings.Repeat("w", 40)
	lines = widgets.WrapText(word, 100, 14, style)
	if len(lines) < 2 || strings.Join(lines, "") != word {
		t.Errorf("a long word became %q", lines)
	}
	for _, l := range lines {
		if width(l) > 101 {
			t.Errorf("line %q is %.0f wide, want 100 at most", l, width(l))
		}
	}
}

func TestColumn_paragraphGetsTheHeightOfItsWidth(t *testing.T) {
	golden.App(t, look.Light)
	p := widgets.NewParagraph(strings.Repeat("word ", 30), 14, look.Text)
	column := widgets.NewColumn(10, widgets.NewText("x", 14, look.Text), p)
	narrow, wide := widgets.HeightFor(column, 120), widgets.HeightFor(column, 600)
	if narrow <= wide {
		t.Errorf("120 wide needs %.0f, 600 wide %.0f", narrow, wide)
	}
	column.Resize(fyne.NewSize(120, narrow))
	if bottom := p.Position().Y + p.Size().Height; bottom > narrow+1 {
		t.Errorf("the paragraph ends at %.0f of %.0f", bottom, narrow)
	}
}
