//go:build interop

package interop

import (
	"fmt"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/phone/interop/rig"
)

// Chromium hears our pauses as the noise by which G.711 describes them, and
// what is said between them.
func TestPauses_chromiumHearsTheBackground(t *testing.T) {
	const said, pause = time.Second, 3 * time.Second
	sound := append(rig.Sine(phoneTone, said), make([]int16, rig.Samples(pause))...)
	for i, v := range audiotest.Noise(0.004, len(sound), 1) {
		sound[i] += v
	}
	k := kamailio(t)
	agent, err := rig.NewAgent(rig.AgentOptions{
		Server: k.WS, Address: k.URI("alice"), Password: k.Users["alice"], LogDir: rig.Artefacts(t),
		Frequency: phoneTone, Says: sound, SkipPauses: true,
	})
	check(t, err)
	t.Cleanup(agent.Close)
	tellOnFailure(t, agent)
	check(t, agent.Register())
	j := registeredJsSIP(t, "bob", k.WS)
	j.CallOptions.DropPayloads = []string{"opus", "red", "g722"}
	connect(t, j, agent)
	check(t, rig.Poll(rig.Limit, func() error { // the background is known by then
		if got := agent.MediaStats(); got.PacketsSent < 150 || got.Codec != string(codec.PCMU) {
			return fmt.Errorf("%d packets of %s", got.PacketsSent, got.Codec)
		}
		return nil
	}))
	before, err := j.Stats()
	check(t, err)
	from, err := j.Position()
	check(t, err)
	sent := agent.MediaStats().PacketsSent
	const length = 2 * (said + pause)
	<-time.After(length)
	after, err := j.Stats()
	check(t, err)
	pcm, err := j.Played(from)
	check(t, err)
	sent = agent.MediaStats().PacketsSent - sent
	number := func(name string) float64 {
		a, _ := after[name].(float64)
		b, _ := before[name].(float64)
		return a - b
	}
	var loud, background, silent int // stretches of 50 ms
	for block := rig.Samples(50 * time.Millisecond); len(pcm) >= block; pcm = pcm[block:] {
		switch level := audiotest.RMS(pcm[:block]); {
		case level > 0.1:
			loud++
		case level > 0.0004 && level < 0.01:
			background++
		case level < 0.0001:
			silent++
		}
	}
	t.Logf("%d packets in %v; Chromium: %.0f of %.0f samples made up, %d stretches loud, %d background, %d silent",
		sent, length, number("concealed"), number("samples"), loud, background, silent)
	if packets := uint64(length / (20 * time.Millisecond)); sent > packets/2 || sent < packets/8 {
		t.Errorf("%d packets sent in %v", sent, length)
	}
	if loud < 30 || background < 80 || silent > 4 {
		t.Errorf("of stretches of 50 ms %d are loud, %d background, %d silent", loud, background, silent)
	}
	check(t, agent.Hangup())
	ended(t, j)
}
