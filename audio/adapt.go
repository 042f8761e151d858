package audio

import (
	"sync"
	"time"

	"webphone/audio/codec"
)

// How the sound is protected against loss, by the share of packets that the
// peer reports as lost, in percent.
//
// In-band FEC costs a fifth of the bits and no packet, and repairs a single lost
// frame at a quality that is enough as long as losses are rare. It is on until
// nothing was lost for bareAfter, and from the next loss on, which doubles that
// time. From redundancyFrom on each packet is repeated whole in the next one
// (RFC 2198), and from deeperFrom on in the next two: losses are more often in a
// row than reports can tell. Then the encoder is told of no more than
// redundantLoss, and where two are repeated there is no FEC: its bits serve the
// sound better, by half a point of PESQ at 10 % of loss.
const (
	mostRedundancy = 2 // packets repeated
	redundantLoss  = 5 // percent

	redundancyFrom = 4
	redundancyTo   = 2 // below, nothing is repeated any more
	deeperFrom     = 8
	deeperTo       = 5

	bareAfter     = 15 * time.Second
	bareAfterMost = 16 * bareAfter
	reportMost    = 10 * time.Second // without a report nothing is known
)

// The bitrate of Opus, in bit/s. It begins at codec.DefaultBitrate, rises by
// bitrateStep whenever calmLoss was not reached for calmTime, and falls to
// three quarters at heavyLoss, at most every fallTime; after that it does not
// rise for fallRest. What is between changes nothing. With repetitions the
// sum stays within mostBitrate as far as leastBitrate allows: loss may come
// from a path that is full, and repeating must not fill it further.
const (
	leastBitrate = 24000
	mostBitrate  = 64000
	bitrateStep  = 8000

	calmLoss  = 2 // percent
	heavyLoss = 10
	calmTime  = 5 * time.Second
	fallTime  = 4 * time.Second
	fallRest  = 20 * time.Second

	// starvedBitrate takes the place of leastBitrate where the path is measured
	// to be too narrow even for that: a queue before it costs more.
	starvedBitrate = 8000
	narrowStep     = 1000 // of what a path that is known leaves
)

// packetCost is what headers add, in bit/s: IP, UDP, RTP with its extension,
// SRTP.
func packetCost(ptime time.Duration) int {
	return int(8 * (20 + 8 + 12 + 8 + 10) * time.Second / ptime)
}

// coding is how the next packets are coded.
type coding struct {
	loss    int  // percent, as the encoder is told
	depth   int  // packets repeated in each
	bitrate int  // bit/s of Opus, without repetitions; 0 = as the encoder began
	bare    bool // without in-band FEC
}

// adapter decides by the peer's reports how packets are coded. Its methods are
// safe from any goroutine; time is the caller's. The zero value repeats and
// changes nothing until configured.
type adapter struct {
	mu        sync.Mutex // guards what follows; held for moments
	opus      bool
	redundant bool // the peer takes repetitions
	most      int  // bit/s the peer wants at most, repetitions included
	bandwidth int  // bit/s that the path is said to carry; 0 = nothing said
	headers   int  // bit/s of them

	reported bool
	loss     float64 // percent, smoothed
	depth    int
	bitrate  int
	bare     bool
	told     time.Duration // when the last report came
	whole    time.Duration // since when nothing was lost
	patience time.Duration // how long that must last; 0 = bareAfter
	changed  time.Duration // when bitrate was changed, or calm broken
	fell     time.Duration // when it fell last
	hasFell  bool
}

// configure goes over to other parameters. What is known of the path stays, but
// another one is protected by FEC as long as at first.
func (a *adapter) configure(c StreamConfig) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opus, a.redundant = c.Codec.Name == codec.Opus, c.RedundancyPayloadType != 0
	a.most = c.Codec.MaxBitrate
	a.headers = packetCost(max(c.Codec.PTime, blockDuration))
	if c.NewPath {
		a.bare, a.whole, a.patience = false, 0, 0
	}
	if a.bitrate == 0 {
		a.bitrate = codec.DefaultBitrate
	}
}

// report takes the share of packets that the peer has lost lately.
func (a *adapter) report(percent int, now time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := float64(min(max(percent, 0), 100))
	switch {
	case !a.reported:
		a.reported, a.loss = true, x
	case x > a.loss:
		a.loss += (x - a.loss) / 2
	default: // one good report is no proof
		a.loss += (x - a.loss) / 4
	}
	a.repeat()
	a.guard(percent > 0, now)
	a.rate(now)
}

// guard chooses whether there is FEC.
func (a *adapter) guard(lost bool, now time.Duration) {
	patience := max(a.patience, bareAfter)
	switch {
	case lost && a.bare:
		a.bare, a.whole, a.patience = false, now, min(2*patience, bareAfterMost)
	case lost || a.whole == 0 || now-a.told > reportMost:
		a.whole = now
	case now-a.whole >= patience && a.depth == 0 && a.loss < 0.5:
		a.bare = true
	}
	a.told = now
}

// limit takes what the path is said to carry, in bit/s; 0 = nothing is said.
func (a *adapter) limit(bandwidth int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bandwidth = max(bandwidth, 0)
}

// repeat chooses the depth.
func (a *adapter) repeat() {
	switch {
	case a.loss >= deeperFrom:
		a.depth = 2
	case a.loss >= redundancyFrom && a.depth == 0, a.loss < deeperTo && a.depth == 2:
		a.depth = 1
	}
	if a.loss < redundancyTo {
		a.depth = 0
	}
}

// rate chooses the bitrate.
func (a *adapter) rate(now time.Duration) {
	switch {
	case a.loss >= heavyLoss:
		if !a.hasFell || now-a.fell >= fallTime {
			a.bitrate = max(a.bitrate*3/4, leastBitrate)
			a.hasFell, a.fell = true, now
		}
		a.changed = now
	case a.loss >= calmLoss:
		a.changed = now
	case now-a.changed >= calmTime && (!a.hasFell || now-a.fell >= fallRest):
		a.bitrate = min(a.bitrate+bitrateStep, mostBitrate)
		a.changed = now
	}
}

// now is how the next packet is coded.
func (a *adapter) now() coding {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := coding{loss: int(a.loss + 0.5)}
	if !a.opus {
		return c
	}
	c.bare = a.bare
	room := mostBitrate
	if a.most > 0 {
		room = min(room, a.most)
	}
	if a.bandwidth > 0 {
		carried := a.bandwidth - a.headers
		room = min(room, max(carried-carried%narrowStep, starvedBitrate))
	}
	if a.redundant {
		c.depth = a.depth
		// Less is repeated than should be where there is no room for it.
		for c.depth > 0 && leastBitrate*(c.depth+1) > room+room/8 {
			c.depth--
		}
	}
	if c.depth > 0 {
		c.loss = min(c.loss, redundantLoss)
		c.bare = c.bare || c.depth == mostRedundancy
	}
	c.bitrate = max(min(a.bitrate, room/(c.depth+1)), min(room, leastBitrate))
	return c
}
