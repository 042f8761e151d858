//go:build interop && bench

package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"webphone/phone/interop/rig"
)

// program is what a party runs in.
type program interface {
	CPU() (time.Duration, error) // so far
	Memory() (rig.Memory, error)
}

// pair are two parties that call each other: a on the near desktop, b on the
// far one.
type pair struct {
	name string
	a, b rig.Party
	runs [2]program
}

func (l *lab) ours() pair {
	return pair{"Webphone", l.a, l.b, [2]program{l.a, l.b}}
}

// talk measures the same call of each pair, one after the other: how late the
// sound is, what it occupies and costs. All run at once, those that do not call
// idly.
func (l *lab) talk(b *table) {
	ours, short := l.ours(), l.phones("short delay", "ivan", "judy", rig.PhoneOptions{AsIs: true, ShortDelay: true})
	chromium := l.chromium("carol", "dave", false)
	var late []time.Duration
	for _, p := range []pair{ours, short, chromium} {
		p.connect(l)
		late = append(late, l.mouthToEar(b, p))
		b.add("memory in a call, "+p.name, memory(l, p.runs[0]), memory(l, p.runs[1])+" the far side")
		if p == ours {
			b.add("processor time of a call, with the window", perMinute(p.usedTalking(l)[0], turn), "drawn by software")
		}
		p.over(l)
	}
	for i, name := range []string{"Webphone", "Webphone, short delay"} {
		b.add("mouth to ear, "+name+" / Chromium", fmt.Sprintf("%.2f", late[i].Seconds()/late[2].Seconds()), "")
	}
	l.cost(b, "no processing", l.phones("no processing", "kate", "leo", rig.PhoneOptions{AsIs: true}), chromium)
	l.cost(b, "echo, noise and gain", l.phones("echo, noise and gain", "grace", "heidi", rig.PhoneOptions{}),
		l.chromium("erin", "frank", true))
}

const (
	// settling is how long a call adapts to its path before it is measured.
	settling = 20 * time.Second
	// turn is for how long it is.
	turn = 20 * time.Second
	// turns of each program.
	turns = 3
)

// cost measures the processor time of a call without a window. The programs
// take turns: what else the machine does meets both, and the least and the most
// tell how much that is.
func (l *lab) cost(b *table, what string, ours, chromium pair) {
	pairs := []pair{ours, chromium}
	var used [2][]time.Duration // of one end, per turn
	var ratios []float64
	for i := range turns {
		for k, p := range pairs {
			p.connect(l)
			both := p.usedTalking(l)
			p.over(l)
			used[k] = append(used[k], (both[0]+both[1])/2)
		}
		ratios = append(ratios, used[0][i].Seconds()/used[1][i].Seconds())
	}
	for k, name := range []string{"Webphone", "JsSIP in Chromium"} {
		slices.Sort(used[k])
		b.add("processor time of a call, "+what+", "+name, perMinute(used[k][turns/2], turn),
			fmt.Sprintf("an end; median of %d, %s–%s", turns, perMinute(used[k][0], turn), perMinute(used[k][turns-1], turn)))
	}
	slices.Sort(ratios)
	b.add("processor time of a call, "+what+", Webphone / Chromium", fmt.Sprintf("%.2f", ratios[turns/2]),
		fmt.Sprintf("median of %d turns, %.2f–%.2f", turns, ratios[0], ratios[turns-1]))
}

// idle measures the phones before any call.
func (l *lab) idle(b *table) {
	const length = 20 * time.Second
	ours := l.ours()
	idle := ours.used(l, length)
	for i, kind := range []string{"with the window", "without a window"} {
		b.add("processor time idle, "+kind, perMinute(idle[i], length), "")
		b.add("memory idle, "+kind, memory(l, ours.runs[i]), "")
	}
}

// phones are two phones without windows.
func (l *lab) phones(name, near, far string, o rig.PhoneOptions) pair {
	p := pair{name: "Webphone, " + name}
	var phones [2]*rig.Phone
	for i, d := range []*rig.Desktop{l.near, l.far} {
		o.Name = []string{near, far}[i]
		o.Address, o.Password, o.Server = l.server.URI(o.Name), l.server.Users[o.Name], l.server.WS
		o.LogDir, o.Args, o.Env = l.dir, []string{"--headless"}, d.Pulse.Env()
		phone, err := rig.NewPhone(o)
		check(l, err)
		l.Cleanup(func() { _ = phone.Close() })
		check(l, phone.Register())
		phones[i] = phone
	}
	p.a, p.b, p.runs = phones[0], phones[1], [2]program{phones[0], phones[1]}
	return p
}

// chromium is JsSIP in a browser of its own on each desktop.
func (l *lab) chromium(caller, callee string, processing bool) pair {
	p := pair{name: "JsSIP in Chromium"}
	if processing {
		p.name += ", echo, noise and gain"
	}
	pages, err := rig.StartPeerServer()
	check(l, err)
	l.Cleanup(pages.Close)
	var parties [2]*rig.JsSIP
	for i, d := range []*rig.Desktop{l.near, l.far} {
		user := []string{caller, callee}[i]
		browser, err := rig.StartBrowser(rig.BrowserOptions{Pulse: d.Pulse, Pin: l.server.Pin, LogDir: filepath.Join(l.dir, user)})
		check(l, err)
		l.Cleanup(browser.Stop)
		j, err := rig.OpenJsSIP(browser, pages, voice, l.dir)
		check(l, err)
		j.Server, j.Address, j.Password, j.Aloud = l.server.WS, l.server.URI(user), l.server.Users[user], true
		j.CallOptions.JsSIP = map[string]any{"mediaConstraints": map[string]any{"video": false, "audio": map[string]any{
			"echoCancellation": processing, "noiseSuppression": processing, "autoGainControl": processing,
		}}}
		check(l, j.Register())
		parties[i], p.runs[i] = j, browser
	}
	p.a, p.b = parties[0], parties[1]
	return p
}

func (p pair) connect(l *lab) {
	check(l, p.a.Dial(p.b.URI()))
	_, err := rig.WaitState(p.b, "incoming")
	check(l, err)
	check(l, p.b.Answer())
	_, err = rig.WaitState(p.a, "confirmed")
	check(l, err)
}

// over ends the call on both sides.
func (p pair) over(l *lab) {
	check(l, p.a.Forget())
	_, err := rig.WaitCall(p.b, "end", func(c rig.Call) bool { return c.State == "ended" || c.State == "" })
	check(l, err)
	check(l, p.b.Forget())
}

// mouthToEar measures short tones from one room to the other's speaker.
func (l *lab) mouthToEar(b *table, p pair) (median time.Duration) {
	mouth, err := l.near.Pulse.Listen("room.monitor", l.dir)
	check(l, err)
	defer mouth.Stop()
	ear, err := l.far.Pulse.Listen("speaker.monitor", l.dir)
	check(l, err)
	defer ear.Stop()
	const n = 20
	voice, err := l.near.Pulse.Play("room", pulses(n), l.dir)
	check(l, err)
	defer voice.Stop()
	<-voice.Done()
	var times []time.Duration
	check(l, rig.Poll(rig.Limit, func() error {
		times = delays(mouth, ear)
		if len(times) < n/2 {
			return fmt.Errorf("%s: %d of %d short tones were heard", p.name, len(times), n)
		}
		return nil
	}))
	return b.addTimes("mouth to ear, "+p.name, times, "PulseAudio null sinks")
}

// delays are those from each tone said to the one heard next; what is not heard
// before the next one is left out. The first tones still find the jitter buffer
// settling.
func delays(mouth, ear *rig.Listener) (times []time.Duration) {
	const first, most = 3, 650 * time.Millisecond
	heard := onsets(ear.Since(0))
	for i, s := range onsets(mouth.Since(0)) {
		said := mouth.At(s)
		next := slices.IndexFunc(heard, func(h int) bool { return ear.At(h).After(said) })
		if i < first || next < 0 {
			continue
		}
		if late := ear.At(heard[next]).Sub(said); late < most {
			times = append(times, late)
		}
	}
	return times
}

// usedTalking is used while the near side talks for the first half of the time
// and the far side for the second.
func (p pair) usedTalking(l *lab) [2]time.Duration {
	<-time.After(settling)
	pcm, _ := speech(l.T, l.dir)
	half := int(turn.Seconds()/2) * soundRate
	for i, said := range [][]int16{pcm[:half], slices.Concat(make([]int16, half), pcm[half:2*half])} {
		voice, err := []*rig.Desktop{l.near, l.far}[i].Pulse.Play("room", said, l.dir)
		check(l, err)
		defer voice.Stop()
	}
	return p.used(l, turn)
}

// used returns the processor time of both sides over a stretch of time.
func (p pair) used(l *lab, length time.Duration) (used [2]time.Duration) {
	for i, r := range p.runs {
		before, err := r.CPU()
		check(l, err)
		used[i] = -before
	}
	<-time.After(length)
	for i, r := range p.runs {
		after, err := r.CPU()
		check(l, err)
		used[i] += after
	}
	return used
}

func perMinute(used, length time.Duration) string {
	return fmt.Sprintf("%.1f s/min", used.Seconds()*60/length.Seconds())
}

func memory(l *lab, r program) string {
	m, err := r.Memory()
	check(l, err)
	return fmt.Sprintf("%d MB (RSS %d)", m.Proportional>>20, m.Resident>>20)
}
