// Package audio joins the sound devices to any number of RTP streams.
//
//	microphone ─▶ input: echo, noise, level ─▶ per stream: sender ─▶ Write
//	Receive ─▶ per stream: jitter buffer ◀─ receiver ◀─ mixer ◀─ speaker
//
// The sound cards are the only clock: a microphone's goroutine brings each
// period and a speaker's fetches the next, and all the work of a call is done
// there. Only where several calls have the microphone each sends on a goroutine
// of its own. Where a device is missing the null device of package device beats
// instead. What waits between a card and its goroutine is package device's.
//
// In a conference the voices go back out as well: the mixer hands each member's
// sender the sum of the others', see bridge.
//
// What the speaker is given goes to the input too, where package voice takes its
// echo out of the microphone, once for all streams.
//
// All sound in between is mono, 16 bits, 48 kHz, in blocks of 10 ms.
// The codecs' rates live inside the sender and the receiver of a stream.
//
// In the steady state no block and no packet allocates.
package audio

import "time"

// The block in which sound moves through this package.
const (
	sampleRate    = 48000
	blockSamples  = 480
	blockDuration = 10 * time.Millisecond
)

// signal leaves a token in a one-slot channel without waiting.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
