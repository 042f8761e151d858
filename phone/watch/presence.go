package watch

import (
	"fmt"
	"slices"

	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// Availability is how well somebody can be reached.
type Availability int

// The degrees of availability.
const (
	Unknown   Availability = iota // it is not told
	Offline                       // not to be reached
	Available                     // to be reached
	Away                          // to be reached, but not there
	Busy                          // to be reached, but at something else
	InCall                        // on the phone
)

var availabilityNames = [...]string{"unknown", "offline", "available", "away", "busy", "in a call"}

// String returns the name of a.
func (a Availability) String() string {
	if a >= 0 && int(a) < len(availabilityNames) {
		return availabilityNames[a]
	}
	return fmt.Sprintf("Availability(%d)", int(a))
}

// Presence is how somebody can be reached, and what they say about it.
type Presence struct {
	Availability Availability
	Note         string // may be ""
	Document     body.PIDF
}

// NewPresence watches the presence of target, an address or what a user typed
// for one (RFC 3856).
func NewPresence(u *ua.UA, target string) (*Watch[Presence], error) {
	return start(u, target, kind[Presence]{
		event: "presence", accept: body.TypePIDF,
		read: func(_ *ua.Subscriber, document []byte) (Presence, error) {
			p, err := body.ParsePIDF(document)
			if err != nil {
				return Presence{}, err
			}
			return Presence{Availability: availability(p), Note: p.Note(), Document: p}, nil
		},
	})
}

// degrees are the activities that lessen the availability of somebody who can
// be reached, the strongest first.
var degrees = []struct {
	availability Availability
	activities   []body.Activity
}{
	{InCall, []body.Activity{body.OnThePhone}},
	{Busy, []body.Activity{body.Busy, body.Meeting, body.Appointment, body.Presentation, body.Steering, body.InTransit}},
	{Away, []body.Activity{body.Away, body.Meal, body.Sleeping, body.Holiday, body.Vacation, body.Travel, body.PermanentAbsence}},
}

func availability(p body.PIDF) Availability {
	switch p.Basic() {
	case body.Closed:
		return Offline
	case body.Open:
	default:
		if len(p.Person.Activities) == 0 {
			return Unknown
		}
	}
	for _, d := range degrees {
		for _, a := range p.Person.Activities {
			if slices.Contains(d.activities, a) {
				return d.availability
			}
		}
	}
	return Available
}

// PIDF is the document that tells our own presence, to be published by
// ua.UA.Publish or sent by a ua.Notifier. contact is where we are reached; it
// may be "".
func PIDF(entity, contact string, a Availability, note string) body.PIDF {
	p := body.PIDF{Entity: entity, Tuples: []body.Tuple{{ID: "phone", Basic: body.Open, Contact: contact}}}
	switch a {
	case Offline:
		p.Tuples[0].Basic = body.Closed
	case Unknown:
		p.Tuples[0].Basic = ""
	case Away:
		p.Person.Activities = []body.Activity{body.Away}
	case Busy:
		p.Person.Activities = []body.Activity{body.Busy}
	case InCall:
		p.Person.Activities = []body.Activity{body.OnThePhone}
	case Available:
	}
	if note != "" {
		p.Notes = []body.Note{{Text: note}}
	}
	return p
}
