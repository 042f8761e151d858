package phone

import (
	"slices"
	"strings"
	"time"

	"webphone/audio"
)

// add makes c one of the calls that are recorded; it is in none before.
func (r *recording) add(c *call) {
	if c.recording = r; !slices.Contains(r.calls, c) {
		r.calls = append(r.calls, c)
	}
}

// recordingSince is since when c is written into a file; zero while it is not.
func (c *call) recordingSince() time.Time {
	if c.recording == nil {
		return time.Time{}
	}
	return c.recording.since
}

// peersOf names the other sides of calls.
func (p *Phone) peersOf(calls []*call) string {
	var names []string
	for _, c := range calls {
		name := p.nameOf(c.remote, c.displayName)
		if name == "" {
			name = bareAddress(c.remote)
		}
		names = append(names, name)
	}
	return strings.Join(names, " and ")
}

// recordSound tells the sound engine what goes into which file.
func (p *Phone) recordSound() {
	var all []audio.Recording
	for _, r := range p.state.recordings {
		if r.recorder == nil {
			continue
		}
		to := audio.Recording{To: r.recorder, Tone: r.tone}
		for _, c := range r.calls {
			if c.stream != nil {
				to.Streams = append(to.Streams, c.stream)
			}
		}
		all = append(all, to)
	}
	p.audio.SetRecordings(all...)
}

// joinRecordings has the calls of a conference recorded together if one of
// them was: the recording that began first goes on, in its file, with all of
// them. What others have written ends there, since that goes on in the first.
func (p *Phone) joinRecordings(calls []*call) {
	var first *recording
	for _, r := range p.state.recordings { // the oldest first
		of := slices.ContainsFunc(calls, func(c *call) bool { return c.recording == r })
		if of && (first == nil || first.recorder == nil && r.recorder != nil) {
			first = r
		}
	}
	if first == nil {
		return
	}
	for _, c := range calls {
		if c.recording == first {
			continue
		}
		if other := c.recording; other != nil {
			first.waiting = append(first.waiting, other.waiting...)
			other.waiting = nil
			p.stopRecording(other)
		}
		if first.add(c); first.recorder != nil {
			c.files = append(c.files, first.recorder.File())
		}
	}
	if first.recorder != nil {
		first.answer(nil)
		p.recordSound()
	}
}

// leaveRecording ends the recording of one call; of the others it goes on, and
// of one that takes its place.
func (p *Phone) leaveRecording(c *call) {
	r := c.recording
	if r == nil {
		return
	}
	if c.superseded() {
		p.joinRecordings([]*call{c, c.successor})
		r = c.recording
	}
	if len(r.calls) == 1 {
		p.stopRecording(r)
		return
	}
	c.recording = nil
	r.calls = slices.DeleteFunc(r.calls, func(other *call) bool { return other == c })
	p.recordSound()
}

// splitRecording lets the recording of what was a conference go on with the
// call that the user goes on with.
func (p *Phone) splitRecording(calls []*call, talking *call) {
	if talking == nil {
		talking = calls[0]
	}
	for _, c := range calls {
		if c != talking && c.recording != nil {
			p.leaveRecording(c)
			p.recordAlways(c)
		}
	}
}
