package device

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gen2brain/malgo"

	"webphone/audio/pulse"
)

// Options are what the system's sound should know about us.
type Options struct {
	Name string       // of the program, shown in the system's mixer
	ID   string       // by which the desktop knows the program; "" = none
	Icon string       // name of its icon in the desktop's theme; "" = none
	Log  *slog.Logger // nil = slog.Default()
}

// NewSystem gives the devices of the operating system. It succeeds on a machine
// without any sound too: the devices then are absent until a sound system
// comes up.
//
// Where the system knows roles of streams, ours are telephony, so that music
// stops while somebody talks or it rings. A PULSE_PROP in the environment has
// the last word.
func NewSystem(o Options) (Backend, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if _, set := os.LookupEnv("PULSE_PROP"); !set {
		setForLibraries("PULSE_PROP", properties(o))
	}
	s := &system{name: o.Name, log: o.Log, backends: systemBackends}
	if hasServer() {
		s.follower = follow(func() (server, error) { return pulse.Dial(o.Name) })
	}
	return s, nil
}

// properties are those of every stream, as PULSE_PROP has them.
func properties(o Options) string {
	p := "media.role=phone"
	if o.ID != "" {
		p += " application.id=" + o.ID
	}
	if o.Icon != "" {
		p += " application.icon_name=" + o.Icon
	}
	return p
}

// system is the Backend over the sound library. Its mutex guards the library's
// context: which one is current, and how many devices use each.
type system struct {
	name     string
	log      *slog.Logger
	backends func() [][]malgo.Backend // tried in order
	follower *follower                // nil = the system tells of nothing
	short    atomic.Bool              // devices are opened with short periods

	mu      sync.Mutex
	current *soundContext // nil = none yet, or lost
	closed  bool
}

// soundContext is one connection to a sound system. It is freed when it is not
// the current one any more and its last device is closed: freeing it under a
// device would be fatal.
type soundContext struct {
	*malgo.AllocatedContext
	devices int
	retired bool
	pulse   bool // PulseAudio, or PipeWire in its place
	speaker portions
}

// SetShortPeriods implements Shortener.
func (s *system) SetShortPeriods(on bool) { s.short.Store(on) }

// portions are those of a new device.
func (s *system) portions(c *soundContext, playback bool) portions {
	by := atOnce
	if playback {
		by = c.speaker
	}
	if s.short.Load() {
		by.buffer, by.request, by.step = by.buffer/2, by.request/2, by.step/2
	}
	return by
}

// connect returns the current connection, or makes one. It returns nil and no
// error where there is no sound system at all. The caller holds the lock.
func (s *system) connect() (*soundContext, error) {
	if s.closed {
		return nil, &Error{Kind: Failed, Err: errClosed}
	}
	if s.current != nil {
		return s.current, nil
	}
	name := append([]byte(s.name), 0)
	config := malgo.ContextConfig{}
	if s.name != "" {
		var pin runtime.Pinner
		defer pin.Unpin()
		pin.Pin(&name[0])
		config.Pulse.PApplicationName = &name[0]
	}
	for _, backends := range s.backends() {
		// A nil log function keeps the library quiet.
		c, err := malgo.InitContext(backends, config, nil)
		if err == nil {
			s.current = &soundContext{AllocatedContext: c, speaker: atOnce}
			if s.current.pulse = len(backends) == 1 && backends[0] == malgo.BackendPulseaudio; s.current.pulse {
				s.current.speaker = inPeriods
				if !inParts(c) {
					s.current.speaker = inQuarters
					s.log.Debug("the sound server chooses how often it asks")
				}
			}
			return s.current, nil
		}
		if !errors.Is(err, malgo.ErrNoBackend) {
			s.log.Debug("sound system", "error", err)
		}
	}
	return nil, nil
}

// retire gives the connection up, so that the next use makes a new one. The
// caller holds the lock.
func (s *system) retire(c *soundContext) {
	c.retired = true
	if s.current == c {
		s.current = nil
	}
	if c.devices == 0 {
		if err := c.Uninit(); err != nil {
			s.log.Warn("sound system not left in order", "error", err)
		}
		c.Free()
	}
}

// release is called by a device of the connection when it has closed.
func (s *system) release(c *soundContext) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.devices--
	if c.devices == 0 && c.retired {
		s.retire(c)
	}
}

func (s *system) Devices() (microphones, speakers []Info, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A sound server that was restarted takes a new connection.
	for range 2 {
		c, cerr := s.connect()
		if cerr != nil {
			return nil, nil, cerr
		}
		if c == nil {
			return nil, nil, s.absence()
		}
		if microphones, err = s.list(c, malgo.Capture); err == nil {
			speakers, err = s.list(c, malgo.Playback)
		}
		if err == nil {
			if len(microphones)+len(speakers) == 0 {
				if c.devices == 0 {
					s.retire(c) // another sound system may have come up
				}
				return nil, nil, s.absence()
			}
			return microphones, speakers, nil
		}
		s.log.Info("sound system lost", "error", err)
		s.retire(c)
	}
	return nil, nil, &Error{Kind: Failed, Err: err}
}

func (s *system) Changes() <-chan struct{} {
	if s.follower == nil {
		return nil
	}
	return s.follower.changes
}

// list is what the library knows of one kind, real devices before monitors.
func (s *system) list(c *soundContext, kind malgo.DeviceType) ([]Info, error) {
	found, err := c.Devices(kind)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(found))
	for _, d := range found {
		id := d.ID.String()
		infos = append(infos, Info{
			ID: id, Name: d.Name(), Default: d.IsDefault != 0,
			Monitor: kind == malgo.Capture && isMonitor(id, d.Name()),
		})
	}
	slices.SortStableFunc(infos, func(a, b Info) int {
		switch {
		case a.Monitor == b.Monitor:
			return 0
		case a.Monitor:
			return 1
		}
		return -1
	})
	tellApart(infos)
	if s.follower != nil {
		s.follower.mark(infos)
	}
	return infos, nil
}

// tellApart numbers devices of one name from the second on.
func tellApart(infos []Info) {
	seen := make(map[string]int)
	for i := range infos {
		name := infos[i].Name
		if seen[name]++; seen[name] > 1 {
			infos[i].Name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
	}
}

// isMonitor recognises PulseAudio's sources that hear what a sink plays. The id
// is the source's name in hexadecimal.
func isMonitor(id, name string) bool {
	source, err := hex.DecodeString(id)
	return err == nil && strings.HasSuffix(string(source), ".monitor") ||
		strings.HasPrefix(name, "Monitor of ")
}

func (s *system) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.follower != nil {
		s.follower.close()
	}
	if s.current != nil {
		s.retire(s.current)
	}
	return nil
}

// systemBackends are the sound systems to try. The library's own null device is
// never among them: silence that looks like a device would hide the problem.
func systemBackends() [][]malgo.Backend {
	switch runtime.GOOS {
	case "windows":
		return [][]malgo.Backend{{malgo.BackendWasapi, malgo.BackendDsound, malgo.BackendWinmm}}
	case "darwin":
		return [][]malgo.Backend{{malgo.BackendCoreaudio}}
	case "linux":
		backends := [][]malgo.Backend{{malgo.BackendPulseaudio}}
		if hasCard() {
			backends = append(backends, []malgo.Backend{malgo.BackendAlsa})
		}
		return backends
	}
	return [][]malgo.Backend{{malgo.BackendSndio, malgo.BackendAudio4, malgo.BackendOss, malgo.BackendPulseaudio}}
}

// hasCard tells whether the kernel has a sound card. Without one ALSA would
// make devices up, and write pages to the standard error when they do not open.
func hasCard() bool {
	entries, err := os.ReadDir("/dev/snd")
	if err != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), "pcm")
	})
}
