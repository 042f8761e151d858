package body

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// DialogInfo tells of the calls of somebody (RFC 4235).
type DialogInfo struct {
	Version uint32 // grows by one with each notification of a subscription
	Partial bool   // only what changed; else all dialogs
	Entity  string // the URI whose calls these are
	Dialogs []Dialog
}

// DialogState is the state of a call (RFC 4235 §3.7.1).
type DialogState string

// The states of a call.
const (
	Trying     DialogState = "trying"
	Proceeding DialogState = "proceeding"
	Early      DialogState = "early"
	Confirmed  DialogState = "confirmed"
	Terminated DialogState = "terminated"
)

// Dialog is one call. Local is the entity's side.
type Dialog struct {
	ID                          string // unique to the entity; says what a partial document changes
	CallID, LocalTag, RemoteTag string // may be "": without them a call cannot be picked up
	Initiator                   bool   // the entity made the call
	Recipient                   bool   // the entity was called; neither: not told
	State                       DialogState
	Event                       string // what led to the state: "cancelled", "rejected", "local-bye"…
	Code                        int    // the SIP status with it, 0 when absent
	Duration                    time.Duration
	Local, Remote               Party
}

// Party is one side of a call.
type Party struct {
	Display  string
	Identity string // URI
	Target   string // Contact URI
	Params   []Param
}

// Param is a parameter of a target, such as +sip.rendering="no" of a call that
// is held (RFC 4235 §4.1.6.2).
type Param struct{ Name, Value string }

// Held reports whether the party has the call on hold.
func (p Party) Held() bool {
	for _, one := range p.Params {
		if strings.EqualFold(one.Name, "+sip.rendering") && strings.EqualFold(one.Value, "no") {
			return true
		}
	}
	return false
}

// ParseDialogInfo parses a dialog-info document. The error is a *SyntaxError.
func ParseDialogInfo(data []byte) (DialogInfo, error) {
	root, err := parseXML(data, "dialog-info")
	if err != nil {
		return DialogInfo{}, &SyntaxError{Type: TypeDialogInfo, Err: err}
	}
	d := DialogInfo{Partial: strings.EqualFold(root.attr("state"), "partial"), Entity: root.attr("entity")}
	if d.Version, err = parseUint32(root.attr("version")); err != nil {
		return DialogInfo{}, &SyntaxError{Type: TypeDialogInfo, Err: err}
	}
	for _, e := range root.children {
		if e.name == "dialog" {
			d.Dialogs = append(d.Dialogs, parseDialog(e))
		}
	}
	return d, nil
}

func parseDialog(e *element) Dialog {
	direction := strings.ToLower(e.attr("direction"))
	d := Dialog{
		ID: e.attr("id"), CallID: e.attr("call-id"), LocalTag: e.attr("local-tag"), RemoteTag: e.attr("remote-tag"),
		Initiator: direction == "initiator", Recipient: direction == "recipient",
		Local: parseParty(e.child("local")), Remote: parseParty(e.child("remote")),
	}
	if s := e.child("state"); s != nil {
		d.State, d.Event = DialogState(strings.ToLower(s.text)), strings.ToLower(s.attr("event"))
		if code, err := parseUint32(s.attr("code")); err == nil && code >= 100 && code < 700 {
			d.Code = int(code)
		}
	}
	if seconds, err := parseUint32(e.childText("duration")); err == nil {
		d.Duration = time.Duration(seconds) * time.Second
	}
	return d
}

func parseParty(e *element) Party {
	var p Party
	if i := e.child("identity"); i != nil {
		p.Display, p.Identity = i.attr("display"), i.text
	}
	if t := e.child("target"); t != nil {
		p.Target = t.attr("uri")
		for _, c := range t.children {
			if name := c.attr("pname"); c.name == "param" && name != "" {
				p.Params = append(p.Params, Param{Name: name, Value: c.attr("pval")})
			}
		}
	}
	return p
}

// Bytes prints the document.
func (d DialogInfo) Bytes() []byte {
	state := "full"
	if d.Partial {
		state = "partial"
	}
	w := newWriter()
	w.open("dialog-info", "xmlns", "urn:ietf:params:xml:ns:dialog-info", "version", strconv.FormatUint(uint64(d.Version), 10),
		"state", state, "entity", d.Entity)
	w.WriteByte('\n')
	for _, one := range d.Dialogs {
		w.dialog(one)
	}
	w.close("dialog-info")
	return w.Bytes()
}

func (w *writer) dialog(d Dialog) {
	direction := ""
	switch {
	case d.Initiator:
		direction = "initiator"
	case d.Recipient:
		direction = "recipient"
	}
	code := ""
	if d.Code != 0 {
		code = strconv.Itoa(d.Code)
	}
	w.open("dialog", "id", d.ID, "call-id", d.CallID, "local-tag", d.LocalTag, "remote-tag", d.RemoteTag, "direction", direction)
	w.leaf("state", string(d.State), "event", d.Event, "code", code)
	if d.Duration > 0 {
		w.leaf("duration", strconv.FormatInt(int64(d.Duration/time.Second), 10))
	}
	w.party("local", d.Local)
	w.party("remote", d.Remote)
	w.close("dialog")
}

func (w *writer) party(name string, p Party) {
	if p.Identity == "" && p.Display == "" && p.Target == "" && len(p.Params) == 0 {
		return
	}
	w.open(name)
	w.leaf("identity", p.Identity, "display", p.Display)
	if p.Target != "" || len(p.Params) > 0 {
		w.open("target", "uri", p.Target)
		for _, one := range p.Params {
			w.empty("param", "pname", one.Name, "pval", one.Value)
		}
		w.close("target")
	}
	w.close(name)
}

// What keeps a notification from being applied.
var (
	ErrStale = errors.New("sip: dialog state is older than what is known")
	ErrGap   = errors.New("sip: dialog states are missing before this one")
)

// Merge returns what is known after the notification next, without the dialogs
// that ended (RFC 4235 §4.3). The state before the first notification is a nil
// *DialogInfo. It returns ErrStale when next is to be ignored, and ErrGap when
// the whole state must be asked for by refreshing the subscription.
func (d *DialogInfo) Merge(next DialogInfo) (*DialogInfo, error) {
	switch {
	case d != nil && next.Version <= d.Version:
		return d, ErrStale
	case next.Partial && (d == nil || next.Version != d.Version+1):
		return d, ErrGap
	}
	merged := DialogInfo{Version: next.Version, Entity: next.Entity}
	changed := map[string]int{} // where each dialog stands in next
	for i, one := range next.Dialogs {
		changed[one.ID] = i
	}
	if next.Partial {
		for _, one := range d.Dialogs {
			i, ok := changed[one.ID]
			if ok {
				one = next.Dialogs[i]
				delete(changed, one.ID)
			}
			merged.add(one)
		}
	}
	for i, one := range next.Dialogs {
		if last, ok := changed[one.ID]; ok && last == i {
			merged.add(one)
		}
	}
	return &merged, nil
}

func (d *DialogInfo) add(one Dialog) {
	if one.State != Terminated {
		d.Dialogs = append(d.Dialogs, one)
	}
}
