package control

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Command is a command line that was understood.
type Command struct {
	// Profile is the directory of all state; the default one unless given.
	Profile string
	// Headless, MicrophoneFile and SpeakerFile are for the process that
	// becomes the phone: without a window, and sound files instead of
	// devices ("" for none).
	Headless       bool
	MicrophoneFile string
	SpeakerFile    string
	// Link is the sip: or tel: address that was clicked on; "" for none.
	Link string
	// Demo asks for the demonstration.
	Demo bool

	name    string // "" for a start
	json    bool
	follow  bool
	caFile  string
	request request
}

// Starts reports whether the command is for the phone to be: there may be one
// running or not.
func (c *Command) Starts() bool { return c.name == "" || c.name == "demo" }

// UsageError says what is wrong with a command line.
type UsageError struct {
	Command string // which one it was, as far as known
	Reason  string
}

func (e *UsageError) Error() string { return e.Reason }

// syntax is what one command takes.
type syntax struct {
	name   string
	usage  string   // what follows "webphone"
	args   []string // names of the positional ones; a last "[X]" is optional
	values []string // options with a value
	flags  []string // options without
	// literal: after the first argument nothing is an option.
	literal bool
	read    func(c *Command, o options) error
}

// options are the parsed arguments of a command.
type options struct {
	args   []string
	values map[string]string // flags have the value "true"
}

func (o options) given(name string) bool { _, ok := o.values[name]; return ok }

// startOptions are for the process that becomes the phone.
var startOptions = []string{"--headless", "--microphone", "--speaker"}

// commands is the command line, in the order of the usage text.
var commands = []syntax{
	{
		name: "", usage: "[--headless] [--microphone file:IN.wav] [--speaker file:OUT.wav] [sip:…|tel:…]",
		values: []string{"--microphone", "--speaker"}, flags: []string{"--headless"}, args: []string{"[LINK]"}, read: readStart,
	},
	{
		name: "demo", usage: "demo",
		values: []string{"--microphone", "--speaker"}, flags: []string{"--headless"}, read: readStart,
	},
	{
		name: "account add", usage: "account add --uri sip:… --server ws(s)://… [--auth-user U] [--display-name N] [--ca FILE] --password-stdin",
		values: []string{"--uri", "--server", "--auth-user", "--display-name", "--ca"}, flags: []string{"--password-stdin"}, read: readAccount,
	},
	{
		name: "dial", usage: "dial TARGET [--account ADDRESS]", args: []string{"TARGET"}, values: []string{"--account"},
		read: readDial,
	},
	{name: "answer", usage: "answer [--call ID]", values: []string{"--call"}, read: readCall},
	{name: "decline", usage: "decline [--call ID]", values: []string{"--call"}, read: readCall},
	{name: "hangup", usage: "hangup [--all | --call ID]", values: []string{"--call"}, flags: []string{"--all"}, read: readHangup},
	{name: "hold", usage: "hold [--call ID]", values: []string{"--call"}, read: readCall},
	{name: "resume", usage: "resume [--call ID]", values: []string{"--call"}, read: readCall},
	{
		name: "mute", usage: "mute on|off [--call ID] [--member]", args: []string{"on|off"},
		values: []string{"--call"}, flags: []string{"--member"}, read: readMute,
	},
	{name: "record", usage: "record [on|off|toggle] [--call ID]", args: []string{"[on|off|toggle]"}, values: []string{"--call"}, read: readRecord},
	{name: "dtmf", usage: "dtmf DIGITS [--call ID]", args: []string{"DIGITS"}, values: []string{"--call"}, read: readDTMF},
	{
		name: "transfer", usage: "transfer TARGET | --attended OTHERCALL [--call ID]", args: []string{"[TARGET]"},
		values: []string{"--call", "--attended"}, read: readTransfer,
	},
	{name: "merge", usage: "merge"},
	{name: "split", usage: "split [--call ID]", values: []string{"--call"}, read: readCall},
	{name: "reconnect", usage: "reconnect [--call ID]", values: []string{"--call"}, read: readCall},
	{
		name: "message", usage: "message [--account ADDRESS] URI TEXT", args: []string{"URI", "TEXT"},
		values: []string{"--account"}, literal: true, read: readMessage,
	},
	{name: "messages", usage: "messages [PEER] [--json]", args: []string{"[PEER]"}, flags: []string{"--json"}, read: func(c *Command, o options) error {
		if len(o.args) > 0 {
			c.request.Target = o.args[0]
		}
		return nil
	}},
	{name: "history", usage: "history [--json]", flags: []string{"--json"}},
	{name: "status", usage: "status [--json] [--follow]", flags: []string{"--json", "--follow"}},
	{name: "show", usage: "show"},
	{name: "quit", usage: "quit"},
}

// Usage is the text that "webphone --help" prints.
func Usage() string {
	var b strings.Builder
	b.WriteString("Usage: webphone [--profile DIR] COMMAND\n\nWithout a command the phone starts, or shows its window if it runs.\n\n")
	for _, s := range commands {
		b.WriteString("  webphone " + s.usage + "\n")
	}
	b.WriteString(`
--profile DIR keeps all state in DIR. Without --call ID a command means the
ringing call, else the active one, else the only one; hold, resume, mute and
hangup mean all calls of a conference. merge makes one of all answered calls;
mute --member keeps one member of it from all the others.

--account is for phones with several accounts and takes the address of one.
Without it dial uses the one chosen in the window, else the first that is
registered; message prefers the one over which there were messages or calls with
URI last.

Exit codes: 0 done, 1 refused, 2 usage, 3 no running phone, 4 not registered.
`)
	return b.String()
}

// Parse reads the arguments of the process, without its name. An error is a
// *UsageError.
func Parse(args []string) (*Command, error) {
	c := &Command{}
	s, rest, err := c.findCommand(args)
	if err != nil {
		return nil, err
	}
	if c.name == "help" {
		return c, nil
	}
	o, err := c.readOptions(s, rest)
	if err != nil {
		return nil, err
	}
	if c.name == "help" {
		return c, nil
	}
	if err := c.setProfile(o); err != nil {
		return nil, err
	}
	if n, missing := len(o.args), s.missing(len(o.args)); missing != "" {
		return nil, c.usage("%s needs %s", c.title(), missing)
	} else if n > len(s.args) {
		return nil, c.usage("%s does not take %q; an argument with spaces needs quotes", c.title(), o.args[len(s.args)])
	}
	c.json, c.follow = o.given("--json"), o.given("--follow")
	c.request.Command, c.request.Follow, c.request.Call = s.name, c.follow, o.values["--call"]
	if o.given("--call") && c.request.Call == "" {
		return nil, c.usage("--call needs the ID of a call")
	}
	if s.read != nil {
		err = s.read(c, o)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// findCommand finds which command it is, and returns the other arguments.
func (c *Command) findCommand(args []string) (syntax, []string, error) {
	start := commands[0]
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if name, _, inline := strings.Cut(arg, "="); strings.HasPrefix(arg, "-") {
			if !inline && (name == "--profile" || slices.Contains(start.values, name)) {
				i++ // its value
			}
			continue
		}
		if isLink(arg) {
			return start, args, nil
		}
		rest := slices.Concat(args[:i:i], args[i+1:])
		name := arg
		if name == "help" {
			c.name = "help"
			return syntax{}, nil, nil
		}
		if name == "account" {
			c.name = name
			if i+1 >= len(args) || args[i+1] != "add" {
				return syntax{}, nil, c.usage("account needs to be followed by add")
			}
			name = "account add"
			rest = slices.Concat(args[:i:i], args[i+2:])
		}
		for _, s := range commands {
			if s.name == name && name != "" {
				c.name = name
				return s, rest, nil
			}
		}
		return syntax{}, nil, c.usage("there is no command %q", arg)
	}
	return start, args, nil
}

func isLink(arg string) bool {
	scheme, _, ok := strings.Cut(arg, ":")
	return ok && slices.Contains([]string{"sip", "sips", "tel", "callto"}, strings.ToLower(scheme))
}

// readOptions takes the arguments of a command apart.
func (c *Command) readOptions(s syntax, args []string) (options, error) {
	o := options{values: map[string]string{}}
	literal := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, inline := strings.Cut(arg, "=")
		switch {
		case literal || !strings.HasPrefix(arg, "-") || arg == "-":
			o.args = append(o.args, arg)
			literal = literal || s.literal
		case arg == "--":
			literal = true
		case arg == "--help" || arg == "-h":
			c.name = "help"
			return o, nil
		case slices.Contains(s.flags, name):
			if inline {
				return o, c.usage("%s takes no value", name)
			}
			o.values[name] = "true"
		case name == "--profile" || slices.Contains(s.values, name):
			if !inline {
				i++
				if i == len(args) {
					return o, c.usage("%s needs a value", name)
				}
				value = args[i]
			}
			o.values[name] = value
		case slices.Contains(startOptions, name):
			return o, c.usage("%s is for starting the phone, not for %s", name, c.title())
		default:
			return o, c.usage("%s has no option %s", c.title(), name)
		}
	}
	return o, nil
}

func (c *Command) setProfile(o options) error {
	dir, given := o.values["--profile"]
	if given && dir == "" {
		return c.usage("--profile needs a directory")
	}
	if !given {
		config, err := os.UserConfigDir()
		if err != nil {
			return c.usage("there is no place for the profile, give one by --profile DIR: %v", err)
		}
		dir = filepath.Join(config, "webphone")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return c.usage("--profile: %v", err)
	}
	c.Profile = dir
	return nil
}

// missing names the first of the arguments that n are too few for.
func (s syntax) missing(n int) string {
	if n < len(s.args) && !strings.HasPrefix(s.args[n], "[") {
		return s.args[n]
	}
	return ""
}

// title is how a sentence calls the command.
func (c *Command) title() string {
	if c.name == "" {
		return "webphone"
	}
	return c.name
}

func (c *Command) usage(format string, args ...any) *UsageError {
	return &UsageError{Command: c.name, Reason: fmt.Sprintf(format, args...)}
}
