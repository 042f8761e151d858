//go:build interop

package rig

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// TestDesktop proves display, keyboard, pictures and sound without the phone.
func TestDesktop(t *testing.T) {
	dir := Artefacts(t)
	d, err := StartDesktop(1200, 900, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()

	viewer, err := Start(Command{Name: "xmessage", Args: []string{"xmessage", "-default", "okay", "a window"}, Env: d.Env(), LogDir: dir})
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

	if err := w.Focus(); err != nil {
		t.Error(err)
	}
	if err := w.Key("Return"); err != nil {
		t.Error(err)
	}
	if err := viewer.WaitFor("obeying the keyboard", Limit, func() bool { return viewer.Err() != nil }); viewer.Err() == nil {
		t.Error(err)
	}
}

// TestDesktop_notice asks for a notification and presses its button.
func TestDesktop_notice(t *testing.T) {
	d, err := StartDesktop(640, 480, Artefacts(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	bus, err := dbus.Connect(d.Bus)
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	if err := bus.AddMatchSignal(dbus.WithMatchInterface(noticeName)); err != nil {
		t.Fatal(err)
	}
	pressed := make(chan *dbus.Signal, 1)
	bus.Signal(pressed)
	var id uint32
	err = bus.Object(noticeName, noticePath).Call(noticeName+".Notify", 0, "test", uint32(0), "", "Bob calls", "",
		[]string{"answer", "Answer"}, map[string]dbus.Variant{}, int32(0)).Store(&id)
	if err != nil {
		t.Fatal(err)
	}
	all := d.Notices()
	if len(all) != 1 || all[0].Title != "Bob calls" {
		t.Fatalf("the desktop shows %+v", all)
	}
	if err := d.PressNotice(0, "answer"); err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-pressed:
		if s.Body[0] != id || s.Body[1] != "answer" {
			t.Errorf("pressed %v, want %d answer", s.Body, id)
		}
	case <-time.After(Limit):
		t.Error("nobody was told that the button was pressed")
	}
}

// TestDesktop_sound plays into the room and hears it at the microphone, soon.
func TestDesktop_sound(t *testing.T) {
	dir := Artefacts(t)
	d, err := StartDesktop(640, 480, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	room, err := d.Pulse.Listen("room.monitor", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer room.Stop()
	microphone, err := d.Pulse.Listen("microphone", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Stop()
	if err := Poll(Limit, func() error {
		if room.Position() < SampleRate/10 || microphone.Position() < SampleRate/10 {
			return errors.New("nothing is recorded")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	voice, err := d.Pulse.Play("room", Sine(700, 5*time.Second), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer voice.Stop()
	if err := microphone.WaitTone(0, time.Second, 700); err != nil {
		t.Error(err)
	}
	said := room.At(FirstTone(room.Since(0), 700))
	heard := microphone.At(FirstTone(microphone.Since(0), 700))
	if late := heard.Sub(said); late < -40*time.Millisecond || late > 80*time.Millisecond {
		t.Errorf("the microphone hears the room after %v", late)
	} else {
		t.Logf("the microphone hears the room after %v", late)
	}
}
