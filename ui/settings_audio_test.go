package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/audio/device"
	"webphone/phone"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestAudioPage_theMicrophoneIsOpenWhileThePageIsInSight(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		page := v.pages[pageAudio].(*audioPage)
		r.phone.Levels = 0.806
		v.OpenPage(pageAudio, "")
		r.queue.Settle()
		if !r.phone.Was("Monitor(true)") {
			t.Error("the microphone is not open")
		}
		<-time.After(time.Second)
		r.queue.Settle()
		if page.meter.Lit() == 0 {
			t.Error("the meter does not move")
		}
		v.Shown(false)
		r.queue.Settle()
		if !r.phone.Was("Monitor(false)") || page.meter.Lit() != 0 {
			t.Error("the microphone stays open behind another screen")
		}
		v.Shown(true)
		v.OpenPage(pageCalls, "")
		r.queue.Settle()
		if got := r.phone.Called(); got[len(got)-1] != "Monitor(false)" {
			t.Errorf("the microphone stays open behind another page: %q", got)
		}
	})
}

// Each switch is on the page, beside its words, and stands as the setting does.
func TestAudioPage_switches(t *testing.T) {
	for _, c := range []struct {
		title  string
		of     func(p *audioPage) *widgets.Switch
		change func(a *phone.Audio)
		usual  bool
	}{
		{"Echo cancellation", func(p *audioPage) *widgets.Switch { return p.echo }, func(a *phone.Audio) { a.NoEchoCancellation = true }, true},
		{"Noise suppression", func(p *audioPage) *widgets.Switch { return p.noise }, func(a *phone.Audio) { a.NoNoiseSuppression = true }, true},
		{"Automatic gain", func(p *audioPage) *widgets.Switch { return p.gain }, func(a *phone.Audio) { a.NoAutomaticGain = true }, true},
		{"Shortest delay", func(p *audioPage) *widgets.Switch { return p.delay }, func(a *phone.Audio) { a.ShortDelay = true }, false},
		{"Save data in pauses", func(p *audioPage) *widgets.Switch { return p.pauses }, func(a *phone.Audio) { a.SkipPauses = true }, false},
	} {
		t.Run(c.title, func(t *testing.T) {
			inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
				v.OpenPage(pageAudio, "")
				control := c.of(v.pages[pageAudio].(*audioPage))
				if control.On() != c.usual {
					t.Errorf("by itself it is on: %v", control.On())
				}
				r.update(func(s *phone.Snapshot) { c.change(&s.Settings.Audio) })
				if control.On() == c.usual {
					t.Error("it does not follow the setting")
				}
				if got := rowOf(v.right, control); got != c.title {
					t.Errorf("it is in the row %q", got)
				}
			})
		})
	}
}

// rowOf is the title of the row that a control is in, "" if it is in none: the
// text before it but one.
func rowOf(in, control fyne.CanvasObject) string {
	var texts []string
	for _, o := range test.LaidOutObjects(in) {
		if text, ok := o.(*widgets.Text); ok {
			texts = append(texts, text.Content())
		}
		if o == control && len(texts) > 1 {
			return texts[len(texts)-2]
		}
	}
	return ""
}

func TestDeviceOptions(t *testing.T) {
	d := modeltest.Sample().Devices
	d.Microphones = append(d.Microphones, d.Microphones[0])
	d.Microphones[2].ID, d.Microphones[2].Name, d.Microphones[2].Monitor, d.Microphones[2].Default = "mon", "Monitor of speakers", true, false
	labels := func(chosen, using string) []string {
		var l []string
		for _, o := range deviceOptions(d.Microphones, chosen, device.Info{Name: using}) {
			l = append(l, o.Label)
		}
		return l
	}
	base := []string{"System default – Jabra Evolve2 40 Mono", "Jabra Evolve2 40 Mono", "Built-in microphone"}
	if diff := cmp.Diff(base, labels("", "")); diff != "" {
		t.Error("monitors are offered unasked: " + diff)
	}
	if diff := cmp.Diff(append(slices.Clone(base), "Monitor of speakers (what it plays)"), labels("mon", "")); diff != "" {
		t.Error("a chosen monitor is not shown: " + diff)
	}
	if diff := cmp.Diff(append(slices.Clone(base), "A device that is not connected – now Built-in"), labels("gone", "Built-in")); diff != "" {
		t.Error(diff)
	}
}

// What is used without having been chosen says why.
func TestDeviceOptions_sayWhatIsUsed(t *testing.T) {
	d := modeltest.Sample().Devices
	ear := device.Info{ID: "ear-in", Name: "Ear", Headset: "card 3"}
	for _, c := range []struct {
		rule, got, want string
	}{
		{"the system's default", deviceOptions(d.Microphones, "", d.Microphone)[0].Label, "System default – Jabra Evolve2 40 Mono"},
		{"the other half of a headset", deviceOptions(d.Microphones, "", ear)[0].Label, "With the headset – Ear"},
		{"a chosen one leaves the default its name", deviceOptions(d.Microphones, "ear-in", ear)[0].Label, "System default – Jabra Evolve2 40 Mono"},
		{"the ringer is the speaker", ringerOptions(d, "")[0].Label, "Same as the speaker – Jabra Evolve2 40 Stereo"},
		{"without any", ringerOptions(phone.Devices{}, "")[0].Label, "Same as the speaker"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.rule, c.got, c.want)
		}
	}
}

// The volume is kept once the slider stands still, and before it is tried.
func TestAudioPage_ringVolume(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageAudio, "")
		ring := v.pages[pageAudio].(*audioPage).ring
		if ring.slider.Value() != 1 {
			t.Errorf("stands at %.2f", ring.slider.Value())
		}
		applies := func() (n int) {
			for _, c := range r.phone.Called() {
				if strings.HasPrefix(c, "Apply(") {
					n++
				}
			}
			return n
		}
		pass := func() {
			<-time.After(50 * time.Millisecond)
			r.queue.Settle()
		}
		for range 10 {
			ring.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
			pass()
		}
		if applies() != 0 {
			t.Errorf("kept %d times while it moves", applies())
		}
		for range 20 {
			pass()
		}
		if got := applied(t, r); !strings.Contains(got, "RingQuieter:50") || applies() != 1 {
			t.Errorf("applied %d times: %s", applies(), got)
		}
		ring.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
		test.Tap(ring.test)
		r.queue.Settle()
		if got := r.phone.Called(); !strings.Contains(applied(t, r), "RingQuieter:100") || got[len(got)-1] != "PlayRing()" {
			t.Errorf("called %q", got)
		}
	})
}

// Only a ringer apart can ring beside the speaker.
func TestAudioPage_ringBoth(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageAudio, "")
		p := v.pages[pageAudio].(*audioPage)
		if p.bothRow.Visible() {
			t.Error("the speaker is the ringer")
		}
		r.update(func(s *phone.Snapshot) { s.Settings.Audio.Ringer = "builtin-out" })
		if !p.bothRow.Visible() {
			t.Error("another device is the ringer")
		}
		test.Tap(p.both)
		if got := applied(t, r); !strings.Contains(got, "RingBoth:true") {
			t.Errorf("applied %s", got)
		}
	})
}
