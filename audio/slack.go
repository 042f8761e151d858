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

// change is by how much the sound that waits, the frame just decoded included,
// may be shortened, or has to be lengthened if negative; 0 is near enough.
//
// A fetch happens when less than a block is left. So the slack moves in whole
// blocks: it is right when the frame lasts for the least number of blocks
// after which the slack still reaches the target, and what waits beyond them
// is delay for nothing.
func (d *decision) change(waiting, frame time.Duration) time.Duration {
	margin := max(delayBin, d.target/8)
	if surplus := waiting - blocksFor(d.target+margin-d.least+frame); surplus > 0 {
		return surplus
	}
	return min(0, waiting-blocksFor(d.target-margin-d.most+frame))
}

// blocksFor is a time rounded up to whole blocks.
func blocksFor(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return (d + blockDuration - 1) / blockDuration * blockDuration
}

// stretched tells that what waits went from one length to another.
func (b *jitterBuffer) stretched(from, to time.Duration) {
	b.slack.shift(to/blockDuration*blockDuration - from/blockDuration*blockDuration)
}
