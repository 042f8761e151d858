package audio

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// socket is what keeps packets while the process behind it stands still.
type socket struct {
	to *Stream

	mu      sync.Mutex // guards what follows
	still   bool
	waiting []rtp.Packet
}

func (s *socket) write(h *rtp.Header, payload []byte) error {
	p := rtp.Packet{Header: *h, Payload: slices.Clone(payload)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.still {
		s.waiting = append(s.waiting, p)
		return nil
	}
	s.to.Receive(&p, time.Now())
	return nil
}

func (s *socket) stand(still bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still = still
	if !still {
		for i := range s.waiting {
			s.to.Receive(&s.waiting[i], time.Now())
		}
		s.waiting = nil
	}
}

// talkers are two sites of which the first speaks to the second. Its
// microphone's sound is known, so that the delay to the other's ear can be
// measured at any time.
type talkers struct {
	*room
	a, b   *site
	socket *socket // before b
	said   int     // samples of a's microphone
	speech []int16
	after  time.Duration // of b's periods behind a's
}

var speechOnce = sync.OnceValue(func() []int16 { return audiotest.Speech(0.2, sampleRate, 12*sampleRate, 3) })

func newTalkers(r *room, name codec.Name) *talkers {
	k := &talkers{room: r, a: r.sites[0], b: r.sites[1], speech: speechOnce()}
	k.a.devices.Speak("mic", k.speech)
	from, to := k.a.NewStream(), k.b.NewStream()
	k.socket = &socket{to: to}
	for s, c := range map[*Stream]StreamConfig{
		from: agreed(name, k.socket.write),
		to:   agreed(name, (&socket{to: from}).write),
	} {
		if err := s.Start(c); err != nil {
			r.t.Fatal(err)
		}
	}
	to.SetActive(false, true) // what it would say is of no concern
	return k
}

// beat lets 10 ms pass, with so many periods of a's devices and of b's.
func (k *talkers) beat(a, b int) {
	<-time.After(blockDuration - k.after)
	for range a {
		k.a.devices.Step()
		if len(k.a.devices.Open()) > 0 {
			k.said += blockSamples
		}
	}
	<-time.After(k.after)
	for range b {
		k.b.devices.Step()
	}
	synctest.Wait()
}

// listen returns the delay from a's mouth to b's ear over the next 600 ms.
func (k *talkers) listen() time.Duration {
	k.b.devices.Heard("speaker")
	const most = sampleRate // 1 s
	begin := k.said - most
	for range 60 {
		k.beat(1, 1)
	}
	heard := k.b.devices.Heard("speaker")
	// What was said up to a second before is looked for.
	window := k.speech[begin : begin+most+len(heard)]
	best, lag := -1.0, 0
	const thin = 6 // speech is below 4 kHz
	want, got := every(window, thin), every(heard, thin)
	for l := 4 * thin; l <= most; l += 4 * thin {
		if c, _ := audiotest.Likeness(want[(most-l)/thin:][:len(got)], got); c > best {
			best, lag = c, l
		}
	}
	return time.Duration(lag) * time.Second / sampleRate
}

// every is each nth sample.
func every(samples []int16, n int) []int16 {
	out := make([]int16, 0, len(samples)/n+1)
	for i := 0; i < len(samples); i += n {
		out = append(out, samples[i])
	}
	return out
}

// Wherever the sound stands still, in the middle of speech, two seconds later it
// is heard as soon as before.
func TestStanding_delayComesBack(t *testing.T) {
	for _, c := range []struct {
		where string
		stand func(k *talkers, periods int)
	}{
		{"the speaker's process", func(k *talkers, periods int) {
			k.socket.stand(true)
			for range periods {
				k.beat(1, 0)
			}
			k.socket.stand(false)
		}},
		{"the reader of packets alone", func(k *talkers, periods int) {
			k.socket.stand(true)
			for range periods {
				k.beat(1, 1)
			}
			k.socket.stand(false)
		}},
		{"the microphone's process, which loses what was said", func(k *talkers, periods int) {
			for range periods {
				k.beat(0, 1)
			}
		}},
		{"the microphone's process, behind a queue of 170 ms", func(k *talkers, periods int) {
			for range periods {
				k.beat(0, 1)
			}
			k.beat(min(periods, 17), 1)
		}},
		{"the microphone's process, behind a sound server that keeps all", func(k *talkers, periods int) {
			for range periods {
				k.beat(0, 1)
			}
			k.beat(periods+1, 1)
		}},
		{"the sender", func(k *talkers, periods int) {
			k.a.streamOf().sender.mu.Lock()
			for range periods {
				<-time.After(blockDuration)
				k.b.devices.Step()
			}
			k.a.streamOf().sender.mu.Unlock()
		}},
		{"the machine", func(k *talkers, periods int) {
			k.socket.stand(true)
			<-time.After(time.Duration(periods) * blockDuration)
			k.socket.stand(false)
		}},
	} {
		for _, name := range []codec.Name{codec.Opus, codec.PCMU} {
			for _, stall := range []time.Duration{100 * ms, 300 * ms, 800 * ms} {
				t.Run(fmt.Sprint(c.where, " ", name, " ", stall), func(t *testing.T) {
					enter(t, 2, func(t *testing.T, r *room) {
						k := newTalkers(r, name)
						for range 300 {
							k.beat(1, 1)
						}
						before := k.listen()
						c.stand(k, int(stall/blockDuration))
						for range 200 {
							k.beat(1, 1)
						}
						after := k.listen()
						if after > before+25*ms || before > 60*ms || after == 0 {
							t.Errorf("%v before, %v two seconds after", before, after)
						}
					})
				})
			}
		}
	}
}

// streamOf is the site's first stream.
func (s *site) streamOf() *Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[0]
}
