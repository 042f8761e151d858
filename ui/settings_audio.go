package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/widgets"
)

// audioPage chooses devices and codecs. The meter moves while the page is in
// sight: the microphone is open for as long.
type audioPage struct {
	host    *host
	content *widgets.PageScroll

	microphone, speaker, ringer      *widgets.Select
	meter                            *widgets.Meter
	micBox, speakerBox               *widgets.Labelled
	echo, noise, gain, delay, pauses *widgets.Switch
	ring                             *ringVolume
	both                             *widgets.Switch
	bothRow                          fyne.CanvasObject
	codecs                           *fyne.Container
	stop                             func() // ends the meter; nil while it does not move
	order                            []string
}

const meterBeat = 66 * time.Millisecond

// allCodecs are the codecs in the order the phone prefers by itself.
var allCodecs = []string{"opus", "G722", "PCMU", "PCMA"}

func newAudioPage(h *host) *audioPage {
	p := &audioPage{host: h, meter: widgets.NewMeter(39)}
	choose := func(set func(a *phone.Audio, id string)) *widgets.Select {
		return widgets.NewSelect(assets.ChevronDown, func(id string) {
			changeSettings(h, func(s *phone.Settings) { set(&s.Audio, id) })
		})
	}
	p.microphone = choose(func(a *phone.Audio, id string) { a.Microphone = id })
	p.speaker = choose(func(a *phone.Audio, id string) { a.Speaker = id })
	p.ringer = choose(func(a *phone.Audio, id string) { a.Ringer = id })
	turn := func(set func(a *phone.Audio, on bool)) *widgets.Switch {
		return widgets.NewSwitch(func(on bool) {
			changeSettings(h, func(s *phone.Settings) { set(&s.Audio, on) })
		})
	}
	p.echo = turn(func(a *phone.Audio, on bool) { a.NoEchoCancellation = !on })
	p.noise = turn(func(a *phone.Audio, on bool) { a.NoNoiseSuppression = !on })
	p.gain = turn(func(a *phone.Audio, on bool) { a.NoAutomaticGain = !on })
	p.delay = turn(func(a *phone.Audio, on bool) { a.ShortDelay = on })
	p.pauses = turn(func(a *phone.Audio, on bool) { a.SkipPauses = on })
	p.ring = newRingVolume(h)
	p.both = turn(func(a *phone.Audio, on bool) { a.RingBoth = on })
	p.bothRow = settingRow("Ring on the speaker too", "You hear a call with and without the headset.", p.both)
	test := widgets.NewButton(widgets.Outline, "Play test", nil, func() { h.Run(h.Phone.PlayTest, nil) })
	p.codecs = widgets.NewWrapping(8, 8)
	p.micBox = widgets.NewLabelled("Microphone", widgets.NewColumn(8, p.microphone, p.meter))
	p.speakerBox = widgets.NewLabelled("Speaker", widgets.NewLine(10, 0, p.speaker, test))
	p.content = settingsPageOf("Audio", p.micBox, p.speakerBox,
		widgets.NewLabelled("Ring on", widgets.NewColumn(8, widgets.NewLine(10, 0, p.ringer, p.ring.test), p.ring.line)),
		p.bothRow,
		settingRow("Echo cancellation", "Others do not hear themselves from your speaker.", p.echo),
		settingRow("Noise suppression", "Turns fans, traffic and keyboards down.", p.noise),
		settingRow("Automatic gain", "Brings your voice to an even level.", p.gain),
		settingRow("Shortest delay", "Twice the packets, for a good network. From the next call on.", p.delay),
		widgets.NewRule(),
		widgets.NewLabelled("Codecs – press one to prefer it", p.codecs),
		settingRow("Save data in pauses", "Sends little while you are silent. From the next call on.", p.pauses),
	)
	return p
}

func (p *audioPage) Content() fyne.CanvasObject { return p.content }
func (p *audioPage) Escape() bool               { return false }
func (p *audioPage) Focus() fyne.Focusable      { return p.microphone }

// Shown opens and closes the microphone for the meter.
func (p *audioPage) Shown(inSight bool) {
	switch {
	case inSight && p.stop == nil:
		p.host.Model.InOrder(func() error { p.host.Phone.Monitor(true); return nil }, nil)
		p.stop = p.host.Model.Every(meterBeat, func() { p.meter.SetLevel(p.host.Phone.MicrophoneLevel()) })
	case !inSight && p.stop != nil:
		p.stop()
		p.stop = nil
		p.meter.SetLevel(0)
		p.host.Model.InOrder(func() error { p.host.Phone.Monitor(false); return nil }, nil)
	}
}

// Apply shows devices and choices.
func (p *audioPage) Apply(s *phone.Snapshot) {
	d, a := s.Devices, s.Settings.Audio
	p.microphone.Set(deviceOptions(d.Microphones, a.Microphone, d.Microphone), a.Microphone)
	p.speaker.Set(deviceOptions(d.Speakers, a.Speaker, d.Speaker), a.Speaker)
	p.ringer.Set(ringerOptions(d, a.Ringer), a.Ringer)
	p.ring.Apply(a)
	p.both.SetOn(a.RingBoth)
	if a.Ringer == "" {
		p.bothRow.Hide()
	} else {
		p.bothRow.Show()
	}
	p.echo.SetOn(!a.NoEchoCancellation)
	p.noise.SetOn(!a.NoNoiseSuppression)
	p.gain.SetOn(!a.NoAutomaticGain)
	p.delay.SetOn(a.ShortDelay)
	p.pauses.SetOn(a.SkipPauses)
	microphone, others := deviceProblems(d.Problem)
	p.micBox.SetProblem(microphone)
	p.speakerBox.SetProblem(others)
	p.showCodecs(codecOrder(a.Codecs))
	p.content.Relayout()
}

// codecOrder is the order in effect: the chosen codecs, then the rest.
func codecOrder(chosen []string) []string {
	order := slices.Clone(chosen)
	for _, c := range allCodecs {
		if !slices.ContainsFunc(order, func(o string) bool { return strings.EqualFold(o, c) }) {
			order = append(order, c)
		}
	}
	return order
}

func (p *audioPage) showCodecs(order []string) {
	if slices.Equal(order, p.order) {
		return
	}
	p.order = order
	var chips []fyne.CanvasObject
	for i, c := range order {
		chip := widgets.NewChip(codecWord(c), func() { p.prefer(c) })
		chip.SetSelected(i == 0)
		chips = append(chips, chip)
	}
	p.codecs.Objects = chips
	p.codecs.Refresh()
}

// prefer puts a codec in the first place.
func (p *audioPage) prefer(codec string) {
	order := append([]string{codec}, slices.DeleteFunc(slices.Clone(p.order), func(c string) bool { return c == codec })...)
	changeSettings(p.host, func(s *phone.Settings) { s.Audio.Codecs = order })
}
