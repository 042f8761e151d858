package audio

import (
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// Ten calls on hold beside one that talks: no packet is made for them, no
// sound is decoded, the devices do not know of them, and each has one sleeping
// goroutine.
func TestHeld_costsNothing(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		e := r.sites[0]
		e.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		var written [11]int
		var streams [11]*Stream
		for i := range streams {
			streams[i] = e.NewStream()
			if err := streams[i].Start(agreed(codec.Opus, func(*rtp.Header, []byte) error {
				written[i]++
				return nil
			})); err != nil {
				t.Fatal(err)
			}
		}
		r.pass(time.Second)
		goroutines := runtime.NumGoroutine()
		for _, s := range streams[1:] {
			s.SetActive(false, false)
		}
		r.pass(100 * time.Millisecond)
		before := written
		r.pass(2 * time.Second)
		for i, n := range written {
			want := 0
			if i == 0 {
				want = 100
			}
			if got := n - before[i]; got < want-1 || got > want+1 {
				t.Errorf("call %d: %d packets in two seconds, want %d", i, got, want)
			}
		}
		if in, out := len(*e.input.senders.Load()), len(e.mixer.hearing.Load().parties); in != 1 || out != 1 {
			t.Errorf("%d at the microphone, %d at the speaker", in, out)
		}
		if now := runtime.NumGoroutine(); now > goroutines {
			t.Errorf("%d goroutines, %d before", now, goroutines)
		}
	})
}
