//go:build interop && bench

package bench

import (
	"sync"
	"time"

	"webphone/audio/audiotest"
	"webphone/phone/interop/rig"
)

// together is how many streams Chromium hears at once.
const together = 5

// chromium lets Chromium hear some paths at once, the first of them from.
func (j *judge) chromium(from int, verdicts []verdict) {
	b, err := rig.StartBrowser(rig.BrowserOptions{LogDir: j.dir})
	check(j, err)
	defer b.Stop()
	page, err := rig.OpenEars(b)
	check(j, err)
	defer page.Close()
	var speaking sync.WaitGroup
	ears := make([]*rig.Ear, len(verdicts))
	begun := make([]time.Time, len(verdicts))
	for i := range ears {
		ears[i], err = page.Connect(paths[from+i].name, paths[from+i].Impairment)
		check(j, err)
		defer ears[i].Close()
	}
	for i, e := range ears {
		speaking.Add(1)
		go func() {
			defer speaking.Done()
			// A packet is sent when its sound is complete.
			begun[i] = time.Now().Add(time.Duration(i) * packetTime / together)
			for n := range j.packets[from+i] {
				<-time.After(time.Until(begun[i].Add(time.Duration(n+1) * packetTime)))
				if err := e.Write(&j.packets[from+i][n]); err != nil {
					j.Error(err)
				}
			}
		}()
	}
	speaking.Wait()
	<-time.After(time.Second)
	for i, e := range ears {
		heard, first, err := e.Heard()
		check(j, err)
		s, err := e.Stats()
		check(j, err)
		if early := int(begun[i].Sub(first) * soundRate / time.Second); early >= 0 {
			heard = heard[min(early, len(heard)):]
		} else {
			heard = append(make([]int16, -early), heard...)
		}
		verdicts[i] = j.listen("chromium", from+i, j.decoded[from+i], heard)
		buffer := time.Duration(s.BufferDelay / s.BufferEmitted * float64(time.Second))
		j.Logf("%s: heard after %v, buffer %v, %+v", paths[from+i].name, verdicts[i].delay, buffer, s)
		verdicts[i].delay = sooner(verdicts[i].delay, buffer+j.lateness(from+i))
	}
}

// misdated is by how much nothing can be heard before the buffer gives it: when
// the first of what was heard was heard is told by the browser's clocks, and
// once by 20 ms wrongly for all that it heard at once.
const misdated = 10 * time.Millisecond

// sooner is Chromium's delay, in its favour, by what was heard and by what its
// buffer tells. Both have their faults: the first has the browser's own path in
// it, the second leaves out what else waits.
func sooner(heard, buffered time.Duration) time.Duration {
	if heard < buffered-misdated {
		return buffered
	}
	return min(heard, buffered)
}

// lateness is the mean delay of the packets that come.
func (j *judge) lateness(path int) time.Duration {
	fates := audiotest.NewFates(paths[path].Impairment)
	var sum, n time.Duration
	for range j.packets[path] {
		for _, at := range fates.Next(0) {
			sum, n = sum+at, n+1
		}
	}
	return sum / max(1, n)
}
