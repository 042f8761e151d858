//go:build interop

package sound

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"webphone/audio/device"
	"webphone/phone/interop/rig"
)

// TestNative_asTheLibraryIsHere opens both devices on each server: what we
// change of the sound library, so that no callback enters Go and a speaker is
// asked for whole periods, fits the library that is here. Otherwise the phone
// works, but costs half as much again.
func TestNative_asTheLibraryIsHere(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			pulse, err := server.start(rig.Artefacts(t))
			check(t, err)
			t.Cleanup(pulse.Stop)
			live(t, pulse)
			var log bytes.Buffer
			backend, err := device.NewSystem(device.Options{
				Name: "Studio", Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			check(t, err)
			microphone, err := backend.OpenCapture("", func([]int16) int { return 1 })
			check(t, err)
			speaker, err := backend.OpenPlayback("", device.Talk, func([]int16, bool) bool { return true })
			check(t, err)
			check(t, microphone.Close())
			check(t, speaker.Close())
			check(t, backend.Close())
			for _, fallback := range []string{"calls into Go", "chooses how often"} {
				if strings.Contains(log.String(), fallback) {
					t.Errorf("a way out was taken:\n%s", log.String())
				}
			}
		})
	}
}
