package main

import (
	"fmt"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"webphone/phone"
	"webphone/ui"
)

// displayError is that a window cannot be opened, in words for the user.
type displayError string

func (e displayError) Error() string { return string(e) }

const errNoDisplay displayError = "There is no display to open a window on. Set DISPLAY, or start with --headless."

// checkDisplay finds out before anything is started whether a window can be
// had: the window system takes the process down where there is none.
func checkDisplay(system string, getenv func(string) string) error {
	switch system {
	case "windows", "darwin":
		return nil
	}
	if getenv("DISPLAY") == "" {
		return errNoDisplay
	}
	return nil
}

// openWindow makes the window of p. A display that is named but does not
// answer makes Fyne panic; here that is an error.
func openWindow(p *phone.Phone, o ui.Options) (window *ui.UI, err error) {
	err = guardDisplay(func() {
		a := app.NewWithID(appID)
		endAtOnce(a)
		window = ui.New(a, p, o)
	})
	return window, err
}

// endAtOnce takes away what Fyne does when it stops, saving preferences that
// this program does not have. Fyne 2.7.1 queues it for a loop that is about to
// end, and in one of some fifteen times then waits for it for ever.
func endAtOnce(a fyne.App) {
	if l, ok := a.Lifecycle().(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

func guardDisplay(open func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, isBug := cause.(runtime.Error); isBug {
				panic(cause)
			}
			err = displayError(fmt.Sprintf("The display %q does not answer. Check DISPLAY, or start with --headless. (%v)", os.Getenv("DISPLAY"), cause))
		}
	}()
	open()
	return nil
}
