package audio

import (
	"testing"
	"time"

	"webphone/audio/codec"
)

// From a sample handed to the microphone's stream until it leaves the other's
// receiver: what devices and the network do not add. It depends on how the
// speaker's periods lie to the packets.
func TestLatency_captureToDecoded(t *testing.T) {
	for _, c := range []struct {
		rule  string
		name  codec.Name
		ptime time.Duration
		most  time.Duration
	}{
		{"Opus, packets of 20 ms", codec.Opus, 20 * ms, 35 * ms},
		{"Opus, packets of 10 ms", codec.Opus, 10 * ms, 25 * ms},
		{"PCMU, packets of 20 ms", codec.PCMU, 20 * ms, 35 * ms},
	} {
		t.Run(c.rule, func(t *testing.T) {
			for phase := ms / 2; phase < blockDuration; phase += 3 * ms {
				enter(t, 2, func(t *testing.T, r *room) {
					k := newTalkers(r, c.name)
					k.after = phase
					config := agreed(c.name, k.socket.write)
					config.Codec.PTime = c.ptime
					if err := k.a.streamOf().Start(config); err != nil {
						t.Fatal(err)
					}
					for range 300 {
						k.beat(1, 1)
					}
					got := k.listen() + phase
					// The packet's last period is handed over at its end.
					if got > c.most || got < c.ptime-blockDuration+phase {
						t.Errorf("periods %v after the packets': %v, want at most %v", phase, got, c.most)
					}
				})
			}
		})
	}
}
