package ui

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// recordingLinks offer the recordings of a past call: to hear them and to find
// the files. It is empty when there are none; of several, each says when it
// began, and where that is not known, which it is.
func recordingLinks(h *host, e phone.HistoryEntry) []fyne.CanvasObject {
	var links []fyne.CanvasObject
	files := e.Recordings.List()
	for i, file := range files {
		which := "Play recording"
		if began := recordingBegan(file); len(files) > 1 && began != "" {
			which += " of " + began
		} else if len(files) > 1 {
			which += " " + strconv.Itoa(i+1)
		}
		links = append(links,
			widgets.NewLine(5, -1,
				widgets.NewLink(which, look.CaptionText, func() { playRecording(h, file) }),
				widgets.NewText("·", look.CaptionText, look.Muted).Whole(),
				widgets.NewLink("Show in folder", look.CaptionText, func() { showRecording(h, file) })))
	}
	return links
}

// recordingBegan is when a recording began, by the clock, as its name says; ""
// for another name.
func recordingBegan(file string) string {
	words := strings.SplitN(filepath.Base(file), " ", 3)
	if len(words) < 2 {
		return ""
	}
	began, err := time.Parse("2006-01-02 15-04-05", words[0]+" "+strings.TrimSuffix(words[1], filepath.Ext(words[1])))
	if err != nil {
		return ""
	}
	return began.Format("15:04:05")
}

// runningRecordings are the files that calls are written into.
func runningRecordings(s *phone.Snapshot) map[string]bool {
	running := map[string]bool{}
	for _, c := range s.Calls {
		if files := c.Recordings.List(); len(files) > 0 && !c.RecordingSince.IsZero() {
			running[files[len(files)-1]] = true
		}
	}
	return running
}

// tellRecordings says that a recording has ended and offers it, unless every
// call is recorded or something went wrong with it, which a notice tells.
func (u *UI) tellRecordings(s *phone.Snapshot) {
	before := u.recorded
	u.recorded = runningRecordings(s)
	quiet := s.Settings.Recording.EveryCall || slices.ContainsFunc(s.Notices, func(n phone.Notice) bool {
		var problem *phone.RecordingError
		return errors.As(n.Err, &problem)
	})
	for file := range before {
		if !u.recorded[file] && !quiet {
			u.strip.Say(widgets.Good, "The recording is saved.",
				stripAction{"Play", func() { playRecording(u.host, file) }},
				stripAction{"Show in folder", func() { showRecording(u.host, file) }})
		}
	}
}

// playRecording opens a recording with the program the user has for sound.
func playRecording(h *host, file string) {
	h.Model.Do(func() error {
		if _, err := os.Stat(file); err != nil {
			return err
		}
		return desktop.OpenURL(h.Model.Context(), desktop.FileURL(file))
	}, func(err error) { sayMissing(h, err) })
}

// showRecording shows a recording among the files beside it.
func showRecording(h *host, file string) {
	h.Model.Do(func() error {
		if _, err := os.Stat(file); err != nil {
			return err
		}
		if desktop.ShowFile(h.Model.Context(), file) == nil {
			return nil
		}
		return desktop.OpenURL(h.Model.Context(), desktop.FileURL(filepath.Dir(file)))
	}, func(err error) { sayMissing(h, err) })
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
