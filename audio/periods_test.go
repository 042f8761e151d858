package audio

import (
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// Devices that are open when the periods change are opened anew, each once: a
// microphone that the settings hold open would keep the old ones for the call
// that begins meanwhile.
func TestDevices_shortPeriodsReopen(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		opened := func(rule string, before, want int) {
			t.Helper()
			if got := a.devices.Opened() - before; got != want {
				t.Errorf("%s: %d devices were opened, want %d", rule, got, want)
			}
		}
		n := a.devices.Opened()
		a.SetShortPeriods(true)
		r.expectOpen("idle", a)
		a.Monitor(true)
		r.expectOpen("monitor", a, "mic")
		opened("not opened before", n, 1)
		n = a.devices.Opened()
		a.SetShortPeriods(false)
		r.expectOpen("changed", a, "mic")
		opened("changed", n, 1)
		a.SetShortPeriods(false)
		r.pass(3 * time.Second)
		opened("the same again", n, 1)
		a.Monitor(false)

		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		n = a.devices.Opened()
		a.SetShortPeriods(true)
		r.expectOpen("in a call", a, "mic", "speaker")
		opened("in a call", n, 2)
		r.expectTone("after it", b, "speaker", 440)
	})
}
