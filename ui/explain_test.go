package ui

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/audio/record"
	"webphone/phone"
	"webphone/phone/sip"
	"webphone/phone/store"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// constants lists the values of a package's string constants of one type.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	var values []string
	for _, f := range parsed(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != typeName {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					s, _ := strconv.Unquote(lit.Value)
					values = append(values, s)
				}
			}
			return true
		})
	}
	return values
}

// parsed is the source of a package without its tests.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

var code = regexp.MustCompile(`\b[1-6][0-9][0-9]\b|[a-z]+: [a-z]+: `)

// wellFormed checks what holds for every sentence.
func wellFormed(t *testing.T, what string, s Sentence) {
	t.Helper()
	switch {
	case s.Title == "":
		t.Errorf("%s: no title", what)
	case strings.HasSuffix(s.Title, "."):
		t.Errorf("%s: the title %q ends like a sentence", what, s.Title)
	case s.Text != "" && !strings.HasSuffix(s.Text, "."):
		t.Errorf("%s: the text %q has no end", what, s.Text)
	case strings.Contains(s.Text, ".."):
		t.Errorf("%s: the text %q ends twice", what, s.Text)
	case code.MatchString(s.Title):
		t.Errorf("%s: a code in the title %q", what, s.Title)
	}
	for _, a := range s.Actions {
		if a.String() == "" {
			t.Errorf("%s: action %d has no label", what, a)
		}
	}
}

func TestExplain_everyCauseOfACallHasASentenceOfItsOwn(t *testing.T) {
	causes := constants(t, "../phone/ua", "Cause")
	if len(causes) < 24 {
		t.Fatalf("found only %d causes", len(causes))
	}
	fallback := explainCall(&ua.EndError{Cause: "unheard of"}, Subject{}).Title
	seen := map[string]string{}
	for _, c := range causes {
		s := Explain(&ua.EndError{Cause: ua.Cause(c), Origin: ua.Remote}, Subject{Topic: TopicCall, Name: "Bob"})
		wellFormed(t, c, s)
		if s.Title == fallback {
			t.Errorf("%s has no sentence of its own", c)
		}
		if other := seen[s.Title]; other != "" {
			t.Errorf("%s and %s are both %q", c, other, s.Title)
		}
		seen[s.Title] = c
		if !strings.Contains(s.Details, c) {
			t.Errorf("%s: the details %q do not name it", c, s.Details)
		}
	}
}

func TestExplain_everyCauseMakesSenseForAccountsAndMessages(t *testing.T) {
	for _, c := range constants(t, "../phone/ua", "Cause") {
		e := &ua.EndError{Cause: ua.Cause(c), Origin: ua.Remote, Status: 499, Reason: "Odd"}
		for topic, about := range map[string]Subject{
			"account": {Topic: TopicAccount, Name: "alice@example.com", Server: "wss://pbx.example.com/ws"},
			"message": {Topic: TopicMessage, Name: "Bob"},
		} {
			wellFormed(t, topic+" "+c, Explain(e, about))
		}
	}
}

func TestExplain_everyFaultOfTheConnectionHasASentenceOfItsOwn(t *testing.T) {
	leaf := &x509.Certificate{DNSNames: []string{"other.example"}, NotAfter: time.Unix(0, 0)}
	unverified := func(err error) error {
		return &tls.CertificateVerificationError{UnverifiedCertificates: []*x509.Certificate{leaf}, Err: err}
	}
	examples := []*transport.Error{
		{Op: transport.OpDNS, Err: &net.DNSError{IsNotFound: true}},
		{Op: transport.OpDNS, Err: &net.DNSError{IsTimeout: true}},
		{Op: transport.OpTCP, Err: syscall.ECONNREFUSED},
		{Op: transport.OpTCP, Err: os.ErrDeadlineExceeded},
		{Op: transport.OpTCP, Err: syscall.EHOSTUNREACH},
		{Op: transport.OpProxy, Status: 407, Err: errors.New("407 Proxy Authentication Required")},
		{Op: transport.OpTLS, Err: tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}},
		{Op: transport.OpTLS, Err: unverified(x509.UnknownAuthorityError{Cert: leaf})},
		{Op: transport.OpTLS, Err: unverified(x509.HostnameError{Certificate: leaf, Host: "pbx.example.com"})},
		{Op: transport.OpTLS, Err: unverified(x509.CertificateInvalidError{Cert: leaf, Reason: x509.Expired})},
		{Op: transport.OpTLS, Err: errors.New("remote error: tls: handshake failure")},
		{Op: transport.OpHTTP, Status: 404, Err: errors.New("404 Not Found")},
		{Op: transport.OpSubprotocol, Err: errors.New("no subprotocol")},
		{Op: transport.OpRead, Err: errors.New("EOF")},
		{Op: transport.OpWrite, Err: syscall.EPIPE},
		{Op: transport.OpPing, Err: os.ErrDeadlineExceeded},
		{Op: transport.OpFailover, Err: transport.ErrFailover},
	}
	seen, faults, ops := map[string]int{}, map[string]bool{}, map[string]bool{}
	for i, e := range examples {
		e.Server, e.Host = "wss://pbx.example.com:8089/ws", "pbx.example.com:8089"
		s := Explain(e, Subject{Topic: TopicAccount, Name: "alice@example.com", RetryIn: 7500 * time.Millisecond})
		wellFormed(t, e.Error(), s)
		if strings.HasPrefix(s.Title, "No connection to") {
			t.Errorf("%v has no sentence of its own", e)
		}
		if j, twice := seen[s.Title]; twice {
			t.Errorf("%v and %v are both %q", e, examples[j], s.Title)
		}
		seen[s.Title], faults[string(e.Fault())], ops[string(e.Op)] = i, true, true
	}
	for _, op := range constants(t, "../phone/transport", "Op") {
		if !ops[op] {
			t.Errorf("no example of op %q", op)
		}
	}
	faults[string(transport.FaultTooLarge)] = true // cannot be made outside its package
	for _, f := range constants(t, "../phone/transport", "Fault") {
		if !faults[f] {
			t.Errorf("no example of fault %q", f)
		}
	}
}

func TestExplain_words(t *testing.T) {
	alice := Subject{Topic: TopicAccount, Name: "alice@example.com", Server: "wss://pbx.example.com:8089/ws"}
	retrying := alice
	retrying.RetryIn = 7100 * time.Millisecond
	bob := Subject{Topic: TopicCall, Name: "Bob"}
	chat := Subject{Topic: TopicMessage, Name: "Bob"}
	end := func(c ua.Cause, status int) error {
		return &ua.EndError{Cause: c, Status: status, Origin: ua.Remote}
	}
	tcp := &transport.Error{Op: transport.OpTCP, Server: alice.Server, Host: "pbx.example.com:8089", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		rule  string
		err   error
		about Subject
		want  string
	}{
		{"a nil error is no sentence", nil, bob, ""},
		{"401 again on REGISTER", end(ua.CauseAuthentication, 401), alice, "Wrong user name or password. The server pbx.example.com refused alice@example.com."},
		{"403 on REGISTER", end(ua.CauseRejected, 403), alice, "Wrong user name or password. The server pbx.example.com refused alice@example.com."},
		{"401 on REGISTER of what was accepted before", &ua.EndError{Cause: ua.CauseAuthentication, Status: 401, Err: ua.ErrAcceptedBefore}, retrying, "The server pbx.example.com does not let you sign in now. The same name and password worked before; the phone tries again by itself. Next try in 8 s."},
		{"403 on REGISTER of what was accepted before", &ua.EndError{Cause: ua.CauseRejected, Status: 403, Err: ua.ErrAcceptedBefore}, alice, "The server pbx.example.com does not let you sign in now. The same name and password worked before; the phone tries again by itself."},
		{"404 on REGISTER of what was accepted before", &ua.EndError{Cause: ua.CauseNotFound, Status: 404, Err: ua.ErrAcceptedBefore}, alice, "The server pbx.example.com does not let you sign in now. The same name and password worked before; the phone tries again by itself."},
		{"404 on REGISTER", end(ua.CauseNotFound, 404), alice, "The server does not know this account. Check name and domain of alice@example.com."},
		{"503 on REGISTER says when", end(ua.CauseSIPFailure, 503), retrying, "The server is busy. Next try in 8 s."},
		{"a sign-in that is taken and not listed", &ua.EndError{Cause: ua.CauseSIPFailure, Status: 200, Reason: "OK", Origin: ua.Remote, Err: ua.ErrNoBinding}, retrying, "The server forgot this phone. It took the sign-in, but does not list it. Next try in 8 s."},
		{"refused connection says when", tcp, retrying, "Nobody answers at pbx.example.com:8089. The server is down or the port is wrong. Next try in 8 s."},
		{"a transport error inside an end", &ua.EndError{Cause: ua.CauseConnection, Err: tcp}, alice, "Nobody answers at pbx.example.com:8089. The server is down or the port is wrong."},
		{"486", end(ua.CauseBusy, 486), bob, "Bob is busy"},
		{"603", end(ua.CauseRejected, 603), bob, "Bob declined the call"},
		{"403 on INVITE", end(ua.CauseRejected, 403), bob, "Not allowed to call this number. The server refused it; ask whoever runs it."},
		{"480", end(ua.CauseUnavailable, 480), bob, "Bob is not reachable now. Not signed in or not answering."},
		{"404 without a name", end(ua.CauseNotFound, 404), Subject{Topic: TopicCall}, "The other side does not exist on this server. Check the name or number."},
		{"503 on INVITE", end(ua.CauseSIPFailure, 503), bob, "Line unavailable. The server has no way to Bob now."},
		{"no answer to the INVITE", &ua.EndError{Cause: ua.CauseRequestTimeout, Origin: ua.System}, bob, "No answer from the server. It did not react to the call at all."},
		{"a session timer that expired", &ua.EndError{Cause: ua.CauseRequestTimeout, Origin: ua.System, Status: 408, Reason: "Session Timer Expired", Established: true}, bob, "The call was lost. Bob did not answer any more."},
		{"487 that we did not cause", &ua.EndError{Cause: ua.CauseSIPFailure, Origin: ua.Remote, Status: 487, Reason: "Request Terminated"}, bob, "No answer"},
		{"own BYE", &ua.EndError{Cause: ua.CauseBye, Origin: ua.Local}, bob, "Call ended"},
		{"their BYE", end(ua.CauseBye, 0), bob, "Bob hung up"},
		{"DTLS as the media tells it", &ua.EndError{Cause: ua.CauseRTPTimeout, Err: errors.New("media: no agreement on encryption")}, bob, "Could not agree on encryption. The call was stopped, because nobody may listen in."},
		{"a field that is not what it should be", &store.FieldError{Field: "accounts[0].server", Err: errors.New("not a ws:// or wss:// address")}, Subject{}, "This is not a ws:// or wss:// address"},
		{"a reason with a colon in it stays whole", &store.FieldError{Field: "network.stun", Err: errors.New("not a stun: address")}, Subject{}, "This is not a stun: address"},
		{"a corrupt file is kept", &store.SetAsideError{File: "p/settings.json", As: "p/settings.json.corrupt-1", Err: errors.New("bad")}, Subject{}, "Your settings could not be read. Nothing was deleted: the old file is kept as settings.json.corrupt-1, and a new one was begun."},
		{"DTLS", &ua.EndError{Cause: ua.CauseWebRTC, Err: errors.New("dtls: handshake timeout")}, bob, "Could not agree on encryption. The call was stopped, because nobody may listen in."},
		{"405 on MESSAGE", end(ua.CauseSIPFailure, 405), chat, "Bob’s server does not take messages"},
		{"an address that is none", &phone.TargetError{Target: "@@"}, Subject{}, `"@@" is neither an address nor a number. Type a number, a name like bob, or an address like bob@example.com.`},
		{"two wrong fields", errors.Join(&store.FieldError{Field: "name", Err: errors.New("missing")}, &store.FieldError{Field: "addresses", Err: errors.New("missing")}), Subject{}, "The name is missing. The address or number is missing."},
		{"a wrapped error", fmt.Errorf("dial: %w", phone.ErrNotRegistered), Subject{}, "Not signed in. Calls need a connection to your phone system."},
		{"no microphone", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.NoDevice}}, Subject{}, "No microphone found. The others hear a soft tone instead of your voice."},
		{"a microphone switched off", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Silent}}, Subject{}, "Your microphone gives no sound. It may be switched off at the headset or in the system’s sound settings."},
		{"a microphone in use", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Busy}}, Subject{}, "Another program is using the microphone. Close it, or choose another device."},
		{"a microphone forbidden", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Denied}}, Subject{}, "The system does not let us use the microphone. Allow it in the system’s privacy settings."},
		{"a ringer in use", &audio.DeviceError{Role: audio.Ringer, Using: "Built-in", Err: &device.Error{Kind: device.Busy}}, Subject{}, "Another program is using the device that rings. Now on Built-in."},
		{"a speaker forbidden", &audio.DeviceError{Role: audio.Speaker, Err: &device.Error{Kind: device.Denied}}, Subject{}, "The system does not let us use the speaker. Allow it in the system’s privacy settings."},
		{"no speaker", &audio.DeviceError{Role: audio.Speaker, Err: &device.Error{Kind: device.NoDevice}}, Subject{}, "No speaker found. You cannot hear others, but they can hear you."},
		{"no ringer", &audio.DeviceError{Role: audio.Ringer, Err: &device.Error{Kind: device.NoDevice}}, Subject{}, "No device to ring on. Calls are shown, but make no sound."},
		{"the only microphone unplugged", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Vanished}}, Subject{}, "The microphone was unplugged. Calls go on without it."},
		{"a device that does not say why", &audio.DeviceError{Role: audio.Speaker, Err: &device.Error{Kind: device.Failed, Err: errors.New("unknown error")}}, Subject{}, "The speaker does not work. The sound system does not say why."},
		{"a headset unplugged", &audio.DeviceError{Role: audio.Speaker, Using: "Built-in", Err: &device.Error{Kind: device.Vanished}}, Subject{}, "The speaker was unplugged. Now on Built-in."},
		{"what nobody foresaw", errors.New("store: open: disk is full"), Subject{}, "Something unexpected happened. Disk is full."},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := Explain(c.err, c.about)
			if got := s.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if c.err != nil && s.Details == "" {
				t.Error("no details")
			}
		})
	}
}

func TestExplain_nothingOrdinaryIsAnError(t *testing.T) {
	for _, e := range []*ua.EndError{
		{Cause: ua.CauseBye, Origin: ua.Local},
		{Cause: ua.CauseBye, Origin: ua.Remote},
		{Cause: ua.CauseCanceled, Origin: ua.Local, Status: 487},
		{Cause: ua.CauseAnsweredElsewhere, Origin: ua.Remote},
		{Cause: ua.CauseReplaced, Origin: ua.Remote},
	} {
		if s := Explain(e, Subject{Topic: TopicCall}); !s.Calm {
			t.Errorf("%v: %q would be shown in red", e, s.Title)
		}
	}
}

func TestExplain_everyErrorOfThePhoneHasASentence(t *testing.T) {
	examples := map[string]error{
		"phone.ErrNoAccount": phone.ErrNoAccount, "phone.ErrNotRegistered": phone.ErrNotRegistered, "phone.ErrNoCall": phone.ErrNoCall,
		"phone.ErrWhichCall": phone.ErrWhichCall, "phone.ErrNoMessage": phone.ErrNoMessage, "phone.ErrEmptyMessage": phone.ErrEmptyMessage,
		"phone.ErrNotDemo": phone.ErrNotDemo, "phone.ErrDemoRunning": phone.ErrDemoRunning, "phone.ErrDemoAccount": phone.ErrDemoAccount, "phone.ErrDemoContact": phone.ErrDemoContact, "phone.ErrClosed": phone.ErrClosed, "phone.ErrDTMF": phone.ErrDTMF,
		"phone.ErrRestarting":   phone.ErrRestarting,
		"phone.ErrTransferring": phone.ErrTransferring, "phone.ErrTransferSelf": phone.ErrTransferSelf,
		"phone.ErrMergeAlone": phone.ErrMergeAlone, "phone.ErrMerging": phone.ErrMerging,
		"phone.ErrNoConference": phone.ErrNoConference, "phone.ErrConnectTwo": phone.ErrConnectTwo,
		"phone.MergeError":         &phone.MergeError{Peer: "sip:bob@b", Err: &ua.EndError{Cause: ua.CauseSIPFailure, Status: 488}},
		"phone.TargetError":        &phone.TargetError{Target: "x"},
		"phone.AccountError":       &phone.AccountError{URI: "sip:a@b", Op: "password", Err: errors.New("locked")},
		"phone.StorageError":       &phone.StorageError{What: "call", Err: errors.New("disk is full")},
		"phone.DeviceNotice":       &phone.DeviceNotice{Gone: "Headset", Now: "Built-in"},
		"phone.HoldError":          &phone.HoldError{Peer: "sip:bob@b", Err: errors.New("refused")},
		"phone.RecordingError":     &phone.RecordingError{Peer: "sip:bob@b", Err: errors.New("out of memory")},
		"record.Error":             &record.Error{Op: "create", File: "a/b.opus", Err: errors.New("disk is full")},
		"record.SlowError":         &record.SlowError{Lost: time.Second},
		"record.ErrSlow":           &record.Error{Op: "write", File: "a/b.opus", Err: record.ErrSlow},
		"phone.DTMFError":          &phone.DTMFError{Tones: "1", Err: errors.New("refused")},
		"phone.PasswordFileNotice": &phone.PasswordFileNotice{File: "secrets.json"},
		"store.FieldError":         &store.FieldError{Field: "uri", Err: errors.New("not a SIP address")},
		"store.SetAsideError":      &store.SetAsideError{File: "a/settings.json", As: "a/settings.json.corrupt-1", Err: errors.New("bad")},
		"store.VersionError":       &store.SetAsideError{File: "a/phone.db", As: "a/phone.db.corrupt-1", Err: &store.VersionError{Got: 9, Known: 1}},
		"store.DatabaseError":      &store.DatabaseError{Op: "add call", Err: errors.New("disk is full")},
		"store.KeyringError":       &store.KeyringError{Err: errors.New("no answer")},
		"store.ErrLocked":          store.ErrLocked, "store.ErrNotFound": store.ErrNotFound, "store.ErrClosed": store.ErrClosed,
		"store.ErrNoSecret":        nil, // of a Keyring; a Profile turns it into no password
		"ua.ErrIncompatibleSDP":    ua.ErrIncompatibleSDP,
		"ua.ErrUserDenied":         ua.ErrUserDenied,
		"ua.ErrNoTelephoneEvent":   ua.ErrNoTelephoneEvent,
		"ua.ErrStopped":            ua.ErrStopped,
		"ua.ErrPathLost":           ua.ErrPathLost,
		"ua.ErrNoBinding":          ua.ErrNoBinding,
		"ua.ErrAcceptedBefore":     ua.ErrAcceptedBefore,
		"ua.ErrBadEvent":           ua.ErrBadEvent,
		"ua.ErrInsecure":           ua.ErrInsecure,
		"transport.ErrFailover":    transport.ErrFailover,
		"ua.EndError":              &ua.EndError{Cause: ua.CauseBusy},
		"ua.StateError":            &ua.StateError{Op: "hold"},
		"ua.ConfigurationError":    &ua.ConfigurationError{Parameter: "URI", Err: errors.New("has no user part")},
		"transport.Error":          &transport.Error{Op: transport.OpRead, Host: "h:1", Err: errors.New("EOF")},
		"transport.ConfigError":    &transport.ConfigError{Field: "Servers", Err: errors.New("has no host")},
		"transport.ErrQueueFull":   transport.ErrQueueFull,
		"audio.DeviceError":        noMicrophone,
		"audio.ErrClosed":          audio.ErrClosed,
		"audio.ErrNotStarted":      audio.ErrNotStarted,
		"audio.ErrNotSending":      audio.ErrNotSending,
		"audio.ErrTone":            audio.ErrTone,
		"device.Error":             &device.Error{Kind: device.Busy},
		"sip.ParseError":           &sip.ParseError{Line: 1, Err: errors.New("bad")},
		"context.Canceled":         context.Canceled,
		"context.DeadlineExceeded": context.DeadlineExceeded,
	}
	examples["transport.ErrNotConnected"] = transport.ErrNotConnected
	examples["audio.ErrNoTelephoneEvent"] = audio.ErrNoTelephoneEvent
	for dir, name := range map[string]string{
		"../phone": "phone", "../phone/store": "store", "../phone/ua": "ua", "../phone/transport": "transport",
		"../audio": "audio", "../audio/device": "device", "../audio/record": "record",
	} {
		for _, e := range errorsOf(t, dir) {
			if _, ok := examples[name+"."+e]; !ok {
				t.Errorf("%s.%s has no example here", name, e)
			}
		}
	}
	for name, e := range examples {
		if e == nil {
			continue
		}
		s := Explain(e, Subject{})
		wellFormed(t, name, s)
		if s.Title == explainUnknown(e).Title {
			t.Errorf("%s has no sentence of its own", name)
		}
	}
}

// errorsOf lists the exported errors of a package: variables called Err… and
// types called …Error or …Notice.
func errorsOf(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, f := range parsed(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return false
			case *ast.ValueSpec:
				for _, name := range n.Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			case *ast.TypeSpec:
				if n.Name.IsExported() && (strings.HasSuffix(n.Name.Name, "Error") || strings.HasSuffix(n.Name.Name, "Notice") && n.Name.Name != "Notice") {
					names = append(names, n.Name.Name)
				}
			}
			return true
		})
	}
	return names
}

func TestUntrusted_onlyACertificateThatNobodySignedMayBeTrusted(t *testing.T) {
	leaf := &x509.Certificate{Raw: []byte{1, 2, 3}}
	fail := func(err error) error {
		return fmt.Errorf("test: %w", &transport.Error{
			Op: transport.OpTLS, Host: "h:1",
			Err: &tls.CertificateVerificationError{UnverifiedCertificates: []*x509.Certificate{leaf}, Err: err},
		})
	}
	if c := untrusted(fail(x509.UnknownAuthorityError{Cert: leaf})); c != leaf {
		t.Error("unknown authority: not offered")
	}
	if c := untrusted(fail(x509.HostnameError{Certificate: leaf, Host: "h"})); c != nil {
		t.Error("wrong host: offered")
	}
	if c := untrusted(errors.New("other")); c != nil {
		t.Error("another error: offered")
	}
	if !strings.HasPrefix(certificatePEM(leaf), "-----BEGIN CERTIFICATE-----\nAQID\n") {
		t.Error("not PEM: " + certificatePEM(leaf))
	}
}

// Errors for the tests of the screens.
var (
	nothingTyped = errors.Join(
		&store.FieldError{Field: "name", Err: errors.New("missing")},
		&store.FieldError{Field: "addresses", Err: errors.New("missing")})
	wrongPassword = &ua.EndError{Cause: ua.CauseAuthentication, Status: 401, Reason: "Unauthorized", Origin: ua.Remote}
	noMicrophone  = &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.NoDevice}}
)

func timedOut(server string) error {
	return &transport.Error{Op: transport.OpTCP, Server: server, Host: "example.com:8089", Err: context.DeadlineExceeded}
}

func unknownAuthority(leaf *x509.Certificate) error {
	return &transport.Error{
		Op: transport.OpTLS, Server: "wss://example.com:8089/ws", Host: "example.com:8089",
		Err: &tls.CertificateVerificationError{UnverifiedCertificates: []*x509.Certificate{leaf}, Err: x509.UnknownAuthorityError{Cert: leaf}},
	}
}
