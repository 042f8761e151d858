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

func (null) OpenCapture(_ string, take Taker) (Device, error) {
	return beating(func(frame []int16) { take(frame) }), nil
}

func (null) OpenPlayback(_ string, _ Use, give Giver) (Device, error) {
	return beating(func(frame []int16) { give(frame, false) }), nil
}

// beating is a device that calls with a frame of silence.
func beating(period func([]int16)) Device {
	frame := make([]int16, FrameSamples)
	return &pacedDevice{startPacer(func() {
		clear(frame)
		period(frame)
	}), nullInfo}
}

func (null) Changes() <-chan struct{} { return nil }

func (null) Close() error { return nil }
