package ui

import "time"

// beat is the interval of what moves, meters and timers; restBeat that while
// the window is not in front: drawing ten times a second has its price where
// the processor does it, and nobody looks so closely.
const (
	beat     = 100 * time.Millisecond
	restBeat = 250 * time.Millisecond
)

// followFront follows whether the window is in front.
func (u *UI) followFront() {
	front := func(on bool) func() {
		return func() {
			u.inFront = on
			if u.watch != nil {
				u.watch.Apply(u.model.Snapshot())
			}
			u.screen().Apply(u.model.Snapshot()) // what is in sight is read now
			u.keepTicking()
		}
	}
	u.app.Lifecycle().SetOnEnteredForeground(front(true))
	u.app.Lifecycle().SetOnExitedForeground(front(false))
}

// tick moves what moves.
func (u *UI) tick() {
	now := u.host.Now()
	u.dialpad.Tick(now)
	if u.callBar.Visible() {
		u.callBar.Tick(now)
	}
	if u.strip.Tick(now) {
		u.shell.Relayout()
	}
	u.keepTicking()
}

// keepTicking runs the ticker while something moves, slower behind other
// windows, and ends it after.
func (u *UI) keepTicking() {
	s := u.model.Snapshot()
	moves := len(liveCalls(s)) > 0 || u.dialpad.OnCall() || u.strip.Busy() || s.RingMeAt.After(u.host.Now())
	interval := beat
	if !u.inFront {
		interval = restBeat
	}
	if u.stopTick != nil && (!moves || u.ticks != interval) {
		u.stopTick()
		u.stopTick = nil
	}
	if moves && u.stopTick == nil && !u.quitting {
		u.ticks = interval
		u.stopTick = u.model.Every(interval, u.tick)
	}
}
