// Package record writes a call's sound into a file: Ogg Opus (RFC 3533,
// RFC 7845), stereo, what we say on the left and what we hear on the right.
//
//	Sent ─────▶ track ─┐                            pages
//	                   ├─▶ Opus ─▶ Ogg, once a second ──▶ disk
//	Received ─▶ track ─┘
//
// Those who bring sound never wait and never allocate: each side is a bounded
// queue of blocks with the time at which they came. A goroutine of the
// recording puts them, a second later, to their places in the file, where what
// did not come is silence; another one writes to the disk. A slow disk costs
// nothing for half a minute and then sound in the file; a full one ends the
// recording. The call knows of neither.
//
// All that was written can be played at any time, also when the process dies.
package record

import "time"

const (
	sampleRate    = 48000
	blockSamples  = 480                           // of a queue's entry: 10 ms
	frameSamples  = 960                           // of an Opus packet: 20 ms
	bitrate       = 64000                         // bit/s of both channels: half a megabyte a minute
	pagePackets   = 50                            // a page a second (RFC 7845 §6 has one second as the most)
	beat          = time.Second / 5               // between looks at what has come
	window        = time.Second                   // how much later a block is put to its place
	queuedPages   = 30                            // that may wait for the disk
	closeWait     = 5 * time.Second               // for the disk at the end
	tellEvery     = time.Minute                   // at most, that the disk is slow
	trackCapacity = 4 * sampleRate / blockSamples // blocks of a side that may wait
)

// samplesOf is the position in the file of a time since its beginning.
func samplesOf(d time.Duration) int64 {
	return int64(d/time.Second)*sampleRate + int64(d%time.Second)*sampleRate/int64(time.Second)
}
