//go:build interop

package sound

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// streams returns what the server says about each stream of a kind
// ("sink-inputs" or "source-outputs").
func (s *studio) streams(kind string) []string {
	s.t.Helper()
	out, err := s.pulse.Control("list", kind)
	check(s.t, err)
	return strings.Split(out, "\n\n")
}

// wait waits for a stream whose description has all of the parts.
func (s *studio) wait(kind string, parts ...string) error {
	return rig.Poll(rig.Limit, func() error {
		streams := s.streams(kind)
	search:
		for _, stream := range streams {
			for _, part := range parts {
				if !strings.Contains(stream, part) {
					continue search
				}
			}
			return nil
		}
		return fmt.Errorf("no stream has %q:\n%s", parts, strings.Join(streams, "\n\n"))
	})
}

// TestRoles_theDesktopKnowsThePhone reads what a mixer would show, and what
// tells the server that this is a telephone.
func TestRoles_theDesktopKnowsThePhone(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) { readRoles(t, open(t, server.start)) })
	}
}

func readRoles(t *testing.T, s *studio) {
	s.plug("sink", "loud")
	s.talk()
	_ = s.SetRinger("6c6f7564")
	s.Ring(true)
	common := []string{
		`media.role = "phone"`, `application.name = "Studio"`,
		`application.id = "org.example.Studio"`, `application.icon_name = "studio"`,
	}
	for _, c := range []struct{ rule, kind, name string }{
		{"the call's speaker", "sink-inputs", "Call"},
		{"the ringtone", "sink-inputs", "Ringtone"},
		{"the microphone", "source-outputs", "Call"},
	} {
		if err := s.wait(c.kind, append(common, fmt.Sprintf("media.name = %q", c.name))...); err != nil {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
	if p, set := os.LookupEnv("PULSE_PROP"); set {
		t.Errorf("programs that we start would be telephones: PULSE_PROP=%s", p)
	}
}

// TestRoles_musicStops has music stop while it rings or somebody talks, and
// come back, by the server's own rule for telephones.
func TestRoles_musicStops(t *testing.T) {
	s := open(t, rig.StartPulse) // PipeWire has no such rule
	_, err := s.pulse.Control("load-module", "module-role-cork")
	check(t, err)
	program, err := rig.Look("paplay")
	check(t, err)
	dir := rig.Artefacts(t)
	file := filepath.Join(dir, "music.wav")
	check(t, rig.WriteWAV(file, rig.Sine(900, time.Minute)))
	music, err := rig.Start(rig.Command{
		Name: "music", LogDir: dir, Env: append(s.pulse.Env(), "PULSE_PROP=media.role=music"),
		Args: []string{program, "--device=speaker", file},
	})
	check(t, err)
	t.Cleanup(music.Stop)
	plays := func(rule string, want bool) {
		t.Helper()
		state := map[bool]string{true: "Mute: no", false: "Mute: yes"}[want]
		if err := s.wait("sink-inputs", `media.role = "music"`, state); err != nil {
			t.Error(errors.Join(errors.New(rule), err))
		}
	}
	plays("nobody calls", true)
	s.Ring(true)
	plays("it rings", false)
	s.Ring(false)
	plays("it rings no more", true)
	end := s.talk()
	plays("in a call", false)
	end()
	plays("after the call", true)
}
