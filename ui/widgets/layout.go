package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// HeightFor is the height o needs at that width.
func HeightFor(o fyne.CanvasObject, width float32) float32 {
	switch o := o.(type) {
	case Flowing:
		return o.HeightFor(width)
	case *fyne.Container:
		if flow, ok := o.Layout.(flowingLayout); ok {
			return flow.HeightFor(o.Objects, width)
		}
	}
	return o.MinSize().Height
}

type flowingLayout interface {
	HeightFor(objects []fyne.CanvasObject, width float32) float32
}

// NewColumn stacks objects, each as wide as the column and as high as it
// needs at that width.
func NewColumn(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap}, objects...)
}

type column struct{ gap float32 }

func (c column) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := HeightFor(o, s.Width)
		place(o, 0, y, s.Width, h)
		y += h + c.gap
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		if s.Height > 0 {
			s.Height += c.gap
		}
		s.Height += m.Height
	}
	return s
}

func (c column) HeightFor(objects []fyne.CanvasObject, width float32) float32 {
	total := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if total > 0 {
			total += c.gap
		}
		total += HeightFor(o, width)
	}
	return total
}

// NewLine puts objects beside each other, each as wide as it asks for and
// centred in the height. The one at index grow takes what is left; -1 means
// none.
func NewLine(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(line{gap, grow}, objects...)
}

type line struct {
	gap  float32
	grow int
}

func (l line) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	left := s.Width - l.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if i == l.grow {
			m.Width = max(0, m.Width+left)
		}
		h := min(s.Height, HeightFor(o, m.Width))
		place(o, x, (s.Height-h)/2, m.Width, h)
		x += m.Width + l.gap
	}
}

func (l line) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if s.Width > 0 {
			s.Width += l.gap
		}
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	return s
}

func (l line) HeightFor(objects []fyne.CanvasObject, width float32) float32 {
	left := width - l.MinSize(objects).Width
	h := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		if i == l.grow {
			w = max(0, w+left)
		}
		h = max(h, HeightFor(o, w))
	}
	return h
}

// NewWrapping puts objects beside each other and goes on below where the
// width ends: chips, buttons.
func NewWrapping(gapX, gapY float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(wrapping{gapX, gapY}, objects...)
}

type wrapping struct{ gapX, gapY float32 }

func (w wrapping) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w.each(objects, s.Width, func(o fyne.CanvasObject, x, y float32, m fyne.Size) {
		place(o, x, y, m.Width, m.Height)
	})
}

func (w wrapping) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if o.Visible() {
			s = s.Max(o.MinSize())
		}
	}
	return s
}

func (w wrapping) HeightFor(objects []fyne.CanvasObject, width float32) float32 {
	return w.each(objects, width, func(fyne.CanvasObject, float32, float32, fyne.Size) {})
}

func (w wrapping) each(objects []fyne.CanvasObject, width float32, do func(o fyne.CanvasObject, x, y float32, m fyne.Size)) float32 {
	var x, y, row float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if x > 0 && x+m.Width > width {
			x, y, row = 0, y+row+w.gapY, 0
		}
		do(o, x, y, fyne.NewSize(min(m.Width, width), m.Height))
		x += m.Width + w.gapX
		row = max(row, m.Height)
	}
	return y + row
}

// Insets are distances from the edges.
type Insets struct{ Top, Right, Bottom, Left float32 }

// NewInset gives an object room around it.
func NewInset(in Insets, o fyne.CanvasObject) *fyne.Container {
	return container.New(inset(in), o)
}

type inset Insets

func (in inset) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		place(o, in.Left, in.Top, s.Width-in.Left-in.Right, s.Height-in.Top-in.Bottom)
	}
}

func (in inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if o.Visible() {
			s = s.Max(o.MinSize())
		}
	}
	return s.AddWidthHeight(in.Left+in.Right, in.Top+in.Bottom)
}

func (in inset) HeightFor(objects []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range objects {
		if o.Visible() {
			h = max(h, HeightFor(o, width-in.Left-in.Right))
		}
	}
	return h + in.Top + in.Bottom
}

// NewFixed makes an object ask for exactly this size; a zero leaves the
// object's own.
func NewFixed(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(fixed{width, height}, o)
}

type fixed struct{ width, height float32 }

func (f fixed) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		place(o, 0, 0, s.Width, s.Height)
	}
}

func (f fixed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(f.width, f.height)
	for _, o := range objects {
		m := o.MinSize()
		if f.width == 0 {
			s.Width = m.Width
		}
		if f.height == 0 {
			s.Height = m.Height
		}
	}
	return s
}

// NewMiddle keeps a column of at most maxWidth in the middle of the width,
// at the top or, when centred, in the middle of the height.
func NewMiddle(maxWidth float32, centered bool, o fyne.CanvasObject) *fyne.Container {
	return container.New(middle{maxWidth, centered}, o)
}

type middle struct {
	width    float32
	centered bool
}

func (m middle) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		w := min(m.width, s.Width)
		h := HeightFor(o, w)
		y := float32(0)
		if m.centered {
			y = max(0, (s.Height-h)/2)
		}
		place(o, (s.Width-w)/2, y, w, h)
	}
}

func (m middle) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

func (m middle) HeightFor(objects []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range objects {
		h = max(h, HeightFor(o, min(m.width, width)))
	}
	return h
}

// PageScroll is a page that scrolls up and down.
type PageScroll struct {
	widget.BaseWidget
	scroll *container.Scroll
	page   *page
	holder *fyne.Container
}

// NewPageScroll scrolls a page vertically when its height, at the width
// there is, does not fit; otherwise the page gets all the height.
func NewPageScroll(o fyne.CanvasObject) *PageScroll {
	p := &PageScroll{page: &page{}}
	p.holder = container.New(p.page, o)
	p.scroll = container.NewVScroll(p.holder)
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is for Fyne.
func (p *PageScroll) CreateRenderer() fyne.WidgetRenderer {
	return &drawing{
		objects: []fyne.CanvasObject{p.scroll},
		layout: func(s fyne.Size) {
			if p.page.width != s.Width {
				p.page.width = s.Width
				p.holder.Refresh()
			}
			place(p.scroll, 0, 0, s.Width, s.Height)
		},
		min: func() fyne.Size { return fyne.NewSize(p.holder.Objects[0].MinSize().Width, 32) },
	}
}

// Relayout measures the content anew after it changed its height.
func (p *PageScroll) Relayout() { p.scroll.Refresh() }

// ScrollToTop shows the beginning.
func (p *PageScroll) ScrollToTop() { p.scroll.ScrollToTop() }

// page asks for the height that its object needs at the width it was told.
type page struct{ width float32 }

func (p *page) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		place(o, 0, 0, s.Width, s.Height)
	}
}

func (p *page) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h = max(h, HeightFor(o, p.width))
	}
	return fyne.NewSize(0, h)
}
