package device

import "path/filepath"

// wavInterval is how many frames are gathered before they and a new header are
// written: half a second.
const wavInterval = 50

// NewFiles puts files in the place of devices, in real time. microphone is a
// WAV file of 16 bits at any rate, repeated for ever; speaker is written as a
// mono WAV file at 48 kHz, whose header is right at every moment. An empty name
// leaves that side to fallback (nil: NewNull). The file of the speaker is made
// anew here and grows whenever a speaker is open; several open at once are
// mixed into it. Errors are *Error of kind BadFile.
//
// Close closes fallback too.
func NewFiles(microphone, speaker string, fallback Backend) (Backend, error) {
	if fallback == nil {
		fallback = NewNull()
	}
	f := &files{fallback: fallback}
	if microphone != "" {
		pcm, err := readWAV(microphone)
		if err != nil {
			return nil, &Error{Kind: BadFile, Device: microphone, Err: err}
		}
		f.microphone = &fileMicrophone{info: fileInfo(microphone), pcm: pcm}
	}
	if speaker != "" {
		s, err := newFileSpeaker(speaker)
		if err != nil {
			return nil, &Error{Kind: BadFile, Device: speaker, Err: err}
		}
		f.speaker = s
	}
	return f, nil
}

type files struct {
	fallback   Backend
	microphone *fileMicrophone // nil = fallback
	speaker    *fileSpeaker    // nil = fallback
}

// SetShortPeriods implements Shortener for the devices of the fallback.
func (f *files) SetShortPeriods(on bool) {
	if s, ok := f.fallback.(Shortener); ok {
		s.SetShortPeriods(on)
	}
}

func fileInfo(name string) Info {
	return Info{ID: "file:" + name, Name: filepath.Base(name), Default: true, File: true}
}

func (f *files) Devices() (microphones, speakers []Info, err error) {
	if f.microphone == nil || f.speaker == nil {
		if microphones, speakers, err = f.fallback.Devices(); err != nil {
			return nil, nil, err
		}
	}
	if f.microphone != nil {
		microphones = []Info{f.microphone.info}
	}
	if f.speaker != nil {
		speakers = []Info{f.speaker.info}
	}
	return microphones, speakers, nil
}

// OpenCapture plays the file from its start, whatever the id.
func (f *files) OpenCapture(id string, take Taker) (Device, error) {
	if f.microphone == nil {
		return f.fallback.OpenCapture(id, take)
	}
	return f.microphone.open(take), nil
}

// OpenPlayback appends to the file, whatever the id.
func (f *files) OpenPlayback(id string, use Use, give Giver) (Device, error) {
	if f.speaker == nil {
		return f.fallback.OpenPlayback(id, use, give)
	}
	return f.speaker.open(give)
}

func (f *files) Changes() <-chan struct{} { return f.fallback.Changes() }

func (f *files) Close() error {
	err := f.fallback.Close()
	if f.speaker != nil {
		if cerr := f.speaker.shut(); err == nil {
			err = cerr
		}
	}
	return err
}

type fileMicrophone struct {
	info Info
	pcm  []int16 // at least one sample
}

func (m *fileMicrophone) open(take Taker) Device {
	frame, at := make([]int16, FrameSamples), 0
	return &pacedDevice{startPacer(func() {
		for rest := frame; len(rest) > 0; {
			n := copy(rest, m.pcm[at:])
			rest, at = rest[n:], (at+n)%len(m.pcm)
		}
		take(frame)
	}), m.info}
}
