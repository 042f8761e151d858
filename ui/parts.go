package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/widgets"
)

// parts is the renderer of a widget made of other objects.
type parts struct {
	objects []fyne.CanvasObject
	layout  func(s fyne.Size)
	min     func() fyne.Size
	refresh func() // nil when the objects refresh themselves
}

func (p *parts) Layout(s fyne.Size)           { p.layout(s) }
func (p *parts) MinSize() fyne.Size           { return p.min() }
func (p *parts) Objects() []fyne.CanvasObject { return p.objects }
func (p *parts) Destroy()                     {}

func (p *parts) Refresh() {
	if p.refresh != nil {
		p.refresh()
	}
	for _, o := range p.objects {
		canvas.Refresh(o)
	}
}

// showMenu opens a menu at a place of the window.
func showMenu(h *host, at fyne.Position, items ...*fyne.MenuItem) {
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), h.Window.Canvas(), at)
}

// copyText puts text on the clipboard and says so.
func copyText(h *host, text string) {
	fyne.CurrentApp().Clipboard().SetContent(text)
	h.Say("Copied " + text)
}

// opensPage reports whether choosing a row of the list goes on to the page:
// in a compact window, unless the choice was made with the arrows.
func opensPage(h *host, l *widgets.List) bool {
	return h.Compact() && h.Window.Canvas().Focused() != l
}
