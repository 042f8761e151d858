package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"webphone/audio/audiotest"
)

// problems collects what a recording tells.
type problems struct {
	mu   sync.Mutex
	list []error
}

func (p *problems) add(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, err)
}

func (p *problems) all() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list
}

func start(t *testing.T, m *memory) (*Recorder, *problems) {
	t.Helper()
	told := new(problems)
	r, err := begin(m, "test.opus", Options{At: time.Now(), OnProblem: told.add})
	if err != nil {
		t.Fatal(err)
	}
	return r, told
}

// decode reads what was written; the file must be complete.
func decode(t *testing.T, b []byte) (left, right []int16) {
	t.Helper()
	o, err := audiotest.ParseOggOpus(b)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Ended {
		t.Error("the last page does not say that it is the last")
	}
	left, right, err = o.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return left, right
}

const (
	mineHz   = 440.0
	theirsHz = 1000.0
)

// talk lets both sides sound for so long; mine, theirs say which of them.
func talk(r *Recorder, d time.Duration, mine, theirs bool) {
	blocks := int(d / (10 * time.Millisecond))
	a := audiotest.Sine(mineHz, 0.3, sampleRate, blocks*blockSamples)
	b := audiotest.Sine(theirsHz, 0.3, sampleRate, blocks*blockSamples)
	for i := range blocks {
		time.Sleep(10 * time.Millisecond)
		if mine {
			r.Sent(a[i*blockSamples:][:blockSamples])
		}
		if theirs {
			r.Received(b[i*blockSamples:][:blockSamples])
		}
	}
}

// at are the samples of a stretch of time.
func at(pcm []int16, from, to time.Duration) []int16 {
	return pcm[samplesOf(from):samplesOf(to)]
}

func TestRecorder_leftIsMineRightIsTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r, told := start(t, m)
		talk(r, 5*time.Second, true, true)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		left, right := decode(t, m.bytes())
		for _, c := range []struct {
			name        string
			pcm         []int16
			want, other float64
		}{{"left", left, mineHz, theirsHz}, {"right", right, theirsHz, mineHz}} {
			if len(c.pcm) != 5*sampleRate {
				t.Errorf("%s has %d samples, want %d", c.name, len(c.pcm), 5*sampleRate)
			}
			pcm := at(c.pcm, time.Second/10, 4*time.Second)
			if p := audiotest.Purity(pcm, sampleRate, c.want); p < 0.99 {
				t.Errorf("%s: %.0f Hz has the share %.3f", c.name, c.want, p)
			}
			if a := audiotest.Tone(pcm, sampleRate, c.other); a > 0.003 {
				t.Errorf("%s: the other side is in it with %.4f", c.name, a)
			}
		}
		if all := told.all(); len(all) > 0 || !m.closed {
			t.Errorf("problems %v, file closed %v", all, m.closed)
		}
	})
}

// What comes is at the time at which it came, whatever else there was.
func TestRecorder_aligns(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(r *Recorder)
		// sounds is where our tone begins and ends.
		sounds [][2]time.Duration
		total  time.Duration
	}{
		{"silence before", func(r *Recorder) {
			time.Sleep(2500 * time.Millisecond)
			talk(r, time.Second, true, false)
		}, [][2]time.Duration{{2500 * time.Millisecond, 3500 * time.Millisecond}}, 3500 * time.Millisecond},
		{"a hold of 300 ms", func(r *Recorder) {
			talk(r, 2*time.Second, true, false)
			time.Sleep(300 * time.Millisecond)
			talk(r, 2*time.Second, true, false)
		}, [][2]time.Duration{{0, 2 * time.Second}, {2300 * time.Millisecond, 4300 * time.Millisecond}}, 4300 * time.Millisecond},
		{"a hold longer than the window", func(r *Recorder) {
			talk(r, 2*time.Second, true, false)
			time.Sleep(5 * time.Second)
			talk(r, time.Second, true, false)
		}, [][2]time.Duration{{0, 2 * time.Second}, {7 * time.Second, 8 * time.Second}}, 8 * time.Second},
		{"a stall whose sound comes in a burst", func(r *Recorder) {
			talk(r, 2*time.Second, true, false)
			time.Sleep(200 * time.Millisecond)
			tone := audiotest.Sine(mineHz, 0.3, sampleRate, blockSamples)
			for range 20 {
				r.Sent(tone)
			}
			talk(r, 2*time.Second, true, false)
		}, [][2]time.Duration{{0, 4200 * time.Millisecond}}, 4200 * time.Millisecond},
		{"silence after", func(r *Recorder) {
			talk(r, time.Second, true, false)
			time.Sleep(time.Second)
		}, [][2]time.Duration{{0, time.Second}}, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(memory)
				r, told := start(t, m)
				c.play(r)
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				left, right := decode(t, m.bytes())
				if want := int(samplesOf(c.total)); len(left) != want || len(right) != want {
					t.Errorf("%d and %d samples, want %d", len(left), len(right), want)
				}
				if level := audiotest.RMS(right); level > 0.001 {
					t.Errorf("nobody spoke on the right: %.4f", level)
				}
				checkSounds(t, left, c.sounds)
				if all := told.all(); len(all) > 0 {
					t.Errorf("problems %v", all)
				}
			})
		})
	}
}

// checkSounds finds sound within the stretches and silence outside, to within
// 20 ms.
func checkSounds(t *testing.T, pcm []int16, sounds [][2]time.Duration) {
	t.Helper()
	const slot, edge = 10 * time.Millisecond, 20 * time.Millisecond
	for i := 0; i+int(samplesOf(slot)) <= len(pcm); i += int(samplesOf(slot)) {
		from := time.Duration(i) * time.Second / sampleRate
		inside, near := false, false
		for _, s := range sounds {
			inside = inside || from >= s[0] && from+slot <= s[1]
			near = near || from > s[0]-edge-slot && from < s[0]+edge || from > s[1]-edge-slot && from < s[1]+edge
		}
		if loud := audiotest.RMS(pcm[i:i+int(samplesOf(slot))]) > 0.1; !near && loud != inside {
			t.Fatalf("at %v: sound is %v, want %v", from, loud, inside)
		}
	}
}

// A microphone whose clock is wrong by 200 ppm stays where the other side is:
// without a gap, and off by no more than what is done about it.
func TestTrack_followsDrift(t *testing.T) {
	for _, ppm := range []int64{200, -200} {
		const minutes = 10
		tr := newTrack()
		pulse := make([]int16, blockSamples)
		pulse[blockSamples/2] = 30000
		silence := make([]int16, blockSamples)
		for i := range blockSamples {
			silence[i] = 1 // digital silence is what fill makes of a gap
		}
		out := make([]int16, frameSamples)
		var zeros, pos, worst int64
		var due []time.Duration // of pulses
		step := 10*time.Millisecond - 10*time.Millisecond*time.Duration(ppm)/1e6
		now := time.Duration(0)
		for i := range minutes * 60 * 100 {
			now += step
			if i%500 == 0 {
				tr.put(pulse, now)
				due = append(due, now)
			} else {
				tr.put(silence, now)
			}
			for samplesOf(now-window) >= tr.pos+frameSamples {
				tr.fill(out)
				for k, v := range out {
					if v > 10000 {
						worst = max(worst, abs(pos+int64(k)+blockSamples/2-samplesOf(due[0])))
						due = due[1:]
					}
					if v == 0 && pos > sampleRate {
						zeros++
					}
				}
				pos += frameSamples
			}
		}
		if worst > 2*drift {
			t.Errorf("%d ppm: a pulse is off by %d samples", ppm, worst)
		}
		if zeros > minutes*60/5*blockSamples+sampleRate/10 { // the pulses' own
			t.Errorf("%d ppm: %d samples of digital silence", ppm, zeros)
		}
	}
}

func abs(n int64) int64 { return max(n, -n) }

// The process may die at any moment: every beginning of the file that has the
// heads plays what is whole in it.
func TestRecorder_anyBeginningPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r, _ := start(t, m)
		talk(r, 4*time.Second, true, true)
		early := m.bytes() // nothing has ended it
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		o, err := audiotest.ParseOggOpus(early)
		if err != nil || len(o.Packets) < pagePackets || o.Ended {
			t.Errorf("before the end: %v, %d packets", err, len(o.Packets))
		}
		whole := m.bytes()
		for n := len(whole); n > 400; n -= 397 {
			if _, err := audiotest.ParseOggOpus(whole[:n]); err != nil {
				t.Fatalf("the first %d bytes: %v", n, err)
			}
		}
	})
}

func TestRecorder_tagsAreFewAndHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r, _ := start(t, m)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		o, err := audiotest.ParseOggOpus(m.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(o.Vendor, "libopus") || len(o.Comments) != 3 || o.PreSkip != 312 || o.Granule != 312 {
			t.Errorf("head and tags: %+v", o)
		}
	})
}

func TestRecorder_doesNotAllocateForThoseWhoBringSound(t *testing.T) {
	tr := newTrack()
	block := make([]int16, 2*blockSamples)
	if n := testing.AllocsPerRun(1000, func() { tr.put(block, time.Second) }); n != 0 {
		t.Errorf("%.1f allocations a block", n)
	}
}

func TestNew_isForItsOwnerAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Music", "Webphone")
	when := time.Date(2026, 11, 21, 10, 24, 5, 0, time.UTC)
	var names []string
	for range 2 {
		r, err := New(Options{Folder: folder, Peer: "Bob Meyer", At: when})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]fs.FileMode{r.File(): 0o600, folder: 0o700} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has mode %o, want %o", path, got, want)
			}
		}
		names = append(names, filepath.Base(r.File()))
	}
	if names[0] != "2026-11-21 10-24-05 Bob Meyer.opus" || names[1] != "2026-11-21 10-24-05 Bob Meyer (2).opus" {
		t.Errorf("names %q", names)
	}
}

func TestNew_saysWhatIsInTheWay(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := New(Options{Folder: folder}); !errors.As(err, &e) || e.Op != "folder" || e.File != folder {
		t.Errorf("a file in the folder's place: %v", err)
	}
}

func TestName(t *testing.T) {
	when := time.Date(2026, 11, 21, 10, 24, 5, 0, time.UTC)
	for peer, want := range map[string]string{
		"":                        "",
		"Bob Meyer":               " Bob Meyer",
		"bob@example.com":         " bob@example.com",
		"../../etc/passwd":        " etc-passwd",
		"a\x00b\nc\u202Ed":        " a-b c-d",
		"Zoë – “Ω” 日本":            " Zoë - -Ω- 日本",
		"<script>|*?:":            " script",
		"\xff\xfe":                "",
		strings.Repeat("x", 1000): " " + strings.Repeat("x", 60),
	} {
		if got := Name(when, peer); got != "2026-11-21 10-24-05"+want+Extension {
			t.Errorf("Name(%q) = %q", peer, got)
		}
	}
}
