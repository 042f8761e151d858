package ui

import (
	"fyne.io/fyne/v2"

	"webphone/ui/look"
)

// padParts lays the pad out: as in the design where there is room, with
// smaller keys and gaps where there is not.
type padParts struct{ pad *padView }

func (l padParts) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 300) }

func (l padParts) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	p := l.pad
	const suggestion, number = 56, 52
	width := min(330, s.Width-30)
	left := (s.Width - width) / 2
	// full is the height of everything as designed.
	demo := float32(0)
	if p.demo.Visible() {
		demo = 52
	}
	full := number + 6 + suggestion + 16 + 4*look.KeyHeight + 3*look.KeyGapY + 18 + look.CallHeight + 30 + demo
	squeeze := min(1, max(0.45, (s.Height-24-number-demo)/(full-number-demo)))
	y := max(8, (s.Height-full)/2)
	if squeeze < 1 {
		y = 8
	}

	put(p.number, left-4, y, width-44, number)
	put(p.prompt, left+5, y, width-44, number)
	put(p.erase, left+width-40, y+6, 40, 40)
	y += number + 6*squeeze
	rowHeight := max(44, suggestion*squeeze)
	put(p.row, left, y, width, rowHeight)
	y += rowHeight + 16*squeeze

	keyH := look.KeyHeight * squeeze
	keyW := min(look.KeyWidth, (width-2*look.KeyGapX)/3)
	gapX, gapY := look.KeyGapX, look.KeyGapY*squeeze
	keysLeft := (s.Width - 3*keyW - 2*gapX) / 2
	for i, k := range p.keys {
		put(k, keysLeft+float32(i%3)*(keyW+gapX), y+float32(i/3)*(keyH+gapY), keyW, keyH)
	}
	y += 4*keyH + 3*gapY + 18*squeeze
	callW, callH := min(look.CallWidth, width), max(40, look.CallHeight*squeeze)
	put(p.call, (s.Width-callW)/2, y, callW, callH)
	y += callH + 12*squeeze
	put(p.hint, 8, y, s.Width-16, 18)
	if demo > 0 {
		y += 18 + 10*squeeze
		w := p.demo.MinSize().Width
		put(p.demo, (s.Width-w)/2, y, w, min(40, max(30, s.Height-y-4)))
	}
}
