// Package audio joins the sound devices to any number of RTP streams.
//
//	microphone ─▶ input ring ─▶ input pump ──▶ per stream: ring ─▶ sender pump ─▶ Write
//	Receive ─▶ per stream: jitter buffer ◀─ receiver ◀─ mixer ◀─ output pump ─▶ ring ─▶ speaker
//
// A device's thread only copies samples between its period and a lock-free
// ring and leaves a token for the pump. The pumps do the rest. The sound
// cards are the only clock: a pump sleeps until a period has passed, and where
// a device is missing the null device of package device beats instead.
//
// All sound between the pumps is mono, 16 bits, 48 kHz, in blocks of 10 ms.
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
