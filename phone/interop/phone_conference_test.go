//go:build interop

package interop

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/phone/interop/rig"
)

// TestPhone_conference has the whole program merge a call with JsSIP and one
// with SIP.js, or one with itself: each hears exactly the two others.
func TestPhone_conference(t *testing.T) {
	k := kamailio(t)
	alice := registered(t, k, "alice", rig.PhoneOptions{Name: "alice"})
	jssip, err := rig.OpenJsSIP(chromium(t), pages(t), jssipTone, rig.Artefacts(t))
	check(t, err)
	t.Cleanup(jssip.Close)
	jssip.Server, jssip.Address, jssip.Password = k.WS, k.URI("bob"), k.Users["bob"]
	check(t, jssip.Register())
	sipjs, err := rig.OpenSIPjs(chromium(t), pages(t), otherTone, rig.Artefacts(t))
	check(t, err)
	t.Cleanup(sipjs.Close)
	sipjs.Voice = otherTone
	sipjs.Server, sipjs.Address, sipjs.Password = k.WS, k.URI("carol"), k.Users["carol"]
	check(t, sipjs.Register())
	phone := registered(t, k, "dave", rig.PhoneOptions{Name: "dave", Frequency: otherTone})
	for _, c := range []struct {
		rule       string
		bob, carol rig.Party
	}{
		{"JsSIP and SIP.js", jssip, sipjs},
		{"JsSIP and the phone", jssip, phone},
	} {
		t.Run(c.rule, func(t *testing.T) {
			for _, p := range []rig.Party{alice, c.bob, c.carol} {
				check(t, p.Forget())
			}
			tellOnFailure(t, alice, c.bob, c.carol)
			conference(t, alice, c.bob, c.carol)
		})
	}
}

func conference(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	connect(t, alice, bob)
	first, err := alice.StatusCall()
	check(t, err)
	connect(t, alice, carol)
	second, err := alice.StatusCall()
	check(t, err)
	_, err = rig.WaitCall(bob, "be held", func(c rig.Call) bool { return c.RemoteHold })
	check(t, err)

	run(t, alice, "merge")
	check(t, alice.WaitStatus("a conference of both calls", rig.Limit, func(s rig.Status) bool {
		in := 0
		for _, c := range s.Calls {
			if c.State == "confirmed" && c.Conference != "" && !c.LocalHold {
				in++
			}
		}
		return in == 2
	}))
	check(t, waitTones(alice, bob.Tone(), carol.Tone()))
	check(t, waitTones(bob, alice.Tone(), carol.Tone()))
	check(t, waitTones(carol, alice.Tone(), bob.Tone()))

	run(t, alice, "mute", "on")
	check(t, waitTones(bob, carol.Tone()))
	check(t, waitTones(carol, bob.Tone()))
	run(t, alice, "mute", "off")
	check(t, waitTones(carol, alice.Tone(), bob.Tone()))

	run(t, alice, "hold", "--call", first.ID)
	check(t, waitTones(carol, alice.Tone()))
	run(t, alice, "resume", "--call", first.ID)
	check(t, waitTones(bob, alice.Tone(), carol.Tone()))

	check(t, carol.Hangup())
	check(t, alice.WaitStatus("the call that is left", rig.Limit, func(s rig.Status) bool {
		for _, c := range s.Calls {
			if c.ID == second.ID && c.State != "ended" || c.ID == first.ID && (c.State != "confirmed" || c.Conference != "") {
				return false
			}
		}
		return true
	}))
	check(t, waitTones(alice, bob.Tone()))
	check(t, waitTones(bob, alice.Tone()))
	check(t, bob.Hangup())
	check(t, alice.WaitStatus("the end of every call", rig.Limit, func(s rig.Status) bool {
		return !slices.ContainsFunc(s.Calls, func(c rig.StatusCall) bool { return c.State != "ended" })
	}))
}

// waitTones waits until the party has played these tones for half a second and
// none of the others, which would be 34 dB below where they are spoken.
func waitTones(p rig.Party, tones ...float64) error {
	const loud, window = 0.05, 500 * time.Millisecond
	from, err := p.Position()
	if err != nil {
		return err
	}
	err = rig.Poll(rig.Limit, func() error {
		pcm, err := p.Played(from)
		if err != nil {
			return rig.Final(err)
		}
		if len(pcm) < rig.Samples(window) {
			return fmt.Errorf("only %d samples were played", len(pcm))
		}
		pcm = pcm[len(pcm)-rig.Samples(window):]
		for _, tone := range []float64{phoneTone, jssipTone, otherTone} {
			heard := audiotest.Tone(pcm, rig.SampleRate, tone)
			if wanted := slices.Contains(tones, tone); wanted && heard < loud || !wanted && heard > loud/10 {
				return fmt.Errorf("%v Hz is heard at %.4f of full scale", tone, heard)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: hear %v Hz and nothing else: %w", p.Name(), tones, err)
	}
	return nil
}
