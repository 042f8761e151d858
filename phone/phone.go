package phone

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone/loop"
	"webphone/phone/store"
)

// Options says what a Phone is made of.
type Options struct {
	// Profile is the directory of all state; it is made if missing.
	Profile string
	// Backend is the sound hardware; nil means the system's.
	Backend device.Backend
	// Keyring keeps the passwords; nil means the operating system's.
	Keyring store.Keyring
	// Log receives what a developer wants to know; nil means slog.Default.
	Log *slog.Logger
	// UserAgent is sent in every SIP message; "" means "Webphone".
	UserAgent string
	// Recordings is the folder of recordings unless the settings name one; ""
	// means "Webphone" in the user's folder of music.
	Recordings string
	// Trace, if not nil, receives every SIP message with its secrets masked.
	Trace func(line string)
}

// Phone is a running phone. Make it with New and end it with Close.
type Phone struct {
	log     *slog.Logger
	options Options
	loop    *loop.Loop
	ctx     context.Context // ends with the phone; parent of every job
	cancel  context.CancelCauseFunc
	store   *store.Profile
	backend device.Backend
	audio   *audio.Engine

	current  atomic.Pointer[Snapshot]
	watchers struct {
		sync.Mutex
		channels map[chan struct{}]struct{}
	}

	started atomic.Bool // the first snapshot is out, and the engine known
	streams sync.Map    // CallID to *audio.Stream, for meters; written by the loop

	state state // owned by the loop
}

// state is what changes; only turns of the loop touch it. What a Snapshot
// shares (history, messages, contacts) is replaced, never altered.
type state struct {
	settings Settings
	accounts []*account
	calls    []*call
	// recordings are those that have not ended, the oldest first.
	recordings []*recording
	// replacement is the call that is being answered in place of another.
	replacement *call
	history     []HistoryEntry
	threads     map[string]Thread   // by peer
	manners     map[string]*manners // by peer
	contacts    []Contact
	names       map[string]string // of their contacts, by address; "" = has none
	notices     []Notice
	demo        *demonstration // nil outside the demonstration

	disk      *loop.Queue // writes, in order
	lastID    int64       // of notices and calls
	publish   bool        // a publishing turn is queued
	statsTick *loop.Timer // runs while there are calls
	tones     tones
	devices   Devices // as last seen, to notice what is gone
	unplugged unplugged
	closing   bool
}

// New opens the profile, starts the sound engine and every account. Problems
// that leave a usable phone (a corrupt file set aside, no sound card) become
// notices or parts of the snapshot; an error means that there is no phone.
func New(o Options) (*Phone, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.UserAgent == "" {
		o.UserAgent = "Webphone"
	}
	if o.Recordings == "" {
		o.Recordings = usualRecordings()
	}
	p := &Phone{log: o.Log, options: o, backend: o.Backend}
	p.watchers.channels = map[chan struct{}]struct{}{}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())

	profile, notices, err := store.Open(o.Profile, o.Keyring)
	if err != nil {
		return nil, err
	}
	p.store = profile
	loaded, more, err := p.load()
	if err != nil {
		return nil, errors.Join(err, profile.Close())
	}
	p.loop = loop.New(loop.Options{Log: o.Log})
	if err := p.openSound(); err != nil {
		p.loop.Close()
		return nil, errors.Join(err, profile.Close())
	}
	p.loop.Do(p.ctx, "start", func() {
		p.state = loaded
		p.state.disk = loop.NewQueue(p.ctx, p.loop)
		for _, n := range append(notices, more...) {
			p.notify(n)
		}
		p.applyDevices(Audio{}, p.state.settings.Audio)
		p.applyProcessing(p.state.settings.Audio)
		p.applyRing(p.state.settings.Audio)
		p.applyDelay(p.state.settings.Audio)
		p.state.devices = p.devices()
		for _, a := range p.state.settings.Accounts {
			p.addAccount(a)
		}
		p.publishNow()
		p.started.Store(true)
	})
	return p, nil
}

// Snapshot returns the phone as it is now. It never blocks.
func (p *Phone) Snapshot() *Snapshot { return p.current.Load() }

// Changed returns a channel that holds a value whenever a newer Snapshot has
// been published since the last receive: several changes make one value. It
// is closed when ctx ends or the phone is closed. Every caller gets its own.
func (p *Phone) Changed(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	p.watchers.Lock()
	p.watchers.channels[c] = struct{}{}
	p.watchers.Unlock()
	drop := func() {
		p.watchers.Lock()
		delete(p.watchers.channels, c)
		close(c)
		p.watchers.Unlock()
	}
	stop := context.AfterFunc(ctx, drop)
	context.AfterFunc(p.ctx, func() {
		if stop() {
			drop()
		}
	})
	return c
}

// Close hangs up, unregisters and stops everything, and returns when every
// goroutine of the phone has ended. When ctx ends first the rest is cut short.
func (p *Phone) Close(ctx context.Context) error {
	ended := make(chan struct{})
	if err := p.loop.Do(ctx, "close", func() { p.stopAccounts(func() { close(ended) }) }); err != nil {
		return err
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
	flushed := make(chan struct{})
	p.loop.Post("flush", func() {
		loop.Enqueue(p.state.disk, "flush", func(context.Context) (struct{}, error) {
			close(flushed)
			return struct{}{}, nil
		}, nil)
	})
	select {
	case <-flushed:
	case <-time.After(2 * time.Second):
		p.log.Warn("closing with writes undone")
	}
	p.cancel(ErrClosed)
	p.store.Hurry()
	p.loop.Close()
	p.closeDemo()
	audioErr := p.audio.Close()
	p.backend.Close()
	if err := p.store.Close(); err != nil {
		return err
	}
	return audioErr
}

// do runs f as a turn and returns its error.
func (p *Phone) do(name string, f func() error) error {
	var err error
	if e := p.loop.Do(p.ctx, name, func() { err = f() }); e != nil {
		return ErrClosed
	}
	return err
}

// notify queues something to be told to the user.
func (p *Phone) notify(err error) {
	p.log.Info("notice", "about", err)
	p.state.lastID++
	p.state.notices = append(p.state.notices[:len(p.state.notices):len(p.state.notices)],
		Notice{ID: p.state.lastID, At: time.Now(), Err: err})
	p.changed()
}

// Dismiss forgets a notice that was read.
func (p *Phone) Dismiss(noticeID int64) {
	p.loop.Post("dismiss", func() {
		kept := make([]Notice, 0, len(p.state.notices))
		for _, n := range p.state.notices {
			if n.ID != noticeID {
				kept = append(kept, n)
			}
		}
		p.state.notices = kept
		p.changed()
	})
}
