package codec

import (
	"slices"
	"sync"
	"sync/atomic"
)

// The pool's constants.
const (
	// poolFrames is how many frames a choir remembers for those that are
	// behind its foremost member: more than wait in a sender.
	poolFrames = 16
	// Every so many frames a member looks for a greater choir that is given
	// the same, and joins what it has found so many times in a row.
	poolLook  = 10
	poolLooks = 2
	// poolLossStep is how finely the loss is told, in percent: members whose
	// losses differ by less still share.
	poolLossStep = 5
)

// Pool makes encoders that share their work. While several with the same
// parameters are given the same sound frame by frame, as the calls of one
// microphone are, one of them encodes and the others take its payloads. What
// they are given decides and nothing else: one that is given something else
// (another mix, silence) goes on alone from where all were, and joins again
// when it is given the same. The zero value is ready. It is safe from any
// goroutine; each encoder belongs to one at a time.
type Pool struct {
	mu     sync.Mutex // guards what follows; taken before a choir's mu, never in a turn
	choirs []*choir
	number atomic.Int32 // of choirs
}

// effort is the complexity of Opus for so many choirs: each costs a fiftieth of
// a processor at full effort, a third of that without any.
func effort(choirs int32) int {
	switch {
	case choirs <= 4:
		return opusComplexity
	case choirs <= 8:
		return 5
	case choirs <= 16:
		return 2
	}
	return 0
}

// coding is what members of one choir have in common.
type coding struct {
	Parameters
	loss    int // percent, in steps of poolLossStep
	bitrate int // bit/s; 0 = that of Parameters
	bare    bool
}

// choir is one encoder and those that use it.
type choir struct {
	coding  coding // guarded by the pool's lock
	members atomic.Int32

	turn   sync.Mutex // guards coder and what comes of frames; held while one is encoded
	coder  cloner
	exerts int // complexity last told; −1 = none yet

	mu     sync.Mutex // guards what follows; taken within a turn, held only for moments
	sung   uint64     // frames ever given
	frames [poolFrames]sungFrame
}

// sungFrame is a frame that was encoded, and what came of it.
type sungFrame struct {
	pcm     []int16
	payload []byte // guarded by the choir's turn, as err is
	err     error
}

// cloner is an encoder with a state worth sharing.
type cloner interface {
	Encoder
	clone() (cloner, error)
	// exert chooses between quality, 10 at most, and speed, 0.
	exert(complexity int)
}

// NewEncoder makes an encoder. Its errors are those of the function of the
// same name.
func (p *Pool) NewEncoder(parameters Parameters) (Encoder, error) {
	e, err := NewEncoder(parameters)
	if err != nil {
		return nil, err
	}
	c, ok := e.(cloner)
	if !ok {
		return e, nil // sharing would cost more than encoding
	}
	return &singer{pool: p, coding: coding{Parameters: parameters}, rate: c.SampleRate(), own: c}, nil
}

// singer is an encoder of a Pool.
type singer struct {
	pool   *Pool
	coding coding
	rate   int
	own    cloner // while in no choir; nil = in one, or closed
	choir  *choir // nil = in none
	next   uint64 // number of its next frame in the choir
	frames int    // given while there were several choirs
	found  int    // looks in a row that found another choir
}

// Encode implements Encoder.
func (s *singer) Encode(dst []byte, pcm []int16) (int, error) {
	if s.choir == nil && s.own == nil {
		return 0, ErrClosed
	}
	switch {
	case s.choir == nil:
		s.rejoin(pcm)
	case s.next > 0 && s.pool.number.Load() > 1:
		if s.frames++; s.frames%poolLook == 0 {
			s.look()
		}
	}
	if s.choir == nil {
		s.pool.found(s)
	}
	n, err, ok := s.sing(dst, pcm)
	if !ok && s.rejoin(pcm) {
		n, err, ok = s.sing(dst, pcm)
	}
	if !ok {
		if err := s.part(); err != nil {
			return 0, err
		}
		s.pool.found(s)
		n, err, _ = s.sing(dst, pcm)
	}
	return n, err
}

// look leaves a choir for a greater one that has been given the same sound for
// a while, so that in the end there is one. The frame before is compared: the
// present one may not have come there yet.
func (s *singer) look() {
	c, number := s.pool.greater(s)
	if c == nil {
		s.found = 0
		return
	}
	if s.found++; s.found < poolLooks {
		s.pool.drop(c)
		return
	}
	s.pool.drop(s.choir)
	s.enter(c, number+1)
}

// enter makes the singer, for whom find has counted already, one of a choir.
func (s *singer) enter(c *choir, next uint64) {
	if s.own != nil {
		s.own.Close()
		s.own = nil
	}
	s.choir, s.next, s.found = c, next, 0
}

// sing takes the payload from the choir, or encodes it for the others. It
// reports false where the sound is not the choir's.
func (s *singer) sing(dst []byte, pcm []int16) (n int, err error, ok bool) {
	c := s.choir
	c.turn.Lock()
	defer c.turn.Unlock()
	f, has := c.take(s.next, pcm)
	switch {
	case f == nil:
		return 0, nil, false
	case !has:
		if f.payload == nil {
			f.payload = make([]byte, MaxPayload)
		}
		if e := effort(s.pool.number.Load()); e != c.exerts {
			c.coder.exert(e)
			c.exerts = e
		}
		n, err := c.coder.Encode(f.payload[:MaxPayload], pcm)
		f.payload, f.err = f.payload[:n], err
	}
	s.next++
	if f.err != nil {
		return 0, f.err, true
	}
	if len(dst) < len(f.payload) {
		return 0, ErrShortBuffer, true
	}
	return copy(dst, f.payload), nil, true
}

// take returns the frame of a number if it has this sound: one that was there,
// or a new one that has to be encoded.
func (c *choir) take(number uint64, pcm []int16) (f *sungFrame, has bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f = &c.frames[number%poolFrames]
	switch {
	case number == c.sung:
		f.pcm = append(f.pcm[:0], pcm...)
		c.sung++
		return f, false
	case c.sung-number > poolFrames || !slices.Equal(f.pcm, pcm):
		return nil, false
	}
	return f, true
}

// rejoin goes to where this sound was given lately: in another choir, or
// elsewhere in the same after a pause.
func (s *singer) rejoin(pcm []int16) bool {
	c, next := s.pool.find(s.coding, pcm)
	if c == nil {
		return false
	}
	s.pool.drop(s.choir)
	s.enter(c, next)
	return true
}

// part takes a copy of the choir's encoder along.
func (s *singer) part() error {
	s.choir.turn.Lock()
	own, err := s.choir.coder.clone()
	s.choir.turn.Unlock()
	if err != nil {
		return err
	}
	s.pool.drop(s.choir)
	s.choir, s.own = nil, own
	return nil
}

// SampleRate implements Encoder.
func (s *singer) SampleRate() int { return s.rate }

// SetLoss implements Encoder.
func (s *singer) SetLoss(percent int) {
	percent = min(max(percent, 0), 100)
	to := s.coding
	to.loss = (percent + poolLossStep - 1) / poolLossStep * poolLossStep
	s.set(to)
}

// SetFEC implements Encoder.
func (s *singer) SetFEC(on bool) {
	to := s.coding
	to.bare = !on
	s.set(to)
}

// SetBitrate implements Encoder.
func (s *singer) SetBitrate(bitrate int) {
	to := s.coding
	to.bitrate = bitrate
	s.set(to)
}

// set goes over to another way of coding, with a copy of the encoder where
// others stay with the old one.
func (s *singer) set(to coding) {
	if to == s.coding || s.choir == nil && s.own == nil {
		return
	}
	if s.choir != nil && s.part() != nil {
		return // it goes on as it was
	}
	if to.loss != s.coding.loss {
		s.own.SetLoss(to.loss)
	}
	if to.bare != s.coding.bare {
		s.own.SetFEC(!to.bare)
	}
	if to.bitrate != s.coding.bitrate {
		s.own.SetBitrate(to.bitrate)
	}
	s.coding = to
}

// Close implements Encoder.
func (s *singer) Close() {
	if s.own != nil {
		s.own.Close()
	}
	s.pool.drop(s.choir)
	s.choir, s.own = nil, nil
}

// found makes a choir of a singer that is in none.
func (p *Pool) found(s *singer) {
	c := &choir{coding: s.coding, coder: s.own, exerts: -1}
	c.members.Store(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.choirs = append(p.choirs, c)
	p.number.Store(int32(len(p.choirs)))
	s.choir, s.own, s.next, s.found = c, nil, 0, 0
}

// find returns a choir of a coding that was given this frame lately, with the
// number of the frame, and counts one more member in it.
func (p *Pool) find(as coding, pcm []int16) (*choir, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return search(p.choirs, as, pcm)
}

// greater is find with the frame that the singer's choir was given last, in
// the choirs that have more members, or as many and are older.
func (p *Pool) greater(s *singer) (*choir, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.choir.mu.Lock()
	defer s.choir.mu.Unlock()
	last := s.choir.frames[(s.next-1)%poolFrames].pcm
	for i, c := range p.choirs {
		if c == s.choir {
			continue
		}
		more := int(c.members.Load() - s.choir.members.Load())
		if more < 0 || more == 0 && i > slices.Index(p.choirs, s.choir) {
			continue
		}
		if c, number := search(p.choirs[i:i+1], s.coding, last); c != nil {
			return c, number
		}
	}
	return nil, 0
}

func search(choirs []*choir, as coding, pcm []int16) (*choir, uint64) {
	for _, c := range choirs {
		if c.coding != as {
			continue
		}
		if number, ok := c.given(pcm); ok {
			c.members.Add(1)
			return c, number
		}
	}
	return nil, 0
}

// given reports the number of the last frame that was like this.
func (c *choir) given(pcm []int16) (number uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := c.sung; n > 0 && c.sung-n < poolFrames; n-- {
		if slices.Equal(c.frames[(n-1)%poolFrames].pcm, pcm) {
			return n - 1, true
		}
	}
	return 0, false
}

// drop takes a member out of a choir, which ends with the last; nil is none.
func (p *Pool) drop(c *choir) {
	if c == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.members.Add(-1) > 0 {
		return
	}
	p.choirs = slices.DeleteFunc(p.choirs, func(o *choir) bool { return o == c })
	p.number.Store(int32(len(p.choirs)))
	c.coder.Close()
}
