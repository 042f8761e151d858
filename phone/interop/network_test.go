//go:build interop

package interop

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// maxReturn is how soon after the network's return both must hear each other,
// with as much again for a machine that has other things to do. The figure
// itself is logged.
const maxReturn = 6 * time.Second

var errNotHeard = errors.New("not heard")

// TestNetwork_callSurvives has the network of one of two phones that talk go
// away, and come back as it was or as another.
func TestNetwork_callSurvives(t *testing.T) {
	const away = 5 * time.Second
	for _, c := range []struct {
		rule  string
		whose int // 0 is the caller
		leave func(*rig.Place) error
		come  func(*rig.Place) error
	}{
		{"the caller's link goes down and comes back", 0, (*rig.Place).Cut, func(p *rig.Place) error { return p.Connect(2) }},
		{"the callee's link goes down and comes back", 1, (*rig.Place).Cut, func(p *rig.Place) error { return p.Connect(2) }},
		{"the caller's cable is unplugged and plugged in", 0, (*rig.Place).Unplug, (*rig.Place).Plug},
		{"the caller comes to another network", 0, (*rig.Place).Cut, func(p *rig.Place) error { return p.Connect(3) }},
		{"the callee comes to another network", 1, (*rig.Place).Cut, func(p *rig.Place) error { return p.Connect(3) }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			n, err := rig.NewNetwork(rig.Artefacts(t))
			check(t, err)
			defer n.Close()
			k, err := rig.StartKamailio(rig.KamailioOptions{Place: n.Server, LogDir: rig.Artefacts(t)})
			check(t, err)
			defer k.Stop()
			showTrace(t, k)
			a := registered(t, k, "alice", rig.PhoneOptions{Name: "caller", Place: n.Phones[0]})
			b := registered(t, k, "bob", rig.PhoneOptions{Name: "callee", Place: n.Phones[1], Frequency: otherTone})
			connect(t, a, b)

			place := n.Phones[c.whose]
			check(t, c.leave(place))
			check(t, rig.WaitNoTone(a, b.Tone()))
			check(t, rig.WaitNoTone(b, a.Tone()))
			<-time.After(away) // the network is gone all this time
			check(t, c.come(place))
			took := max(untilHeard(t, a, b.Tone()), untilHeard(t, b, a.Tone()))
			t.Logf("both hear each other %v after the return of the network", took)
			if took > maxReturn {
				t.Errorf("that is more than %v", maxReturn)
			}

			// What is signalled passes both ways again.
			check(t, a.WaitAccount("registered"))
			check(t, b.WaitAccount("registered"))
			for _, p := range [][2]*rig.Phone{{a, b}, {b, a}} {
				check(t, p[0].Hold())
				_, err = rig.WaitCall(p[1], "be held", func(c rig.Call) bool { return c.RemoteHold })
				check(t, err)
				check(t, p[0].Resume())
				_, err = rig.WaitCall(p[1], "be resumed", func(c rig.Call) bool { return !c.RemoteHold })
				check(t, err)
			}
			check(t, b.Hangup())
			ended(t, a)
			ended(t, b)
		})
	}
}

// untilHeard returns how long from now on it takes until p plays the tone for
// 100 ms at least.
func untilHeard(t *testing.T, p *rig.Phone, frequency float64) time.Duration {
	t.Helper()
	from, err := p.Position()
	check(t, err)
	var at int
	check(t, rig.Poll(3*rig.Limit, func() error {
		pcm, err := p.Played(from)
		if err != nil {
			return rig.Final(err)
		}
		if at = rig.FirstTone(pcm, frequency); at < 0 {
			return errNotHeard
		}
		return nil
	}))
	return time.Duration(at) * time.Second / rig.SampleRate
}
