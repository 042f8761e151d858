package phone

import (
	"slices"
	"time"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/audio/device"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// openSound starts the sound engine. A machine without a sound card has one
// too: its devices are missing and Devices.Problem says so.
func (p *Phone) openSound() error {
	if p.backend == nil {
		b, err := device.NewSystem(device.Options{Name: "Webphone", Log: p.log})
		if err != nil {
			p.log.Warn("no sound system", "err", err)
			b = device.NewNull()
		}
		p.backend = b
	}
	engine, err := audio.New(audio.Options{
		Backend: p.backend, Log: p.log,
		OnChange: func() {
			if p.started.Load() {
				p.loop.Post("devices", p.devicesChanged)
			}
		},
	})
	if err != nil {
		p.backend.Close()
		return err
	}
	p.audio = engine
	return nil
}

func (p *Phone) devices() Devices {
	d := p.audio.Devices()
	return Devices{
		Microphones: d.Microphones, Speakers: d.Speakers,
		Microphone: d.Microphone, Speaker: d.Speaker, Problem: d.Problem,
		MutedSpeech: d.MutedSpeech,
	}
}

// unplugged is the device of which was told last that it is gone. The two
// sides of a headset leave one after another.
type unplugged struct {
	name string
	at   time.Time
}

// oneHeadset is within which time two sides of one name leave together.
const oneHeadset = 2 * time.Second

// devicesChanged tells of a device that was in use and is gone. The engine has
// gone over to another one by then.
func (p *Phone) devicesChanged() {
	before, now := p.state.devices, p.devices()
	p.state.devices = now
	p.changed()
	if hasMicrophone(before.Problem) != hasMicrophone(now.Problem) {
		p.lookAtCalls()
	}
	told := &p.state.unplugged
	if time.Since(told.at) > oneHeadset {
		told.name = ""
	}
	for _, d := range []struct {
		before, now device.Info
		list        []device.Info
	}{
		{before.Speaker, now.Speaker, now.Speakers},
		{before.Microphone, now.Microphone, now.Microphones},
	} {
		gone := d.before.Name != "" && d.now.Name != "" && d.before.Name != told.name &&
			!slices.ContainsFunc(d.list, func(i device.Info) bool { return i.ID == d.before.ID })
		if gone {
			told.name, told.at = d.before.Name, time.Now()
			p.notify(&DeviceNotice{Gone: d.before.Name, Now: d.now.Name})
		}
	}
}

// applyDevices hands a changed choice of devices to the engine.
func (p *Phone) applyDevices(old, now Audio) {
	for _, d := range []struct {
		old, now string
		set      func(string) error
	}{
		{old.Microphone, now.Microphone, p.audio.SetMicrophone},
		{old.Speaker, now.Speaker, p.audio.SetSpeaker},
		{old.Ringer, now.Ringer, p.audio.SetRinger},
	} {
		if d.old == d.now {
			continue
		}
		if err := d.set(d.now); err != nil {
			p.notify(err)
		}
	}
}

// applyProcessing hands a changed choice of what is done to the microphone to
// the engine.
func (p *Phone) applyProcessing(a Audio) {
	p.audio.SetProcessing(audio.Processing{
		Echo: !a.NoEchoCancellation, Noise: !a.NoNoiseSuppression, Gain: !a.NoAutomaticGain,
	})
}

// applyDelay hands the choice between less delay and less work to the engine.
func (p *Phone) applyDelay(a Audio) { p.audio.SetShortPeriods(a.ShortDelay) }

// packetTime is the duration of a packet to ask for; 0 leaves it open.
func packetTime(a Audio) time.Duration {
	if a.ShortDelay {
		return 10 * time.Millisecond
	}
	return 0
}

// applyRing hands a changed choice of how it rings to the engine.
func (p *Phone) applyRing(a Audio) {
	p.audio.SetRingVolume(ringFactor(a.RingQuieter))
	p.audio.SetRingBoth(a.RingBoth)
}

// ringFactor is the amplification of a ringtone turned down by so many
// percent. The square has the ear notice every percent alike.
func ringFactor(quieter int) float64 {
	left := float64(100-quieter) / 100
	return left * left
}

// applyCodecs has calls go over to another order of codecs, with a new offer
// where they are connected.
func (p *Phone) applyCodecs(old, now Audio) {
	if slices.Equal(old.Codecs, now.Codecs) {
		return
	}
	for _, c := range p.state.calls {
		if c.peer == nil || !c.live() {
			continue
		}
		c.peer.SetCodecs(codecs(now))
		if c.state == CallConfirmed {
			c.session.Renegotiate(ua.RenegotiateOptions{}, func(err error) {
				if err != nil {
					p.log.Warn("the call stays with its codec", "call", c.id, "err", err)
				}
			})
		}
	}
}

// codecs is the user's order of preference; nil means the best first.
func codecs(a Audio) []codec.Name {
	var names []codec.Name
	for _, c := range a.Codecs {
		names = append(names, codec.Name(c))
	}
	return names
}

// iceServers is for jobs: the relays' credentials are in the keyring.
func (p *Phone) iceServers(n Network) []media.ICEServer {
	var servers []media.ICEServer
	for _, url := range n.STUN {
		servers = append(servers, media.ICEServer{URLs: []string{url}})
	}
	for _, t := range n.TURN {
		credential, err := p.store.Password(t.SecretID())
		if err != nil {
			p.log.Warn("relay without credential", "url", t.URL, "err", err)
		}
		servers = append(servers, media.ICEServer{URLs: []string{t.URL}, Username: t.Username, Credential: credential})
	}
	return servers
}

// SetTURNPassword keeps the credential of a relay; Apply then uses it.
func (p *Phone) SetTURNPassword(t TURN, password string) error {
	return p.keepPassword(t.SecretID(), password)
}

func (p *Phone) streamOf(id CallID) *audio.Stream {
	s, _ := p.streams.Load(id)
	stream, _ := s.(*audio.Stream)
	return stream
}

// MicrophoneLevel is how loud the microphone is, 0–1; it moves only while the
// microphone is open: in a call or under Monitor.
func (p *Phone) MicrophoneLevel() float64 { return p.audio.MicrophoneLevel() }

// SpeakerLevel is how loud the speaker plays, 0–1.
func (p *Phone) SpeakerLevel() float64 { return p.audio.SpeakerLevel() }

// Monitor keeps the microphone open without a call, for the meter of the
// settings page.
func (p *Phone) Monitor(on bool) { p.audio.Monitor(on) }

// PlayTest plays a short melody on the speaker.
func (p *Phone) PlayTest() error { return p.audio.PlayTest() }

// PlayRing lets the ringtone be heard once, where and as loud as calls ring.
func (p *Phone) PlayRing() error { return p.audio.PlayRing() }

// KeyTone lets the user hear a key of the dialpad.
func (p *Phone) KeyTone(digit rune) { p.audio.KeyTone(digit) }
