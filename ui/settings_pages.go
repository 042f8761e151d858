package ui

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// plainPage is a page of the settings without forms and without movement.
type plainPage struct {
	content *widgets.PageScroll
	focus   fyne.Focusable
	apply   func(s *phone.Snapshot)
}

func (p *plainPage) Content() fyne.CanvasObject { return p.content }
func (p *plainPage) Shown(bool)                 {}
func (p *plainPage) Escape() bool               { return false }
func (p *plainPage) Focus() fyne.Focusable      { return p.focus }
func (p *plainPage) Apply(s *phone.Snapshot) {
	if p.apply != nil {
		p.apply(s)
	}
}

// defaultRing is how long a call rings when nothing is chosen, in seconds.
const defaultRing = 60

func ringSeconds(c phone.CallPolicy) int {
	if c.NoAnswerSeconds == 0 {
		return defaultRing
	}
	return c.NoAnswerSeconds
}

func newCallPolicyPage(h *host) *plainPage {
	quiet := widgets.NewSwitch(func(on bool) {
		changeSettings(h, func(s *phone.Settings) { s.Calls.DoNotDisturb = on })
	})
	ring := widgets.NewSelect(assets.ChevronDown, func(key string) {
		seconds, err := strconv.Atoi(key)
		if err == nil {
			changeSettings(h, func(s *phone.Settings) { s.Calls.NoAnswerSeconds = seconds })
		}
	})
	tell := widgets.NewSwitch(func(on bool) {
		changeSettings(h, func(s *phone.Settings) { s.Calls.HidePresence = !on })
	})
	typing := widgets.NewSwitch(func(on bool) {
		changeSettings(h, func(s *phone.Settings) { s.Calls.HideTyping = !on })
	})
	links := widgets.NewButton(widgets.Outline, "Use this phone", nil, func() { registerLinks(h) })
	recording := newRecordingSettings(h)
	return &plainPage{
		focus: quiet,
		content: settingsPageOf("Calls", append([]fyne.CanvasObject{
			settingRow("Do not disturb", "Calls do not ring; callers hear busy. You find them in the list of calls.", quiet),
			settingRow("Ring time", "How long a call rings before it counts as missed.", widgets.NewFixed(150, 0, ring)),
			settingRow("Show others when I am available", "Colleagues see whether you are free, in a call or do not want to be disturbed, where the server tells them.", tell),
			settingRow("Show others that I type and have read", "Whoever writes with you sees it, if their phone can show it.", typing),
			settingRow("Links", "Open sip: and tel: links of other programs with this phone.", links),
		}, recording.rows()...)...),
		apply: func(s *phone.Snapshot) {
			quiet.SetOn(s.Settings.Calls.DoNotDisturb)
			tell.SetOn(!s.Settings.Calls.HidePresence)
			typing.SetOn(!s.Settings.Calls.HideTyping)
			recording.Apply(s)
			now := ringSeconds(s.Settings.Calls)
			var options []widgets.Option
			known := false
			for _, n := range []int{15, 30, 45, 60, 90, 120} {
				options = append(options, widgets.Option{Key: strconv.Itoa(n), Label: fmt.Sprintf("%d seconds", n)})
				known = known || n == now
			}
			if !known {
				options = append(options, widgets.Option{Key: strconv.Itoa(now), Label: fmt.Sprintf("%d seconds", now)})
			}
			ring.Set(options, strconv.Itoa(now))
		},
	}
}

func registerLinks(h *host) {
	h.Run(func() error {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		return desktop.RegisterLinks(program, assets.App.Content())
	}, func(err error) {
		if err == nil {
			h.Say("sip: and tel: links open in Webphone now")
		}
	})
}

func themeWord(theme string) string {
	switch theme {
	case "light":
		return "Light"
	case "dark":
		return "Dark"
	}
	return "Like the system"
}

func newAppearancePage(h *host) *plainPage {
	var chips []*widgets.Chip
	var objects []fyne.CanvasObject
	themes := []string{"system", "light", "dark"}
	for _, theme := range themes {
		chip := widgets.NewChip(themeWord(theme), func() {
			changeSettings(h, func(s *phone.Settings) { s.Appearance.Theme = theme })
		})
		chips, objects = append(chips, chip), append(objects, chip)
	}
	line := widgets.NewWrapping(8, 8, objects...)
	return &plainPage{
		focus:   chips[0],
		content: settingsPageOf("Appearance", widgets.NewLabelled("Colours", line)),
		apply: func(s *phone.Snapshot) {
			now := s.Settings.Appearance.Theme
			if now == "" {
				now = "system"
			}
			for i, theme := range themes {
				chips[i].SetSelected(theme == now)
			}
			line.Refresh()
		},
	}
}

func newShortcutsPage() *plainPage {
	var rows []fyne.CanvasObject
	for _, l := range shortcutLines() {
		rows = append(rows, widgets.NewRule(), widgets.NewInset(widgets.Insets{Top: 8, Bottom: 8},
			container.New(twoColumns{130}, widgets.NewText(l.Keys, look.BodyText, look.Text).Bold(), widgets.NewText(l.What, look.BodyText, look.Text))))
	}
	return &plainPage{content: settingsPageOf("Shortcuts", widgets.NewColumn(0, rows...))}
}

// twoColumns gives the first object a fixed width and the second the rest.
type twoColumns struct{ first float32 }

func (l twoColumns) Layout(o []fyne.CanvasObject, s fyne.Size) {
	put(o[0], 0, 0, l.first, s.Height)
	put(o[1], l.first, 0, s.Width-l.first, s.Height)
}

func (l twoColumns) MinSize(o []fyne.CanvasObject) fyne.Size {
	second := o[1].MinSize()
	return fyne.NewSize(l.first+second.Width, max(o[0].MinSize().Height, second.Height))
}

func newAboutPage(h *host) *plainPage {
	facts := widgets.NewColumn(0)
	report := widgets.NewButton(widgets.Outline, "Copy report", assets.Copy, func() {
		fyne.CurrentApp().Clipboard().SetContent(diagnosis(h, h.Model.Snapshot()))
		h.Say("The report is on the clipboard; it has no passwords and no messages")
	})
	p := &plainPage{focus: report}
	p.content = settingsPageOf("About and diagnostics",
		widgets.NewLine(16, 1, widgets.NewIcon(assets.App, 56, look.Text), widgets.NewColumn(2,
			widgets.NewText("Webphone", 18, look.Text).Bold(),
			widgets.NewText(versionWords(h.Version), look.MinorText, look.Muted))),
		facts,
		widgets.NewWrapping(10, 10, report),
	)
	var shown string
	p.apply = func(s *phone.Snapshot) {
		text := diagnosis(h, s)
		if text == shown {
			return
		}
		shown = text
		facts.Objects = nil
		for _, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
			name, value, _ := strings.Cut(line, ": ")
			facts.Add(widgets.NewRule())
			facts.Add(widgets.NewInset(widgets.Insets{Top: 8, Bottom: 8}, widgets.NewColumn(1,
				widgets.NewText(name, look.CaptionText, look.Muted), widgets.NewParagraph(value, look.BodyText, look.Text))))
		}
		facts.Refresh()
		p.content.Relayout()
	}
	return p
}

func versionWords(version string) string {
	if version == "" {
		return "A phone for SIP over WebSocket"
	}
	return "Version " + version
}

// diagnosis is what helps to find a fault, a fact a line, without secrets and
// without what people said.
func diagnosis(h *host, s *phone.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Webphone %s, %s %s\n", h.Version, runtime.GOOS, runtime.GOARCH)
	if h.Profile != "" {
		fmt.Fprintf(&b, "Data is kept in: %s\n", h.Profile)
	}
	for _, a := range s.Accounts {
		fmt.Fprintf(&b, "Account: %s at %s, %s", plainAddress(a.URI), a.Server, a.State)
		if a.Problem != nil {
			fmt.Fprintf(&b, " (%v)", a.Problem)
		}
		b.WriteString("\n")
	}
	device := func(what, name string) {
		if name == "" {
			name = "none"
		}
		fmt.Fprintf(&b, "%s: %s\n", what, name)
	}
	device("Microphone", s.Devices.Microphone.Name)
	device("Speaker", s.Devices.Speaker.Name)
	if s.Devices.Problem != nil {
		fmt.Fprintf(&b, "Sound: %v\n", s.Devices.Problem)
	}
	servers := slices.Clone(s.Settings.Network.STUN)
	for _, t := range s.Settings.Network.TURN {
		servers = append(servers, t.URL)
	}
	if len(servers) == 0 {
		servers = []string{"none"}
	}
	fmt.Fprintf(&b, "STUN and TURN: %s\n", strings.Join(servers, ", "))
	var codecs []string
	for _, c := range codecOrder(s.Settings.Audio.Codecs) {
		codecs = append(codecs, codecWord(c))
	}
	fmt.Fprintf(&b, "Codecs: %s\n", strings.Join(codecs, ", "))
	return b.String()
}
