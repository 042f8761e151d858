package ui

import (
	"strings"
	"time"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/widgets"
)

// isEcho reports whether the demonstration's echo is at the other end.
func isEcho(peer string) bool { return strings.HasPrefix(plainAddress(peer), "echo@") }

const (
	echoHint  = 20 * time.Second // how long the echo is explained
	mutedTold = 4 * time.Second  // how long it is said that nobody hears us
	// transferTold is how long it is said what became of a transfer.
	transferTold = 15 * time.Second
)

// warn says what keeps the two from hearing each other.
func (v *callView) warn(now time.Time) {
	tone, icon, sentence, mend := widgets.Warning, assets.Warning, "", false
	c := v.call
	for _, m := range v.members.members {
		if m.Transfer.State == phone.TransferFailed {
			c = m // whom we asked to connect with the other
		}
	}
	devices := v.host.Model.Snapshot().Devices
	v.alarm = alarmOf(v.call, v.members.members, devices.Problem, now)
	hearing := v.alarm.sentence
	inView := v.members.members
	if !v.inConference() {
		inView = []phone.Call{v.call}
	}
	keys := v.keys.words(inView, v.live, now)
	switch {
	case !c.Live():
	case c.Transfer.State == phone.TransferFailed && now.Sub(c.Transfer.At) < transferTold:
		sentence = transferFailure(c)
	case !c.ReconnectingSince.IsZero():
		sentence = reconnectingWords
	case c.TransferredBy != "" && (c.StartedAt.IsZero() || now.Sub(c.StartedAt) < transferTold):
		tone, icon, sentence = widgets.Info, assets.Transfer, nameOrNumber("", c.TransferredBy)+" transferred you to "+callName(c)+"."
	case c.State != phone.CallConfirmed:
	case hearing != "" && v.alarm.tone != widgets.Info && !c.LocalHold && !c.RemoteHold:
		if tone, sentence, mend = v.alarm.tone, hearing, v.alarm.mend; tone == widgets.Good {
			icon = assets.Info
		}
	case v.call.Muted && v.talked.lately(devices.MutedSpeech, now):
		sentence = mutedWords(v.call, v.inConference())
	case keys != "":
		tone, icon, sentence = widgets.Info, assets.Dialpad, keys
	case v.demo && isEcho(v.call.Peer) && !v.inConference() && devices.Problem == nil && now.Sub(v.call.StartedAt) < echoHint && !v.call.LocalHold:
		tone, icon, sentence = widgets.Info, assets.Info, "Speak – you hear yourself half a second later."
	case hearing != "" && !c.LocalHold && !c.RemoteHold && !(v.demo && isEcho(c.Peer)): // who speaks not has no echo
		tone, icon, sentence = v.alarm.tone, assets.Info, hearing
	}
	if sentence == v.warned && mend == v.mend.Visible() {
		return
	}
	if v.warned = sentence; sentence == "" {
		v.unfolded = false
	}
	setVisible(v.mend, mend)
	v.warning.Set(tone, icon, sentence)
	v.relayout()
}

// toggleWarning shows all that the warning says where room is short, or no
// longer does.
func (v *callView) toggleWarning() {
	v.unfolded = !v.unfolded
	v.relayout()
}

// ToggleFigures shows how well the call is heard, or no longer does.
func (v *callView) ToggleFigures() {
	open := !v.sound.Visible() && v.call.Live()
	v.closeTransfer()
	v.keypad.Hide()
	v.controls.setKeypad(false)
	setVisible(v.sound, open)
	v.relayout()
}
