//go:build interop && bench

package bench

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// TestBench_standstill stops one of two phones in a call for a moment, as a
// busy machine does, and compares the time from mouth to ear before and two
// seconds after.
func TestBench_standstill(t *testing.T) {
	b, begun := &table{}, readClock()
	l := newLab(t)
	p := l.pairOfPhones()
	p.connect(l)
	for i, side := range []string{"the speaker's phone", "the listener's phone"} {
		pid := []*rig.Phone{l.a, l.b}[i].PID()
		for _, stop := range []time.Duration{300 * time.Millisecond, 800 * time.Millisecond} {
			before, after := l.standStill(pid, stop)
			b.add(fmt.Sprintf("mouth to ear 2 s after %s stood still for %v", side, stop), fmt.Sprintf("%.2f", after.Seconds()/before.Seconds()),
				fmt.Sprintf("of what it was: %.0f ms after %.0f ms", after.Seconds()*1000, before.Seconds()*1000))
		}
	}
	b.add("memory in a call, without a window", memory(l, p.runs[0]), memory(l, p.runs[1])+" the far side")
	p.over(l)
	tell(t, "Two phones that stood still", begun, b)
}

// pairOfPhones are two phones without windows.
func (l *lab) pairOfPhones() pair {
	var phones [2]*rig.Phone
	for i, d := range []*rig.Desktop{l.near, l.far} {
		user := []string{"alice", "bob"}[i]
		phone, err := rig.NewPhone(rig.PhoneOptions{
			Name: user, Address: l.server.URI(user), Password: l.server.Users[user], Server: l.server.WS,
			LogDir: l.dir, AsIs: true, Args: []string{"--headless"}, Env: d.Pulse.Env(),
		})
		check(l, err)
		l.Cleanup(func() { _ = phone.Close() })
		check(l, phone.Register())
		phones[i] = phone
	}
	l.a, l.b = phones[0], phones[1]
	return l.ours()
}

// standStill stops a process for a while in the middle of short tones and
// returns how late they are before, and from two seconds after on.
func (l *lab) standStill(pid int, stop time.Duration) (before, after time.Duration) {
	mouth, err := l.near.Pulse.Listen("room.monitor", l.dir)
	check(l, err)
	defer mouth.Stop()
	ear, err := l.far.Pulse.Listen("speaker.monitor", l.dir)
	check(l, err)
	defer ear.Stop()
	voice, err := l.near.Pulse.Play("room", pulses(24), l.dir)
	check(l, err)
	defer voice.Stop()
	<-time.After(8 * time.Second)
	stopped := time.Now()
	check(l, syscall.Kill(pid, syscall.SIGSTOP))
	<-time.After(stop)
	check(l, syscall.Kill(pid, syscall.SIGCONT))
	<-voice.Done()
	<-time.After(500 * time.Millisecond)
	var early, late []time.Duration
	heard := onsets(ear.Since(0))
	for _, at := range onsets(mouth.Since(0)) {
		said := mouth.At(at)
		for _, h := range heard {
			delay := ear.At(h).Sub(said)
			switch {
			case delay <= 0 || delay > 600*time.Millisecond:
				continue
			case said.Before(stopped.Add(-time.Second)) && said.After(stopped.Add(-5*time.Second)):
				early = append(early, delay)
			case said.After(stopped.Add(stop + 2*time.Second)):
				late = append(late, delay)
			}
			break
		}
	}
	if len(early) < 4 || len(late) < 4 {
		l.Fatalf("%d short tones heard before and %d after", len(early), len(late))
	}
	late = late[:min(6, len(late))] // later ones may have come down since
	slices.Sort(early)
	slices.Sort(late)
	// What stays raises the least delay too; what else runs here does not.
	return early[len(early)/4], late[len(late)/4]
}
