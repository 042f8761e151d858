package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"webphone/phone"
	"webphone/ui/look"
)

// threadView is a conversation that scrolls: bubbles with a heading before
// each day, the newest at the bottom. Only what is in sight exists as
// objects; heights are measured once for a width.
type threadView struct {
	widget.BaseWidget
	onRetry func(id int64)
	onLink  func(target string)
	onMenu  func(b bubbleData, at fyne.Position)

	items  []threadItem
	width  float32 // the items are measured for
	total  float32
	scroll *container.Scroll
	body   *threadBody
}

// threadItem is a heading or a message.
type threadItem struct {
	day    string // of a heading, else ""
	bubble bubbleData
	lines  [][]piece // nil until measured
	top    float32
	height float32
}

const threadHeading = 40

func newThreadView() *threadView {
	v := &threadView{}
	v.body = &threadBody{view: v, shown: map[int]fyne.CanvasObject{}}
	v.body.ExtendBaseWidget(v.body)
	v.scroll = container.NewVScroll(v.body)
	v.scroll.OnScrolled = func(fyne.Position) { v.body.show() }
	v.ExtendBaseWidget(v)
	return v
}

// setMessages replaces the content. A reader at the bottom stays there, so
// that new messages come into sight; one who reads further up is not moved.
func (v *threadView) setMessages(messages []phone.Message, name string, now time.Time) {
	items := make([]threadItem, 0, len(messages)+4)
	day := ""
	for _, m := range messages {
		if d := dayWord(m.At, now); d != day {
			items, day = append(items, threadItem{day: d}), d
		}
		items = append(items, threadItem{bubble: bubbleOf(m, name)})
	}
	if slices.EqualFunc(items, v.items, func(a, b threadItem) bool { return a.day == b.day && a.bubble == b.bubble }) {
		return
	}
	bottom := v.atBottom()
	known := make(map[bubbleData][][]piece, len(v.items))
	for _, it := range v.items {
		known[it.bubble] = it.lines
	}
	for i := range items {
		items[i].lines = known[items[i].bubble]
	}
	v.items = items
	v.measure()
	v.body.forget()
	v.scroll.Refresh()
	if bottom {
		v.toBottom()
	}
	v.body.show()
}

// clear empties the view, for another conversation.
func (v *threadView) clear() {
	v.items, v.total = nil, 0
	v.body.forget()
	v.scroll.Refresh()
}

func (v *threadView) atBottom() bool {
	return v.scroll.Offset.Y+v.scroll.Size().Height >= v.total-bubbleCaption
}

func (v *threadView) toBottom() {
	v.scroll.ScrollToBottom()
	v.body.show()
}

// measure finds the height of every item for the present width.
func (v *threadView) measure() {
	text := bubbleTextWidth(v.width)
	y := float32(16)
	for i := range v.items {
		it := &v.items[i]
		it.top = y
		switch {
		case it.day != "":
			it.height = threadHeading
		default:
			if it.lines == nil {
				it.lines = breakMessage(it.bubble.body, text)
			}
			it.height = bubbleHeight(len(it.lines))
		}
		y += it.height
	}
	v.total = y
}

// resized measures anew for another width and keeps the end in sight for a
// reader who was there.
func (v *threadView) resized(s fyne.Size) {
	if s.Width == v.width {
		return
	}
	bottom := v.atBottom() || v.width == 0
	v.width = s.Width
	for i := range v.items {
		v.items[i].lines = nil
	}
	v.measure()
	v.body.forget()
	if bottom {
		defer v.toBottom()
	}
}

// scrollBy moves by a distance, for the keyboard.
func (v *threadView) scrollBy(dy float32) {
	end := max(0, v.total-v.scroll.Size().Height)
	v.scroll.ScrollToOffset(fyne.NewPos(0, min(max(0, v.scroll.Offset.Y+dy), end)))
	v.body.show()
}

// CreateRenderer is for Fyne.
func (v *threadView) CreateRenderer() fyne.WidgetRenderer {
	return &parts{
		objects: []fyne.CanvasObject{v.scroll},
		layout: func(s fyne.Size) {
			bottom := v.atBottom()
			v.resized(s)
			v.scroll.Resize(s)
			if bottom {
				v.toBottom()
			}
			v.body.show()
		},
		min: func() fyne.Size { return fyne.NewSize(200, 80) },
	}
}

// threadBody is the scrolled part of a threadView.
type threadBody struct {
	widget.BaseWidget
	view   *threadView
	shown  map[int]fyne.CanvasObject // by index of the item
	spare  []*bubble
	render *parts
}

// forget lets go of all objects; the items have changed.
func (b *threadBody) forget() {
	for _, o := range b.shown {
		if bubble, ok := o.(*bubble); ok {
			b.spare = append(b.spare, bubble)
		}
	}
	clear(b.shown)
}

// CreateRenderer is for Fyne.
func (b *threadBody) CreateRenderer() fyne.WidgetRenderer {
	b.render = &parts{
		layout: func(fyne.Size) { b.arrange() },
		min:    func() fyne.Size { return fyne.NewSize(60, b.view.total) },
		refresh: func() {
			for _, o := range b.shown {
				if t, ok := o.(*canvas.Text); ok {
					t.Color = look.Of(look.Muted)
				}
			}
			b.arrange()
		},
	}
	b.arrange()
	return b.render
}

func (b *threadBody) show() {
	if b.render != nil {
		b.arrange()
		canvas.Refresh(b)
	}
}

// arrange makes objects for the items in sight and places them. A short
// conversation stands at the bottom.
func (b *threadBody) arrange() {
	v := b.view
	top := v.scroll.Offset.Y
	bottom := top + v.scroll.Size().Height
	lift := max(0, v.scroll.Size().Height-v.total)
	b.render.objects = b.render.objects[:0]
	for i, it := range v.items {
		if it.top+it.height+lift <= top || it.top+lift >= bottom {
			if o, ok := b.shown[i].(*bubble); ok {
				b.spare = append(b.spare, o)
			}
			delete(b.shown, i)
			continue
		}
		o := b.object(i)
		o.Move(fyne.NewPos(0, it.top+lift))
		o.Resize(fyne.NewSize(v.width, it.height))
		b.render.objects = append(b.render.objects, o)
	}
}

func (b *threadBody) object(i int) fyne.CanvasObject {
	it := b.view.items[i]
	if o := b.shown[i]; o != nil {
		return o
	}
	if it.day != "" {
		t := canvas.NewText(it.day, look.Of(look.Muted))
		t.TextSize, t.Alignment = look.SmallText, fyne.TextAlignCenter
		b.shown[i] = t
		return t
	}
	var bub *bubble
	if n := len(b.spare); n > 0 {
		bub, b.spare = b.spare[n-1], b.spare[:n-1]
	} else {
		bub = newBubble()
	}
	bub.onRetry, bub.onLink, bub.onMenu = b.view.onRetry, b.view.onLink, b.view.onMenu
	bub.set(it.bubble, it.lines)
	b.shown[i] = bub
	return bub
}
