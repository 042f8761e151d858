package control

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse_start(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		want       Command
	}{
		{"nothing", "", Command{}},
		{"profile", "--profile /p", Command{Profile: "/p"}},
		{"profile after =", "--profile=/p", Command{Profile: "/p"}},
		{"headless with files", "--headless --microphone file:in.wav --speaker=file:/o.wav", Command{Headless: true, MicrophoneFile: "in.wav", SpeakerFile: "/o.wav"}},
		{"sip link", "sip:bob@example.com;transport=ws", Command{Link: "sip:bob@example.com;transport=ws"}},
		{"tel link in capitals", "--profile /p TEL:+49-89-1", Command{Profile: "/p", Link: "TEL:+49-89-1"}},
		{"demo after its options", "--headless demo", Command{Demo: true, Headless: true, name: "demo"}},
		{"demo before its options", "demo --microphone file:x --profile /p", Command{Demo: true, MicrophoneFile: "x", Profile: "/p", name: "demo"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			if tt.want.Profile == "" {
				tt.want.Profile = c.Profile
			}
			tt.want.request = c.request
			if *c != tt.want || !c.Starts() {
				t.Errorf("got  %+v\nwant %+v", *c, tt.want)
			}
		})
	}
}

func TestParse_defaultProfile(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	c, err := Parse(nil)
	if err != nil || c.Profile != filepath.Join(config, "webphone") {
		t.Errorf("profile %q, %v", c.Profile, err)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	if _, err := Parse(nil); err == nil || !strings.Contains(err.Error(), "--profile") {
		t.Errorf("without a home: %v", err)
	}
	if _, err := Parse([]string{"--profile", "/p"}); err != nil {
		t.Errorf("without a home, but with a profile: %v", err)
	}
}

func TestParse_relativeProfile_isMadeAbsolute(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse([]string{"--profile", "p", "status"})
	if err != nil || c.Profile != filepath.Join(dir, "p") {
		t.Errorf("profile %q, %v", c.Profile, err)
	}
}

func TestParse_mistakes_haveASentence(t *testing.T) {
	account := "account add --uri sip:a@x.example --server wss://x.example "
	for _, tt := range []struct{ args, want string }{
		{"juggle", `there is no command "juggle"`},
		{"--headless juggle", `there is no command "juggle"`},
		{"--microphone file:in.wav juggle", `there is no command "juggle"`},
		{"bob@example.com", `there is no command "bob@example.com"`},
		{"--foo", "webphone has no option --foo"},
		{"-x status", "status has no option -x"},
		{"sip:a@b sip:c@d", `webphone does not take "sip:c@d"`},
		{"--profile", "--profile needs a value"},
		{"--profile= status", "--profile needs a directory"},
		{"--microphone in.wav", `--microphone takes file: and the path of a WAV file, not "in.wav"`},
		{"--speaker file:", "--speaker takes file:"},
		{"--headless=yes", "--headless takes no value"},
		{"--headless status", "--headless is for starting the phone, not for status"},
		{"dial", "dial needs TARGET"},
		{"dial a b", `dial does not take "b"; an argument with spaces needs quotes`},
		{"dial bob --account", "--account needs a value"},
		{"dial bob --account=", "--account needs the address of an account"},
		{"message --account= bob hi", "--account needs the address of an account"},
		{"answer --account alice@x", "answer has no option --account"},
		{"dial --call 3 bob", "dial has no option --call"},
		{"answer --call", "--call needs a value"},
		{"answer --call=", "--call needs the ID of a call"},
		{"answer 3", `answer does not take "3"`},
		{"hangup --all --call 3", "hangup takes --all or --call ID, not both"},
		{"mute", "mute needs on|off"},
		{"mute on --member", "mute --member needs --call ID: which member of the conference nobody is to hear"},
		{"mute maybe", `mute takes on or off, not "maybe"`},
		{"record maybe", `record takes on, off or toggle, not "maybe"`},
		{"dtmf", "dtmf needs DIGITS"},
		{"transfer", "transfer needs TARGET or --attended OTHERCALL"},
		{"transfer bob --attended 7", "transfer takes TARGET or --attended OTHERCALL, not both"},
		{"dtmf 12x", `dtmf takes the digits 0–9, *, #, A–D and a comma for a pause, not "x"`},
		{"message", "message needs URI"},
		{"message bob", "message needs TEXT"},
		{"message bob hello world", `message does not take "world"; an argument with spaces needs quotes`},
		{"history bob", `history does not take "bob"`},
		{"history --follow", "history has no option --follow"},
		{"show --json", "show has no option --json"},
		{"account", "account needs to be followed by add"},
		{"account remove", "account needs to be followed by add"},
		{"account add", "account add needs --uri"},
		{"account add --uri sip:a@x.example", "account add needs --server"},
		{account, "account add needs --password-stdin"},
		{account + "--password-stdin --ca=", "--ca needs a file"},
		{account + "--password secret", "account add has no option --password"},
		{account + "--password-stdin more", `account add does not take "more"`},
		{"account add --uri nonsense --server wss://x.example --password-stdin", "--uri"},
		{"account add --uri sip:a@x.example --server http://x.example --password-stdin", "--server"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			_, err := Parse(strings.Fields(tt.args))
			var e *UsageError
			if !errors.As(err, &e) || !strings.HasPrefix(e.Reason, tt.want) {
				t.Fatalf("error %v, want %s", err, tt.want)
			}
			var b bytes.Buffer
			if code := ReportUsage(&b, err); code != ExitUsage || !strings.HasPrefix(b.String(), "webphone: "+tt.want) ||
				!strings.Contains(b.String(), "\nUsage: webphone [--profile DIR] ") {
				t.Errorf("code %d, text\n%s", code, b.String())
			}
		})
	}
}

func TestParse_emptyArguments(t *testing.T) {
	for _, args := range [][]string{{"dial", " "}, {"dtmf", ""}, {"transfer", " "}, {"transfer", "--attended", ""}, {"message", "", "x"}, {"message", "bob", "\n"}, {""}} {
		if _, err := Parse(args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestParse_requests(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want request
	}{
		{[]string{"dial", "sip:b@x"}, request{Command: "dial", Target: "sip:b@x"}},
		{[]string{"dial", "b", "--account", "sip:a@x"}, request{Command: "dial", Target: "b", From: "sip:a@x"}},
		{[]string{"message", "--account=a@x", "bob", "--account"}, request{Command: "message", Target: "bob", Text: "--account", From: "a@x"}},
		{[]string{"dial", "--", "-5"}, request{Command: "dial", Target: "-5"}},
		{[]string{"--call", "3", "answer"}, request{}}, // an option before its command is not known there
		{[]string{"answer", "--call", "3"}, request{Command: "answer", Call: "3"}},
		{[]string{"hangup", "--all"}, request{Command: "hangup", All: true}},
		{[]string{"mute", "--call=3", "on"}, request{Command: "mute", Call: "3", On: true}},
		{[]string{"mute", "off"}, request{Command: "mute"}},
		{[]string{"transfer", "--attended", "8", "--call=7"}, request{Command: "transfer", Other: "8", Call: "7"}},
		{[]string{"dtmf", "12#,*"}, request{Command: "dtmf", Digits: "12#,*"}},
		{[]string{"message", "bob", "--json or not"}, request{Command: "message", Target: "bob", Text: "--json or not"}},
		{[]string{"message", "bob", "sip:me@x"}, request{Command: "message", Target: "bob", Text: "sip:me@x"}},
		{[]string{"dial", "sip:demo@x"}, request{Command: "dial", Target: "sip:demo@x"}},
		{[]string{"messages", "bob", "--json"}, request{Command: "messages", Target: "bob"}},
		{[]string{"status", "--follow"}, request{Command: "status", Follow: true}},
	} {
		c, err := Parse(tt.args)
		if tt.want.Command == "" {
			if err == nil {
				t.Errorf("%q: no error", tt.args)
			}
			continue
		}
		if err != nil || c.request != tt.want || c.Starts() {
			t.Errorf("%q: %+v, %v", tt.args, c, err)
		}
	}
}

func TestUsage_namesEveryCommand(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}, {"dial", "--help"}, {"account", "add", "-h"}} {
		code, stdout, stderr := run(profile(t), "", args...)
		if code != ExitDone || stdout != Usage() || stderr != "" {
			t.Errorf("%q: code %d, %s%s", args, code, stdout, stderr)
		}
	}
	for _, want := range []string{
		"[sip:…|tel:…]", "account add --uri sip:… --server ws(s)://… [--auth-user U] [--display-name N] [--ca FILE] --password-stdin",
		"dial TARGET", "answer", "decline", "hangup [--all", "hold", "resume", "mute on|off", "dtmf DIGITS", "transfer TARGET", "message [--account ADDRESS] URI TEXT",
		"messages [PEER] [--json]", "history [--json]", "status [--json] [--follow]", "show", "quit", "demo", "--headless",
	} {
		if !strings.Contains(Usage(), want) {
			t.Errorf("the usage text lacks %q", want)
		}
	}
}
