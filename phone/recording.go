package phone

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"webphone/audio/record"
	"webphone/phone/loop"
	"webphone/phone/ua"
)

// recording is how a call, or all calls of a conference, are written into one
// file. Owned by the loop.
//
//	opening ──▶ running ──▶ over
//	   └──────────────────────▲  stop, end of the last call, failure
type recording struct {
	calls    []*call          // of which it is; none when it is over
	peer     string           // with whom it began
	tone     bool             // the others hear of it
	recorder *record.Recorder // nil until the file is there
	since    time.Time        // zero until then
	waiting  []chan error     // for the file
}

// over reports whether it has ended.
func (r *recording) over() bool { return len(r.calls) == 0 }

// answer tells whoever waits for the file.
func (r *recording) answer(err error) {
	for _, c := range r.waiting {
		c <- err
	}
	r.waiting = nil
}

// Recordings are the paths of files, one in a line; "" means none.
type Recordings string

// List are the paths, the oldest first.
func (r Recordings) List() []string {
	if r == "" {
		return nil
	}
	return strings.Split(string(r), "\n")
}

func recordingsOf(paths []string) Recordings { return Recordings(strings.Join(paths, "\n")) }

// SetRecording begins or ends to write a call that is answered, or the
// conference it is in, into a file of its own in Snapshot.RecordingFolder, and
// returns when the file is there. A call that is merged with others brings its
// recording along, and whoever is left of a conference keeps it. It fails with
// a *RecordingError or, for a call that is not answered, with a *ua.StateError.
func (p *Phone) SetRecording(id CallID, on bool) error {
	return p.changeRecording(id, func(bool) bool { return on })
}

// ToggleRecording is SetRecording the other way round than it is.
func (p *Phone) ToggleRecording(id CallID) error {
	return p.changeRecording(id, func(now bool) bool { return !now })
}

func (p *Phone) changeRecording(id CallID, wanted func(now bool) bool) error {
	done := make(chan error, 1)
	err := p.do("record", func() error {
		calls, err := p.findTalk(id)
		if err != nil {
			return err
		}
		c := calls[0]
		switch {
		case !wanted(c.recording != nil):
			if c.recording != nil {
				p.stopRecording(c.recording)
			}
			done <- nil
		case c.state != CallConfirmed || c.stream == nil:
			return &ua.StateError{Op: "record", State: c.session.Status()}
		default:
			p.startRecording(c, done)
		}
		p.changed()
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-p.ctx.Done():
		return ErrClosed
	}
}

// startRecording has a file made for an answered call and the others of its
// conference; done gets the outcome.
func (p *Phone) startRecording(c *call, done chan error) {
	if r := c.recording; r != nil {
		if r.waiting = append(r.waiting, done); r.recorder != nil {
			r.answer(nil)
		}
		return
	}
	mates := p.mates(c)
	r := &recording{peer: p.peersOf(mates), tone: p.state.settings.Recording.Tone, waiting: []chan error{done}}
	for _, mate := range mates {
		r.add(mate)
	}
	p.state.recordings = append(p.state.recordings, r)
	options := record.Options{
		Folder: p.recordingFolder(), Peer: r.peer, At: time.Now(),
		OnProblem: func(err error) { p.loop.Post("recording", func() { p.recordingProblem(r, err) }) },
	}
	// Not bound to the phone's life: a file that is there must be closed.
	loop.Go(context.Background(), p.loop, "begin recording", func(context.Context) (*record.Recorder, error) {
		return record.New(options)
	}, func(recorder *record.Recorder, err error) {
		if err != nil {
			err = &RecordingError{Peer: r.peer, Err: err}
		}
		r.answer(err)
		switch {
		case err != nil:
			p.stopRecording(r)
		case r.over(): // it was ended before it began
			p.closeRecording(r, recorder, true)
		default:
			p.recordingBegan(r, recorder)
		}
		p.changed()
	})
}

func (p *Phone) recordingBegan(r *recording, recorder *record.Recorder) {
	r.recorder, r.since = recorder, time.Now()
	for _, c := range r.calls {
		c.files = append(c.files, recorder.File())
		p.log.Info("recording", "call", c.id, "file", recorder.File())
	}
	p.recordSound()
}

// recordAlways begins to record a call that has just been answered, if the
// user wants every call recorded.
func (p *Phone) recordAlways(c *call) {
	if !p.state.settings.Recording.EveryCall || c.stream == nil {
		return
	}
	done := make(chan error, 1)
	p.startRecording(c, done)
	loop.Go(p.ctx, p.loop, "record every call", func(ctx context.Context) (struct{}, error) {
		select {
		case err := <-done:
			return struct{}{}, err
		case <-ctx.Done():
			return struct{}{}, nil
		}
	}, func(_ struct{}, err error) {
		if err != nil {
			p.notify(err)
		}
	})
}

// stopRecording ends a recording, in whatever state it is.
func (p *Phone) stopRecording(r *recording) {
	for _, c := range r.calls {
		c.recording = nil
	}
	r.calls = nil
	p.state.recordings = slices.DeleteFunc(p.state.recordings, func(other *recording) bool { return other == r })
	if r.recorder == nil {
		return
	}
	p.recordSound()
	p.closeRecording(r, r.recorder, false)
}

// closeRecording completes the file, or takes it away if there is nothing in
// it.
func (p *Phone) closeRecording(r *recording, recorder *record.Recorder, empty bool) {
	loop.Go(p.ctx, p.loop, "end recording", func(context.Context) (struct{}, error) {
		err := recorder.Close()
		if empty {
			return struct{}{}, os.Remove(recorder.File())
		}
		return struct{}{}, err
	}, func(_ struct{}, err error) {
		var e *record.Error
		// What ended a recording before was told then.
		if errors.As(err, &e) && errors.Is(e, record.ErrSlow) {
			p.recordingProblem(r, err)
		}
	})
}

// recordingProblem tells what is wrong with a recording; the calls go on.
func (p *Phone) recordingProblem(r *recording, err error) {
	var ended *record.Error
	if errors.As(err, &ended) && !r.over() && r.recorder != nil && r.recorder.File() == ended.File {
		p.stopRecording(r)
	}
	p.notify(&RecordingError{Peer: r.peer, Err: err})
}
