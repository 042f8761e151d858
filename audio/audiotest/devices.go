package audiotest

import (
	"slices"
	"sync"

	"webphone/audio/device"
)

// period is the number of samples of one device period: 10 ms at 48 kHz.
const period = 480

// Devices is a device.Backend whose periods a test steps by hand. It begins
// with one microphone "mic" and one speaker "speaker", the defaults.
type Devices struct {
	mu          sync.Mutex // guards what follows
	microphones []device.Info
	speakers    []device.Info
	sounds      map[string]*tape   // by microphone
	heard       map[string][]int16 // by speaker
	open        []*stepped
	failures    map[string]error // by id
	echoes      []*echo
	opened      int
	changes     chan struct{} // one slot
	tell        bool          // of changes
	refused     error         // nil = the list is there to be read
}

// tape is a sound repeated for ever.
type tape struct {
	samples []int16
	at      int
}

// NewDevices returns the backend.
func NewDevices() *Devices {
	return &Devices{
		microphones: []device.Info{{ID: "mic", Name: "Microphone", Default: true}},
		speakers:    []device.Info{{ID: "speaker", Name: "Speaker", Default: true}},
		sounds:      make(map[string]*tape), heard: make(map[string][]int16),
		failures: make(map[string]error), changes: make(chan struct{}, 1),
	}
}

// Tell has Changes tell of what comes, goes and becomes the default from now
// on.
func (d *Devices) Tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tell = true
}

// changed tells. The caller holds the lock.
func (d *Devices) changed() {
	if !d.tell {
		return
	}
	select {
	case d.changes <- struct{}{}:
	default:
	}
}

// Refuse keeps the list from being read with err; nil lets it be read again.
func (d *Devices) Refuse(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = err
	d.changed()
}

// AddMicrophone plugs a microphone in.
func (d *Devices) AddMicrophone(i device.Info) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.microphones = append(slices.Clone(d.microphones), i)
	d.changed()
}

// AddSpeaker plugs a speaker in.
func (d *Devices) AddSpeaker(i device.Info) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.speakers = append(slices.Clone(d.speakers), i)
	d.changed()
}

// Remove unplugs a device: it is not listed any more, and where it is open
// its callbacks stop and it is not alive.
func (d *Devices) Remove(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	other := func(i device.Info) bool { return i.ID == id }
	d.microphones = slices.DeleteFunc(slices.Clone(d.microphones), other)
	d.speakers = slices.DeleteFunc(slices.Clone(d.speakers), other)
	for _, s := range d.open {
		if s.info.ID == id {
			s.dead = true
		}
	}
	d.changed()
}

// SetDefault makes listed devices of that id the defaults in place of those
// before. What is open goes on, as with a system that moves its streams.
func (d *Devices) SetDefault(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, list := range []*[]device.Info{&d.microphones, &d.speakers} {
		if !slices.ContainsFunc(*list, func(i device.Info) bool { return i.ID == id }) {
			continue
		}
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i].Default = (*list)[i].ID == id
		}
	}
	d.changed()
}

// Fail makes opening a device fail with err; nil lets it succeed again.
func (d *Devices) Fail(id string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures[id] = err
}

// Speak gives a microphone a sound at 48 kHz that repeats for ever; nil is
// silence.
func (d *Devices) Speak(id string, samples []int16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sounds[id] = &tape{samples: samples}
}

// echo is a way by air from a speaker to a microphone.
type echo struct {
	speaker, microphone string
	gain                float64
	past                [][period]int16 // of the speaker, the oldest first
}

// Echo lets a microphone hear a speaker, so many periods of 10 ms later and by
// gain weaker; 0 ends it.
func (d *Devices) Echo(speaker, microphone string, periods int, gain float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.echoes = slices.DeleteFunc(d.echoes, func(e *echo) bool { return e.speaker == speaker && e.microphone == microphone })
	if gain != 0 {
		d.echoes = append(d.echoes, &echo{speaker: speaker, microphone: microphone, gain: gain, past: make([][period]int16, periods)})
	}
}

// play takes what the speaker plays now.
func (e *echo) play(frame *[period]int16) { e.past = append(e.past, *frame) }

// add mixes what was played long enough ago into the microphone's frame.
func (e *echo) add(frame []int16) {
	if len(e.past) == 0 {
		return
	}
	for i, v := range e.past[0] {
		frame[i] = clip(float64(frame[i]) + e.gain*float64(v))
	}
	e.past = e.past[1:]
}

// Heard returns all that a speaker has played and forgets it.
func (d *Devices) Heard(id string) []int16 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.heard[id]
	d.heard[id] = nil
	return h
}

// Open returns the ids of the devices open now, microphones and speakers.
func (d *Devices) Open() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []string
	for _, s := range d.open {
		ids = append(ids, s.info.ID)
	}
	slices.Sort(ids)
	return ids
}

// Opened is how often a device has been opened.
func (d *Devices) Opened() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// Step lets one period of 10 ms pass for every open device: speakers first,
// then microphones.
func (d *Devices) Step() {
	d.mu.Lock()
	open := slices.Clone(d.open)
	d.mu.Unlock()
	for _, capture := range []bool{false, true} {
		for _, s := range open {
			if s.capture == capture {
				s.step()
			}
		}
	}
}

// step lets a period pass for one device. The callback runs without the
// devices' lock: it may take its time.
func (s *stepped) step() {
	s.running.Lock()
	defer s.running.Unlock()
	d := s.devices
	d.mu.Lock()
	gone := s.dead || !slices.Contains(d.open, s)
	clear(s.frame[:])
	if s.capture {
		d.sounds[s.info.ID].read(s.frame[:])
		for _, e := range d.echoes {
			if e.microphone == s.info.ID {
				e.add(s.frame[:])
			}
		}
	}
	d.mu.Unlock()
	if gone {
		return
	}
	s.period(s.frame[:])
	if !s.capture {
		d.mu.Lock()
		d.heard[s.info.ID] = append(d.heard[s.info.ID], s.frame[:]...)
		for _, e := range d.echoes {
			if e.speaker == s.info.ID {
				e.play(&s.frame)
			}
		}
		d.mu.Unlock()
	}
}

func (t *tape) read(frame []int16) {
	clear(frame)
	if t == nil || len(t.samples) == 0 {
		return
	}
	for i := range frame {
		frame[i] = t.samples[t.at]
		t.at = (t.at + 1) % len(t.samples)
	}
}

// Devices lists what is plugged in.
func (d *Devices) Devices() (microphones, speakers []device.Info, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		return nil, nil, d.refused
	}
	return d.microphones, d.speakers, nil
}

// OpenCapture opens a microphone, "" the default.
func (d *Devices) OpenCapture(id string, take device.Taker) (device.Device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.attach(d.microphones, id, &stepped{devices: d, capture: true, period: func(frame []int16) { take(frame) }})
}

// OpenPlayback opens a speaker, "" the default.
func (d *Devices) OpenPlayback(id string, _ device.Use, give device.Giver) (device.Device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.attach(d.speakers, id, &stepped{devices: d, period: func(frame []int16) { give(frame, false) }})
}

func (d *Devices) attach(list []device.Info, id string, s *stepped) (device.Device, error) {
	i := slices.IndexFunc(list, func(i device.Info) bool { return i.ID == id || id == "" && i.Default })
	if i < 0 {
		return nil, &device.Error{Kind: device.NoDevice}
	}
	s.info = list[i]
	if err := d.failures[s.info.ID]; err != nil {
		return nil, err
	}
	d.open = append(d.open, s)
	d.opened++
	return s, nil
}

// Changes tells after Tell.
func (d *Devices) Changes() <-chan struct{} { return d.changes }

// Close does nothing: the devices belong to the test.
func (d *Devices) Close() error { return nil }

// SetShortPeriods implements device.Shortener: all periods stay as they are.
func (d *Devices) SetShortPeriods(bool) {}

// stepped is an open device.
type stepped struct {
	devices *Devices
	info    device.Info
	capture bool
	period  func([]int16)
	running sync.Mutex // held while the callback runs
	frame   [period]int16
	dead    bool
}

func (s *stepped) Info() device.Info { return s.info }

func (s *stepped) Lead(device.Device) {}

func (s *stepped) Counters() device.Counters { return device.Counters{} }

func (s *stepped) Alive() bool {
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	return !s.dead
}

func (s *stepped) Close() error {
	s.running.Lock()
	defer s.running.Unlock()
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	s.devices.open = slices.DeleteFunc(s.devices.open, func(o *stepped) bool { return o == s })
	return nil
}

var _ device.Backend = (*Devices)(nil)
