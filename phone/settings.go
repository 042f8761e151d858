package phone

import "time"

// Settings is all that the user can choose. It is kept as one versioned JSON
// file; the passwords are not in it (see Phone.SetAccount).
type Settings struct {
	Accounts   []Account  `json:"accounts"`
	Audio      Audio      `json:"audio"`
	Calls      CallPolicy `json:"calls"`
	Recording  Recording  `json:"recording"`
	Network    Network    `json:"network"`
	Appearance Appearance `json:"appearance"`
}

// Account is one identity at one phone system.
type Account struct {
	ID          string   `json:"id"`  // chosen by the phone, stable
	URI         string   `json:"uri"` // "sip:alice@example.com"
	Servers     []string `json:"servers"`
	DisplayName string   `json:"display_name,omitempty"`
	// AuthUser is the user name for authentication; "" means the URI's.
	AuthUser string `json:"auth_user,omitempty"`
	// CAFile is a PEM file of certificate authorities trusted for this
	// account's servers alone, beside the system's; "" means none.
	CAFile string `json:"ca_file,omitempty"`
	// CAPEM is the same, given by value.
	CAPEM string `json:"ca_pem,omitempty"`
	// Instance is the UUID of RFC 5626's +sip.instance, chosen once.
	Instance string `json:"instance,omitempty"`
	// TrustIdentity shows callers as the server names them (RFC 3325), for
	// servers that take a forged name away.
	TrustIdentity bool `json:"trust_identity,omitempty"`
	// AutoAnswer answers calls that ask for it, as those of an intercom do.
	AutoAnswer bool `json:"auto_answer,omitempty"`
	Disabled   bool `json:"disabled,omitempty"`
}

// Audio is the choice of devices and codecs. An empty device is the system's
// default.
type Audio struct {
	Microphone string `json:"microphone,omitempty"`
	Speaker    string `json:"speaker,omitempty"`
	Ringer     string `json:"ringer,omitempty"`
	// RingQuieter is by how much the ringtone is turned down, in percent.
	RingQuieter int `json:"ring_quieter,omitempty"`
	// RingBoth has calls ring on the speaker too when Ringer is another device.
	RingBoth bool     `json:"ring_both,omitempty"`
	Codecs   []string `json:"codecs,omitempty"` // order of preference; empty means all, best first
	// What is done to the microphone is on unless it is switched off here.
	NoEchoCancellation bool `json:"no_echo_cancellation,omitempty"`
	NoNoiseSuppression bool `json:"no_noise_suppression,omitempty"`
	NoAutomaticGain    bool `json:"no_automatic_gain,omitempty"`
	// ShortDelay makes packets and periods of the devices half as long: sound
	// is heard sooner, for twice the packets and more of the processor.
	ShortDelay bool `json:"short_delay,omitempty"`
	// SkipPauses sends next to nothing while the user is silent. Beginnings of
	// words may suffer, and some systems take a pause for a dead call.
	SkipPauses bool `json:"skip_pauses,omitempty"`
}

// CallPolicy says what to do with calls.
type CallPolicy struct {
	// Account is the Account.ID that calls and first messages leave from; ""
	// means the first that is registered.
	Account      string `json:"account,omitempty"`
	DoNotDisturb bool   `json:"do_not_disturb,omitempty"`
	// NoAnswerSeconds is how long an incoming call rings; 0 means 60.
	NoAnswerSeconds int `json:"no_answer_seconds,omitempty"`
	// HidePresence keeps from others whether the user is available.
	HidePresence bool `json:"hide_presence,omitempty"`
	// HideTyping keeps from others that the user types, has got a message and
	// has read it.
	HideTyping bool `json:"hide_typing,omitempty"`
}

// ringTime is NoAnswerSeconds as a ua.Config has it.
func (c CallPolicy) ringTime() time.Duration {
	return time.Duration(c.NoAnswerSeconds) * time.Second
}

// Recording says how calls are recorded.
type Recording struct {
	// Folder is where the files go to, a full path; "" means the usual one,
	// see Snapshot.RecordingFolder.
	Folder string `json:"folder,omitempty"`
	// Tone lets both sides hear a short tone every 15 s while recording.
	Tone bool `json:"tone,omitempty"`
	// EveryCall records each call from when it is answered.
	EveryCall bool `json:"every_call,omitempty"`
}

// Network is what ICE uses.
type Network struct {
	STUN []string `json:"stun,omitempty"` // "stun:stun.example.com:3478"
	TURN []TURN   `json:"turn,omitempty"`
}

// TURN is one relay. Its credential is kept with the passwords, under
// TURN.SecretID.
type TURN struct {
	URL      string `json:"url"` // "turn:turn.example.com:3478?transport=udp"
	Username string `json:"username,omitempty"`
}

// SecretID names the relay's credential in the store.
func (t TURN) SecretID() string { return t.Username + "@" + t.URL }

// Appearance is how the window looks.
type Appearance struct {
	Theme  string  `json:"theme,omitempty"` // "system" (or ""), "light", "dark"
	Width  float32 `json:"width,omitempty"` // of the window, 0 means 1000×680
	Height float32 `json:"height,omitempty"`
	Page   string  `json:"page,omitempty"` // the last screen
}
