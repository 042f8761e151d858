package device

import (
	"sync"
	"time"
)

// paceSlack is how late a beat may come and still be made up for by beats in
// quick succession, as a real device does; after a longer pause (the machine
// slept) the time in between is left out.
const paceSlack = 500 * time.Millisecond

// pacer calls a function every 10 ms, by absolute deadlines so that it does not
// drift, until it is stopped.
type pacer struct {
	done chan struct{}
	stop sync.Once
	wait sync.WaitGroup
}

func startPacer(beat func()) *pacer {
	p := &pacer{done: make(chan struct{})}
	p.wait.Go(func() { p.run(beat) })
	return p
}

func (p *pacer) run(beat func()) {
	next := time.Now().Add(FrameDuration)
	timer := time.NewTimer(FrameDuration)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-timer.C:
		}
		beat()
		next = next.Add(FrameDuration)
		if late := time.Since(next); late > paceSlack {
			next = next.Add(late)
		}
		timer.Reset(time.Until(next))
	}
}

// close stops the beats and waits for one that runs.
func (p *pacer) close() {
	p.stop.Do(func() { close(p.done) })
	p.wait.Wait()
}

// pacedDevice is a Device that only a pacer drives.
type pacedDevice struct {
	*pacer
	info Info
}

func (d *pacedDevice) Info() Info  { return d.info }
func (d *pacedDevice) Alive() bool { return true }

func (d *pacedDevice) Lead(Device) {}

func (d *pacedDevice) Counters() Counters { return Counters{} }

func (d *pacedDevice) Close() error {
	d.close()
	return nil
}
