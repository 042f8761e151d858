package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Item is one line of a List: a row, or a heading when Heading is not "".
type Item struct {
	Key     string // names the row across SetItems
	Heading string
	Row     RowData
}

func (i Item) isRow() bool { return i.Heading == "" }

func (i Item) height() float32 {
	if i.isRow() {
		return RowHeight
	}
	return 32
}

// List is a column of rows with headings between them. Only what is in sight
// exists as objects. It is one stop of Tab: arrows, Home, End and the page
// keys move, Enter opens.
type List struct {
	widget.BaseWidget
	// OnSelect is called when another row is chosen by mouse or arrows.
	OnSelect func(key string)
	// OnOpen is called for Enter; nil ignores it.
	OnOpen func(key string)
	// OnKey gets keys the list has no use for; it reports whether it had.
	OnKey func(key string, e *fyne.KeyEvent) bool
	// OnMenu is called for a secondary press on a row.
	OnMenu func(key string, at fyne.Position)

	items    []Item
	offsets  []float32 // of each item's top
	total    float32
	selected string
	focused  bool

	scroll *container.Scroll
	body   *listBody
}

var _ fyne.Focusable = (*List)(nil)

// NewList is an empty list.
func NewList() *List {
	l := &List{}
	l.body = &listBody{list: l, rows: map[int]*Row{}, headings: map[int]*canvas.Text{}}
	l.body.ExtendBaseWidget(l.body)
	l.scroll = container.NewVScroll(l.body)
	l.scroll.OnScrolled = func(fyne.Position) { l.body.show() }
	l.ExtendBaseWidget(l)
	return l
}

// SetItems replaces the content; the selection stays with its key.
func (l *List) SetItems(items []Item) {
	if slices.Equal(l.items, items) {
		return
	}
	l.items = items
	l.offsets = make([]float32, len(items))
	l.total = 0
	for i, it := range items {
		l.offsets[i] = l.total
		l.total += it.height()
	}
	l.body.show()
	l.scroll.Refresh()
}

// Items is the content.
func (l *List) Items() []Item { return l.items }

// Selected is the key of the chosen row, or "".
func (l *List) Selected() string { return l.selected }

// Select marks a row without calling OnSelect; "" marks none.
func (l *List) Select(key string) {
	if l.selected == key {
		return
	}
	l.selected = key
	l.body.show()
}

// ScrollToSelected brings the chosen row into sight.
func (l *List) ScrollToSelected() {
	i := l.index(l.selected)
	if i < 0 {
		return
	}
	top, bottom := l.offsets[i], l.offsets[i]+l.items[i].height()
	if i > 0 && !l.items[i-1].isRow() {
		top = l.offsets[i-1]
	}
	y, h := l.scroll.Offset.Y, l.scroll.Size().Height
	switch {
	case top < y:
		y = top
	case bottom > y+h:
		y = bottom - h
	default:
		return
	}
	l.scroll.ScrollToOffset(fyne.NewPos(0, y))
	l.body.show()
}

// Arrow marks the row before or after the chosen one while a field beside the
// list keeps the keyboard. It reports whether the key was an arrow up or down.
func (l *List) Arrow(e *fyne.KeyEvent) bool {
	at := l.index(l.selected)
	switch {
	case e.Name == fyne.KeyDown && at+1 < len(l.items):
		at++
	case e.Name == fyne.KeyUp && at > 0:
		at--
	default:
		return e.Name == fyne.KeyDown || e.Name == fyne.KeyUp
	}
	l.Select(l.items[at].Key)
	l.ScrollToSelected()
	return true
}

func (l *List) index(key string) int {
	if key == "" {
		return -1
	}
	return slices.IndexFunc(l.items, func(it Item) bool { return it.isRow() && it.Key == key })
}

// cursor is the key of the row where the keyboard is: the chosen one, else the
// first.
func (l *List) cursor() string {
	if l.index(l.selected) >= 0 {
		return l.selected
	}
	for _, it := range l.items {
		if it.isRow() {
			return it.Key
		}
	}
	return ""
}

func (l *List) choose(key string) {
	if l.selected == key {
		return
	}
	l.Select(key)
	if l.OnSelect != nil {
		l.OnSelect(key)
	}
}

// tapped chooses a row; pressing the chosen one again tells OnSelect too, so
// that a compact window opens it.
func (l *List) tapped(key string) {
	l.Select(key)
	if l.OnSelect != nil {
		l.OnSelect(key)
	}
}

// move goes n rows down, or up for a negative n, and stops at the ends.
func (l *List) move(n int) {
	step, at := 1, l.index(l.selected)
	if n < 0 {
		step, n = -1, -n
		if at < 0 {
			at = len(l.items)
		}
	}
	found := ""
	for i := at + step; i >= 0 && i < len(l.items) && n > 0; i += step {
		if l.items[i].isRow() {
			found = l.items[i].Key
			n--
		}
	}
	if found != "" {
		l.choose(found)
		l.ScrollToSelected()
	}
}

// TypedKey moves and opens.
func (l *List) TypedKey(e *fyne.KeyEvent) {
	page := max(1, int(l.Size().Height/RowHeight)-1)
	switch e.Name {
	case fyne.KeyDown:
		l.move(1)
	case fyne.KeyUp:
		l.move(-1)
	case fyne.KeyPageDown:
		l.move(page)
	case fyne.KeyPageUp:
		l.move(-page)
	case fyne.KeyHome:
		l.move(-len(l.items) - 1)
	case fyne.KeyEnd:
		l.move(len(l.items) + 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if l.selected == "" {
			l.choose(l.cursor())
		}
		if l.selected != "" && l.OnOpen != nil {
			l.OnOpen(l.selected)
		}
	default:
		if l.OnKey == nil || !l.OnKey(l.selected, e) {
			unhandledKey(l, e)
		}
	}
}

// TypedRune passes text on to the window.
func (l *List) TypedRune(r rune) { unhandledRune(l, r) }

// FocusGained shows where the keyboard is; with nothing chosen yet the first
// row is marked, not chosen.
func (l *List) FocusGained() {
	l.focused = true
	l.body.show()
}

// FocusLost takes the mark away.
func (l *List) FocusLost() {
	l.focused = false
	l.body.show()
}

// CreateRenderer is for Fyne.
func (l *List) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{l.scroll}}
	d.layout = func(s fyne.Size) {
		place(l.scroll, 0, 0, s.Width, s.Height)
		l.body.show()
	}
	d.min = func() fyne.Size { return fyne.NewSize(120, RowHeight) }
	return d
}

// listBody is the scrolled part: as high as all items, with objects for
// those in sight.
type listBody struct {
	widget.BaseWidget
	list     *List
	rows     map[int]*Row // by index of the item
	headings map[int]*canvas.Text
	spare    []*Row
	drawing  *drawing
}

func (b *listBody) CreateRenderer() fyne.WidgetRenderer {
	b.drawing = &drawing{}
	b.drawing.layout = func(fyne.Size) { b.arrange() }
	b.drawing.min = func() fyne.Size { return fyne.NewSize(10, b.list.total) }
	b.drawing.paint = func() {
		for _, h := range b.headings {
			h.Color = role(look.Muted)
		}
	}
	b.arrange()
	return b.drawing
}

// show brings the objects in line with the items and the part in sight.
func (b *listBody) show() {
	if b.drawing == nil {
		return
	}
	b.arrange()
	canvas.Refresh(b)
}

func (b *listBody) arrange() {
	const side = 6
	l := b.list
	width := l.scroll.Size().Width
	first, last := b.inSight()
	for i, r := range b.rows {
		if i < first || i >= last || !l.items[i].isRow() {
			b.spare = append(b.spare, r)
			delete(b.rows, i)
		}
	}
	clear(b.headings)
	b.drawing.objects = b.drawing.objects[:0]
	for i := first; i < last; i++ {
		it := l.items[i]
		if !it.isRow() {
			t := newText(look.SmallText)
			t.Text, t.Color = Ellipsis(it.Heading, width-40, look.SmallText, fyne.TextStyle{}), role(look.Muted)
			b.headings[i] = t
			place(t, side+14, l.offsets[i]+12, width-40, 16)
			b.drawing.objects = append(b.drawing.objects, t)
			continue
		}
		r := b.row(i)
		r.OnTap = func() { l.tapped(it.Key) }
		r.OnMenu = nil
		if l.OnMenu != nil {
			r.OnMenu = func(at fyne.Position) { l.OnMenu(it.Key, at) }
		}
		r.Set(it.Row, it.Key == l.selected, l.focused && it.Key == l.cursor())
		place(r, side, l.offsets[i], width-2*side, RowHeight)
		b.drawing.objects = append(b.drawing.objects, r)
	}
}

func (b *listBody) row(i int) *Row {
	r := b.rows[i]
	if r == nil {
		if n := len(b.spare); n > 0 {
			r, b.spare = b.spare[n-1], b.spare[:n-1]
		} else {
			r = NewRow(RowData{})
		}
		r.hovered = false
		b.rows[i] = r
	}
	return r
}

// inSight is the range of items to show.
func (b *listBody) inSight() (first, last int) {
	l := b.list
	top := l.scroll.Offset.Y
	bottom := top + l.scroll.Size().Height
	for first < len(l.items) && l.offsets[first]+l.items[first].height() <= top {
		first++
	}
	last = first
	for last < len(l.items) && l.offsets[last] < bottom {
		last++
	}
	return first, last
}
