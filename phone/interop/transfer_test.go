//go:build interop

package interop

import (
	"fmt"
	"testing"

	"webphone/phone/interop/rig"
)

// transferred waits until the transferor is told that the target has answered,
// then it leaves the two to each other.
func transferred(t *testing.T, by, who, target *actor) {
	t.Helper()
	reported(t, by, 200)
	replaced(t, by)
	check(t, by.HangupAll())
	ended(t, by)
	check(t, rig.Poll(rig.Limit, func() error {
		for _, a := range []*actor{who, target} {
			live, err := liveCalls(a)
			if err != nil {
				return rig.Final(err)
			}
			if len(live) != 1 || live[0].State != "confirmed" {
				return fmt.Errorf("%s %s has the calls %+v", a.Name(), a.URI(), live)
			}
		}
		return nil
	}))
	hearEachOther(t, who, target)
	check(t, target.HangupAll())
	ended(t, who)
	ended(t, target)
}

// replaced waits until the target has ended the call that was replaced
// (RFC 3891 §3). To end it from both sides breaks JsSIP's new call: it ends the
// old one in its "confirmed" event, which throws if that has ended.
func replaced(t *testing.T, by *actor) {
	t.Helper()
	check(t, rig.Poll(rig.Limit, func() error {
		live, err := liveCalls(by)
		if err != nil {
			return rig.Final(err)
		}
		if len(live) > 1 {
			return fmt.Errorf("%s still has the calls %+v", by.Name(), live)
		}
		return nil
	}))
}

// reported waits until the transferor is told a status.
func reported(t *testing.T, by *actor, status int) {
	t.Helper()
	check(t, rig.Poll(2*rig.Limit, func() error {
		calls, err := by.Calls()
		if err != nil {
			return rig.Final(err)
		}
		for _, c := range calls {
			if c.Refer == status {
				return nil
			}
		}
		return fmt.Errorf("%s is not told %d: %+v", by.Name(), status, calls)
	}))
}

func liveCalls(a *actor) ([]rig.Call, error) {
	calls, err := a.Calls()
	var live []rig.Call
	for _, c := range calls {
		if c.State != "ended" {
			live = append(live, c)
		}
	}
	return live, err
}

// blind sends who to the target; the two are in a call.
func blind(t *testing.T, _ *play, by, who, target *actor) {
	check(t, by.Peer.(rig.Transferor).Transfer(target.URI()))
	state(t, target, "incoming")
	check(t, target.Answer())
	transferred(t, by, who, target)
}

// blindToUs has the two others call each other first.
func blindToUs(t *testing.T, p *play) {
	by, who := p.they, p.third
	if p.a == p.us {
		by, who = who, by
	}
	connect(t, by, who)
	blind(t, p, by, who, p.us)
}

// blindToNobody ends with the call as it was.
func blindToNobody(t *testing.T, p *play, by, who *actor) {
	connect(t, p.a, p.b)
	check(t, by.Peer.(rig.Transferor).Transfer(p.server.URI("nobody")))
	reported(t, by, 404)
	hearEachOther(t, by, who)
	check(t, by.HangupAll())
	ended(t, by)
	live, err := liveCalls(who)
	check(t, err)
	if len(live) > 0 {
		ended(t, who)
	}
}

// attended asks the target before it connects who with it. by and who are in a
// call.
func attended(t *testing.T, _ *play, by, who, target *actor) {
	check(t, by.Hold())
	check(t, by.Dial(target.URI()))
	state(t, target, "incoming")
	check(t, target.Answer())
	check(t, rig.WaitTone(target, by.Tone()))
	check(t, by.Peer.(rig.Transferor).Attend())
	transferred(t, by, who, target)
}

func attendedToUs(t *testing.T, p *play) {
	by, who := p.they, p.third
	if p.a == p.us {
		by, who = who, by
	}
	connect(t, by, who)
	attended(t, p, by, who, p.us)
}
