package ui

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// When the other side answers, and when it is known how well it is heard, no key
// moves from under the pointer.
func TestCall_answerMovesNoKey(t *testing.T) {
	for _, size := range windowSizes {
		t.Run(fmt.Sprintf("%.0fx%.0f", size.Width, size.Height), func(t *testing.T) {
			ringing := withCall(func(c *phone.Call) {
				c.State, c.StartedAt, c.Codec, c.Stats, c.Encrypted = phone.CallRinging, time.Time{}, "", phone.CallStats{}, false
			})
			inWindow(t, ringing, look.Light, size.Width, size.Height, func(r *windowRig) {
				shownCall(nil)(r)
				v := r.ui.dialpad.call
				before := map[fyne.CanvasObject]fyne.Position{}
				for _, o := range append(v.controls.Objects, v.end) {
					if o.Visible() {
						before[o] = placeOnScreen(o)
					}
				}
				for what, change := range map[string]func(c *phone.Call){
					"is answered": func(c *phone.Call) { c.State, c.StartedAt = phone.CallConfirmed, modeltest.Now },
					"is encrypted": func(c *phone.Call) {
						c.State, c.StartedAt, c.Codec, c.Encrypted = phone.CallConfirmed, modeltest.Now, "opus", true
					},
					"is judged": func(c *phone.Call) {
						c.State, c.StartedAt, c.Codec, c.Stats.MOS = phone.CallConfirmed, modeltest.Now, "opus", 4.4
					},
				} {
					r.update(func(s *phone.Snapshot) { change(&s.Calls[0]) })
					for o, was := range before {
						if now := placeOnScreen(o); now != was || !o.Visible() {
							t.Errorf("when the call %s, %s goes from %v to %v", what, labelOf(o), was, now)
						}
					}
				}
			})
		})
	}
}
