package ui

import (
	"os"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/widgets"
)

// recordingSettings say where recordings go to, which calls are recorded and
// what the others hear of it.
type recordingSettings struct {
	host   *host
	every  *widgets.Switch
	tone   *widgets.Switch
	folder *widgets.Field
	box    *widgets.Labelled
	shown  string // what the field was filled with
	filled bool
}

func newRecordingSettings(h *host) *recordingSettings {
	r := &recordingSettings{host: h}
	r.every = widgets.NewSwitch(func(on bool) {
		changeSettings(h, func(s *phone.Settings) { s.Recording.EveryCall = on })
	})
	r.tone = widgets.NewSwitch(func(on bool) {
		changeSettings(h, func(s *phone.Settings) { s.Recording.Tone = on })
	})
	r.folder = widgets.NewField("")
	r.folder.OnSubmitted = func(string) { r.save() }
	r.box = widgets.NewLabelled("Folder for recordings", widgets.NewLine(10, 0, r.folder,
		widgets.NewButton(widgets.Outline, "Save", nil, r.save),
		widgets.NewButton(widgets.Outline, "Open", nil, r.open)))
	return r
}

// rows are the lines of the page.
func (r *recordingSettings) rows() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		settingRow("Record every call", "From when it is answered; you see it in red. In many places the others must be asked first.", r.every),
		settingRow("Tone while recording", "You and the others hear a short tone every 15 seconds.", r.tone),
		r.box,
	}
}

// Apply shows the settings; what is being typed stays.
func (r *recordingSettings) Apply(s *phone.Snapshot) {
	r.every.SetOn(s.Settings.Recording.EveryCall)
	r.tone.SetOn(s.Settings.Recording.Tone)
	if r.filled && r.shown == s.RecordingFolder {
		return
	}
	r.filled, r.shown = true, s.RecordingFolder
	r.folder.SetText(s.RecordingFolder)
}

// save takes the folder that was typed; none is the usual one.
func (r *recordingSettings) save() {
	folder := strings.TrimSpace(r.folder.Text)
	s := r.host.Model.Snapshot()
	settings := s.Settings
	if folder != s.RecordingFolder {
		settings.Recording.Folder = folder
	}
	r.host.Model.Do(func() error {
		if err := settings.Validate(); err != nil {
			return err
		}
		return r.host.Phone.Apply(settings)
	}, func(err error) {
		problem := ""
		switch fields := fieldErrors(err); {
		case err == nil:
			r.shown = "" // the snapshot says what "" has become
			r.host.Say("Recordings go there from the next one on")
		case len(fields) > 0:
			problem = fieldWords(fields[0])
		default:
			problem = Explain(err, Subject{}).String()
		}
		r.box.SetProblem(problem)
		r.Apply(r.host.Model.Snapshot())
	})
}

// open shows the folder, which is made with the first recording.
func (r *recordingSettings) open() {
	folder := r.host.Model.Snapshot().RecordingFolder
	r.host.Model.Do(func() error {
		if _, err := os.Stat(folder); err != nil {
			return err
		}
		return desktop.OpenURL(r.host.Model.Context(), desktop.FileURL(folder))
	}, func(err error) {
		switch {
		case err == nil:
		case os.IsNotExist(err):
			r.host.Say("The folder is made with the first recording")
		default:
			r.host.Say("The folder could not be opened")
		}
	})
}
