package demo

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/codec"
)

// music sends a melody. It is paced by deadlines that do not drift.
type music struct {
	line
	encoder struct {
		sync.Mutex
		codec.Encoder        // nil before Start
		samples       int    // of one packet
		ticks         uint32 // of one packet, in the clock of RTP
		interval      time.Duration
	}
	start chan struct{} // closed by the first Start
	begin sync.Once
	done  chan struct{}
	once  sync.Once
	ended sync.WaitGroup
}

func newMusic() *music {
	m := &music{line: newLine(), start: make(chan struct{}), done: make(chan struct{})}
	m.ended.Go(m.run)
	return m
}

// Start begins to play, or goes on in another codec.
func (m *music) Start(c audio.StreamConfig) error {
	encoder, err := codec.NewEncoder(c.Codec)
	if err != nil {
		return fmt.Errorf("demo: music: %w", err)
	}
	interval := c.Codec.PTime
	if interval == 0 {
		interval = codec.DefaultPTime
	}
	m.encoder.Lock()
	if m.encoder.Encoder != nil {
		m.encoder.Close()
	}
	m.encoder.Encoder, m.encoder.samples, m.encoder.interval = encoder, c.Codec.FrameSamples(), interval
	m.encoder.ticks = uint32(interval * time.Duration(c.Codec.Name.ClockRate()) / time.Second)
	m.encoder.Unlock()
	_ = m.line.Start(c) // never fails
	m.begin.Do(func() { close(m.start) })
	return nil
}

// Receive listens to nothing.
func (m *music) Receive(*rtp.Packet, time.Time) {}

func (m *music) run() {
	select {
	case <-m.start:
	case <-m.done:
		return
	}
	var song player
	var pcm [codec.MaxFrame]int16
	payload := make([]byte, codec.MaxPayload)
	due := time.Now()
	wait := time.NewTimer(0)
	defer wait.Stop()
	marker := true
	for {
		select {
		case <-wait.C:
		case <-m.done:
			return
		}
		n, ticks, interval, err := m.encode(&song, pcm[:], payload)
		c, ok := m.now()
		if ok && err == nil && n > 0 {
			_ = c.Write(&rtp.Header{
				Version: 2, Marker: marker, PayloadType: c.PayloadType, SSRC: c.SSRC,
				SequenceNumber: m.sequence, Timestamp: m.stamp,
			}, payload[:n]) // an error: the call is ending
			m.sequence++
		}
		marker = !ok // RFC 3551 §4.1: after a silence
		m.stamp += ticks
		due = due.Add(interval)
		wait.Reset(time.Until(due))
	}
}

// encode makes the next packet.
func (m *music) encode(song *player, pcm []int16, payload []byte) (n int, ticks uint32, interval time.Duration, err error) {
	m.encoder.Lock()
	defer m.encoder.Unlock()
	pcm = pcm[:m.encoder.samples]
	song.play(pcm, m.encoder.SampleRate())
	n, err = m.encoder.Encode(payload, pcm)
	return n, m.encoder.ticks, m.encoder.interval, err
}

// Close ends the music and waits for it.
func (m *music) Close() {
	m.once.Do(func() { close(m.done) })
	m.ended.Wait()
	m.encoder.Lock()
	defer m.encoder.Unlock()
	if m.encoder.Encoder != nil {
		m.encoder.Close()
		m.encoder.Encoder = nil
	}
}

// The tune is in twelve-tone steps from the A of 440 Hz, one a beat; rest is
// silence. It goes round for ever.
const (
	rest = -100
	beat = 0.3 // s
)

var tune = [...]int{
	-9, -5, -2, 3, -2, -5, -7, -4, 0, 5, 0, -4,
	-2, 2, 5, 10, 5, 2, 3, 7, 10, 7, 3, rest,
}

// player plays the tune: each note is a sine and its octave that die away.
type player struct{ at float64 } // s since the beginning

func (p *player) play(pcm []int16, rate int) {
	const loudness = 7000.0
	for i := range pcm {
		position := p.at / beat
		n := int(position)
		since := (position - float64(n)) * beat // s into the note
		var y float64
		if step := tune[n%len(tune)]; step != rest {
			w := 2 * math.Pi * 440 * math.Pow(2, float64(step)/12) * since
			attack := min(since/0.005, 1)
			release := min((beat-since)/0.02, 1)
			y = (math.Sin(w) + 0.3*math.Sin(2*w)) * math.Exp(-4*since) * attack * release
		}
		pcm[i] = int16(loudness * y)
		p.at += 1 / float64(rate)
	}
	if whole := beat * float64(len(tune)); p.at >= whole {
		p.at -= whole
	}
}
