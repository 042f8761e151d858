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
	desks := [2]*rig.Desktop{l.near, l.far}
	ours, short := l.ours(), l.phones(desks, "short delay", "ivan", "judy", rig.PhoneOptions{AsIs: true, ShortDelay: true})
	var late [][]time.Duration
	measure := func(p pair) {
		p.connect(l)
		late = append(late, l.mouthToEar(b, p))
		b.add("memory in a call, "+p.name, memory(l, p.runs[0]), memory(l, p.runs[1])+" the far side")
	}
	measure(ours)
	<-time.After(settling)
	b.add("processor time of a call, with the window", perMinute(ours.used(l, turn)[0], turn), "drawn by software, nobody talks")
	ours.over(l)
	measure(short)
	short.over(l)
	chromium := l.chromium("carol", "dave", false)
	measure(chromium) // this call goes on
	for i, name := range []string{"Webphone", "Webphone, short delay"} {
		b.addRatio("mouth to ear, "+name+" / Chromium", late[i], late[2], "in the same sound servers")
	}
	apart := [2]*rig.Desktop{l.desktop("near-apart"), l.desktop("far-apart")}
	l.cost(b, "no processing", apart, l.phones(apart, "no processing", "kate", "leo", rig.PhoneOptions{AsIs: true}), chromium)
	processing := l.chromium("erin", "frank", true)
	processing.connect(l)
	l.cost(b, "echo, noise and gain", apart, l.phones(apart, "echo, noise and gain", "grace", "heidi", rig.PhoneOptions{}), processing)
}

const (
	// settling is how long a call adapts to its path before it is measured.
	settling = 20 * time.Second
	// turn is a stretch in which the near side talks for the first half of the
	// time and the far side for the second.
	turn  = 20 * time.Second
	turns = 3
)

// cost measures the processor time of a call without a window. Chromium's runs
// already; the calls go on at once, each on desktops of its own: what else the
// machine does meets both, and the least and the most of the ratio tell what is
// left of that.
func (l *lab) cost(b *table, what string, desks [2]*rig.Desktop, ours, chromium pair) {
	ours.connect(l)
	<-time.After(settling)
	pcm, _ := speech(l.T, l.dir)
	half := int(turn.Seconds()/2) * soundRate
	silence := make([]int16, half)
	for i, d := range []*rig.Desktop{desks[0], l.near, desks[1], l.far} {
		said := slices.Concat(pcm[:half], silence)
		if i >= 2 {
			said = slices.Concat(silence, pcm[half:2*half])
		}
		voice, err := d.Pulse.Play("room", slices.Repeat(said, turns), l.dir)
		check(l, err)
		defer voice.Stop()
	}
	var used [2][]time.Duration // of one end, per turn
	var ratios []float64
	for i := range turns {
		for k, both := range usedAtOnce(l, turn, ours, chromium) {
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
		fmt.Sprintf("median of %d, %.2f–%.2f; both calls at once", turns, ratios[0], ratios[turns-1]))
	ours.over(l)
	chromium.over(l)
}

// idle measures the phones before any call.
func (l *lab) idle(b *table) {
	const length = 20 * time.Second
	ours := l.ours()
	idle := ours.used(l, length)
	for i, kind := range []string{"with the window", "without a window"} {
		b.add("processor time idle, "+kind, perMinute(idle[i], length), "over 20 s")
		b.add("memory idle, "+kind, memory(l, ours.runs[i]), "one reading; its own pages, and all in brackets")
	}
}

// phones are two phones without windows.
func (l *lab) phones(desks [2]*rig.Desktop, name, near, far string, o rig.PhoneOptions) pair {
	p := pair{name: "Webphone, " + name}
	var phones [2]*rig.Phone
	for i, d := range desks {
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

// mouthToEar measures short tones from one room to the other's speaker. The
// delays are returned from the shortest to the longest.
func (l *lab) mouthToEar(b *table, p pair) (times []time.Duration) {
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
	check(l, rig.Poll(rig.Limit, func() error {
		times = delays(mouth, ear)
		if len(times) < n/2 {
			return fmt.Errorf("%s: %d of %d short tones were heard", p.name, len(times), n)
		}
		return nil
	}))
	b.addTimes("mouth to ear, "+p.name, times, "PulseAudio null sinks")
	return times
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

// used returns the processor time of both sides over a stretch of time.
func (p pair) used(l *lab, length time.Duration) [2]time.Duration {
	return usedAtOnce(l, length, p)[0]
}

// usedAtOnce is used of several pairs, over the same stretch.
func usedAtOnce(l *lab, length time.Duration, pairs ...pair) [][2]time.Duration {
	used := make([][2]time.Duration, len(pairs))
	count := func(sign time.Duration) {
		for k, p := range pairs {
			for i, r := range p.runs {
				so, err := r.CPU()
				check(l, err)
				used[k][i] += sign * so
			}
		}
	}
	count(-1)
	<-time.After(length)
	count(1)
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
