//go:build interop

package interop

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// faultTold is how soon after the sound is lost both must know. The figure itself
// is logged.
const faultTold = 5 * time.Second

// hearing waits until a phone tells of its newest call what is wanted, and
// returns when it did.
func hearing(t *testing.T, p *rig.Phone, what string, wanted func(rig.StatusCall) bool) time.Time {
	t.Helper()
	check(t, p.WaitStatus(what, 2*rig.Limit, func(rig.Status) bool {
		c, err := p.StatusCall()
		return err == nil && wanted(c)
	}))
	return time.Now()
}

// TestHearing_oneWay has the network between two phones that talk lose all
// that goes in one direction.
func TestHearing_oneWay(t *testing.T) {
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
	// The first reports are there.
	well := func(c rig.StatusCall) bool {
		return c.HearingIn == "" && c.HearingOut == "" && c.Stats.RTT > 0 && c.Stats.Cipher != ""
	}
	hearing(t, a, "the caller to be well", well)
	hearing(t, b, "the callee to be well", well)

	check(t, n.Phones[0].Block(n.Phones[1]))
	lost := time.Now()
	in := hearing(t, b, "the callee to hear nothing", func(c rig.StatusCall) bool { return c.HearingIn != "" }).Sub(lost)
	out := hearing(t, a, "the caller not to be heard", func(c rig.StatusCall) bool { return c.HearingOut != "" }).Sub(lost)
	t.Logf("told after %v that nothing is heard, after %v that one is not heard", in, out)
	if in > faultTold || out > faultTold {
		t.Errorf("that is more than %v", faultTold)
	}
	if c, _ := a.StatusCall(); c.HearingIn != "" {
		t.Errorf("the caller hears nothing: %q", c.HearingIn)
	}

	check(t, n.Phones[0].Unblock(n.Phones[1]))
	back := time.Now()
	in = hearing(t, b, "the callee to hear", well).Sub(back)
	out = hearing(t, a, "the caller to be heard", well).Sub(back)
	t.Logf("gone after %v and %v", in, out)
	hearEachOther(t, a, b)

	_, err = a.Run("reconnect")
	check(t, err)
	hearing(t, a, "the new path to be there", func(c rig.StatusCall) bool { return c.PathRestart == "done" })
	if _, err := a.Run("reconnect"); err == nil {
		t.Error("a new path can be asked for again at once")
	}
	hearEachOther(t, a, b)
	check(t, a.Hangup())
	ended(t, b)
}

// TestStats_asChromiumSeesThem compares what we tell with what the browser
// knows of the same call.
func TestStats_asChromiumSeesThem(t *testing.T) {
	k := kamailio(t)
	j := registeredJsSIP(t, "bob", k.WS)
	p := registered(t, k, "alice", rig.PhoneOptions{})
	connect(t, j, p)
	// Chromium reports every five seconds or so.
	hearing(t, p, "reports both ways", func(c rig.StatusCall) bool { return c.Stats.RTT > 0 && c.Stats.PacketsReceived > 300 })
	var told, reported map[string]any
	var rtt float64
	check(t, rig.Poll(2*rig.Limit, func() error {
		s, err := j.Stats()
		if err != nil {
			return rig.Final(err)
		}
		told, _ = s["told"].(map[string]any)
		reported, _ = s["reported"].(map[string]any)
		if rtt, _ = s["rtt"].(float64); rtt <= 0 || told == nil || reported == nil {
			return fmt.Errorf("Chromium knows nothing by our reports: %v", s)
		}
		return nil
	}))
	t.Logf("Chromium knows by our reports: round trip %v s, of its sound %v, of ours %v", rtt, told, reported)
	if rtt > 0.2 {
		t.Errorf("Chromium has a round trip of %v s", rtt)
	}
	if lost, _ := told["lost"].(float64); lost > 20 {
		t.Errorf("we tell Chromium that %v packets were lost", lost)
	}
	if jitter, _ := told["jitter"].(float64); jitter > 0.1 {
		t.Errorf("we tell Chromium of a jitter of %v s", jitter)
	}
	if packets, _ := reported["packets"].(float64); packets < 50 {
		t.Errorf("we tell Chromium that we have sent %v packets", packets)
	}
	c, err := p.StatusCall()
	check(t, err)
	t.Logf("we know: %+v", c.Stats)
	if c.Stats.RTT > 200 || c.Stats.PeerLoss > 10 || c.HearingIn != "" || c.HearingOut != "" {
		t.Errorf("of Chromium we know %+v, hearing %q %q", c.Stats, c.HearingIn, c.HearingOut)
	}
	check(t, p.Hangup())
	ended(t, j)
}
