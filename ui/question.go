package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/ui/look"
	"webphone/ui/widgets"
)

// showQuestion puts a card with a question and two buttons over the canvas
// until hide is called.
func showQuestion(c fyne.Canvas, question, explanation string, no, yes *widgets.Button) (hide func()) {
	buttons := container.NewGridWithColumns(2, no, yes)
	column := widgets.NewColumn(10, widgets.NewParagraph(question, 16, look.Text).Bold())
	if explanation != "" {
		column.Add(widgets.NewParagraph(explanation, look.BodyText, look.Muted))
	}
	column.Add(widgets.Space(1, 4))
	column.Add(buttons)
	const pad = 22
	card := widgets.NewCard(widgets.NewInset(widgets.Insets{Top: pad, Right: pad, Bottom: pad, Left: pad}, column))
	shade := widgets.NewPanel(look.Shade, widgets.NewInset(widgets.Insets{Left: 16, Right: 16}, widgets.NewMiddle(380, true, card)))
	over := container.New(wholeCanvas{c}, shade)
	c.Overlays().Add(over)
	over.Resize(c.Size())
	return func() { c.Overlays().Remove(over) }
}

// wholeCanvas fills the canvas whatever its size.
type wholeCanvas struct{ canvas fyne.Canvas }

func (w wholeCanvas) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		put(o, 0, 0, s.Width, s.Height)
	}
}

func (w wholeCanvas) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }
