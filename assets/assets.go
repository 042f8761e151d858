// Package assets has the icons, embedded. Each is drawn on a grid of 24×24 in
// "currentColor", which look.Tinted replaces by the colour of a role.
package assets

import (
	"embed"
	"path"

	"fyne.io/fyne/v2"
)

//go:embed icons/*.svg webphone.png webphone.svg
var files embed.FS

// The icons.
var (
	Asterisk     = load("icons/asterisk.svg")
	Back         = load("icons/back.svg")
	Backspace    = load("icons/backspace.svg")
	Bell         = load("icons/bell.svg")
	Call         = load("icons/call.svg")
	Chat         = load("icons/chat.svg")
	Check        = load("icons/check.svg")
	ChevronDown  = load("icons/chevron-down.svg")
	ChevronRight = load("icons/chevron-right.svg")
	ChevronUp    = load("icons/chevron-up.svg")
	Clock        = load("icons/clock.svg")
	Compose      = load("icons/compose.svg")
	Copy         = load("icons/copy.svg")
	Cross        = load("icons/cross.svg")
	Dialpad      = load("icons/dialpad.svg")
	Enter        = load("icons/enter.svg")
	Hangup       = load("icons/hangup.svg")
	Hash         = load("icons/hash.svg")
	Headset      = load("icons/headset.svg")
	Help         = load("icons/help.svg")
	Incoming     = load("icons/incoming.svg")
	Info         = load("icons/info.svg")
	Lock         = load("icons/lock.svg")
	LockOpen     = load("icons/lock-open.svg")
	Mic          = load("icons/mic.svg")
	MicOff       = load("icons/mic-off.svg")
	Missed       = load("icons/missed.svg")
	Moon         = load("icons/moon.svg")
	More         = load("icons/more.svg")
	Outgoing     = load("icons/outgoing.svg")
	Pause        = load("icons/pause.svg")
	Pencil       = load("icons/pencil.svg")
	Person       = load("icons/person.svg")
	Play         = load("icons/play.svg")
	Plus         = load("icons/plus.svg")
	Record       = load("icons/record.svg")
	Retry        = load("icons/retry.svg")
	Search       = load("icons/search.svg")
	Send         = load("icons/send.svg")
	Settings     = load("icons/settings.svg")
	Speaker      = load("icons/speaker.svg")
	Split        = load("icons/split.svg")
	Star         = load("icons/star.svg")
	StarFilled   = load("icons/star-filled.svg")
	Swap         = load("icons/swap.svg")
	Transfer     = load("icons/transfer.svg")
	Voicemail    = load("icons/voicemail.svg")
	Trash        = load("icons/trash.svg")
	Warning      = load("icons/warning.svg")
)

// App is the icon of the application.
var App = load("webphone.png")

// load panics for a name that is not embedded; a test loads them all.
func load(name string) fyne.Resource {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return fyne.NewStaticResource(path.Base(name), content)
}
