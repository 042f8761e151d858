package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"webphone/ui/widgets"
)

// leadTo lets the arrow down and Enter go on from a search to what it found:
// to the row that is chosen, else to the first.
func leadTo(h *host, search *widgets.Field, list *widgets.List) {
	before := search.OnKey
	search.OnKey = func(e *fyne.KeyEvent) bool {
		switch e.Name {
		case fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter:
		default:
			return before(e)
		}
		if len(list.Items()) == 0 {
			return true
		}
		h.Focus(list)
		chosen := func(it widgets.Item) bool { return it.Key == list.Selected() }
		if list.Selected() == "" || !slices.ContainsFunc(list.Items(), chosen) {
			list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
		}
		return true
	}
}
