package record

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"webphone/audio/codec"
)

// Options say what is recorded.
type Options struct {
	Folder string    // where the file goes to; made for its owner alone if missing
	Peer   string    // the other party, for the name of the file; "" = not known
	At     time.Time // when the recording begins, for the name; zero = now
	// OnProblem, if not nil, is told of a *SlowError, after which the
	// recording goes on, or of an *Error, after which it does not. It is
	// called on a goroutine of the recording and must not call Close.
	OnProblem func(error)
}

// Recorder is a recording that runs. Sent and Received are for one goroutine
// each; they never wait and never allocate, also after Close.
type Recorder struct {
	path    string
	problem func(error)
	start   time.Time
	mine    *track
	theirs  *track

	closing sync.Once
	closed  atomic.Int64  // duration at Close
	stop    chan struct{} // closed by Close
	done    chan struct{} // closed by the disk's goroutine at its end

	failed atomic.Pointer[Error] // by the disk's goroutine

	work worker
	disk disk
}

// worker is what the goroutine has that makes pages.
type worker struct {
	encoder *codec.StereoEncoder
	pager   pager
	skip    int    // samples that a player leaves out at the beginning
	packets uint64 // made so far
	page    []byte // that waits for room in the queue; nil = none
	told    uint64 // blocks lost that were told of
	toldAt  time.Time
	pcm     [2 * frameSamples]int16
	side    [frameSamples]int16
	payload [codec.MaxPayload]byte
}

// disk is what the goroutine has that writes.
type disk struct {
	file  file
	pages chan []byte
	size  int64 // of whole pages in the file
}

// New makes the file and begins. Its errors are *Error and *codec.Error. End
// it with Close.
func New(o Options) (*Recorder, error) {
	if o.At.IsZero() {
		o.At = time.Now()
	}
	f, err := create(o.Folder, Name(o.At, o.Peer))
	if err != nil {
		return nil, err
	}
	return begin(f, f.Name(), o)
}

func begin(f file, path string, o Options) (*Recorder, error) {
	encoder, err := codec.NewStereoEncoder(bitrate)
	if err != nil {
		f.Close()
		return nil, err
	}
	r := &Recorder{
		path: path, problem: o.OnProblem, start: time.Now(),
		mine: newTrack(), theirs: newTrack(),
		stop: make(chan struct{}), done: make(chan struct{}),
		work: worker{encoder: encoder, skip: encoder.Lookahead(), pager: pager{serial: rand.Uint32()}},
		disk: disk{file: f, pages: make(chan []byte, queuedPages)},
	}
	if r.problem == nil {
		r.problem = func(error) {}
	}
	w := &r.work
	w.pager.add(opusHead(w.skip), 0)
	r.disk.pages <- w.pager.page(flagFirst)
	w.pager.add(opusTags(codec.Version(), "ENCODER=Webphone",
		"DATE="+o.At.Format(time.RFC3339), "DESCRIPTION=left: me, right: the other side"), 0)
	r.disk.pages <- w.pager.page(0)
	go r.encode()
	go r.write()
	return r, nil
}

// File is the path of the file.
func (r *Recorder) File() string { return r.path }

// Sent takes sound of ours, whole blocks of 10 ms at 48 kHz.
func (r *Recorder) Sent(pcm []int16) { r.mine.put(pcm, time.Since(r.start)) }

// Received takes sound of the other side, as Sent does.
func (r *Recorder) Received(pcm []int16) { r.theirs.put(pcm, time.Since(r.start)) }

// Close ends the recording and returns when the file is complete, or with an
// *Error for one that is not. Calling it again does nothing but wait.
func (r *Recorder) Close() error {
	r.closing.Do(func() {
		r.closed.Store(int64(time.Since(r.start)))
		close(r.stop)
	})
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
		return &Error{Op: "write", File: r.path, Err: ErrSlow}
	}
	if err := r.failed.Load(); err != nil {
		return err
	}
	return nil
}

// encode is the goroutine that makes pages.
func (r *Recorder) encode() {
	defer close(r.disk.pages)
	defer r.work.encoder.Close()
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-r.stop:
			r.finish()
			return
		case <-ticker.C:
			r.advance(samplesOf(time.Since(r.start) - window))
			r.tell()
		}
	}
}

// lostPacket is a packet of 20 ms without sound in it (RFC 6716 §3.1), which
// a decoder takes for one that was lost.
const lostPacket = 0xFC

// advance makes packets of all sound up to a place, as far as the disk's
// queue has room.
func (r *Recorder) advance(to int64) {
	w := &r.work
	for r.hand() && int64(w.packets+1)*frameSamples <= to {
		r.packet()
	}
}

// hand gives a page that waits to the disk and reports whether none waits.
func (r *Recorder) hand() bool {
	if r.work.page == nil {
		return true
	}
	select {
	case r.disk.pages <- r.work.page:
		r.work.page = nil
		return true
	default:
		return false
	}
}

// packet makes the next packet. A page that is full is then to be handed on.
func (r *Recorder) packet() {
	w := &r.work
	for channel, t := range [...]*track{r.mine, r.theirs} {
		t.fill(w.side[:])
		for i, v := range w.side {
			w.pcm[2*i+channel] = v
		}
	}
	n, err := w.encoder.Encode(w.payload[:], w.pcm[:])
	if err != nil {
		w.payload[0], n = lostPacket, 1
	}
	payload := w.payload[:n]
	// The last page needs a packet: the one that does not fit any more is
	// what a page waits for.
	if w.pager.packets == pagePackets || !w.pager.fits(payload) {
		w.page = w.pager.page(0)
	}
	w.packets++
	w.pager.add(payload, w.packets*frameSamples)
}

// tell says that the queues have overflown since the last time.
func (r *Recorder) tell() {
	lost := r.mine.lost.Load() + r.theirs.lost.Load()
	if lost == r.work.told || r.failed.Load() != nil {
		return
	}
	if now := time.Now(); r.work.told == 0 || now.Sub(r.work.toldAt) >= tellEvery {
		r.work.told, r.work.toldAt = lost, now
		r.problem(&SlowError{File: r.path, Lost: time.Duration(lost) * blockSamples * time.Second / sampleRate})
	}
}

// finish makes the rest and the last page.
func (r *Recorder) finish() {
	w := &r.work
	length := uint64(samplesOf(time.Duration(r.closed.Load())))
	for w.packets*frameSamples < length+uint64(w.skip) {
		if w.page != nil {
			r.disk.pages <- w.page
			w.page = nil
		}
		r.packet()
	}
	if w.page != nil {
		r.disk.pages <- w.page
	}
	// RFC 7845 §4.4: what is over at the end is left out by the player.
	w.pager.granule = length + uint64(w.skip)
	r.disk.pages <- w.pager.page(flagLast)
}

// write is the disk's goroutine.
func (r *Recorder) write() {
	defer close(r.done)
	d := &r.disk
	for page := range d.pages {
		if r.failed.Load() != nil {
			continue
		}
		if _, err := d.file.Write(page); err != nil {
			r.fail(err)
			continue
		}
		d.size += int64(len(page))
	}
	if err := d.file.Sync(); err != nil {
		r.fail(err)
	}
	if err := d.file.Close(); err != nil {
		r.fail(err)
	}
}

// fail ends the file after its last whole page.
func (r *Recorder) fail(err error) {
	e := &Error{Op: "write", File: r.path, Err: err}
	if !r.failed.CompareAndSwap(nil, e) {
		return
	}
	// What cannot be cut off is a page that players leave out.
	_ = r.disk.file.Truncate(r.disk.size)
	r.problem(e)
}
