package device

// Info names one sound device.
type Info struct {
	ID      string // the backend's own name for it, stable; "" is the system's default
	Name    string // for people
	Default bool   // the system uses it when nothing else is asked for
	Monitor bool   // a microphone that hears what a speaker plays
	File    bool   // a file in a device's place: no room, no noise
	// Headset is the headset it is a part of, the same for its microphone and
	// its speaker; "" = none, or the system does not tell.
	Headset string
}
