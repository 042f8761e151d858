package ui

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// recordingLinks offer the recordings of a past call: to hear them and to find
// the files. It is empty when there are none.
func recordingLinks(h *host, e phone.HistoryEntry) []fyne.CanvasObject {
	var links []fyne.CanvasObject
	for _, file := range e.Recordings.List() {
		links = append(links,
			widgets.NewLine(5, -1,
				widgets.NewLink("Play recording", look.CaptionText, func() { playRecording(h, file) }),
				widgets.NewText("·", look.CaptionText, look.Muted).Whole(),
				widgets.NewLink("Show in folder", look.CaptionText, func() { showRecording(h, file) })))
	}
	return links
}

// playRecording opens a recording with the program the user has for sound.
func playRecording(h *host, file string) {
	h.Model.Do(func() error {
		_, err := os.Stat(file)
		return err
	}, func(err error) {
		if err == nil {
			err = fyne.CurrentApp().OpenURL(desktop.FileURL(file))
		}
		sayMissing(h, err)
	})
}

// showRecording shows a recording among the files beside it.
func showRecording(h *host, file string) {
	var shown bool
	h.Model.Do(func() error {
		if _, err := os.Stat(file); err != nil {
			return err
		}
		shown = desktop.ShowFile(h.Model.Context(), file) == nil
		return nil
	}, func(err error) {
		if err == nil && !shown {
			err = fyne.CurrentApp().OpenURL(desktop.FileURL(filepath.Dir(file)))
		}
		sayMissing(h, err)
	})
}

// sayMissing says why a recording or its folder cannot be opened.
func sayMissing(h *host, err error) {
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		h.Say("The recording is not there any more: it was moved or deleted")
	case errors.Is(err, fs.ErrPermission):
		h.Say("You are not allowed to open the recording")
	default:
		h.Say("No program was found that opens the recording")
	}
}
