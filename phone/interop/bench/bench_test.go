//go:build interop && bench

package bench

import (
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
	"time"

	"webphone/phone/control"
	"webphone/phone/interop/rig"
)

// TestBench measures one call after the other, ours and Chromium's: how late
// the sound is and what it costs. Like all here it fails only when something
// cannot be measured; what is good enough is for people to judge.
func TestBench(t *testing.T) {
	b, begun := &table{}, readClock()
	check(t, b.addBenchmarks())
	addLatency(t, b)
	l := newLab(t)
	l.start(b)
	l.idle(b)
	l.callSetUp(b)
	l.firstAudio(b)
	l.talk(b)
	tell(t, "One call, Go's benchmarks before it", begun, b)
}

// lab is a server and two desktops, each with a phone on it.
type lab struct {
	*testing.T
	dir       string
	server    *rig.Kamailio
	near, far *rig.Desktop
	a, b      *rig.Phone // near: with a window; far: without one
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, dir: rig.Artefacts(t)}
	var err error
	l.server, err = rig.StartKamailio(rig.KamailioOptions{LogDir: l.dir})
	check(t, err)
	t.Cleanup(l.server.Stop)
	l.near, l.far = l.desktop("near"), l.desktop("far")
	return l
}

func (l *lab) desktop(name string) *rig.Desktop {
	d, err := rig.StartDesktop(1200, 800, filepath.Join(l.dir, name))
	check(l, err)
	l.Cleanup(d.Stop)
	return d
}

// start measures from the start of the program to its first drawn window.
func (l *lab) start(b *table) {
	var drawn []time.Duration
	for range 3 {
		if l.a != nil {
			check(l, l.a.Close())
		}
		var err error
		l.a, err = rig.NewPhone(rig.PhoneOptions{
			Name: "near", Address: l.server.URI("alice"), Password: l.server.Users["alice"], Server: l.server.WS,
			LogDir: l.dir, AsIs: true, Args: []string{}, Env: l.near.Env(),
		})
		check(l, err)
		check(l, l.a.AddAccount())
		begin := time.Now()
		check(l, l.a.Launch())
		w, err := l.near.WaitWindow("Webphone", 3*rig.Limit)
		check(l, err)
		at, err := w.WaitDrawn(filepath.Join(l.dir, "start.png"))
		check(l, err)
		drawn = append(drawn, at.Sub(begin))
		check(l, l.a.Follow())
		check(l, l.a.WaitAccount("registered"))
	}
	l.Cleanup(func() { _ = l.a.Close() })
	b.addTimes("start to window drawn", drawn, "software GL under Xvfb, with an account")

	var err error
	l.b, err = rig.NewPhone(rig.PhoneOptions{
		Name: "far", Address: l.server.URI("bob"), Password: l.server.Users["bob"], Server: l.server.WS,
		LogDir: l.dir, AsIs: true, Args: []string{"--headless"}, Env: l.far.Pulse.Env(),
	})
	check(l, err)
	l.Cleanup(func() { _ = l.b.Close() })
	check(l, l.b.Register())
}

// callSetUp measures from the request at the phone's socket, which is what a
// press of the button costs less the drawing, to the first INVITE at the
// server.
func (l *lab) callSetUp(b *table) {
	var invite, ringing []time.Duration
	for range 10 {
		mark := l.server.Trace().Size()
		begin := time.Now()
		l.press(l.a, "dial", l.b.URI())
		_, err := rig.WaitState(l.a, "ringing")
		check(l, err)
		invite = append(invite, l.server.Trace().When(mark, "INVITE sip:").Sub(begin))
		ringing = append(ringing, l.server.Trace().When(mark, "SIP/2.0 180").Sub(begin))
		l.ours().over(l)
	}
	b.addTimes("press → INVITE at the server", invite, "JsSIP had 133 when it was tried")
	b.addTimes("press → 180 at the server", ringing, "challenged once; JsSIP had 148 when it was tried")
}

// press gives the phone a command over its socket.
func (l *lab) press(p *rig.Phone, command, target string) {
	l.Helper()
	path, err := control.SocketPath(p.Profile())
	check(l, err)
	conn, err := net.Dial("unix", path)
	check(l, err)
	defer conn.Close()
	check(l, conn.SetDeadline(time.Now().Add(rig.Limit)))
	check(l, json.NewEncoder(conn).Encode(map[string]string{"command": command, "target": target}))
	var answer struct {
		Code  int    `json:"code"`
		Error string `json:"error"`
	}
	check(l, json.NewDecoder(conn).Decode(&answer))
	if answer.Code != 0 {
		l.Fatalf("%s %s: code %d: %s", command, target, answer.Code, answer.Error)
	}
}

// voice is what is spoken, in hertz: nothing that the phone rings or beeps with.
const voice = 1730

// firstAudio measures from the answer to the first sound at the ear of the
// one who answers, through its sound server.
func (l *lab) firstAudio(b *table) {
	mouth, err := l.near.Pulse.Play("room", rig.Sine(voice, 2*time.Minute), l.dir)
	check(l, err)
	defer mouth.Stop()
	ear, err := l.far.Pulse.Listen("speaker.monitor", l.dir)
	check(l, err)
	defer ear.Stop()
	var times []time.Duration
	for range 5 {
		check(l, l.a.Dial(l.b.URI()))
		_, err := rig.WaitState(l.b, "incoming")
		check(l, err)
		from := ear.Position()
		begin := time.Now()
		l.press(l.b, "answer", "")
		check(l, ear.WaitTone(from, 200*time.Millisecond, voice))
		at := from + rig.FirstTone(ear.Since(from), voice)
		times = append(times, ear.At(at).Sub(begin))
		l.ours().over(l)
	}
	b.addTimes("answer → first audio at the speaker", times, "sound server included; JsSIP had 61–68 without one when it was tried")
}
