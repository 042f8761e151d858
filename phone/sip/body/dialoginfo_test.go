package body

import (
	"errors"
	"testing"
	"time"
)

func TestParseDialogInfo(t *testing.T) {
	for _, tt := range []struct {
		rule, text string
		want       DialogInfo
	}{
		{
			"RFC 4235 §6.2", xmlHead + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@example.com">
				<dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" direction="initiator"><state>trying</state></dialog></dialog-info>`,
			DialogInfo{Entity: "sip:alice@example.com", Dialogs: []Dialog{{ID: "as7d900as8", CallID: "a84b4c76e66710", LocalTag: "1928301774", Initiator: true, State: Trying}}},
		},
		{
			"parties, a call on hold, a padded version, partial", `<dialog-info version="2          " state="partial" entity="sip:alice@example.com">
			<dialog id="x" call-id="c" local-tag="1" remote-tag="2" direction="recipient"><state>confirmed</state><duration>274</duration>
				<local><identity display="Alice">sip:alice@example.com</identity><target uri="sip:alice@pc33.example.com"><param pname="+sip.rendering" pval="no"/></target></local>
				<remote><identity>sip:bob@example.org</identity></remote></dialog></dialog-info>`,
			DialogInfo{Version: 2, Partial: true, Entity: "sip:alice@example.com", Dialogs: []Dialog{{
				ID: "x", CallID: "c", LocalTag: "1", RemoteTag: "2", Recipient: true, State: Confirmed, Duration: 274 * time.Second,
				Local:  Party{"Alice", "sip:alice@example.com", "sip:alice@pc33.example.com", []Param{{"+sip.rendering", "no"}}},
				Remote: Party{Identity: "sip:bob@example.org"},
			}}},
		},
		{
			"how a call ended", `<dialog-info version="1" state="full" entity=""><dialog id="x"><state event="rejected" code="486">terminated</state></dialog></dialog-info>`,
			DialogInfo{Version: 1, Dialogs: []Dialog{{ID: "x", State: Terminated, Event: "rejected", Code: 486}}},
		},
		{"no call", `<dialog-info version="7" state="full" entity="sip:a@b"/>`, DialogInfo{Version: 7, Entity: "sip:a@b"}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := ParseDialogInfo([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(tt.want, got); d != "" {
				t.Error(d)
			}
			again, err := ParseDialogInfo(got.Bytes())
			if err != nil || diff(got, again) != "" {
				t.Errorf("printed as\n%s\n%v%s", got.Bytes(), err, diff(got, again))
			}
		})
	}
	for rule, text := range map[string]string{
		"no version": `<dialog-info state="full"/>`, "a version that is no number": `<dialog-info version="-1"/>`, "presence": `<presence/>`,
	} {
		var syntax *SyntaxError
		if _, err := ParseDialogInfo([]byte(text)); !errors.As(err, &syntax) || syntax.Type != TypeDialogInfo {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestDialogInfo_Bytes(t *testing.T) {
	d := DialogInfo{Version: 3, Entity: "sip:a@b", Dialogs: []Dialog{{ID: "1", Initiator: true, State: Early, Code: 180, Remote: Party{Display: `"B" & co`, Identity: "sip:b@c"}}}}
	const want = xmlHead + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="full" entity="sip:a@b">
<dialog id="1" direction="initiator"><state code="180">early</state>
<remote><identity display="&#34;B&#34; &amp; co">sip:b@c</identity>
</remote>
</dialog>
</dialog-info>
`
	if got := string(d.Bytes()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestParty_Held(t *testing.T) {
	for value, want := range map[string]bool{"no": true, "NO": true, "yes": false} {
		if got := (Party{Params: []Param{{"other", "no"}, {"+sip.rendering", value}}}).Held(); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

func TestDialogInfo_Merge(t *testing.T) {
	info := func(version uint32, partial bool, dialogs ...Dialog) DialogInfo {
		return DialogInfo{Version: version, Partial: partial, Entity: "e", Dialogs: dialogs}
	}
	one, two := Dialog{ID: "1", State: Confirmed}, Dialog{ID: "2", State: Early}
	ended := Dialog{ID: "1", State: Terminated}
	known := info(4, false, one, two)
	for _, tt := range []struct {
		rule  string
		known *DialogInfo
		next  DialogInfo
		want  []Dialog
		err   error
	}{
		{"the first notification", nil, info(0, false, one), []Dialog{one}, nil},
		{"the first is partial", nil, info(0, true, one), nil, ErrGap},
		{"all anew", &known, info(9, false, two), []Dialog{two}, nil},
		{"one ended", &known, info(5, true, ended), []Dialog{two}, nil},
		{"one changed", &known, info(5, true, Dialog{ID: "2", State: Confirmed}), []Dialog{one, {ID: "2", State: Confirmed}}, nil},
		{"one more", &known, info(5, true, Dialog{ID: "3", State: Trying}), []Dialog{one, two, {ID: "3", State: Trying}}, nil},
		{"the same twice, the last counts", &known, info(5, true, Dialog{ID: "3", State: Trying}, Dialog{ID: "3", State: Early}), []Dialog{one, two, {ID: "3", State: Early}}, nil},
		{"nothing changed", &known, info(5, true), []Dialog{one, two}, nil},
		{"one was missed", &known, info(6, true, ended), []Dialog{one, two}, ErrGap},
		{"the same again", &known, info(4, false), []Dialog{one, two}, ErrStale},
		{"an older one", &known, info(3, true, ended), []Dialog{one, two}, ErrStale},
	} {
		got, err := tt.known.Merge(tt.next)
		var dialogs []Dialog
		if got != nil {
			dialogs = got.Dialogs
		}
		if !errors.Is(err, tt.err) || diff(tt.want, dialogs) != "" {
			t.Errorf("%s: %v %s", tt.rule, err, diff(tt.want, dialogs))
		}
		if err == nil && (got.Version != tt.next.Version || got.Partial) {
			t.Errorf("%s: %+v", tt.rule, got)
		}
	}
	if len(known.Dialogs) != 2 || known.Version != 4 {
		t.Error("the known state was changed")
	}
}
