package ui

import (
	"slices"
	"time"

	"webphone/phone"
)

// keysTold is how long it is said which keys the other side has pressed.
const keysTold = 20 * time.Second

// keysHeard are the keys that the others press, for as long as they are new.
type keysHeard struct {
	known map[phone.CallID]string
	last  phone.Call // whose were the last ones
	at    time.Time
}

// words says which keys one of the calls in view has pressed lately; "" for
// none. The others among live are watched as well: what they pressed long ago
// is not new when they come into view.
func (k *keysHeard) words(inView, live []phone.Call, now time.Time) string {
	known := make(map[phone.CallID]string, len(live))
	for _, c := range live {
		known[c.ID] = c.DTMFReceived
		if c.DTMFReceived != k.known[c.ID] {
			k.last, k.at = c, now
		}
	}
	k.known = known
	shown := slices.ContainsFunc(inView, func(c phone.Call) bool { return c.ID == k.last.ID })
	if !shown || now.Sub(k.at) >= keysTold || k.last.DTMFReceived == "" {
		return ""
	}
	return callName(k.last) + " pressed " + lastKeys(k.last.DTMFReceived) + "."
}

// lastKeys are keys, of many the last.
func lastKeys(keys string) string {
	const shown = 18
	if len(keys) > shown {
		return "…" + keys[len(keys)-shown:]
	}
	return keys
}
