package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Field is a text field that leaves to the window what it has no use for:
// unknown shortcuts reach the canvas, and Escape, arrows and Enter can be
// taken over. Fyne's own Entry swallows them.
type Field struct {
	widget.Entry
	// OnKey is asked first about keys that are not text; it reports whether
	// it used the key up.
	OnKey func(e *fyne.KeyEvent) bool
	// OnPaste replaces pasted text before it goes in; nil leaves it.
	OnPaste func(text string) string
	// OnFocus is told when the field gets or loses the keyboard.
	OnFocus func(focused bool)

	// ShiftEnter makes Enter submit and Shift+Enter break the line, in a
	// field of several lines.
	ShiftEnter bool
	shift      bool
	icon       fyne.Resource
}

var _ fyne.Shortcutable = (*Field)(nil)

// NewField is a field of one line.
func NewField(placeholder string) *Field {
	f := &Field{}
	f.init(placeholder)
	return f
}

// NewPasswordField hides what is typed; an eye shows it.
func NewPasswordField(placeholder string) *Field {
	f := &Field{}
	f.Password = true
	f.init(placeholder)
	return f
}

// NewSearchField has a magnifying glass; Escape empties it.
func NewSearchField(placeholder string, glass fyne.Resource) *Field {
	f := NewField(placeholder)
	f.icon = glass
	f.Icon = look.Tinted(glass, look.Muted, 20)
	f.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyEscape && f.Text != "" {
			f.SetText("")
			return true
		}
		return false
	}
	return f
}

// NewMessageField grows to several lines; Enter submits, Shift+Enter breaks
// the line.
func NewMessageField(placeholder string) *Field {
	f := &Field{ShiftEnter: true}
	f.MultiLine = true
	f.init(placeholder)
	f.Wrapping = fyne.TextWrapWord
	f.SetMinRowsVisible(1)
	return f
}

func (f *Field) init(placeholder string) {
	f.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	f.PlaceHolder = placeholder
	f.ExtendBaseWidget(f)
}

// MinSize is at least the height of a field in the design.
func (f *Field) MinSize() fyne.Size {
	s := f.Entry.MinSize()
	s.Width = max(s.Width, 60)
	s.Height = max(s.Height, look.FieldHeight)
	return s
}

// Refresh colours the icon anew.
func (f *Field) Refresh() {
	if f.icon != nil {
		f.Icon = look.Tinted(f.icon, look.Muted, 20)
	}
	f.Entry.Refresh()
}

// AcceptsTab leaves Tab to the window: it goes to the next control.
func (f *Field) AcceptsTab() bool { return false }

// KeyDown follows Shift.
func (f *Field) KeyDown(e *fyne.KeyEvent) {
	f.followShift(e, true)
	f.Entry.KeyDown(e)
}

// KeyUp follows Shift.
func (f *Field) KeyUp(e *fyne.KeyEvent) {
	f.followShift(e, false)
	f.Entry.KeyUp(e)
}

func (f *Field) followShift(e *fyne.KeyEvent, down bool) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		f.shift = down
	}
}

// FocusGained tells OnFocus.
func (f *Field) FocusGained() {
	f.shift = false
	f.Entry.FocusGained()
	if f.OnFocus != nil {
		f.OnFocus(true)
	}
}

// FocusLost tells OnFocus.
func (f *Field) FocusLost() {
	f.Entry.FocusLost()
	if f.OnFocus != nil {
		f.OnFocus(false)
	}
}

// TypedKey asks OnKey, submits, gives Escape to the window, and leaves the
// rest to the entry.
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	if f.OnKey != nil && f.OnKey(e) {
		return
	}
	switch e.Name {
	case fyne.KeyEscape:
		unhandledKey(f, e)
	case fyne.KeyReturn, fyne.KeyEnter:
		f.enter(e)
	default:
		f.Entry.TypedKey(e)
	}
}

func (f *Field) enter(e *fyne.KeyEvent) {
	switch {
	case f.MultiLine && f.ShiftEnter && f.shift:
		f.TypedRune('\n')
	case f.MultiLine && !f.ShiftEnter:
		f.Entry.TypedKey(e)
	case f.OnSubmitted != nil:
		f.OnSubmitted(f.Text)
	}
}

// TypedShortcut edits, or gives the shortcut to the window.
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		if f.OnPaste != nil {
			f.pasteCleaned(s)
			return
		}
	case *desktop.CustomShortcut:
		if !edits(s) {
			forwardShortcut(f, s)
			return
		}
	}
	f.Entry.TypedShortcut(s)
}

// edits reports whether the entry itself uses the shortcut: moving and
// deleting by words.
func edits(s *desktop.CustomShortcut) bool {
	switch s.KeyName {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown, fyne.KeyHome, fyne.KeyEnd,
		fyne.KeyBackspace, fyne.KeyDelete:
		return true
	}
	return false
}

func (f *Field) pasteCleaned(s *fyne.ShortcutPaste) {
	clean := &cleanClipboard{text: f.OnPaste(s.Clipboard.Content())}
	f.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clean})
}

// cleanClipboard hands the entry the cleaned text in place of the pasted one.
type cleanClipboard struct{ text string }

func (c *cleanClipboard) Content() string        { return c.text }
func (c *cleanClipboard) SetContent(text string) { c.text = text }

// Labelled is a form field: a caption above, a sentence below when something
// is wrong with it.
type Labelled struct {
	widget.BaseWidget
	column  *fyne.Container
	problem *Text
	note    *Text
}

var _ Flowing = (*Labelled)(nil)

// NewLabelled puts a caption above the control o.
func NewLabelled(caption string, o fyne.CanvasObject) *Labelled {
	l := &Labelled{
		note:    NewText("", look.MinorText, look.AccentText).Trailing(),
		problem: NewParagraph("", look.CaptionText, look.NegativeText),
	}
	head := NewLine(8, 1, NewText(caption, look.MinorText, look.Muted).Whole(), l.note)
	l.problem.Hide()
	l.column = NewColumn(5, head, o, l.problem)
	l.ExtendBaseWidget(l)
	return l
}

// SetNote writes beside the caption: "found from the address ✓".
func (l *Labelled) SetNote(text string) { l.note.SetText(text) }

// SetProblem writes below the control; "" takes it away. The layout around
// the field must be refreshed when it is to make room: when it reports that a
// sentence came or went.
func (l *Labelled) SetProblem(sentence string) bool {
	l.problem.SetText(sentence)
	if l.problem.Hidden == (sentence == "") {
		return false
	}
	l.problem.Hidden = sentence == ""
	l.Refresh()
	return true
}

// HeightFor makes a Labelled flow in a column.
func (l *Labelled) HeightFor(width float32) float32 { return HeightFor(l.column, width) }

// CreateRenderer is for Fyne.
func (l *Labelled) CreateRenderer() fyne.WidgetRenderer {
	return &drawing{
		objects: []fyne.CanvasObject{l.column},
		layout:  func(s fyne.Size) { place(l.column, 0, 0, s.Width, s.Height) },
		min:     l.column.MinSize,
	}
}

// NewNumberField is a field with large text and nothing around it; the object
// is what to lay out.
func NewNumberField(placeholder string) (*Field, fyne.CanvasObject) {
	f := NewField(placeholder)
	themed := container.NewThemeOverride(f, look.With(
		map[fyne.ThemeSizeName]float32{
			theme.SizeNameText:         look.NumberText,
			theme.SizeNameInputBorder:  numberBorder,
			theme.SizeNameInnerPadding: 4,
			theme.SizeNameInputRadius:  0,
		},
		map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameInputBackground: look.Clear,
			theme.ColorNameInputBorder:     look.Clear,
		},
	))
	return f, container.NewStack(themed, newMask(2*numberBorder+2))
}

const numberBorder = 2

// newMask hides the border of an entry, which Fyne draws as wide as the
// cursor and in its colour.
func newMask(width float32) fyne.CanvasObject {
	m := &mask{frame: rounded(0)}
	m.frame.StrokeWidth = width
	m.ExtendBaseWidget(m)
	return m
}

type mask struct {
	widget.BaseWidget
	frame *canvas.Rectangle
}

func (m *mask) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{m.frame}}
	d.layout = func(s fyne.Size) { place(m.frame, 0, 0, s.Width, s.Height) }
	d.min = func() fyne.Size { return fyne.Size{} }
	d.paint = func() { m.frame.StrokeColor = role(look.Background) }
	d.paint()
	return d
}
