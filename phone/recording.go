package phone

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"webphone/audio"
	"webphone/audio/record"
	"webphone/phone/loop"
	"webphone/phone/ua"
)

// recording is how a call is written into a file. Owned by the loop.
//
//	off ──start──▶ opening ──▶ running ──stop, end, failure──▶ off
//	                  └──stop, end, failure──▶ off
type recording struct {
	recorder *record.Recorder // nil unless it runs
	since    time.Time        // zero unless it runs
	opening  *opening         // nil unless the file is being made
	files    []string         // of all recordings of the call, the last may run
}

// opening is a file being made; whoever asked for it may have gone on.
type opening struct{ done []chan error }

func (o *opening) answer(err error) {
	for _, c := range o.done {
		c <- err
	}
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

// SetRecording begins or ends to write a call that is answered into a file of
// its own in Snapshot.RecordingFolder, and returns when the file is there. It
// fails with a *RecordingError or, for a call that is not answered, with a
// *ua.StateError.
func (p *Phone) SetRecording(id CallID, on bool) error {
	return p.changeRecording(id, func(bool) bool { return on })
}

// ToggleRecording is SetRecording the other way round than it is.
func (p *Phone) ToggleRecording(id CallID) error {
	return p.changeRecording(id, func(now bool) bool { return !now })
}

func (p *Phone) changeRecording(id CallID, wanted func(now bool) bool) error {
	done := make(chan error, 1)
	err := p.onCall("record", id, func(c *call) error {
		r := &c.recording
		if !wanted(r.recorder != nil || r.opening != nil) {
			p.stopRecording(c)
			done <- nil
			return nil
		}
		if c.state != CallConfirmed || c.stream == nil {
			return &ua.StateError{Op: "record", State: c.session.Status()}
		}
		p.startRecording(c, done)
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

// startRecording has a file made for an answered call; done gets the outcome.
func (p *Phone) startRecording(c *call, done chan error) {
	r := &c.recording
	switch {
	case r.recorder != nil:
		done <- nil
		return
	case r.opening != nil:
		r.opening.done = append(r.opening.done, done)
		return
	}
	o := &opening{done: []chan error{done}}
	r.opening = o
	peer := p.nameOf(c.remote, c.displayName)
	if peer == "" {
		peer = bareAddress(c.remote)
	}
	options := record.Options{
		Folder: p.recordingFolder(), Peer: peer, At: time.Now(),
		OnProblem: func(err error) { p.loop.Post("recording", func() { p.recordingProblem(c, peer, err) }) },
	}
	// Not bound to the phone's life: a file that is there must be closed.
	loop.Go(context.Background(), p.loop, "begin recording", func(context.Context) (*record.Recorder, error) {
		return record.New(options)
	}, func(recorder *record.Recorder, err error) {
		if err != nil {
			err = &RecordingError{Peer: peer, Err: err}
		}
		o.answer(err)
		switch {
		case err != nil:
			if r.opening == o {
				r.opening = nil
			}
		case r.opening != o: // it was ended before it began
			p.closeRecording(c, recorder, peer, true)
		default:
			p.recordingBegan(c, recorder)
		}
		p.changed()
	})
}

func (p *Phone) recordingBegan(c *call, recorder *record.Recorder) {
	r := &c.recording
	r.opening, r.recorder, r.since = nil, recorder, time.Now()
	r.files = append(r.files, recorder.File())
	c.stream.Record(audio.Recording{To: recorder, Tone: p.state.settings.Recording.Tone})
	p.log.Info("recording", "call", c.id, "file", recorder.File())
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

// stopRecording ends what there is of a recording.
func (p *Phone) stopRecording(c *call) {
	r := &c.recording
	r.opening = nil
	if r.recorder == nil {
		return
	}
	c.stream.StopRecording()
	p.closeRecording(c, r.recorder, p.nameOf(c.remote, c.displayName), false)
	r.recorder, r.since = nil, time.Time{}
}

// closeRecording completes the file, or takes it away if there is nothing in
// it.
func (p *Phone) closeRecording(c *call, recorder *record.Recorder, peer string, empty bool) {
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
			p.recordingProblem(c, peer, err)
		}
	})
}

// recordingProblem tells what is wrong with a recording; the call goes on.
func (p *Phone) recordingProblem(c *call, peer string, err error) {
	var ended *record.Error
	if errors.As(err, &ended) && c.recorder != nil && c.recorder.File() == ended.File {
		p.stopRecording(c)
	}
	p.notify(&RecordingError{Peer: peer, Err: err})
}
