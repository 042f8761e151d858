package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	fynedesktop "fyne.io/fyne/v2/driver/desktop"

	"webphone/phone"
	"webphone/ui/desktop"
)

// Run shows the window and runs the application until it is quit. It is
// called on the main goroutine.
func (u *UI) Run() {
	u.Start()
	// Icons were drawn before the scale of the screen was known.
	u.app.Lifecycle().SetOnStarted(u.window.Content().Refresh)
	u.window.Show()
	u.app.Run()
}

// Start begins to follow the phone.
func (u *UI) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	u.pump.Go(func() { u.model.Run(ctx) })
}

// Show brings the window before the user. Safe from any goroutine.
func (u *UI) Show() {
	u.model.Post(func() {
		u.window.Show()
		u.window.RequestFocus()
	})
}

// Dial shows the window with target in the number entry: a link fills, it
// does not dial. Safe from any goroutine.
func (u *UI) Dial(target string) {
	u.model.Post(func() {
		u.window.Show()
		u.window.RequestFocus()
		u.Go(placeDialpad)
		clean, _ := cleanTarget(target)
		u.dialpad.Dial(clean)
	})
}

// Quit ends the application without asking; Run returns. Safe from any
// goroutine.
func (u *UI) Quit() { u.model.Post(u.quit) }

// Close ends what the window runs in the background. Call it after Run has
// returned, before the phone is closed.
func (u *UI) Close() {
	if u.cancel != nil {
		u.cancel()
	}
	u.quitting = true
	if u.stopTick != nil {
		u.stopTick()
		u.stopTick = nil
	}
	u.pump.Wait()
	u.model.Close()
	if u.notifier != nil {
		u.notifier.Close()
	}
}

// hideOrQuit is the window's close button.
func (u *UI) hideOrQuit() {
	if !u.hasTray {
		u.askQuit()
		return
	}
	u.remember()
	if !u.trayTold {
		u.trayTold = true
		u.app.SendNotification(fyne.NewNotification("Webphone is still running",
			"Calls reach you. Its icon in the tray shows the window again."))
	}
	u.window.Hide()
}

// askQuit asks while there are calls.
func (u *UI) askQuit() {
	calls := liveCalls(u.model.Snapshot())
	if len(calls) == 0 {
		u.quit()
		return
	}
	u.window.Show()
	u.confirm("Quit Webphone?", callsWillEnd(calls), "Quit", u.quit)
}

// callsWillEnd says so, of at least one call.
func callsWillEnd(calls []phone.Call) string {
	if len(calls) > 1 {
		return "Your calls will end."
	}
	return "Your call with " + callName(calls[0]) + " will end."
}

func (u *UI) quit() {
	if u.quitting {
		return
	}
	u.quitting = true
	u.remember()
	u.app.Quit()
}

// remember keeps the size of the window and the page for the next start.
func (u *UI) remember() {
	settings := u.model.Snapshot().Settings
	size := u.window.Canvas().Size()
	now := settings.Appearance
	now.Width, now.Height, now.Page = size.Width, size.Height, string(u.place)
	if now == settings.Appearance || u.onFirst() {
		return
	}
	settings.Appearance = now
	if err := u.phone.Apply(settings); err != nil {
		u.log.Warn("the window's size was not kept", "err", err)
	}
}

// joinDesktop shows notifications and a tray icon.
func (u *UI) joinDesktop() {
	if !u.options.Desktop {
		return
	}
	u.notifier = desktop.NewNotifier(desktop.Options{
		OnPress:  func(p desktop.Press) { u.model.Post(func() { u.pressed(p) }) },
		Fallback: func(title, text string) { u.app.SendNotification(fyne.NewNotification(title, text)) },
		Log:      u.log,
	})
	u.watch = desktop.NewWatch(u.notifier, func() bool { return u.inFront }, u.callFault)
	const patience = 2 * time.Second
	found := false
	u.model.Do(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		found = desktop.HasTray(ctx)
		return nil
	}, func(error) {
		if tray, ok := u.app.(fynedesktop.App); ok && found {
			u.hasTray = true
			u.tray = desktop.NewTray(tray, u.trayActions(), u.model.Snapshot())
		}
	})
}

// trayActions is what the tray's menu does.
func (u *UI) trayActions() desktop.TrayActions {
	return desktop.TrayActions{
		Show: u.Show, Quit: u.askQuit,
		Answer: func(id phone.CallID) {
			u.run(func() error { return u.phone.Answer(id) }, nil)
			u.Go(placeDialpad)
			u.Show()
		},
		Decline:  func(id phone.CallID) { u.run(func() error { return u.phone.Decline(id) }, nil) },
		Hangup:   func(id phone.CallID) { u.run(func() error { return u.phone.Hangup(id) }, nil) },
		SetQuiet: u.setDoNotDisturb,
		Account: func(a phone.AccountState) string {
			return plainAddress(a.URI) + " · " + connectionWord(a)
		},
		Name: callName,
	}
}

// pressed does what a button of a notification says.
func (u *UI) pressed(p desktop.Press) {
	switch p.Button {
	case desktop.Answer:
		u.run(func() error { return u.phone.Answer(p.Call) }, nil)
		u.Go(placeDialpad)
	case desktop.Decline:
		u.run(func() error { return u.phone.Decline(p.Call) }, nil)
		return
	case desktop.NewPath:
		u.run(func() error { return u.phone.RestartPath(p.Call) }, nil)
		return
	case desktop.CallBack:
		u.callBack(p.Peer, lastCallWith(u.model.Snapshot(), p.Peer).Account)
	default:
		if p.Call == "" && p.Peer != "" {
			u.chat(p.Peer)
		}
	}
	u.window.Show()
	u.window.RequestFocus()
}
