package device

// NewNull gives a microphone that hears silence and a speaker that plays to
// nobody, both in real time: for machines without sound, and to keep a call
// beating while a device is missing.
func NewNull() Backend { return null{} }

type null struct{}

var nullInfo = Info{ID: "null", Name: "No sound", Default: true}

func (null) Devices() (microphones, speakers []Info, err error) {
	return []Info{nullInfo}, []Info{nullInfo}, nil
}

func (null) OpenCapture(_ string, period func([]int16)) (Device, error) {
	frame := make([]int16, FrameSamples)
	return &pacedDevice{startPacer(func() {
		clear(frame)
		period(frame)
	}), nullInfo}, nil
}

func (n null) OpenPlayback(id string, _ Use, period func([]int16)) (Device, error) {
	return n.OpenCapture(id, period)
}

func (null) Changes() <-chan struct{} { return nil }

func (null) Close() error { return nil }
