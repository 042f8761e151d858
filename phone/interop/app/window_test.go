//go:build interop

package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// voice is the tone spoken into the microphone, in hertz.
const voice = 530

// sizes are the two layouts of the window, in pixels.
var sizes = [][2]int{{1000, 680}, {360, 680}}

// screens are reached by the keyboard.
var screens = []struct{ name, key string }{
	{"dialpad", "ctrl+1"},
	{"calls", "ctrl+2"},
	{"chats", "ctrl+3"},
	{"contacts", "ctrl+4"},
	{"settings", "ctrl+comma"},
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func desktop(t *testing.T, dir string) *rig.Desktop {
	t.Helper()
	d, err := rig.StartDesktop(1200, 800, dir)
	check(t, err)
	t.Cleanup(d.Stop)
	return d
}

// start starts a phone that ends with the test.
func start(t *testing.T, o rig.PhoneOptions) *rig.Phone {
	t.Helper()
	p, err := rig.NewPhone(o)
	check(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("the phone does not end: %v", err)
		}
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("story of the phone:\n%s", p.Story())
		}
	})
	if o.Address != "" {
		check(t, p.AddAccount())
	}
	check(t, p.Start())
	return p
}

func window(t *testing.T, d *rig.Desktop) *rig.Window {
	t.Helper()
	w, err := d.WaitWindow("Webphone", 3*rig.Limit)
	check(t, err)
	check(t, w.Focus())
	return w
}

// TestApp_demo is what a newcomer sees and hears: Echo answers at once and
// what is spoken comes back; every screen is reached by the keyboard.
func TestApp_demo(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			dir := rig.Artefacts(t)
			d := desktop(t, dir)
			speaker, err := d.Pulse.Listen("speaker.monitor", dir)
			check(t, err)
			t.Cleanup(speaker.Stop)
			p := start(t, rig.PhoneOptions{
				LogDir: dir, AsIs: true, Args: []string{"demo"}, Env: append(d.Env(), "FYNE_THEME="+theme),
			})
			w := window(t, d)
			hearEcho(t, d, p, speaker, dir)

			g := gallery{t: t, window: w, theme: theme}
			g.shoot("in-call")
			_, err = p.Run("hangup")
			check(t, err)
			_, err = rig.WaitState(p, "ended")
			check(t, err)
			for _, s := range screens {
				check(t, w.Key(s.key))
				g.shoot(s.name)
			}
			g.compare()
			_, err = p.Run("show")
			check(t, err)
		})
	}
}

// hearEcho waits for the call to Echo, speaks, hears it, falls silent and
// hears that too.
func hearEcho(t *testing.T, d *rig.Desktop, p *rig.Phone, speaker *rig.Listener, dir string) {
	t.Helper()
	c, err := rig.WaitState(p, "confirmed")
	check(t, err)
	if !strings.Contains(strings.ToLower(c.Peer), "echo") {
		t.Errorf("the first call is to %q, want Echo", c.Peer)
	}
	from := speaker.Position()
	mouth, err := d.Pulse.Play("room", rig.Sine(voice, time.Minute), dir)
	check(t, err)
	t.Cleanup(mouth.Stop)
	check(t, speaker.WaitTone(from, time.Second, voice))
	mouth.Stop()
	err = rig.Poll(rig.Limit, func() error {
		pcm := speaker.Since(max(0, speaker.Position()-rig.Samples(time.Second/2)))
		if rig.LongestTone(pcm, voice) > 0 {
			return fmt.Errorf("the tone goes on although nobody speaks: %s", rig.Describe(pcm))
		}
		return nil
	})
	check(t, err)
}

// gallery keeps the pictures of one run.
type gallery struct {
	t        *testing.T
	window   *rig.Window
	theme    string
	pictures []*rig.Picture
}

// shoot takes a picture in each size.
func (g *gallery) shoot(screen string) {
	g.t.Helper()
	for _, size := range sizes {
		check(g.t, g.window.Resize(size[0], size[1]))
		name := fmt.Sprintf("screens/%s-%dx%d-%s.png", screen, size[0], size[1], g.theme)
		p, err := g.window.Shoot(rig.ArtefactDir(name))
		check(g.t, err)
		g.pictures = append(g.pictures, p)
	}
}

// compare makes sure that each picture shows something, and something else
// than the others, in the colours that were asked for.
func (g *gallery) compare() {
	g.t.Helper()
	for i, p := range g.pictures {
		colours, brightness := p.Colours()
		if colours < 32 {
			g.t.Errorf("%s has only %d colours: nothing is drawn", filepath.Base(p.Name), colours)
		}
		if dark := brightness < 0.5; dark != (g.theme == "dark") {
			g.t.Errorf("%s has a mean brightness of %.2f, which is not %s", filepath.Base(p.Name), brightness, g.theme)
		}
		for _, other := range g.pictures[:i] {
			if rig.Difference(p, other) < 0.003 {
				g.t.Errorf("%s and %s look the same", filepath.Base(p.Name), filepath.Base(other.Name))
			}
		}
	}
}

// TestApp_incoming lets the phone ring in its window and answers by the
// keyboard, then out of sight, by the button of the notification.
func TestApp_incoming(t *testing.T) {
	dir := rig.Artefacts(t)
	k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: dir})
	check(t, err)
	t.Cleanup(k.Stop)
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			dir := rig.Artefacts(t)
			d := desktop(t, dir)
			caller := start(t, rig.PhoneOptions{
				Name: "caller", Address: k.URI("bob"), Password: k.Users["bob"], Server: k.WS,
				DisplayName: "Bob Builder", Frequency: 880, LogDir: dir,
			})
			check(t, caller.WaitAccount("registered"))
			p := start(t, rig.PhoneOptions{
				Address: k.URI("alice"), Password: k.Users["alice"], Server: k.WSS, CA: k.Authority.File,
				LogDir: dir, Args: []string{}, Env: append(d.Env(), "FYNE_THEME="+theme),
			})
			w := window(t, d)
			check(t, p.WaitAccount("registered"))

			check(t, caller.SendText(p.URI(), "Are you there? Ich rufe gleich an."))
			check(t, caller.Dial(p.URI()))
			_, err := rig.WaitState(p, "incoming")
			check(t, err)
			g := gallery{t: t, window: w, theme: theme}
			g.shoot("incoming")
			check(t, w.Key("ctrl+Return"))
			_, err = rig.WaitState(caller, "confirmed")
			check(t, err)
			g.shoot("in-call-incoming")
			check(t, w.Key("ctrl+period"))
			_, err = rig.WaitState(caller, "ended")
			check(t, err)

			check(t, caller.Dial(p.URI()))
			_, err = rig.WaitState(p, "incoming")
			check(t, err)
			check(t, caller.Hangup())
			check(t, p.WaitStatus("count the missed call", rig.Limit, func(s rig.Status) bool { return s.MissedCalls == 1 }))
			check(t, w.Key("ctrl+3"))
			g.shoot("chats-thread")
			check(t, w.Key("ctrl+2"))
			g.shoot("calls-missed")
			g.compare()

			// Out of sight it asks by a notification.
			check(t, w.Minimize())
			check(t, caller.Forget())
			check(t, caller.Dial(p.URI()))
			pressAnswer(t, d)
			_, err = rig.WaitState(caller, "confirmed")
			check(t, err)
		})
	}
}

// pressAnswer finds the notification of the incoming call and presses Answer.
func pressAnswer(t *testing.T, d *rig.Desktop) {
	t.Helper()
	check(t, rig.Poll(rig.Limit, func() error {
		for i, n := range d.Notices() {
			if !n.Closed && strings.Contains(n.Title+n.Body, "Bob Builder") && slices.Contains(n.Actions, "answer") {
				return d.PressNotice(i, "answer")
			}
		}
		return fmt.Errorf("no notification of a call from Bob Builder with an action %q: %+v", "answer", d.Notices())
	}))
}

// TestApp_firstRun shows the first page to somebody without an account, in
// both layouts and colours, and comes to the front at a second start.
func TestApp_firstRun(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			dir := rig.Artefacts(t)
			d := desktop(t, dir)
			p := start(t, rig.PhoneOptions{LogDir: dir, Args: []string{}, Env: append(d.Env(), "FYNE_THEME="+theme)})
			g := gallery{t: t, window: window(t, d), theme: theme}
			g.shoot("first")
			g.compare()
			_, err := p.Run()
			check(t, err)
		})
	}
}
