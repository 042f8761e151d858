//go:build interop

package rig

import (
	"path/filepath"
	"testing"
	"time"
)

// TestDesktop proves display, keyboard, pictures and sound without the phone.
func TestDesktop(t *testing.T) {
	dir := Artefacts(t)
	d, err := StartDesktop(1200, 900, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()

	viewer, err := Start(Command{Name: "display", Args: []string{"xmessage", "a window"}, Env: d.Env(), LogDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Stop()
	w, err := d.WaitWindow("xmessage", Limit)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Resize(640, 480); err != nil {
		t.Error(err)
	}
	p, err := w.Shoot(filepath.Join(dir, "window.png"))
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := p.Colours(); p.Bounds().Dx() != 640 || n < 2 {
		t.Errorf("the picture is %v with %d colours, want 640 wide with several", p.Bounds(), n)
	}

	microphone, err := d.Pulse.Listen("microphone", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Stop()
	voice, err := d.Pulse.Play("room", Sine(700, 5*time.Second), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer voice.Stop()
	if err := microphone.WaitTone(0, time.Second, 700); err != nil {
		t.Error(err)
	}
}
