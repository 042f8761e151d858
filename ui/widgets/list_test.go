package widgets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"webphone/assets"
	"webphone/ui/widgets"
)

func people(n int) []widgets.Item {
	items := []widgets.Item{{Heading: "Today"}}
	for i := range n {
		k := fmt.Sprintf("p%d", i)
		items = append(items, widgets.Item{Key: k, Row: widgets.RowData{Title: k, Address: "sip:" + k}})
	}
	return items
}

func TestList_keyboardMovesAndOpens(t *testing.T) {
	l := widgets.NewList()
	var selected, opened []string
	l.OnSelect = func(k string) { selected = append(selected, k) }
	l.OnOpen = func(k string) { opened = append(opened, k) }
	l.SetItems(people(20))
	w := show(t, l, 300, 240)
	w.Canvas().Focus(l)
	for _, step := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyDown, "p0"},
		{fyne.KeyDown, "p1"},
		{fyne.KeyUp, "p0"},
		{fyne.KeyUp, "p0"},
		{fyne.KeyPageDown, "p3"},
		{fyne.KeyEnd, "p19"},
		{fyne.KeyDown, "p19"},
		{fyne.KeyHome, "p0"},
	} {
		l.TypedKey(key(step.key))
		if l.Selected() != step.want {
			t.Fatalf("%s leads to %q, want %q", step.key, l.Selected(), step.want)
		}
	}
	l.TypedKey(key(fyne.KeyReturn))
	if !slices.Equal(opened, []string{"p0"}) {
		t.Errorf("Enter opened %v", opened)
	}
	if want := []string{"p0", "p1", "p0", "p3", "p19", "p0"}; !slices.Equal(selected, want) {
		t.Errorf("OnSelect heard %v, want %v", selected, want)
	}
}

func TestList_keysItHasNoUseForGoOn(t *testing.T) {
	l := widgets.NewList()
	l.SetItems(people(3))
	w := show(t, l, 300, 240)
	var window, own []fyne.KeyName
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { window = append(window, e.Name) })
	l.OnKey = func(_ string, e *fyne.KeyEvent) bool {
		own = append(own, e.Name)
		return e.Name == fyne.KeyDelete
	}
	l.TypedKey(key(fyne.KeyDelete))
	l.TypedKey(key(fyne.KeyEscape))
	if !slices.Equal(own, []fyne.KeyName{fyne.KeyDelete, fyne.KeyEscape}) || !slices.Equal(window, []fyne.KeyName{fyne.KeyEscape}) {
		t.Errorf("list was asked %v, window got %v", own, window)
	}
}

func TestList_hasObjectsForWhatIsInSightOnly(t *testing.T) {
	l := widgets.NewList()
	l.SetItems(people(500))
	w := show(t, l, 300, 300)
	if n := rowsIn(l); n < 4 || n > 8 {
		t.Errorf("%d rows exist for a height of 300", n)
	}
	l.Select("p400")
	l.ScrollToSelected()
	if n := rowsIn(l); n < 4 || n > 8 {
		t.Errorf("%d rows exist after scrolling", n)
	}
	if !shown(l, "p400") {
		t.Error("the chosen row was not brought into sight")
	}
	_ = w
}

func TestList_selectionStaysWithItsKey(t *testing.T) {
	l := widgets.NewList()
	l.SetItems(people(5))
	show(t, l, 300, 300)
	l.Select("p3")
	l.SetItems(append([]widgets.Item{{Key: "new", Row: widgets.RowData{Title: "new"}}}, people(5)...))
	if l.Selected() != "p3" {
		t.Errorf("%q is selected after a new row came, want p3", l.Selected())
	}
	l.SetItems(people(2))
	l.TypedKey(key(fyne.KeyDown))
	if l.Selected() != "p0" {
		t.Errorf("Down leads to %q after the chosen row went, want p0", l.Selected())
	}
}

// rows are the rows that exist in o, as the driver would draw them.
func rows(o fyne.CanvasObject) []*widgets.Row {
	var found []*widgets.Row
	switch o := o.(type) {
	case *widgets.Row:
		return []*widgets.Row{o}
	case *fyne.Container:
		for _, c := range o.Objects {
			found = append(found, rows(c)...)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			found = append(found, rows(c)...)
		}
	}
	return found
}

func rowsIn(l *widgets.List) int { return len(rows(l)) }

func shown(l *widgets.List, title string) bool {
	return slices.ContainsFunc(rows(l), func(r *widgets.Row) bool { return r.Title() == title })
}

func TestList_tapSelects(t *testing.T) {
	l := widgets.NewList()
	var heard []string
	l.OnSelect = func(k string) { heard = append(heard, k) }
	l.SetItems(people(3))
	show(t, l, 300, 300)
	r := rows(l)[1]
	test.Tap(r)
	test.Tap(r)
	if !slices.Equal(heard, []string{"p1", "p1"}) {
		t.Errorf("two taps told %v, want p1 twice: a compact window opens on the second", heard)
	}
}

func TestField_leavesToTheWindowWhatItDoesNotKnow(t *testing.T) {
	f := widgets.NewField("")
	w := show(t, f, 200, 60)
	answered := 0
	answer := &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault}
	w.Canvas().AddShortcut(answer, func(fyne.Shortcut) { answered++ })
	var keys []fyne.KeyName
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { keys = append(keys, e.Name) })
	w.Canvas().Focus(f)
	f.TypedShortcut(answer)
	f.TypedKey(key(fyne.KeyEscape))
	if answered != 1 || len(keys) != 1 {
		t.Errorf("shortcut reached the window %d times, Escape %v", answered, keys)
	}
	f.SetText("hello world")
	f.TypedShortcut(&fyne.ShortcutSelectAll{})
	if f.SelectedText() != "hello world" {
		t.Error("select all no longer works")
	}
}

func TestField_pasteIsCleaned(t *testing.T) {
	f := widgets.NewField("")
	f.OnPaste = func(s string) string { return strings.ReplaceAll(s, "-", "") }
	show(t, f, 200, 60)
	clip := test.NewClipboard()
	clip.SetContent("12-34")
	f.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if f.Text != "1234" {
		t.Errorf("pasted %q", f.Text)
	}
	if clip.Content() != "12-34" {
		t.Error("the clipboard itself was changed")
	}
}

func TestField_messageEnterSendsShiftEnterBreaks(t *testing.T) {
	f := widgets.NewMessageField("")
	var sent []string
	f.OnSubmitted = func(s string) { sent = append(sent, s) }
	w := show(t, f, 300, 120)
	w.Canvas().Focus(f)
	test.Type(f, "one")
	f.KeyDown(key(desktop.KeyShiftLeft))
	f.TypedKey(key(fyne.KeyReturn))
	f.KeyUp(key(desktop.KeyShiftLeft))
	test.Type(f, "two")
	f.TypedKey(key(fyne.KeyReturn))
	if !slices.Equal(sent, []string{"one\ntwo"}) {
		t.Errorf("sent %q, want one message of two lines", sent)
	}
}

func TestField_searchEscapeEmptiesFirst(t *testing.T) {
	f := widgets.NewSearchField("Search", assets.Search)
	w := show(t, f, 200, 60)
	escapes := 0
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { escapes++ })
	f.SetText("bob")
	f.TypedKey(key(fyne.KeyEscape))
	if f.Text != "" || escapes != 0 {
		t.Errorf("text %q, window got %d", f.Text, escapes)
	}
	f.TypedKey(key(fyne.KeyEscape))
	if escapes != 1 {
		t.Error("Escape in an empty search did not reach the window")
	}
}

func TestSlider_keysWheelAndTap(t *testing.T) {
	var heard []float64
	s := widgets.NewSlider(func(v float64) { heard = append(heard, v) })
	show(t, s, 200, 40)
	s.SetValue(0.5)
	if len(heard) != 0 {
		t.Error("SetValue called back")
	}
	s.TypedKey(key(fyne.KeyRight))
	s.TypedKey(key(fyne.KeyEnd))
	s.TypedKey(key(fyne.KeyRight))
	s.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.Delta{DY: -1}})
	s.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, 10)})
	want := []float64{0.55, 1, 0.95, 0.25}
	if len(heard) != len(want) {
		t.Fatalf("heard %v, want %v", heard, want)
	}
	for i := range want {
		if d := heard[i] - want[i]; d > 1e-6 || d < -1e-6 {
			t.Errorf("heard %v, want %v", heard, want)
		}
	}
}

func TestMeter_lightsItsPart(t *testing.T) {
	m := widgets.NewMeter(20)
	show(t, m, 200, 20)
	for _, c := range []struct {
		level float64
		want  int
	}{{-1, 0}, {0, 0}, {0.01, 0}, {0.25, 5}, {0.5, 10}, {1, 20}, {3, 20}} {
		m.SetLevel(c.level)
		if m.Lit() != c.want {
			t.Errorf("level %v lights %d of 20, want %d", c.level, m.Lit(), c.want)
		}
	}
}

func TestSelect_choosesAndTells(t *testing.T) {
	var heard []string
	s := widgets.NewSelect(assets.ChevronDown, func(k string) { heard = append(heard, k) })
	s.Set([]widgets.Option{{Key: "", Label: "System default"}, {Key: "usb", Label: "Headset"}}, "")
	w := show(t, s, 300, 200)
	w.Canvas().Focus(s)
	s.TypedKey(key(fyne.KeyDown))
	if w.Canvas().Overlays().Top() == nil {
		t.Fatal("Down did not open the menu")
	}
	s.Choose("usb")
	s.Choose("usb")
	if s.Key() != "usb" || !slices.Equal(heard, []string{"usb"}) {
		t.Errorf("chose %q, heard %v", s.Key(), heard)
	}
}

func TestBanner_flowsAndIsDismissed(t *testing.T) {
	closed := 0
	b := widgets.NewBanner(widgets.Warning, assets.Warning, strings.Repeat("long ", 40),
		widgets.NewLink("Try again", 13, func() {})).Closable(assets.Cross, func() { closed++ })
	show(t, b, 600, 200)
	if narrow, wide := b.HeightFor(300), b.HeightFor(900); narrow <= wide {
		t.Errorf("300 wide needs %.0f, 900 wide %.0f", narrow, wide)
	}
	for _, o := range test.WidgetRenderer(b).Objects() {
		if cross, ok := o.(*widgets.IconButton); ok {
			test.Tap(cross)
		}
	}
	if closed != 1 {
		t.Error("the cross did not call back")
	}
}
