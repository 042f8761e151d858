//go:build interop

package sound

import (
	"encoding/hex"
	"testing"
	"time"
)

// TestHeadset_isAPair has a headset's speaker bring its microphone, and both
// leave.
func TestHeadset_isAPair(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			s := open(t, server.start)
			const worn = "_properties='device.form_factor=headset device.product.name=Ear'"
			s.plug("sink", "out", "sink"+worn)
			s.plug("source", "in", "source"+worn)
			s.talk()
			s.uses("the system's defaults", "speaker", "microphone")
			id := hex.EncodeToString([]byte("out"))
			for _, step := range []struct {
				rule                string
				do                  func()
				speaker, microphone string
			}{
				{"its speaker is chosen", func() { _ = s.SetSpeaker(id) }, "out", "in"},
				{"the headset leaves", func() { s.unplug("out"); s.unplug("in") }, "speaker", "microphone"},
				{"the headset is back", func() {
					s.plug("sink", "out", "sink"+worn)
					s.plug("source", "in", "source"+worn)
				}, "out", "in"},
				{"its speaker is given up", func() { _ = s.SetSpeaker("") }, "speaker", "microphone"},
				{"its microphone is chosen", func() { _ = s.SetMicrophone(hex.EncodeToString([]byte("in"))) }, "out", "in"},
			} {
				step.do()
				s.uses(step.rule, step.speaker, step.microphone)
			}
			check(t, s.ear.WaitTone(s.ear.Position(), 200*time.Millisecond, tone))
		})
	}
}
