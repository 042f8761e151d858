//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// The tones that the parties speak, in hertz: far from each other, from DTMF
// and from the phone's own signals.
const (
	phoneTone = 560
	jssipTone = 1070
	otherTone = 1810
)

// TestMain ends what the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, stop := range atEnd.stops {
		stop()
	}
	os.Exit(code)
}

// atEnd are to be run, in the order of starting.
var atEnd struct {
	mu    sync.Mutex
	stops []func()
}

func stopAtEnd(stop func()) {
	atEnd.mu.Lock()
	defer atEnd.mu.Unlock()
	atEnd.stops = append(atEnd.stops, stop)
}

var (

	// server is the Kamailio that most tests share.
	server = sync.OnceValues(func() (*rig.Kamailio, error) {
		k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: fresh("interop/kamailio")})
		if err == nil {
			stopAtEnd(k.Stop)
		}
		return k, err
	})
	peerServer = sync.OnceValues(rig.StartPeerServer)

	browser = sync.OnceValues(startBrowser)
)

func startBrowser() (*rig.Browser, error) {
	k, err := server()
	if err != nil {
		return nil, err
	}
	dir := fresh("interop/chromium")
	tone := filepath.Join(dir, "microphone.wav")
	if err := rig.WriteWAV(tone, rig.Sine(jssipTone, time.Minute)); err != nil {
		return nil, err
	}
	b, err := rig.StartBrowser(rig.BrowserOptions{Microphone: tone, Pin: k.Pin, LogDir: dir})
	if err == nil {
		stopAtEnd(b.Stop)
	}
	return b, err
}

// fresh empties and returns a folder for artefacts.
func fresh(name string) string {
	dir := rig.ArtefactDir(name)
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		panic(err)
	}
	return dir
}

// kamailio returns the shared server; when the test fails it shows what went
// over the wire meanwhile.
func kamailio(t *testing.T) *rig.Kamailio {
	t.Helper()
	k, err := server()
	if err != nil {
		t.Fatal(err)
	}
	showTrace(t, k)
	return k
}

// showTrace prints the SIP messages of a failed test.
func showTrace(t *testing.T, k *rig.Kamailio) {
	from := k.Trace().Size()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("SIP trace of %s:\n%s", t.Name(), tail(k.Trace().Since(from), 12000))
		}
	})
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	return "…" + s[strings.IndexByte(s, '\n')+1:]
}

// newJsSIP opens a JsSIP of the given user, not registered yet. It speaks the
// browser's tone.
func newJsSIP(t *testing.T, user, url string) *rig.JsSIP {
	t.Helper()
	k, err := server()
	check(t, err)
	j, err := rig.OpenJsSIP(chromium(t), pages(t), jssipTone, rig.Artefacts(t))
	check(t, err)
	t.Cleanup(j.Close)
	j.Server, j.Address, j.Password = url, k.URI(user), k.Users[user]
	return j
}
