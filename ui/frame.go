package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/ui/look"
	"webphone/ui/widgets"
)

// newFrame keeps top and bottom at the height they need and gives the rest
// of the room to middle. Top and bottom may be nil.
func newFrame(top, middle, bottom fyne.CanvasObject) *fyne.Container {
	f := frame{top, middle, bottom}
	var objects []fyne.CanvasObject
	for _, o := range []fyne.CanvasObject{top, middle, bottom} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(f, objects...)
}

type frame struct{ top, middle, bottom fyne.CanvasObject }

func (f frame) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	y, end := float32(0), s.Height
	if f.top != nil && f.top.Visible() {
		h := widgets.HeightFor(f.top, s.Width)
		f.top.Move(fyne.NewPos(0, 0))
		f.top.Resize(fyne.NewSize(s.Width, h))
		y = h
	}
	if f.bottom != nil && f.bottom.Visible() {
		h := widgets.HeightFor(f.bottom, s.Width)
		end = s.Height - h
		f.bottom.Move(fyne.NewPos(0, end))
		f.bottom.Resize(fyne.NewSize(s.Width, h))
	}
	f.middle.Move(fyne.NewPos(0, y))
	f.middle.Resize(fyne.NewSize(s.Width, max(0, end-y)))
}

func (f frame) MinSize([]fyne.CanvasObject) fyne.Size {
	s := f.middle.MinSize()
	for _, o := range []fyne.CanvasObject{f.top, f.bottom} {
		if o != nil && o.Visible() {
			m := o.MinSize()
			s = fyne.NewSize(max(s.Width, m.Width), s.Height+m.Height)
		}
	}
	return s
}

// flow wraps a layout of package widgets so that a frame can ask for its
// height.
func flow(o fyne.CanvasObject) fyne.CanvasObject {
	return widgets.NewPanel(look.Clear, o)
}

// listHead is the top of a list column: the title with buttons at its end,
// and what stands below.
func listHead(title string, buttons []fyne.CanvasObject, below ...fyne.CanvasObject) fyne.CanvasObject {
	line := append([]fyne.CanvasObject{widgets.NewHeading(title).Whole(), widgets.Space(1, 28)}, buttons...)
	column := append([]fyne.CanvasObject{
		widgets.NewInset(widgets.Insets{Left: 4}, widgets.NewFixed(0, 40, widgets.NewLine(6, 1, line...))),
	}, below...)
	return flow(widgets.NewInset(widgets.Insets{Top: 8, Right: 14, Bottom: 2, Left: 14}, widgets.NewColumn(8, column...)))
}

// emptyPage says what will be here and offers the first step.
func emptyPage(icon fyne.Resource, title, text string, steps ...*widgets.Button) fyne.CanvasObject {
	column := []fyne.CanvasObject{
		widgets.NewLine(0, 0, centred(widgets.NewIcon(icon, 36, look.Muted))),
		widgets.Space(1, 4),
		widgets.NewText(title, 16, look.Text).Bold().Centered(),
		widgets.NewParagraph(text, look.BodyText, look.Muted).Centered(),
	}
	if len(steps) > 0 {
		buttons := make([]fyne.CanvasObject, len(steps))
		for i, b := range steps {
			buttons[i] = b
		}
		column = append(column, widgets.Space(1, 8), centred(widgets.NewLine(10, -1, buttons...)))
	}
	return widgets.NewInset(widgets.Insets{Left: 24, Right: 24}, widgets.NewMiddle(300, true, widgets.NewColumn(6, column...)))
}

// centred keeps an object at its own size in the middle of the width.
func centred(o fyne.CanvasObject) fyne.CanvasObject { return container.New(middleLine{}, o) }

type middleLine struct{}

func (middleLine) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		m := o.MinSize()
		w := min(m.Width, s.Width)
		o.Resize(fyne.NewSize(w, m.Height))
		o.Move(fyne.NewPos((s.Width-w)/2, (s.Height-m.Height)/2))
	}
}

func (middleLine) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

// equalColumns gives each object the same width, with a gap between them.
type equalColumns struct{ gap float32 }

func (l equalColumns) Layout(o []fyne.CanvasObject, s fyne.Size) {
	n := float32(len(o))
	w := (s.Width - l.gap*(n-1)) / n
	for i, c := range o {
		put(c, float32(i)*(w+l.gap), 0, w, s.Height)
	}
}

func (l equalColumns) MinSize(o []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, c := range o {
		s = s.Max(c.MinSize())
	}
	n := float32(len(o))
	return fyne.NewSize(s.Width*n+l.gap*(n-1), s.Height)
}
