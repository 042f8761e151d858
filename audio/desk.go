package audio

import (
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"webphone/audio/device"
)

// The desk's rhythm.
const (
	watchInterval = 250 * time.Millisecond // between looks at the devices while one is open
	listInterval  = 2 * time.Second        // between looks at the list of devices
	retryInterval = 5 * time.Second        // between tries to open what failed
)

// desk opens, watches and closes the devices. Its goroutine owns the sides;
// others only state a choice, or poke it when a need has changed.
type desk struct {
	log      *slog.Logger
	backend  device.Backend
	null     device.Backend // beats where a device is missing
	onChange func()
	together func(same bool) // whether ringer and speaker are one device
	sides    [3]*side
	improver *improver   // what it notices is told with the devices
	listed   time.Time   // when the list was last read; the goroutine's own
	failed   string      // what the list's last error said, "" = none; likewise
	short    atomic.Bool // devices are to run in short periods

	poked   chan struct{} // one slot
	closing chan struct{}
	done    chan struct{}

	mu        sync.Mutex // guards what follows
	refused   error      // why the list is empty; nil = there is nothing
	wanted    [3]string
	view      Devices
	published Devices // what onChange was last called for
}

func newDesk(o Options, sides [3]*side, m *improver) *desk {
	return &desk{
		log: o.Log, backend: o.Backend, null: device.NewNull(), onChange: o.OnChange,
		sides: sides, improver: m, wanted: [3]string{o.Microphone, o.Speaker, o.Ringer},
		poked: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
}

// start reads the list of devices and begins to watch.
func (d *desk) start() {
	d.list()
	d.update()
	go d.run()
}

// close closes the devices and joins the goroutine.
func (d *desk) close() {
	close(d.closing)
	<-d.done
	d.null.Close()
}

// poke makes the desk look at once. It never waits.
func (d *desk) poke() { signal(d.poked) }

func (d *desk) devices() Devices {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view
}

// choose states which device a role should have.
func (d *desk) choose(r Role, id string) error {
	d.mu.Lock()
	d.wanted[r] = id
	d.mu.Unlock()
	d.poke()
	return d.absent(r)
}

// wish is the device that a role should have. Where the user has chosen one
// side of a headset and left the other to the system, the other is the
// headset's too, for as long as it is there. The caller holds the lock.
func (d *desk) wish(r Role) string {
	if r == Ringer || d.wanted[r] != "" {
		return d.wanted[r]
	}
	chosen, others := d.wanted[Speaker], d.view.Speakers
	if r == Speaker {
		chosen, others = d.wanted[Microphone], d.view.Microphones
	}
	at := find(others, chosen)
	if at < 0 || others[at].Headset == "" {
		return ""
	}
	list := d.view.list(r)
	if i := slices.IndexFunc(list, func(i device.Info) bool { return i.Headset == others[at].Headset }); i >= 0 {
		return list[i].ID
	}
	return ""
}

// absent returns a *DeviceError if the device wanted for a role is not listed.
func (d *desk) absent(r Role) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	want, _, list := d.view.choice(r, d.wish(r))
	if p := d.missing(r, want, list); p != nil {
		return p
	}
	return nil
}

// missing is the problem of a role whose device is not in the list. The caller
// holds the lock or is the desk's goroutine.
func (d *desk) missing(r Role, id string, list []device.Info) *DeviceError {
	if len(list) > 0 && (id == "" || find(list, id) >= 0) {
		return nil
	}
	p := &DeviceError{Role: r, ID: id, Err: &device.Error{Kind: device.NoDevice, Device: id}}
	if len(list) == 0 && d.refused != nil {
		p.Err = d.refused
	}
	if len(list) > 0 {
		p.Using = fallback(list).Name
	}
	return p
}

// list is what a role can use by itself: all but the monitors, which would
// send the others' voices back to them.
func (v *Devices) list(r Role) []device.Info {
	if r == Microphone {
		return slices.DeleteFunc(slices.Clone(v.Microphones), func(i device.Info) bool { return i.Monitor })
	}
	return v.Speakers
}

// choice is what a role can use: the ids of the device wanted and of the
// default, and the list with the one wanted, be it a monitor. Where the
// system's default is a monitor, that of the list stands for it.
func (v *Devices) choice(r Role, wanted string) (want, usual string, list []device.Info) {
	list = v.list(r)
	if r == Microphone {
		if i := find(v.Microphones, wanted); i >= 0 && v.Microphones[i].Monitor {
			list = append(list, v.Microphones[i])
		}
		if len(list) > 0 && fallback(v.Microphones).Monitor {
			usual = list[0].ID
		}
	}
	if wanted == "" {
		wanted = usual
	}
	return wanted, usual, list
}

func find(list []device.Info, id string) int {
	return slices.IndexFunc(list, func(i device.Info) bool { return i.ID == id })
}

// fallback is the default device of a list, the zero Info of an empty one.
func fallback(list []device.Info) device.Info {
	if i := slices.IndexFunc(list, func(i device.Info) bool { return i.Default }); i >= 0 {
		return list[i]
	}
	if len(list) > 0 {
		return list[0]
	}
	return device.Info{}
}

// run is the desk's goroutine.
func (d *desk) run() {
	defer close(d.done)
	timer := time.NewTimer(listInterval)
	defer timer.Stop()
	for {
		select {
		case <-d.closing:
			for _, s := range d.sides {
				s.close()
			}
			return
		case <-d.poked:
		case <-d.backend.Changes():
			d.listed = time.Time{}
		case <-timer.C:
		}
		now := time.Now()
		if now.Sub(d.listed) >= listInterval {
			d.list()
		}
		next := listInterval
		for _, s := range d.sides {
			d.tend(s, now)
			if s.dev != nil {
				next = watchInterval
			}
		}
		d.pair()
		d.together(d.sides[Ringer].shares(d.sides[Speaker]))
		d.publish()
		timer.Reset(next)
	}
}

// pair has the microphone's beat serve the speaker too.
func (d *desk) pair() {
	microphone, speaker := d.sides[Microphone].dev, d.sides[Speaker].dev
	if microphone != nil {
		microphone.Lead(speaker)
	}
}

// list reads the devices.
func (d *desk) list() {
	d.listed = time.Now()
	microphones, speakers, err := d.backend.Devices()
	d.complain(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = nil
	if fault := (*device.Error)(nil); errors.As(err, &fault) {
		d.refused = fault
	}
	if slices.Equal(microphones, d.view.Microphones) && slices.Equal(speakers, d.view.Speakers) {
		return
	}
	d.view.Microphones, d.view.Speakers = microphones, speakers
	for _, s := range d.sides {
		s.retry = time.Time{}
	}
}

// complain logs what keeps the list from being read, once.
func (d *desk) complain(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != "" && said != d.failed {
		d.log.Warn("list of sound devices", "err", err)
	}
	d.failed = said
}

// publish brings the view up to date and tells of a difference.
func (d *desk) publish() {
	if d.update() && d.onChange != nil {
		d.onChange()
	}
}

// update brings the view up to date and reports a difference.
func (d *desk) update() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view.Problem = nil
	d.view.MutedSpeech = d.improver.muted.Load()
	for _, s := range d.sides {
		want, _, list := d.view.choice(s.role, d.wish(s.role))
		switch s.role {
		case Microphone:
			d.view.Microphone = s.info(want, list)
		case Speaker:
			d.view.Speaker = s.info(want, list)
		}
		p := d.trouble(s, want, list)
		if p == nil && s.role == Microphone && s.dev != nil && d.improver.silent.Load() {
			p = &DeviceError{Role: Microphone, ID: s.id, Err: &device.Error{Kind: device.Silent, Device: s.dev.Info().Name}}
		}
		if p != nil && d.view.Problem == nil {
			d.view.Problem = p
		}
	}
	changed := !reflect.DeepEqual(d.published, d.view)
	d.published = d.view
	return changed
}

// tend opens, replaces or closes the device of a side, as needed.
func (d *desk) tend(s *side, now time.Time) {
	dead := s.dev != nil && (!s.dev.Alive() || d.left(s))
	if dead {
		d.log.Warn("sound device vanished", "role", s.role, "device", s.dev.Info().Name)
		s.detach()
		d.list()
	}
	if !s.needed() {
		if dead {
			s.stopped()
		}
		s.rest(now)
		return
	}
	s.idle = time.Time{}
	d.mu.Lock()
	want, usual, list := d.view.choice(s.role, d.wish(s.role))
	monitors := s.role == Microphone && len(list) == 0 && len(d.view.Microphones) > 0
	d.mu.Unlock()
	moved := monitors && !s.null // the system has moved us to one
	short := d.short.Load()
	if s.dev != nil && s.short != short { // an exclusive device cannot be open twice
		s.detach()
	} else if s.dev != nil && !moved && !s.improvable(want, list, now) {
		return
	}
	s.short = short
	gone := "" // the device that has just died; the default may be another now
	if dead {
		gone = s.id
	}
	d.open(s, want, usual, gone, list)
	if dead && want == usual && !s.null {
		s.problem = nil // nothing else was asked for, and it works
	}
	s.retry, s.asked = now.Add(retryInterval), want
}

// left reports whether the device that a side has open by its id is not listed
// any more, which is known earlier than that it plays no more.
func (d *desk) left(s *side) bool {
	list := d.view.Speakers
	if s.role == Microphone {
		list = d.view.Microphones
	}
	return !s.null && s.id != "" && find(list, s.id) < 0
}

// open tries the devices from best to worst: the one wanted, the default, any
// other, the null device, which always works. It stops at the one that is
// open already.
func (d *desk) open(s *side, want, usual, gone string, list []device.Info) {
	s.problem = nil
	if p := d.missing(s.role, want, list); p != nil {
		s.problem = p
	}
	type try struct {
		backend device.Backend
		id      string
	}
	var tries []try
	if gone != "" && gone == want {
		s.problem = &DeviceError{Role: s.role, ID: want, Err: &device.Error{Kind: device.Vanished, Device: want}}
	} else if want != "" && find(list, want) >= 0 {
		tries = append(tries, try{d.backend, want})
	}
	if len(list) > 0 {
		tries = append(tries, try{d.backend, usual})
	}
	for _, other := range list {
		if other.ID != gone {
			tries = append(tries, try{d.backend, other.ID})
		}
	}
	tries = append(tries, try{d.null, ""})
	for _, t := range tries {
		null := t.backend == d.null
		if s.dev != nil && s.id == t.id && s.null == null {
			break
		}
		if err := s.attach(t.backend, t.id, null); err == nil {
			break
		} else if s.problem == nil {
			s.problem = &DeviceError{Role: s.role, ID: t.id, Err: err}
		}
	}
	if s.problem != nil {
		s.problem.Using = ""
		if s.dev != nil && !s.null {
			s.problem.Using = s.dev.Info().Name
		}
		d.log.Warn("sound device", "problem", s.problem)
		return
	}
	d.log.Info("sound device", "role", s.role, "device", s.dev.Info().Name)
}
