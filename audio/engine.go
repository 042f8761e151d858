package audio

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"webphone/audio/codec"
	"webphone/audio/device"
)

// Options configures an Engine; the zero value is a machine without sound
// devices.
type Options struct {
	// Backend gives the devices; nil means device.NewNull. It stays the
	// caller's, to be closed after the Engine.
	Backend device.Backend
	// Microphone, Speaker and Ringer are ids of devices; "" is the system's
	// default, for the ringer the speaker.
	Microphone, Speaker, Ringer string
	// Processing of the microphone; SetProcessing changes it.
	Processing Processing
	// Log receives changes and failures of devices; nil means slog.Default.
	Log *slog.Logger
	// OnChange, if not nil, is called when Devices has something new to say.
	// It comes from a goroutine of the engine and must return soon.
	OnChange func()
}

// Engine owns the sound devices and mixes the streams. Devices are open only
// while a stream sends or receives, a tone plays or Monitor is on. All methods
// are safe from any goroutine and none waits for a device, except Close.
type Engine struct {
	log   *slog.Logger
	epoch time.Time // origin of the streams' clocks
	desk  *desk
	input *input
	mixer *mixer
	tones *tones
	// encoders share their work between streams that send the same.
	encoders codec.Pool

	monitor atomic.Bool

	mu      sync.Mutex // guards what follows
	streams []*Stream  // not closed
	tapings []*taping
	closed  bool
}

// New returns a running Engine. End it with Close. A machine without devices
// is no error: Devices tells of it.
func New(o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Backend == nil {
		o.Backend = device.NewNull()
	}
	improver, err := newImprover(o.Processing)
	if err != nil {
		return nil, err
	}
	e := &Engine{log: o.Log, epoch: time.Now(), tones: newTones()}
	e.mixer = newMixer(e.tones, e.now)
	e.input = newInput(improver)
	e.desk = newDesk(o, e.sides(), improver)
	e.tones.ringer(o.Ringer != "")
	e.tones.ended, e.desk.together = e.desk.poke, e.tones.ringTogether

	e.desk.start()
	return e, nil
}

// sides tells the desk what each device is for.
func (e *Engine) sides() [3]*side {
	speaker := func(use device.Use, mix device.Giver) func(device.Backend, string, *tap) (device.Device, error) {
		return func(b device.Backend, id string, t *tap) (device.Device, error) {
			return b.OpenPlayback(id, use, t.playback(mix))
		}
	}
	improver := e.input.improver
	aloud := func(block []int16, early bool) (given bool) {
		given = e.mixer.mix(block, early)
		if given {
			improver.reference.played(block)
		}
		return given
	}
	ringing := func(block []int16, early bool) (given bool) {
		if !early {
			e.tones.mixRinger(block)
		}
		return !early
	}
	return [3]*side{
		Microphone: {
			role:   Microphone,
			needed: func() bool { return e.monitor.Load() || e.input.wanted() },
			opener: func(b device.Backend, id string, t *tap) (device.Device, error) {
				dev, err := b.OpenCapture(id, t.capture(e.input))
				if err == nil {
					improver.begin(dev.Info())
				}
				return dev, err
			},
			starting: e.input.starting, stopped: e.input.stopped,
		},
		Speaker: {
			role:   Speaker,
			needed: func() bool { return e.mixer.wanted() || e.tones.onSpeaker() },
			opener: speaker(device.Talk, aloud), linger: time.Second,
			starting: improver.reference.speaker, stopped: e.mixer.level.reset,
		},
		Ringer: {
			role: Ringer, needed: e.tones.onRinger,
			opener: speaker(device.Ring, ringing), linger: time.Second,
			starting: func(bool) {}, stopped: func() {},
		},
	}
}

// SetShortPeriods has the devices run in periods of 5 ms instead of 10, where
// the backend can: less delay, more work. Those that are open are opened anew.
func (e *Engine) SetShortPeriods(on bool) {
	if b, ok := e.desk.backend.(device.Shortener); ok {
		b.SetShortPeriods(on)
		e.desk.short.Store(on)
		e.desk.poke()
	}
}

// Close ends all streams and tones, closes the devices and joins every
// goroutine. Calling it again does nothing.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	streams := slices.Clone(e.streams)
	e.mu.Unlock()
	for _, s := range streams {
		s.Close()
	}
	e.desk.close()
	e.input.improver.voice.Close()
	return nil
}

// Devices is what the engine knows of the sound devices. The slices are not
// to be changed.
type Devices struct {
	Microphones, Speakers []device.Info
	// Microphone and Speaker are in use, or would be if sound were needed now;
	// the zero Info means that there is none.
	Microphone, Speaker device.Info
	// Problem is a *DeviceError for the first role that has a problem: no
	// device at all, or another one than asked for. Nil means all is well.
	Problem error
	// MutedSpeech says that somebody is speaking into the microphone while
	// every stream that sends is muted.
	MutedSpeech bool
}

// Devices returns the present state. OnChange tells when it differs.
func (e *Engine) Devices() Devices { return e.desk.devices() }

// SetMicrophone chooses the microphone, "" for the system's default, or that
// of the headset whose speaker has been chosen; a call goes on without a break.
// While the chosen one is absent the default is used.
// It returns a *DeviceError if the device is not there now; the choice stands.
func (e *Engine) SetMicrophone(id string) error { return e.desk.choose(Microphone, id) }

// SetSpeaker chooses the speaker as SetMicrophone does the microphone.
func (e *Engine) SetSpeaker(id string) error { return e.desk.choose(Speaker, id) }

// SetRinger chooses the device that rings, as SetMicrophone does the
// microphone; "" is the speaker.
func (e *Engine) SetRinger(id string) error {
	e.tones.ringer(id != "")
	return e.desk.choose(Ringer, id)
}

// SetRingVolume amplifies the ringtone alone; 1, as in a new engine, changes
// nothing, the range is 0 to 1.
func (e *Engine) SetRingVolume(factor float64) { e.tones.ringtone.volume.set(factor, 1) }

// SetRingBoth has calls ring on the speaker too where the ringer is another
// device.
func (e *Engine) SetRingBoth(on bool) {
	e.tones.ringBoth(on)
	e.desk.poke()
}

// MicrophoneLevel is the microphone's loudness for a meter: 0 for −60 dBFS RMS
// or less, 1 for full scale, linear in decibels between. It is 0 while the
// microphone is closed.
func (e *Engine) MicrophoneLevel() float64 { return e.input.level.value() }

// SpeakerLevel is the loudness of what the speaker plays, scaled as that of
// MicrophoneLevel.
func (e *Engine) SpeakerLevel() float64 { return e.mixer.level.value() }

// Monitor keeps the microphone open without a call, for a meter.
func (e *Engine) Monitor(on bool) {
	e.monitor.Store(on)
	e.desk.poke()
}

// SetProcessing changes what is done to the microphone, at once and for all
// streams.
func (e *Engine) SetProcessing(p Processing) { e.input.improver.set(p) }

// Processing is what is done to the microphone now.
func (e *Engine) Processing() Processing { return e.input.improver.processing() }

// EchoDelay is by how much the echo that the canceller has found is later than
// what the speaker was given; false while it has found none.
func (e *Engine) EchoDelay() (time.Duration, bool) { return e.input.improver.voice.EchoDelay() }

// SetMicrophoneGain amplifies the microphone; 1 changes nothing, the range is
// 0 to 8.
func (e *Engine) SetMicrophoneGain(factor float64) { e.input.gain.set(factor, 8) }

// Ring starts or stops the ringtone on the ringer.
func (e *Engine) Ring(on bool) {
	e.tones.ring(on)
	e.desk.poke()
}

// CallTone plays the tone of a call's progress on the speaker in place of the
// one before, until ToneNone; ToneEnded ends by itself.
func (e *Engine) CallTone(t Tone) {
	e.tones.call(t)
	e.desk.poke()
}

// PlayTest plays a melody of one second on the speaker. It returns a
// *DeviceError if there is no speaker.
func (e *Engine) PlayTest() error {
	if err := e.desk.absent(Speaker); err != nil {
		return err
	}
	e.tones.test()
	e.desk.poke()
	return nil
}

// PlayRing lets the ringtone be heard once, as a call would ring. It returns a
// *DeviceError if the ringer is not there.
func (e *Engine) PlayRing() error {
	e.tones.tryRing()
	e.desk.poke()
	return e.desk.absent(Ringer)
}

// KeyTone lets the user hear a DTMF tone for 100 ms; other characters than
// 0–9 * # A–D are silent.
func (e *Engine) KeyTone(digit rune) {
	e.tones.key(digit, keyToneDuration)
	e.desk.poke()
}

// NewStream returns the sound of one call, silent until Start. It must be
// closed. On a closed engine it is closed from the beginning.
func (e *Engine) NewStream() *Stream {
	s := newStream(e)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		s.closed = true
		return s
	}
	e.streams = append(e.streams, s)
	return s
}

// now is the time on the streams' clock.
func (e *Engine) now() time.Duration { return time.Since(e.epoch) }

// route tells input and mixer which streams take part now.
func (e *Engine) route() {
	e.mu.Lock()
	var sending []*sender
	var heard hearing
	parties := make(map[*Stream]*party)
	for _, s := range e.streams {
		if s.sends.Load() {
			sending = append(sending, s.sender)
		}
		if s.receives.Load() {
			parties[s] = &party{receiver: s.receiver}
			heard.parties = append(heard.parties, parties[s])
		}
	}
	heard.conferences = confer(e.streams, parties)
	mine, theirs := e.tape(parties)
	heard.tapings = theirs
	e.input.route(sending)
	e.input.tapings.Store(&mine)
	e.mixer.route(heard)
	e.mu.Unlock()
	e.desk.poke()
}

// forget takes a closed stream out.
func (e *Engine) forget(s *Stream) {
	e.mu.Lock()
	e.streams = slices.DeleteFunc(e.streams, func(other *Stream) bool { return other == s })
	e.mu.Unlock()
	e.route()
}
