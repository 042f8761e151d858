package device

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// fileSpeaker is the file that all open speakers are mixed into, by a pacer
// that runs while there is one.
type fileSpeaker struct {
	info   Info
	failed atomic.Bool // the file cannot be written any more

	gate  sync.Mutex // serialises open, close and shut; taken before mu
	pacer *pacer     // guarded by gate; nil = no speaker is open

	mu      sync.Mutex // held while givers run, so that none does after its Close
	outputs []*fileOutput
	file    *os.File // nil once shut
	octets  int64    // of samples in the file
	pending []byte   // samples not written yet
	frame   []int16  // of one speaker
	mix     []int32  // of all
	err     error    // the first failure to write
}

// fileOutput is one open speaker.
type fileOutput struct {
	speaker *fileSpeaker
	give    Giver
	closed  sync.Once
}

func newFileSpeaker(name string) (*fileSpeaker, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(wavHeaderFor(0)); err != nil {
		file.Close()
		return nil, err
	}
	return &fileSpeaker{
		info: fileInfo(name), file: file,
		frame: make([]int16, FrameSamples), mix: make([]int32, FrameSamples),
		pending: make([]byte, 0, 2*FrameSamples*wavInterval),
	}, nil
}

func (s *fileSpeaker) open(give Giver) (Device, error) {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil || s.err != nil {
		err := s.err
		if err == nil {
			err = errClosed
		}
		return nil, &Error{Kind: BadFile, Device: s.info.Name, Err: err}
	}
	o := &fileOutput{speaker: s, give: give}
	s.outputs = append(s.outputs, o)
	if s.pacer == nil {
		s.pacer = startPacer(s.beat)
	}
	return o, nil
}

// beat takes a frame from every speaker and writes their sum.
func (s *fileSpeaker) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.mix)
	for _, o := range s.outputs {
		clear(s.frame)
		o.give(s.frame, false)
		for i, v := range s.frame {
			s.mix[i] += int32(v)
		}
	}
	for _, v := range s.mix {
		s.pending = binary.LittleEndian.AppendUint16(s.pending, uint16(min(max(v, -32768), 32767)))
	}
	if len(s.pending) == cap(s.pending) {
		s.flush()
	}
}

// flush writes what is pending, then the header that covers it: whoever reads
// the file in between finds fewer samples than there are, never more. The
// caller holds mu.
func (s *fileSpeaker) flush() {
	if s.file == nil || s.err != nil {
		s.pending = s.pending[:0]
		return
	}
	_, err := s.file.WriteAt(s.pending, wavHeader+s.octets)
	if err == nil {
		s.octets += int64(len(s.pending))
		_, err = s.file.WriteAt(wavHeaderFor(s.octets), 0)
	}
	s.pending = s.pending[:0]
	if err != nil {
		s.err = err
		s.failed.Store(true)
	}
}

// shut ends the file; speakers that are still open play to nobody.
func (s *fileSpeaker) shut() error {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.pacer != nil {
		s.pacer.close()
		s.pacer = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	s.flush()
	err := errors.Join(s.err, s.file.Close())
	s.file = nil
	return err
}

func (o *fileOutput) Info() Info { return o.speaker.info }

func (o *fileOutput) Alive() bool { return !o.speaker.failed.Load() }

func (o *fileOutput) Lead(Device) {}

func (o *fileOutput) Counters() Counters { return Counters{} }

func (o *fileOutput) Close() error {
	o.closed.Do(func() { o.speaker.drop(o) })
	return nil
}

// drop takes an output out.
func (s *fileSpeaker) drop(o *fileOutput) {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.Lock()
	s.outputs = slices.DeleteFunc(s.outputs, func(other *fileOutput) bool { return other == o })
	last := len(s.outputs) == 0
	s.mu.Unlock()
	if last && s.pacer != nil {
		s.pacer.close()
		s.pacer = nil
	}
	s.mu.Lock()
	s.flush()
	s.mu.Unlock()
}
