package control

import (
	"net/url"
	"strings"
)

// needText refuses an argument that is there but empty.
func needText(c *Command, name, value string) error {
	if strings.TrimSpace(value) == "" {
		return c.usage("%s is empty", name)
	}
	return nil
}

func readStart(c *Command, o options) error {
	c.Demo = c.name == "demo"
	c.Headless = o.given("--headless")
	if len(o.args) > 0 {
		c.Link = o.args[0]
	}
	if c.Link != "" && !isLink(c.Link) {
		return c.usage("there is no command %q", c.Link)
	}
	for name, field := range map[string]*string{"--microphone": &c.MicrophoneFile, "--speaker": &c.SpeakerFile} {
		value, given := o.values[name]
		if !given {
			continue
		}
		file, ok := strings.CutPrefix(value, "file:")
		if !ok || file == "" {
			return c.usage("%s takes file: and the path of a WAV file, not %q", name, value)
		}
		*field = file
	}
	return nil
}

// readFrom reads which account is to be used.
func readFrom(c *Command, o options) error {
	if c.request.From = o.values["--account"]; o.given("--account") && strings.TrimSpace(c.request.From) == "" {
		return c.usage("--account needs the address of an account")
	}
	return nil
}

func readDial(c *Command, o options) error {
	c.request.Target = o.args[0]
	if err := needText(c, "TARGET", o.args[0]); err != nil {
		return err
	}
	return readFrom(c, o)
}

func readMessage(c *Command, o options) error {
	c.request.Target, c.request.Text = o.args[0], o.args[1]
	if err := needText(c, "URI", o.args[0]); err != nil {
		return err
	}
	if err := needText(c, "TEXT", o.args[1]); err != nil {
		return err
	}
	return readFrom(c, o)
}

func readCall(*Command, options) error { return nil } // --call is read for all

func readHangup(c *Command, o options) error {
	c.request.All = o.given("--all")
	if c.request.All && o.given("--call") {
		return c.usage("hangup takes --all or --call ID, not both")
	}
	return nil
}

func readTransfer(c *Command, o options) error {
	other, attended := o.values["--attended"]
	switch {
	case attended && len(o.args) > 0:
		return c.usage("transfer takes TARGET or --attended OTHERCALL, not both")
	case attended:
		c.request.Other = other
		return needText(c, "OTHERCALL", other)
	case len(o.args) == 0:
		return c.usage("transfer needs TARGET or --attended OTHERCALL")
	}
	c.request.Target = o.args[0]
	return needText(c, "TARGET", o.args[0])
}

// transfer gives a call to a target or, with Other, to that call.
func (r request) transfer(p Phone) error {
	if r.Other != "" {
		return p.TransferTo(r.Call, r.Other)
	}
	return p.Transfer(r.Call, r.Target)
}

func readMute(c *Command, o options) error {
	c.request.Member = o.given("--member")
	if c.request.Member && o.values["--call"] == "" {
		return c.usage("mute --member needs --call ID: which member of the conference nobody is to hear")
	}
	switch o.args[0] {
	case "on":
		c.request.On = true
	case "off":
	default:
		return c.usage("mute takes on or off, not %q", o.args[0])
	}
	return nil
}

// mute mutes the user or, with Member, the other side.
func (r request) mute(p Phone) error {
	if r.Member {
		return p.SetMemberMuted(r.Call, r.On)
	}
	return p.SetMuted(r.Call, r.On)
}

func readRecord(c *Command, o options) error {
	how := "toggle"
	if len(o.args) > 0 {
		how = o.args[0]
	}
	switch how {
	case "toggle":
		c.request.Toggle = true
	case "on":
		c.request.On = true
	case "off":
	default:
		return c.usage("record takes on, off or toggle, not %q", how)
	}
	return nil
}

// record begins or ends a recording.
func (r request) record(p Phone) error {
	if r.Toggle {
		return p.ToggleRecording(r.Call)
	}
	return p.SetRecording(r.Call, r.On)
}

func readDTMF(c *Command, o options) error {
	c.request.Digits = o.args[0]
	for _, r := range o.args[0] {
		if !strings.ContainsRune("0123456789*#ABCDabcd,", r) {
			return c.usage("dtmf takes the digits 0–9, *, #, A–D and a comma for a pause, not %q", string(r))
		}
	}
	return needText(c, "DIGITS", o.args[0])
}

func readAccount(c *Command, o options) error {
	for _, name := range []string{"--uri", "--server"} {
		if o.values[name] == "" {
			return c.usage("account add needs %s", name)
		}
	}
	if !o.given("--password-stdin") {
		return c.usage("account add needs --password-stdin: the password is read from standard input, so that no list of processes shows it")
	}
	if ca, given := o.values["--ca"]; given && ca == "" {
		return c.usage("--ca needs a file")
	}
	c.caFile = o.values["--ca"]
	c.request.Account = &Account{
		URI: o.values["--uri"], Server: o.values["--server"],
		AuthUser: o.values["--auth-user"], DisplayName: o.values["--display-name"],
	}
	return checkAccount(c, c.request.Account)
}

// checkAccount looks at the form of what was typed; whether it will do, the
// phone decides.
func checkAccount(c *Command, a *Account) error {
	uri := strings.TrimSpace(a.URI)
	if scheme, rest, ok := strings.Cut(uri, ":"); ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
		uri = rest
	}
	user, host, ok := strings.Cut(uri, "@")
	if !ok || user == "" || host == "" || strings.ContainsAny(uri, " <>\"") {
		return c.usage("--uri takes a SIP address like sip:alice@example.com, not %q", a.URI)
	}
	u, err := url.Parse(a.Server)
	if err != nil || u.Hostname() == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return c.usage("--server takes an address like wss://example.com/ws, not %q", a.Server)
	}
	return nil
}
