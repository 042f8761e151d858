package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// bubbleData is a message as it is shown.
type bubbleData struct {
	id      int64
	body    string
	own     bool
	caption string // time and state
	failed  bool
}

func bubbleOf(m phone.Message, name string) bubbleData {
	b := bubbleData{id: m.ID, body: m.Body, own: !m.Incoming, caption: clock(m.At)}
	switch {
	case m.Incoming:
	case m.State == phone.MessageFailed:
		b.failed, b.caption = true, messageWords(m, name)
	default:
		b.caption += " · " + messageWords(m, name)
	}
	return b
}

// bubble is one message: the text in a rounded box, at the left or, for an
// own one, at the right, and below it time and state.
type bubble struct {
	widget.BaseWidget
	data  bubbleData
	lines [][]piece

	onRetry func(id int64)
	onLink  func(target string)
	onMenu  func(b bubbleData, at fyne.Position)

	box     *canvas.Rectangle
	caption *canvas.Text
	retry   *widgets.Link
	pieces  []fyne.CanvasObject
	render  *parts
}

var _ fyne.SecondaryTappable = (*bubble)(nil)

const (
	bubbleSide    = 20 // from the edge of the page
	bubblePadX    = 13
	bubblePadY    = 9
	bubbleLine    = 20
	bubbleCaption = 34 // caption and the gap after it
	retryWord     = "Retry"
)

// bubbleTextWidth is how wide the text of a bubble may be on a page.
func bubbleTextWidth(page float32) float32 {
	return min(560, max(0.61*page, min(page-88, 300))) - 2*bubblePadX
}

// bubbleHeight is the height of a message with its caption.
func bubbleHeight(lines int) float32 {
	return float32(lines)*bubbleLine + 2*bubblePadY + bubbleCaption
}

func newBubble() *bubble {
	b := &bubble{box: canvas.NewRectangle(nil), caption: canvas.NewText("", nil)}
	b.box.CornerRadius = look.BubbleCorner
	b.caption.TextSize = look.SmallText
	b.retry = widgets.NewLink(retryWord, look.SmallText, func() { b.onRetry(b.data.id) }).In(look.NegativeText)
	b.ExtendBaseWidget(b)
	return b
}

// set shows another message, broken into lines.
func (b *bubble) set(d bubbleData, lines [][]piece) {
	if b.data == d && len(b.lines) == len(lines) && b.render != nil {
		b.lines = lines
		b.arrange(b.Size())
		return
	}
	b.data, b.lines = d, lines
	b.pieces = nil
	for _, line := range lines {
		for _, p := range line {
			b.pieces = append(b.pieces, b.newPiece(p))
		}
	}
	b.Refresh()
}

func (b *bubble) newPiece(p piece) fyne.CanvasObject {
	if p.target != "" {
		return widgets.NewLink(p.text, look.BodyText, func() { b.onLink(p.target) })
	}
	t := canvas.NewText(p.text, look.Of(look.Text))
	t.TextSize = look.BodyText
	return t
}

// TappedSecondary opens the message's menu.
func (b *bubble) TappedSecondary(e *fyne.PointEvent) { b.onMenu(b.data, e.AbsolutePosition) }

// CreateRenderer is for Fyne.
func (b *bubble) CreateRenderer() fyne.WidgetRenderer {
	b.render = &parts{
		layout:  b.arrange,
		min:     func() fyne.Size { return fyne.NewSize(60, bubbleHeight(len(b.lines))) },
		refresh: b.paint,
	}
	b.paint()
	return b.render
}

func (b *bubble) paint() {
	b.box.FillColor = look.Of(look.Key)
	if b.data.own {
		b.box.FillColor = look.Of(look.Own)
	}
	b.caption.Text, b.caption.Color = b.data.caption, look.Of(look.Muted)
	if b.data.failed {
		b.caption.Color = look.Of(look.NegativeText)
	}
	b.retry.Hidden = !b.data.failed
	for _, p := range b.pieces {
		if t, ok := p.(*canvas.Text); ok {
			t.Color = look.Of(look.Text)
		}
	}
	b.render.objects = append([]fyne.CanvasObject{b.box, b.caption, b.retry}, b.pieces...)
	b.arrange(b.Size())
}

func (b *bubble) arrange(s fyne.Size) {
	width := float32(0)
	i := 0
	sizes := make([]fyne.Size, len(b.pieces))
	for _, line := range b.lines {
		w := float32(0)
		for range line {
			sizes[i] = b.pieces[i].MinSize()
			w += sizes[i].Width
			i++
		}
		width = max(width, w)
	}
	width += 2 * bubblePadX
	height := float32(len(b.lines))*bubbleLine + 2*bubblePadY
	left := float32(bubbleSide)
	if b.data.own {
		left = s.Width - bubbleSide - width
	}
	b.box.Move(fyne.NewPos(left, 0))
	b.box.Resize(fyne.NewSize(width, height))
	i = 0
	for n, line := range b.lines {
		x := left + bubblePadX
		for range line {
			y := bubblePadY + float32(n)*bubbleLine + (bubbleLine-sizes[i].Height)/2
			b.pieces[i].Move(fyne.NewPos(x, y))
			b.pieces[i].Resize(sizes[i])
			x += sizes[i].Width
			i++
		}
	}
	b.arrangeCaption(s, height+5)
}

func (b *bubble) arrangeCaption(s fyne.Size, y float32) {
	retry := float32(0)
	if b.data.failed {
		retry = b.retry.MinSize().Width
		b.caption.Text = widgets.Ellipsis(b.data.caption, s.Width-2*bubbleSide-12-retry-16, look.SmallText, fyne.TextStyle{}) + " · "
	}
	m := b.caption.MinSize()
	x := float32(bubbleSide + 6)
	if b.data.own {
		x = s.Width - bubbleSide - 6 - m.Width - retry
	}
	b.caption.Move(fyne.NewPos(x, y))
	b.caption.Resize(m)
	b.retry.Move(fyne.NewPos(x+m.Width, y))
	b.retry.Resize(fyne.NewSize(retry, m.Height))
}
