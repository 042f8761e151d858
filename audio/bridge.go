package audio

// How a bridge keeps what waits in it short.
const (
	bridgeRing = 8192 // what a stalled sender leaves at most: 170 ms
	// bridgeReserve is how much may stay behind every packet: the unevenness
	// of two devices that nothing else knows of. What stays beyond it for the
	// whole of a window, counted in packets, is taken out. A gap doubles the
	// window, so that the voices do not break on an uneven machine again and
	// again.
	bridgeReserve    = 240 // 5 ms
	bridgeWindow     = 50
	bridgeWindowMost = 1600
	// bridgeMost may be behind a packet at all: 60 ms.
	bridgeMost = 2880
	// bridgeFade is the length in which a voice ends at a gap: 2.5 ms.
	bridgeFade = 120
)

// bridge brings the voices of a conference's other members from the speaker's
// goroutine, where they were just made, to the sender of one member, whose
// pace is the microphone's.
//
//	mixer: offer ─▶ frames ─▶ add: sender, with each packet of the microphone
//
// The voices do not wait for the speaker, and beside a packet's own length only
// for as long as the beats of the two devices lie apart: less than a block and
// the reserve. Where one device is faster than the other the difference is
// taken out or put in by whole periods of the pitch, as by the jitter buffer.
type bridge struct {
	frames *ring

	// The speaker's own.
	block  [blockSamples]int16
	toRing limiter

	// The sender's own.
	tape   tape
	begun  bool // something was heard
	dry    bool // nothing was left at the last packet
	seen   int  // packets in the window
	least  int  // that stayed behind each of them
	window int
	sum    [blockSamples]float32
	limit  limiter
}

func newBridge() *bridge {
	b := &bridge{frames: newRing(bridgeRing), dry: true, window: bridgeWindow}
	b.tape.reset(sampleRate)
	return b
}

// offer is called on the speaker's goroutine with the sum of all and the
// member's own part of it.
func (b *bridge) offer(sum []float32, own []int16) {
	var others [blockSamples]float32
	for i, s := range own {
		others[i] = sum[i] - float32(s)
	}
	b.toRing.apply(b.block[:], others[:])
	b.frames.write(b.block[:])
}

// add mixes the others into a packet of the microphone, at 48 kHz.
func (b *bridge) add(frame []int16) {
	n := min(b.frames.level(), bridgeMost+len(frame))
	b.tape.append(b.frames.read(b.tape.room(n)))
	voices := b.take(len(frame))
	for len(voices) > 0 {
		part := min(len(voices), blockSamples)
		for i, s := range voices[:part] {
			b.sum[i] = float32(frame[i]) + float32(s)
		}
		b.limit.apply(frame[:part], b.sum[:part])
		voices, frame = voices[part:], frame[part:]
	}
}

// take returns the next n samples, or what there is. It is valid until the
// next.
func (b *bridge) take(n int) []int16 {
	t := &b.tape
	if over := t.waiting() - n - bridgeMost; over > 0 { // one of the two stood still
		t.play(over)
	}
	if b.dry && t.waiting() < n {
		return nil
	}
	if over := t.waiting() - n - bridgeReserve; over > 0 && !b.begun { // nobody misses it
		t.play(over)
	}
	b.begun = true
	if !b.dry && t.waiting() < n {
		t.lengthen(sampleRate/longestLag, matchHurry)
	}
	voices := t.play(min(t.waiting(), n))
	if b.dry {
		fade(voices, bridgeFade, true)
	}
	if b.dry = len(voices) < n; b.dry {
		fade(voices, bridgeFade, false)
		b.window = min(2*b.window, bridgeWindowMost)
		b.seen = 0
		return voices
	}
	b.watch()
	return voices
}

// watch takes out what stays behind every packet.
func (b *bridge) watch() {
	left := b.tape.waiting()
	if b.seen == 0 || left < b.least {
		b.least = left
	}
	need, alike := b.window, float32(matchLeast)
	if b.least > 2*blockSamples { // one of the two stood still
		need, alike = need/5, matchHurry
	}
	if b.seen++; b.seen < need {
		return
	}
	if b.least > bridgeReserve {
		b.tape.shorten(b.least-bridgeReserve, alike)
	}
	b.seen = 0
}

// fade lets samples begin or end softly, in the given length.
func fade(samples []int16, length int, in bool) {
	n := min(len(samples), length)
	for i := range n {
		at := i
		if !in {
			at = len(samples) - 1 - i
		}
		samples[at] = int16(int(samples[at]) * i / n)
	}
}
