package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// unheard is a call in which the other side may not hear us.
func unheard() *phone.Snapshot {
	return withCall(func(c *phone.Call) {
		c.Muted = false
		c.Hearing.Out = phone.SoundFault{Cause: phone.FaultUnheard, Since: modeltest.Now.Add(-8 * time.Second)}
	})
}

func TestHearingWords(t *testing.T) {
	now := modeltest.Now
	since := now.Add(-15 * time.Second)
	fault := func(c phone.FaultCause) phone.SoundFault { return phone.SoundFault{Cause: c, Since: since} }
	restart := func(s phone.RestartState, ago time.Duration) phone.PathRestart {
		return phone.PathRestart{State: s, At: now.Add(-ago)}
	}
	for _, c := range []struct {
		rule     string
		in, out  phone.FaultCause
		restart  phone.PathRestart
		tone     widgets.Tone
		sentence string // part of it
		mend     bool
	}{
		{rule: "all is well", tone: widgets.Warning},
		{rule: "an old restart is not spoken of", restart: restart(phone.RestartDone, time.Minute), tone: widgets.Warning},
		{"nothing came", phone.FaultNeverCame, "", phone.PathRestart{}, widgets.Warning, "We hear nothing from Bob. A firewall", true},
		{"it stopped", phone.FaultBlocked, "", phone.PathRestart{}, widgets.Warning, "any more", true},
		{"the path is gone", phone.FaultPath, phone.FaultPath, phone.PathRestart{}, widgets.Warning, "do not hear each other: the path", true},
		{"neither way", phone.FaultBlocked, phone.FaultUnheard, phone.PathRestart{}, widgets.Warning, "do not hear each other. A firewall", true},
		{"ours is lost", "", phone.FaultUnheard, phone.PathRestart{}, widgets.Warning, "Bob may not hear you: their phone reports", true},
		{"no answer", "", phone.FaultNoAnswer, phone.PathRestart{}, widgets.Warning, "Bob may not hear you: nothing on the way answers", true},
		{"ours is lost, theirs silent", phone.FaultSilence, phone.FaultUnheard, phone.PathRestart{}, widgets.Warning, "Bob may not hear you", true},
		{"no path mends a codec", phone.FaultCodec, "", phone.PathRestart{}, widgets.Warning, "not agreed upon", false},
		{"no path mends a microphone", "", phone.FaultMic, phone.PathRestart{}, widgets.Warning, "your microphone gives no sound", false},
		{"silence is told mildly", phone.FaultSilence, "", phone.PathRestart{}, widgets.Info, "Only silence comes from Bob", false},
		{"so is a phone that sends nothing", phone.FaultNotSent, "", phone.PathRestart{}, widgets.Info, "sends no sound", false},
		{"a path is looked for", phone.FaultBlocked, "", restart(phone.RestartAsked, time.Second), widgets.Warning, "Looking for a new path…", false},
		{"it is there", phone.FaultBlocked, "", restart(phone.RestartDone, time.Second), widgets.Warning, "waiting for sound", false},
		{"it does not help", phone.FaultBlocked, "", restart(phone.RestartDone, 10*time.Second), widgets.Warning, "A new path did not help.", true},
		{"it was refused", phone.FaultBlocked, "", restart(phone.RestartFailed, time.Second), widgets.Warning, "did not agree", true},
		{"it helped", "", "", restart(phone.RestartDone, time.Second), widgets.Good, "The sound has a new path.", false},
		{"one of before this fault", phone.FaultBlocked, "", restart(phone.RestartDone, time.Minute), widgets.Warning, "lost on the way.", true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			call := phone.Call{DisplayName: "Bob", PathRestart: c.restart}
			if c.in != "" {
				call.Hearing.In = fault(c.in)
			}
			if c.out != "" {
				call.Hearing.Out = fault(c.out)
			}
			tone, sentence, mend := hearingWords(call, now)
			if tone != c.tone || mend != c.mend || !strings.Contains(sentence, c.sentence) || (sentence == "") != (c.sentence == "") {
				t.Errorf("tone %v, %q, mend %v", tone, sentence, mend)
			}
			if c.rule == "one of before this fault" && strings.Contains(sentence, "help") {
				t.Errorf("%q", sentence)
			}
		})
	}
}

func TestHearingWords_ofAQuietSideEnd(t *testing.T) {
	c := phone.Call{DisplayName: "Bob", Hearing: phone.Hearing{In: phone.SoundFault{Cause: phone.FaultSilence, Since: modeltest.Now}}}
	for after, told := range map[time.Duration]bool{mildTold: true, mildTold + time.Second: false} {
		if _, sentence, _ := hearingWords(c, modeltest.Now.Add(after)); (sentence != "") != told {
			t.Errorf("after %v it says %q", after, sentence)
		}
	}
}

func TestCall_reconnectsTheSound(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		if v.mend.Visible() {
			t.Fatal("it can be mended, and nothing is broken")
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Hearing.Out = phone.SoundFault{Cause: phone.FaultUnheard, Since: modeltest.Now}
		})
		if !v.mend.Visible() || !strings.Contains(v.warning.Sentence(), "may not hear you") {
			t.Fatalf("it says %q", v.warning.Sentence())
		}
		v.mend.OnTap()
		r.queue.Settle()
		if got := r.phone.Called(); !slices.Contains(got, `RestartPath("c2")`) {
			t.Errorf("the link does %q", got)
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing = phone.Hearing{} })
		if v.warning.Visible() {
			t.Errorf("the sound is back and it says %q", v.warning.Sentence())
		}
	})
}

// What the strip says of the microphone is not said again in the call.
func TestCall_saysOnceThatTheMicrophoneIsMissing(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Hearing.Out = phone.SoundFault{Cause: phone.FaultMic, Since: modeltest.Now}
		})
		if !strings.Contains(v.warning.Sentence(), "your microphone gives no sound") {
			t.Fatalf("it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) {
			s.Devices.Problem = &audio.DeviceError{Role: audio.Speaker, Err: &device.Error{Kind: device.NoDevice}}
		})
		if !v.warning.Visible() {
			t.Error("a missing speaker silences the words about the microphone")
		}
		r.update(func(s *phone.Snapshot) {
			s.Devices.Problem = &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.NoDevice}}
		})
		if v.warning.Visible() {
			t.Errorf("the strip says it, and the call %q", v.warning.Sentence())
		}
	})
}

func TestCall_showsAndCopiesTheFigures(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		v.facts.bars.Tapped(&fyne.PointEvent{})
		if !v.sound.Visible() || v.controls.Container.Visible() {
			t.Fatal("the bars do not open the figures in place of the controls")
		}
		text := v.sound.Text()
		for _, part := range []string{
			"Quality: Excellent · MOS 4.4\n", "So far: MOS 4.3, worst 3.9", "Codec: Opus\n",
			"Bit rate: ↑ 32  ↓ 31 kbit/s", "On the wire: ↑ 54  ↓ 53",
			"↑ 0.0  ↓ 0.2 % · 2 late · 0.3 s filled in", "↑ 2 ms  ↓ 3 ms · buffer 41 ms", "Round trip: 24 ms",
			"Our end: direct 192.168.1.20 · UDP", "Their end: through NAT 203.0.113.7 · UDP", "DTLS-SRTP · AES-128-GCM",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in\n%s", part, text)
			}
		}
		if !v.Escape() || v.sound.Visible() {
			t.Error("Escape does not close the figures")
		}
	})
}

func TestShortAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "fe80::1": "fe80::1", "not an address": "not an address",
		"2001:db8:85a3:8d3:1319:8a2e:370:7348": "2001:db8:…:7348",
	} {
		if got := shortAddress(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

func TestPastSound(t *testing.T) {
	h := phone.HistoryEntry{
		Codec: "opus", MOS: 2.8, MOSWorst: 2, LossPercent: 1.25, PeerLossPercent: 0.5, Jitter: 4 * time.Millisecond,
		RTT: 31 * time.Millisecond, Path: "host – relay", Cipher: "AES-128-GCM", Outcome: phone.OutcomeAnswered,
		Peer: modeltest.Bob, Duration: time.Minute,
		ReceiveCodec: "PCMA", Late: 9, Concealed: 1500 * time.Millisecond, SendRate: 31.6, ReceiveRate: 64,
	}
	text := pastCallText(h, Sentence{})
	for _, part := range []string{"Quality: Good · MOS 2.8 of 3.3, worst 2.0", "↑ 0.5  ↓ 1.2 % · 9 late · 1.5 s filled in", "Bit rate: ↑ 32  ↓ 64 kbit/s", "Codec: ↑ Opus  ↓ PCMA", "Jitter: 4 ms", "Round trip: 31 ms", "Path: direct – relayed", "AES-128-GCM"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	old := soundText(pastSoundLines(phone.HistoryEntry{Codec: "PCMA", MOS: 4, LossPercent: 0.3}))
	if !strings.Contains(old, "0.3 %") || strings.Contains(old, "Round trip") {
		t.Errorf("a call of before:\n%s", old)
	}
	if lines := pastSoundLines(phone.HistoryEntry{}); lines != nil {
		t.Errorf("a call without sound has %v", lines)
	}
}

// Nobody is asked to speak to Echo whose microphone gives no sound.
func TestCall_echoIsExplained(t *testing.T) {
	s := talking()
	s.Demo, s.Calls[0].Peer, s.Calls[0].StartedAt = true, "sip:echo@demo.example.com", modeltest.Now
	inCall(t, s, func(r *windowRig, v *callView) {
		if !strings.HasPrefix(v.warning.Sentence(), "Speak") {
			t.Errorf("it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Devices.Problem = silentMicrophone })
		if v.warning.Visible() {
			t.Errorf("without a microphone it says %q", v.warning.Sentence())
		}
	})
}
