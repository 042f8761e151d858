package device

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// wav builds a file with the given format and samples.
func wav(rate, channels int, pcm ...int16) []byte {
	data := wavHeaderFor(int64(2 * len(pcm)))
	binary.LittleEndian.PutUint16(data[22:], uint16(channels))
	binary.LittleEndian.PutUint32(data[24:], uint32(rate))
	for _, v := range pcm {
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	return data
}

func writeFile(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.wav")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestParseWAV(t *testing.T) {
	good := wav(8000, 1, 1, 2, 3)
	unfinished := wav(8000, 1, 1, 2, 3)
	binary.LittleEndian.PutUint32(unfinished[40:], 0xffffffff)
	listed := append(append([]byte{}, good[:36]...), "LIST\x03\x00\x00\x00abc\x00"...)
	listed = append(listed, good[36:]...)
	float := wav(8000, 1, 1)
	binary.LittleEndian.PutUint16(float[20:], 3)
	eight := wav(8000, 1, 1)
	binary.LittleEndian.PutUint16(eight[34:], 8)
	for _, c := range []struct {
		name string
		data []byte
		want []int16 // nil = refused
	}{
		{"mono", good, []int16{1, 2, 3}},
		{"stereo is mixed", wav(8000, 2, 10, 20, -10, -30), []int16{15, -20}},
		{"a file that was never finished", unfinished, []int16{1, 2, 3}},
		{"an odd chunk before the samples", listed, []int16{1, 2, 3}},
		{"no samples", wav(8000, 1), nil},
		{"floating point", float, nil},
		{"8 bits", eight, nil},
		{"no channels", wav(8000, 0, 1), nil},
		{"no rate", wav(0, 1, 1), nil},
		{"empty", nil, nil},
		{"cut in the format", good[:30], nil},
		{"something else", []byte("OggS and more text that is long enough"), nil},
	} {
		pcm, rate, err := parseWAV(c.data)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: accepted", c.name)
			}
			continue
		}
		if err != nil || rate != 8000 || len(pcm) != len(c.want) {
			t.Errorf("%s: %v at %d, %v", c.name, pcm, rate, err)
			continue
		}
		for i := range pcm {
			if pcm[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.name, pcm, c.want)
				break
			}
		}
	}
}

func FuzzParseWAV(f *testing.F) {
	f.Add(wav(8000, 1, 1, 2, 3))
	f.Add(wav(44100, 2, 1, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		pcm, rate, err := parseWAV(data)
		if err == nil && (len(pcm) == 0 || rate < 1000) {
			t.Errorf("%d samples at %d", len(pcm), rate)
		}
		if err != nil {
			return
		}
		again, sameRate, err := parseWAV(wav(rate, 1, pcm...))
		if err != nil || sameRate != rate || len(again) != len(pcm) {
			t.Errorf("written and read again: %d samples at %d, %v", len(again), sameRate, err)
		}
	})
}

// A file at another rate is heard at 48 kHz, over and over, in real time and
// without drift.
func TestFiles_microphoneRepeats(t *testing.T) {
	pcm := make([]int16, 800) // 100 ms
	for i := range pcm {
		pcm[i] = int16(math.Round(10000 * math.Sin(2*math.Pi*200*float64(i)/8000)))
	}
	name := writeFile(t, wav(8000, 1, pcm...))
	synctest.Test(t, func(t *testing.T) {
		b, err := NewFiles(name, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		var heard []int16
		d, err := hear(b)("whatever", func(frame []int16) { heard = append(heard, frame...) })
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second + 5*time.Millisecond)
		synctest.Wait()
		d.Close()
		if len(heard) != SampleRate {
			t.Fatalf("%d samples in a second", len(heard))
		}
		for i := 4800; i < len(heard); i++ {
			if heard[i] != heard[i%4800] {
				t.Fatalf("sample %d is %d, in the first round %d", i, heard[i], heard[i%4800])
			}
		}
		if d.Info().Name != "in.wav" || !d.Alive() {
			t.Errorf("%+v", d.Info())
		}
		microphones, speakers, _ := b.Devices()
		if len(microphones) != 1 || microphones[0].ID != "file:"+name || len(speakers) != 1 || speakers[0] != nullInfo {
			t.Errorf("Devices: %v, %v", microphones, speakers)
		}
	})
}

// The file is a right one at every moment, grows over several openings and
// holds the sum of speakers that are open at once.
func TestFiles_speakerWrites(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.wav")
	read := func() []int16 {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if want := int(binary.LittleEndian.Uint32(data[40:])) + wavHeader; len(data) < want {
			t.Fatalf("the header says %d octets, there are %d", want, len(data))
		}
		pcm, rate, err := parseWAV(data)
		if err != nil && len(data) > wavHeader || err == nil && rate != SampleRate {
			t.Fatalf("%d octets: rate %d, %v", len(data), rate, err)
		}
		return pcm
	}
	synctest.Test(t, func(t *testing.T) {
		b, err := NewFiles("", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(read()) != 0 {
			t.Error("a new file is not empty")
		}
		speak := func(level int16) Device {
			d, err := talk(b)("", func(frame []int16) {
				for i := range frame {
					frame[i] = level
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		one := speak(20000)
		<-time.After(725 * time.Millisecond)
		synctest.Wait()
		if got := len(read()); got != SampleRate/2 {
			t.Errorf("%d samples after 725 ms, want those of 500", got)
		}
		two := speak(-5000)
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		one.Close()
		_ = one.Close()
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		two.Close()
		<-time.After(time.Second)
		three := speak(32767)
		four := speak(32767)
		<-time.After(105 * time.Millisecond)
		synctest.Wait()
		three.Close()
		four.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		pcm := read()
		want := []struct {
			frames int
			level  int16
		}{{72, 20000}, {10, 15000}, {10, -5000}, {10, 32767}}
		for _, w := range want {
			for range w.frames * FrameSamples {
				if len(pcm) == 0 || pcm[0] != w.level {
					t.Fatalf("%d samples left, want the level %d: %v", len(pcm), w.level, pcm[:min(len(pcm), 3)])
				}
				pcm = pcm[1:]
			}
		}
		if len(pcm) != 0 {
			t.Errorf("%d samples too many", len(pcm))
		}
		var e *Error
		if _, err := talk(b)("", func([]int16) {}); !errors.As(err, &e) || e.Kind != BadFile {
			t.Errorf("OpenPlayback after Close: %v", err)
		}
	})
}

func TestNewFiles_refuses(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, microphone, speaker string }{
		{"a microphone file that is not there", filepath.Join(dir, "none.wav"), ""},
		{"a microphone file that is no WAV", writeFile(t, []byte("hello")), ""},
		{"a speaker file in no folder", "", filepath.Join(dir, "none", "out.wav")},
	} {
		var e *Error
		if _, err := NewFiles(c.microphone, c.speaker, nil); !errors.As(err, &e) || e.Kind != BadFile {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNull_beats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewNull()
		defer b.Close()
		beats := 0
		d, err := talk(b)("", func(frame []int16) {
			if len(frame) != FrameSamples || frame[0] != 0 {
				t.Errorf("a frame of %d samples starts with %d", len(frame), frame[0])
			}
			frame[0] = 1
			beats++
		})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(10*time.Second + time.Millisecond)
		synctest.Wait()
		d.Close()
		if beats != 1000 {
			t.Errorf("%d beats in 10 s", beats)
		}
		<-time.After(time.Second)
		if beats != 1000 {
			t.Error("beats after Close")
		}
	})
}

// A short stall is made up for, the time of a long sleep is not.
func TestPacer_catchesUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		stall time.Duration
		want  int // beats in the second after the first one began
	}{
		{"a stall of 200 ms", 200 * time.Millisecond, 100},
		{"a sleep of 900 ms", 900 * time.Millisecond, 11},
	} {
		synctest.Test(t, func(t *testing.T) {
			beats := 0
			p := startPacer(func() {
				if beats++; beats == 1 {
					<-time.After(c.stall)
				}
			})
			<-time.After(time.Second + time.Millisecond)
			synctest.Wait()
			p.close()
			if beats < c.want-1 || beats > c.want+1 {
				t.Errorf("%s: %d beats in a second, want %d", c.name, beats, c.want)
			}
		})
	}
}
