package ui

import (
	"errors"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/ui/widgets"
)

// explainDevice has the words for microphones, speakers and sound files.
func explainDevice(err error) (Sentence, bool) {
	var problem *audio.DeviceError
	var fault *device.Error
	if !errors.As(err, &fault) {
		return explainStream(err)
	}
	role := audio.Microphone
	what := "microphone"
	using := ""
	if errors.As(err, &problem) {
		role, using = problem.Role, problem.Using
		what = deviceWord(role)
	}
	s := Sentence{Actions: []Action{ActionAudio}}
	switch fault.Kind {
	case device.NoDevice:
		s.Title, s.Text = noDevice(role)
	case device.Busy:
		s.Title = "Another program is using the " + what
		s.Text = "Close it, or choose another device."
	case device.Denied:
		s.Title = "The system does not let us use the " + what
		s.Text = "Allow it in the system’s privacy settings."
	case device.Vanished:
		s.Title = "The " + what + " was unplugged"
		s.Text = "Calls go on without it."
	case device.Silent:
		s.Title = "Your microphone gives no sound"
		s.Text = "It may be switched off at the headset or in the system’s sound settings."
	case device.BadFile:
		return Sentence{Title: "The sound file cannot be used", Text: firstUpper(lastPart(fault.Error())) + "."}, true
	default:
		s.Title = "The " + what + " does not work"
		s.Text = firstUpper(lastPart(fault.Error())) + "."
		if s.Text == "Unknown error." {
			s.Text = "The sound system does not say why."
		}
	}
	if using != "" {
		s.Text = "Now on " + using + "."
	}
	return s, true
}

// deviceWord is what people call the device of a role.
func deviceWord(r audio.Role) string {
	if r == audio.Ringer {
		return "device that rings"
	}
	return r.String()
}

func noDevice(r audio.Role) (title, text string) {
	switch r {
	case audio.Speaker:
		return "No speaker found", "You cannot hear others, but they can hear you."
	case audio.Ringer:
		return "No device to ring on", "Calls are shown, but make no sound."
	}
	return "No microphone found", "The others hear a soft tone instead of your voice."
}

// explainStream has the words for what the sound of a call refuses.
func explainStream(err error) (Sentence, bool) {
	switch {
	case errors.Is(err, audio.ErrNoTelephoneEvent):
		return Sentence{Title: "The other side takes no digits"}, true
	case errors.Is(err, audio.ErrNotSending), errors.Is(err, audio.ErrNotStarted):
		return Sentence{Title: "No digits while the call is on hold", Text: "Resume it first.", Calm: true}, true
	case errors.Is(err, audio.ErrTone):
		return Sentence{Title: "Only digits, A to D, * and # can be sent as tones"}, true
	case errors.Is(err, audio.ErrClosed):
		return Sentence{Title: "That call is over", Calm: true}, true
	}
	return Sentence{}, false
}

// deviceOptions are the system's default, the devices, and a chosen one that
// is not there now; using is the one used in its place. What is used beside a
// headset's other half stands in the place of the system's default.
func deviceOptions(devices []device.Info, chosen string, using device.Info) []widgets.Option {
	byDefault := "System default"
	for _, d := range devices {
		if d.Default {
			byDefault += " – " + d.Name
			break
		}
	}
	if chosen == "" && using.Headset != "" && !using.Default {
		byDefault = "With the headset – " + using.Name
	}
	options := []widgets.Option{{Key: "", Label: byDefault}}
	found := chosen == ""
	for _, d := range devices {
		label := d.Name
		if d.Monitor {
			if d.ID != chosen {
				continue // what a speaker plays is no microphone to most
			}
			label += " (what it plays)"
		}
		options = append(options, widgets.Option{Key: d.ID, Label: label})
		found = found || d.ID == chosen
	}
	if !found {
		label := "A device that is not connected"
		if using.Name != "" {
			label += " – now " + using.Name
		}
		options = append(options, widgets.Option{Key: chosen, Label: label})
	}
	return options
}

// ringerOptions are those of deviceOptions, with the speaker in the place of
// the system's default.
func ringerOptions(d phone.Devices, chosen string) []widgets.Option {
	options := deviceOptions(d.Speakers, chosen, device.Info{})
	options[0].Label = "Same as the speaker"
	if d.Speaker.Name != "" {
		options[0].Label += " – " + d.Speaker.Name
	}
	return options
}

// deviceProblems is what is wrong with the microphone, or with what plays.
func deviceProblems(err error) (microphone, others string) {
	var problem *audio.DeviceError
	words := Explain(err, Subject{}).String()
	if errors.As(err, &problem) && problem.Role != audio.Microphone {
		return "", words
	}
	return words, ""
}
