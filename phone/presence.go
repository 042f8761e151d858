package phone

import (
	"errors"
	"maps"
	"strings"

	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
	"webphone/phone/watch"
)

// Availability is how well somebody can be reached.
type Availability string

// The degrees of availability; not known is "".
const (
	Unknown     Availability = ""
	Available   Availability = "available"
	Away        Availability = "away"
	Busy        Availability = "busy"
	InCall      Availability = "in a call"
	Unreachable Availability = "offline"
)

// Presence is what somebody tells about being reached.
type Presence struct {
	Availability Availability
	Note         string // "back at three"; may be ""
}

// maxWatched is how many contacts of an account are watched at most: each
// costs a subscription for as long as the phone runs.
const maxWatched = 100

// PresenceOf returns what is known of the person at an address.
func (s *Snapshot) PresenceOf(address string) Presence { return s.Presence[presenceKey(address)] }

// presenceKey is an address as Snapshot.Presence has it.
func presenceKey(address string) string { return strings.ToLower(bareAddress(address)) }

// availabilities are the degrees by those of the package that watches.
var availabilities = map[watch.Availability]Availability{
	watch.Offline: Unreachable, watch.Available: Available, watch.Away: Away, watch.Busy: Busy, watch.InCall: InCall,
}

// watched are the addresses that an account watches: of contacts that shall be
// shown as available, those in the account's own domain.
func (p *Phone) watched(a *account) map[string]string {
	own, err := sip.ParseURI(a.URI)
	if err != nil {
		return nil
	}
	want := map[string]string{}
	for _, c := range p.state.contacts {
		if !c.Watched {
			continue
		}
		for _, address := range c.Addresses {
			uri, err := sip.ParseURI("sip:" + bareAddress(address))
			if err == nil && uri.User != "" && strings.EqualFold(uri.Host, own.Host) && len(want) < maxWatched {
				want[presenceKey(address)] = uri.String()
			}
		}
	}
	return want
}

// watchPeople begins and ends subscriptions, so that an account watches whom
// it shall. One that was refused is not asked for again.
func (p *Phone) watchPeople(a *account) {
	if a.ua == nil || a.state != Registered {
		return
	}
	want := p.watched(a)
	for key, w := range a.people {
		if _, ok := want[key]; !ok {
			w.Close()
			delete(a.people, key)
		}
	}
	for key, address := range want {
		if a.people[key] != nil {
			continue
		}
		w, err := watch.NewPresence(a.ua, address)
		if err != nil {
			p.log.Info("not watching", "account", a.URI, "address", address, "err", err)
			continue
		}
		a.people[key] = w
	}
}

// presence collects what is known of everybody.
func (p *Phone) presence() map[string]Presence {
	all := map[string]Presence{}
	for _, a := range p.state.accounts {
		for key, w := range a.people {
			v, ok := w.Value()
			if known := availabilities[v.Availability]; ok && w.Status() == watch.Active && known != Unknown {
				all[key] = Presence{Availability: known, Note: v.Note}
			}
		}
	}
	return all
}

// onWatchEvent hands an event of a subscription to whoever waits for it.
func (p *Phone) onWatchEvent(a *account, e ua.Event) {
	changed := a.mailbox != nil && a.mailbox.Handle(e)
	for _, w := range a.people {
		changed = w.Handle(e) || changed
	}
	if changed {
		p.changed()
	}
}

// ownAvailability is what others are told about the user.
func (p *Phone) ownAvailability() watch.Availability {
	for _, c := range p.state.calls {
		if c.live() && c.state != CallIncoming {
			return watch.InCall
		}
	}
	if p.state.settings.Calls.DoNotDisturb {
		return watch.Busy
	}
	return watch.Available
}

// publishPresence tells each account's server how the user can be reached, if
// that has changed, unless the server does not take it or the user minds.
func (p *Phone) publishPresence() {
	now := p.ownAvailability()
	for _, a := range p.state.accounts {
		switch hide := p.state.settings.Calls.HidePresence || p.state.closing; {
		case a.ua == nil || a.state != Registered || a.publishRefused != nil:
		case hide && a.publisher != nil:
			if err := a.publisher.Remove(); err != nil {
				p.log.Info("presence", "account", a.URI, "err", err)
			}
			a.publisher = nil
		case hide || a.publisher != nil && a.told == now:
		default:
			p.tellPresence(a, now)
		}
	}
}

func (p *Phone) tellPresence(a *account, now watch.Availability) {
	document := watch.PIDF(a.URI, a.URI, now, "")
	var err error
	if a.publisher == nil {
		a.publisher, err = a.ua.Publish("presence", body.TypePIDF, document.Bytes(), ua.PublishOptions{})
	} else {
		err = a.publisher.Modify(body.TypePIDF, document.Bytes())
	}
	if err != nil {
		p.log.Info("presence", "account", a.URI, "err", err)
		a.publisher, a.publishRefused = nil, err
		return
	}
	a.told = now
}

// onPublishEnded remembers that the server takes no presence; that is no fault.
func (p *Phone) onPublishEnded(a *account, e ua.PublishEnded) {
	if a.publisher != e.Publisher {
		return
	}
	a.publisher = nil
	if e.Err != nil {
		a.publishRefused = e.Err
	}
}

// askAgain has what was refused for the account's credentials asked for anew:
// the server has just accepted them.
func (a *account) askAgain() {
	if a.mailbox != nil && refusedCredentials(a.mailbox.Err()) {
		a.mailbox = nil
	}
	maps.DeleteFunc(a.people, func(_ string, w *watch.Watch[watch.Presence]) bool { return refusedCredentials(w.Err()) })
	if refusedCredentials(a.publishRefused) {
		a.publishRefused = nil
	}
}

// refusedCredentials reports whether an end was a matter of who we are.
func refusedCredentials(err error) bool {
	var end *ua.EndError
	return errors.As(err, &end) && (end.Cause == ua.CauseAuthentication || end.Status == 401 || end.Status == 403 || end.Status == 407)
}
