package device

import (
	"encoding/hex"
	"runtime"
	"strconv"
	"sync"
	"time"

	"webphone/audio/pulse"
)

// followRetry is how long the follower waits for a sound server to come up.
const followRetry = 5 * time.Second

// hasServer tells whether the system's sound may be a server that the follower
// understands.
func hasServer() bool { return runtime.GOOS != "windows" && runtime.GOOS != "darwin" }

// server is a connection to a sound server.
type server interface {
	Devices() (sinks, sources []pulse.Device, err error)
	Changes() <-chan struct{}
	Done() <-chan struct{}
	Close()
}

var _ server = (*pulse.Client)(nil)

// follower stays connected to the sound server beside the library, which does
// not tell when devices come and go nor what belongs together.
type follower struct {
	dial    func() (server, error)
	changes chan struct{} // one slot
	closing chan struct{}
	done    chan struct{}

	mu       sync.Mutex        // guards what follows
	headsets map[string]string // Info.Headset by Info.ID
	err      error             // why there is no connection
}

// follow starts a follower.
func follow(dial func() (server, error)) *follower {
	f := &follower{
		dial: dial, changes: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	go f.run()
	return f
}

func (f *follower) close() {
	close(f.closing)
	<-f.done
}

// run is the follower's goroutine.
func (f *follower) run() {
	defer close(f.done)
	for {
		client, err := f.dial()
		if err == nil {
			err = f.attend(client)
			client.Close()
			f.tell()
		}
		f.learn(nil, err)
		select {
		case <-f.closing:
			return
		case <-time.After(followRetry):
		}
	}
}

// attend follows a connection to its end and says why it ended.
func (f *follower) attend(client server) error {
	for {
		sinks, sources, err := client.Devices()
		if err != nil {
			return err
		}
		f.learn(headsetsOf(sinks, sources), nil)
		f.tell()
		select {
		case <-client.Changes():
		case <-client.Done():
			return pulse.ErrClosed
		case <-f.closing:
			return nil
		}
	}
}

// learn keeps what is known now.
func (f *follower) learn(headsets map[string]string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.headsets, f.err = headsets, err
}

// tell says that there may be news.
func (f *follower) tell() {
	select {
	case f.changes <- struct{}{}:
	default:
	}
}

// mark completes the devices' infos.
func (f *follower) mark(infos []Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range infos {
		infos[i].Headset = f.headsets[infos[i].ID]
	}
}

// refusal is why there is no connection; nil while there is one.
func (f *follower) refusal() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// headsetsOf tells which devices are parts of a headset: what is worn and has
// both a microphone and a speaker.
func headsetsOf(sinks, sources []pulse.Device) map[string]string {
	speakers := make(map[string]bool)
	for _, d := range sinks {
		speakers[headsetOf(d)] = true
	}
	found, both := make(map[string]string), make(map[string]bool)
	for _, d := range sources {
		if h := headsetOf(d); h != "" && speakers[h] && !d.Monitor {
			found[idOf(d)], both[h] = h, true
		}
	}
	for _, d := range sinks {
		if h := headsetOf(d); both[h] {
			found[idOf(d)] = h
		}
	}
	return found
}

// idOf is the library's id of a device: its name in hexadecimal.
func idOf(d pulse.Device) string { return hex.EncodeToString([]byte(d.Name)) }

// headsetOf names the thing that a device is a part of, "" if that is surely
// not worn. Where the server does not say what kind of thing it is, a card of
// its own on Bluetooth or USB that has both sides will be a headset.
func headsetOf(d pulse.Device) string {
	switch d.Properties["device.form_factor"] {
	case "headset", "headphone", "hands-free", "handset":
	case "":
		if bus := d.Properties["device.bus"]; bus != "bluetooth" && bus != "usb" {
			return ""
		}
	default:
		return ""
	}
	if d.Card != pulse.NoCard {
		return "card " + strconv.FormatUint(uint64(d.Card), 10)
	}
	return d.Properties["device.product.name"]
}
