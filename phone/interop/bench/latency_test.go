//go:build interop && bench

package bench

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone/interop/rig"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// TestLatency is for these lines of TestBench's part alone.
func TestLatency(t *testing.T) {
	b, begun := &table{}, readClock()
	addLatency(t, b)
	tell(t, "Delay without devices", begun, b)
}

// loopCalls are how many calls the delay is measured in: ours differ in how
// the speaker's periods lie to the microphone's, evenly spread over 10 ms,
// Chromium's by chance.
const loopCalls = 4

// addLatency measures from samples handed to one end to decoded samples that
// leave the other, in calls over real ICE, DTLS and SRTP on loopback, without
// devices: both ends in one process, of ours and of Chromium's. Both are given
// and give blocks of 10 ms; a sample's time is that of its block and its place
// in that. What is left out is what the devices add at either end.
func addLatency(t *testing.T, b *table) {
	ours := map[time.Duration][]time.Duration{} // by packet time
	for _, ptime := range []time.Duration{0, 10 * time.Millisecond} {
		for i := range loopCalls {
			ours[ptime] = append(ours[ptime], loopOurs(t, ptime, time.Duration(i)*10*time.Millisecond/loopCalls)...)
		}
	}
	browser, err := rig.StartBrowser(rig.BrowserOptions{LogDir: rig.Artefacts(t)})
	check(t, err)
	t.Cleanup(browser.Stop)
	page, err := rig.OpenLoop(browser)
	check(t, err)
	t.Cleanup(page.Close)
	var theirs []time.Duration
	var buffers []time.Duration
	for range loopCalls {
		said, heard, buffer, err := page.Talk(loopSignal())
		check(t, err)
		theirs = append(theirs, loopDelays(t, &said, &heard)...)
		buffers = append(buffers, buffer)
	}
	slices.Sort(buffers)
	const method = "onsets of short tones, ±1 ms"
	b.addTimes("capture → decoded, no devices, Webphone", ours[0], method)
	b.addTimes("capture → decoded, no devices, Webphone, 10 ms packets", ours[10*time.Millisecond], method)
	b.addTimes("capture → decoded, no devices, Chromium", theirs,
		fmt.Sprintf("%s, %d ms of it in its jitter buffer", method, buffers[loopCalls/2].Milliseconds()))
	b.addRatio("capture → decoded, no devices, Webphone / Chromium", ours[0], theirs, "to be at most 35 ms where Chromium has 51")
}

// loopSignal is short tones at every phase of a packet.
func loopSignal() (pcm []int16) {
	for range 12 {
		pcm = slices.Concat(pcm, rig.Sine(900, 150*time.Millisecond), make([]int16, rig.Samples(553*time.Millisecond)))
	}
	return pcm
}

// loopDelays are those from each tone said to the one heard next. While the
// first tones are said the jitter buffers settle.
func loopDelays(t *testing.T, said, heard *rig.Timeline) (delays []time.Duration) {
	const settling, most = 4, 400 * time.Millisecond
	out := onsets(heard.PCM)
	in := onsets(said.PCM)
	for _, s := range in[min(settling, len(in)):] {
		at := said.When(s)
		next := slices.IndexFunc(out, func(h int) bool { return heard.When(h).After(at) })
		if next < 0 {
			continue
		}
		if late := heard.When(out[next]).Sub(at); late < most {
			delays = append(delays, late)
		}
	}
	if len(delays) < 6 {
		t.Fatalf("%d of %d tones were heard", len(delays), len(in)-settling)
	}
	return delays
}

// loopOurs has a call between two engines of ours, the ear's periods a phase
// after the mouth's.
func loopOurs(t *testing.T, ptime, phase time.Duration) []time.Duration {
	begun := time.Now().Add(20 * time.Millisecond)
	mouth, ear := &booth{begun: begun}, &booth{begun: begun.Add(phase), ear: true}
	up := make(chan struct{}, 2)
	var peers [2]*media.Peer
	for i, b := range []*booth{mouth, ear} {
		e, err := audio.New(audio.Options{Backend: b, Log: slog.New(slog.DiscardHandler)})
		check(t, err)
		defer e.Close()
		peers[i], err = media.New(media.Options{
			Stream: e.NewStream(), Loopback: true, PTime: ptime, Log: slog.New(slog.DiscardHandler),
			Events: ua.PeerEvents{Connected: func() { up <- struct{}{} }},
		})
		check(t, err)
		defer peers[i].Close()
	}
	offer, err := peers[0].Offer(t.Context(), ua.OfferOptions{})
	check(t, err)
	answer, err := peers[1].Answer(t.Context(), offer, ua.AnswerOptions{})
	check(t, err)
	check(t, peers[0].SetAnswer(t.Context(), answer, ua.AnswerFinal))
	for range peers {
		select {
		case <-up:
		case <-time.After(rig.Limit):
			t.Fatal("the ends are not connected")
		}
	}
	<-mouth.say(loopSignal())
	<-time.After(300 * time.Millisecond)
	said, heard := mouth.recorded(), ear.recorded()
	return loopDelays(t, &said, &heard)
}

// booth is a device.Backend whose devices are nothing but a beat of 10 ms: the
// microphone says what it is given, then silence. It keeps what it has said or,
// where the booth is an ear, what it was given to play.
type booth struct {
	begun time.Time // of the beats
	ear   bool      // what is kept is what is heard

	mu       sync.Mutex // guards what follows
	speech   []int16    // still to be said
	spoken   chan struct{}
	timeline rig.Timeline
}

// say returns a channel that is closed when pcm has been said.
func (b *booth) say(pcm []int16) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.speech, b.spoken = pcm, make(chan struct{})
	return b.spoken
}

func (b *booth) recorded() rig.Timeline {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.timeline
}

// next is the block that is said next.
func (b *booth) next(frame []int16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(frame)
	if b.spoken == nil {
		return
	}
	b.speech = b.speech[copy(frame, b.speech):]
	b.timeline.Add(frame, time.Now())
	if len(b.speech) == 0 {
		close(b.spoken)
		b.spoken = nil
	}
}

// heard takes what is played.
func (b *booth) heard(frame []int16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ear {
		b.timeline.Add(frame, time.Now())
	}
}

var boothInfo = device.Info{ID: "booth", Name: "Booth", Default: true, File: true}

// Devices implements device.Backend.
func (b *booth) Devices() (microphones, speakers []device.Info, err error) {
	return []device.Info{boothInfo}, []device.Info{boothInfo}, nil
}

// OpenCapture implements device.Backend.
func (b *booth) OpenCapture(_ string, take device.Taker) (device.Device, error) {
	return startBeat(b.begun, func(frame []int16) {
		b.next(frame)
		take(frame)
	}), nil
}

// OpenPlayback implements device.Backend.
func (b *booth) OpenPlayback(_ string, _ device.Use, give device.Giver) (device.Device, error) {
	return startBeat(b.begun, func(frame []int16) {
		clear(frame)
		give(frame, false)
		b.heard(frame)
	}), nil
}

// Changes implements device.Backend.
func (b *booth) Changes() <-chan struct{} { return nil }

// Close implements device.Backend.
func (b *booth) Close() error { return nil }

// beat is a device that calls back every 10 ms.
type beat struct {
	done chan struct{}
	stop sync.Once
	wait sync.WaitGroup
}

func startBeat(begun time.Time, period func([]int16)) *beat {
	d := &beat{done: make(chan struct{})}
	d.wait.Go(func() {
		frame := make([]int16, device.FrameSamples)
		next := begun.Add(time.Since(begun).Truncate(device.FrameDuration) + device.FrameDuration)
		for {
			select {
			case <-d.done:
				return
			case <-time.After(time.Until(next)):
			}
			period(frame)
			next = next.Add(device.FrameDuration)
		}
	})
	return d
}

func (d *beat) Info() device.Info         { return boothInfo }
func (d *beat) Alive() bool               { return true }
func (d *beat) Lead(device.Device)        {}
func (d *beat) Counters() device.Counters { return device.Counters{} }

func (d *beat) Close() error {
	d.stop.Do(func() { close(d.done) })
	d.wait.Wait()
	return nil
}
