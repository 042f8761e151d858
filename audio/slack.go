package audio

import "time"

// slackWindow is the slack of the last fetches, which come unevenly.
type slackWindow struct {
	values [8]time.Duration
	n      int // all ever added since clear
}

func (w *slackWindow) clear() { w.n = 0 }

func (w *slackWindow) add(v time.Duration) {
	w.values[w.n%len(w.values)] = v
	w.n++
}

func (w *slackWindow) least() time.Duration {
	least := w.values[0]
	for _, v := range w.values[:min(w.n, len(w.values))] {
		least = min(least, v)
	}
	return least
}

func (w *slackWindow) last() time.Duration {
	return w.values[max(w.n-1, 0)%len(w.values)]
}

func (w *slackWindow) most() time.Duration {
	most := w.values[0]
	for _, v := range w.values[:min(w.n, len(w.values))] {
		most = max(most, v)
	}
	return most
}

func (w *slackWindow) shift(by time.Duration) {
	for i := range w.values {
		w.values[i] += by
	}
}
