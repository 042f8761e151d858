package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// networkPage sets the servers that help sound through firewalls.
type networkPage struct {
	host    *host
	content *widgets.PageScroll

	stun, turn, user, password *widgets.Field
	stunBox, turnBox           *widgets.Labelled
	shown                      phone.Network // what the fields were filled with
}

func newNetworkPage(h *host) *networkPage {
	p := &networkPage{host: h}
	p.stun = widgets.NewField("stun:stun.example.com:3478")
	p.turn = widgets.NewField("turn:turn.example.com:3478?transport=udp")
	p.user = widgets.NewField("")
	p.password = widgets.NewPasswordField("")
	for _, f := range []*widgets.Field{p.stun, p.turn, p.user, p.password} {
		f.OnSubmitted = func(string) { p.save() }
	}
	p.stunBox = widgets.NewLabelled("STUN servers", p.stun)
	p.turnBox = widgets.NewLabelled("TURN server", p.turn)
	p.content = settingsPageOf("Network",
		widgets.NewParagraph("Within one network calls need nothing here. A STUN server helps through most routers; a TURN server relays the sound where a firewall blocks it.", look.BodyText, look.Muted),
		p.stunBox, p.turnBox,
		widgets.NewLabelled("TURN user name", p.user), widgets.NewLabelled("TURN password", p.password),
		widgets.NewWrapping(10, 10, widgets.NewButton(widgets.Primary, "Save", nil, p.save)),
	)
	return p
}

func (p *networkPage) Content() fyne.CanvasObject { return p.content }
func (p *networkPage) Shown(bool)                 {}
func (p *networkPage) Escape() bool               { return false }
func (p *networkPage) Focus() fyne.Focusable      { return p.stun }

// Apply fills the fields when the settings have changed; what is being typed
// stays otherwise.
func (p *networkPage) Apply(s *phone.Snapshot) {
	n := s.Settings.Network
	if slices.Equal(n.STUN, p.shown.STUN) && slices.Equal(n.TURN, p.shown.TURN) {
		return
	}
	p.shown = n
	p.stun.SetText(strings.Join(n.STUN, " "))
	relay := phone.TURN{}
	if len(n.TURN) > 0 {
		relay = n.TURN[0]
	}
	p.turn.SetText(relay.URL)
	p.user.SetText(relay.Username)
	known := ""
	if relay.URL != "" {
		known = "unchanged"
	}
	p.password.SetPlaceHolder(known)
}

// network is what the fields say. Relays beyond the one that has fields stay.
func (p *networkPage) network(now phone.Network) phone.Network {
	n := phone.Network{STUN: splitList(p.stun.Text)}
	if url := strings.TrimSpace(p.turn.Text); url != "" {
		n.TURN = []phone.TURN{{URL: url, Username: strings.TrimSpace(p.user.Text)}}
	}
	if len(now.TURN) > 1 {
		n.TURN = append(n.TURN, now.TURN[1:]...)
	}
	return n
}

func (p *networkPage) save() {
	settings := p.host.Model.Snapshot().Settings
	settings.Network = p.network(settings.Network)
	secret := p.password.Text
	p.host.Model.Do(func() error {
		if err := settings.Validate(); err != nil {
			return err
		}
		if relays := settings.Network.TURN; len(relays) > 0 && secret != "" {
			if err := p.host.Phone.SetTURNPassword(relays[0], secret); err != nil {
				return err
			}
		}
		return p.host.Phone.Apply(settings)
	}, p.saved)
}

// saved says how it went, a fault at its field.
func (p *networkPage) saved(err error) {
	var stun, turn string
	fields := fieldErrors(err)
	switch {
	case err == nil:
		p.password.SetText("")
		p.host.Say("Network settings are in use from the next call on")
	case len(fields) == 0:
		stun = Explain(err, Subject{}).String()
	}
	for _, f := range fields {
		if fieldName(f) == "turn" {
			turn = fieldWords(f)
		} else {
			stun = fieldWords(f)
		}
	}
	p.stunBox.SetProblem(stun)
	p.turnBox.SetProblem(turn)
	p.content.Relayout()
}
