package rig

import (
	"slices"
	"sync"

	"webphone/audio/device"
)

// recordedMost is how many samples a recording keeps: one minute.
const recordedMost = 60 * SampleRate

// recording is a backend whose speaker is kept. Safe for use from several
// goroutines.
type recording struct {
	device.Backend // its microphone, and the clock of its speaker

	mu   sync.Mutex // guards the fields below
	pcm  []int16
	lost int // samples that were dropped before pcm
}

// OpenPlayback opens the speaker beneath and keeps what it is to play.
func (r *recording) OpenPlayback(id string, use device.Use, give device.Giver) (device.Device, error) {
	return r.Backend.OpenPlayback(id, use, func(frame []int16, early bool) (given bool) {
		if !give(frame, early) {
			return false
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.pcm = append(r.pcm, frame...)
		if over := len(r.pcm) - 2*recordedMost; over > 0 {
			over += recordedMost
			r.pcm = slices.Delete(r.pcm, 0, over)
			r.lost += over
		}
		return true
	})
}

// position returns how many samples were played.
func (r *recording) position() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost + len(r.pcm)
}

// since returns the samples from a position on, those that are kept.
func (r *recording) since(from int) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.pcm[min(max(0, from-r.lost), len(r.pcm)):])
}
