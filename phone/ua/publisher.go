package ua

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// DefaultPublication is the time for which a publication is asked.
const DefaultPublication = 3600 * time.Second

// PublishOptions configures UA.Publish; the zero value is good.
type PublishOptions struct {
	// Expires is the time asked for; 0 means 3600 s.
	Expires time.Duration
	// Target is whose state it is; zero means the account's.
	Target       sip.URI
	ExtraHeaders []sip.Header
}

// PublisherState is the state of a Publisher:
//
//	Init ──2xx──▶ Published ──Remove, refused──▶ Terminated
//	  └──refused────────────────────────────────────▲
type PublisherState int

// The states.
const (
	PublisherInit       PublisherState = iota // not yet published
	PublisherPublished                        // as far as we know
	PublisherTerminated                       // over
)

var publisherStateNames = [...]string{"init", "published", "terminated"}

// String returns the state's name.
func (s PublisherState) String() string {
	if s >= 0 && int(s) < len(publisherStateNames) {
		return publisherStateNames[s]
	}
	return fmt.Sprintf("PublisherState(%d)", int(s))
}

// Publisher keeps our state of an event package at its compositor (RFC 3903).
// It is made by UA.Publish and owned by its UA. It refreshes what it published
// until Remove, and publishes it again where it was forgotten.
type Publisher struct {
	// Data is the user's own.
	Data any

	env         eventEnv
	ended       func(*Publisher)
	target      sip.URI
	from        sip.NameAddr
	event       eventName
	options     PublishOptions
	contentType string
	body        []byte

	state    PublisherState
	etag     string // of what is published; "" = nothing is
	changed  bool   // the body has not been sent
	due      bool   // something is to be said as soon as it can be
	busy     bool   // a PUBLISH is under way: there is one at a time (RFC 3903 §4)
	removing bool
	least    time.Duration // from 423; 0 = none
	raised   int           // 423s met since the last other answer
	failures int           // since the last success
	timer    *loop.Timer   // refresh or retry
}

// Publish publishes body as our state of an event package (RFC 3903 §4.2). The
// PUBLISH goes out at once, or with the next connection. The error is
// ErrBadEvent or ErrStopped.
func (u *UA) Publish(event, contentType string, body []byte, o PublishOptions) (*Publisher, error) {
	if u.state >= uaStopping {
		return nil, ErrStopped
	}
	name, ok := parseEvent(event)
	if !ok {
		return nil, ErrBadEvent
	}
	if o.Expires == 0 {
		o.Expires = DefaultPublication
	}
	if o.Target.IsZero() {
		o.Target = u.config.URI.AOR()
	}
	o.ExtraHeaders = slices.Clone(o.ExtraHeaders)
	p := &Publisher{
		env: u.eventEnv("JsSIP:Publisher"), target: o.Target, from: u.identity(""), event: name, options: o,
		contentType: contentType, body: slices.Clone(body), changed: true,
		ended: func(p *Publisher) {
			u.eventing.publishers = slices.DeleteFunc(u.eventing.publishers, func(other *Publisher) bool { return other == p })
		},
	}
	u.eventing.publishers = append(u.eventing.publishers, p)
	p.publish()
	return p, nil
}

// State is the state of the publication.
func (p *Publisher) State() PublisherState { return p.state }

// Event is the event package, with its id.
func (p *Publisher) Event() string { return p.event.String() }

// ETag is what the compositor calls our publication; "" = nothing is published.
func (p *Publisher) ETag() string { return p.etag }

// Modify publishes another body (RFC 3903 §4.4); of several while a PUBLISH is
// under way only the last is sent. It returns a *StateError after Remove.
func (p *Publisher) Modify(contentType string, body []byte) error {
	if p.state == PublisherTerminated || p.removing {
		return &StateError{Op: "publish", State: StatusTerminated}
	}
	p.contentType, p.body, p.changed = contentType, slices.Clone(body), true
	p.publish()
	return nil
}

// Remove takes back what is published (RFC 3903 §4.5). PublishEnded follows.
// It returns a *StateError when that was told already.
func (p *Publisher) Remove() error {
	switch {
	case p.state == PublisherTerminated:
		return &StateError{Op: "remove publication", State: StatusTerminated}
	case p.etag == "" && !p.busy:
		p.end(nil)
	default:
		p.removing = true
		p.publish()
	}
	return nil
}

// publish sends what is to be said next; while a PUBLISH is under way, or
// without a connection, that is done later.
func (p *Publisher) publish() {
	p.due = true
	if p.busy || !p.env.connected() {
		return
	}
	p.due = false
	p.timer.Stop()
	expires := max(p.options.Expires, p.least)
	if p.removing {
		expires = 0
	}
	headers := append(slices.Clone(p.options.ExtraHeaders),
		sip.Header{Name: "Event", Value: p.event.String()},
		sip.Header{Name: "Expires", Value: strconv.Itoa(int(expires / time.Second))})
	o := outbound{
		method: sip.PUBLISH, uri: p.target, from: p.from.WithTag(sip.NewTag()), to: sip.NameAddr{URI: p.target},
		callID: sip.NewCallID(), seq: firstSeq(), routes: p.env.route(), contentType: p.contentType,
	}
	if p.etag != "" {
		headers = append(headers, sip.Header{Name: "SIP-If-Match", Value: p.etag})
	}
	if !p.removing && (p.changed || p.etag == "") { // a refresh has no body (§4.3)
		o.body = p.body
	}
	o.headers = headers
	sent := publishing{expires: expires, told: p.changed || p.state != PublisherPublished, first: p.etag == ""}
	p.busy, p.changed = true, false
	p.env.sender(p.env.request(o), senderEvents{
		response: func(res *sip.Response) {
			if res.StatusCode >= 200 && p.state != PublisherTerminated {
				p.busy = false
				p.answered(sent, res)
			}
		},
		failed: func(err error) {
			if p.state != PublisherTerminated {
				p.busy = false
				p.failed(sent, nil, systemFailure(err))
			}
		},
	}).send()
}

// publishing is the PUBLISH under way.
type publishing struct {
	expires time.Duration
	told    bool // its success is told
	first   bool // it had no SIP-If-Match
}

// answered takes the final response (RFC 3903 §4).
func (p *Publisher) answered(sent publishing, res *sip.Response) {
	seconds, ok := res.MinExpires()
	least := time.Duration(seconds) * time.Second
	switch {
	case res.StatusCode < 300:
		p.succeeded(sent, res)
	case res.StatusCode == 412 && !sent.first: // it was forgotten (§4.3): all anew
		p.etag, p.changed = "", true
		if p.removing {
			p.end(nil)
			return
		}
		p.publish()
	case res.StatusCode == 423 && ok && least > sent.expires && !p.removing && p.raised < maxRaise:
		p.raised++
		p.least, p.changed = least, p.changed || sent.told
		p.publish()
	default:
		p.failed(sent, res, failureOf(res))
	}
}

func (p *Publisher) succeeded(sent publishing, res *sip.Response) {
	p.failures, p.raised = 0, 0
	p.etag = res.SIPETag()
	if sent.expires == 0 || p.removing && p.etag == "" {
		p.end(nil)
		return
	}
	expires := sent.expires
	if seconds, ok := res.Expires(); ok && seconds > 0 {
		expires = min(expires, time.Duration(seconds)*time.Second)
	}
	p.state = PublisherPublished
	p.timer.Stop()
	p.timer = p.env.after(max(refreshAfter(expires), time.Second), "refresh publication", p.publish)
	if sent.told {
		p.env.emit(Published{Publisher: p, Response: res, Expires: expires})
	}
	if p.due {
		p.publish()
	}
}

// failed tries again where that can help: what the compositor asks, or after a
// growing time, or with the next connection.
func (p *Publisher) failed(sent publishing, res *sip.Response, err *EndError) {
	if p.removing {
		p.end(err)
		return
	}
	wait := time.Duration(0)
	if res != nil {
		asked, ok := res.RetryAfter()
		again := res.StatusCode/100 == 5 && res.StatusCode != 501 || res.StatusCode == 480
		if !ok && !again || err.Cause == CauseAuthentication {
			p.end(err)
			return
		}
		wait = min(asked, 24*time.Hour)
	}
	p.changed = p.changed || sent.told
	p.state = PublisherInit
	if wait == 0 && p.env.connected() {
		wait = retryWait(p.failures)
	}
	p.failures++
	p.timer.Stop()
	if p.due = wait == 0; !p.due {
		p.timer = p.env.after(wait, "publish again", p.publish)
	}
	p.env.emit(PublishFailed{Publisher: p, Response: res, Err: err, RetryIn: wait})
}

// resume says on a new connection what could not be said; what is published is
// refreshed, for it may be a server that has forgotten it.
func (p *Publisher) resume() {
	if p.due || p.state == PublisherPublished {
		p.publish()
	}
}

func (p *Publisher) end(err *EndError) {
	p.state, p.etag = PublisherTerminated, ""
	p.timer.Stop()
	p.ended(p)
	p.env.emit(PublishEnded{Publisher: p, Err: err})
}
