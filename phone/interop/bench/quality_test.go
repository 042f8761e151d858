//go:build interop && bench

package bench

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/phone/interop/rig"
)

const (
	packetTime = 20 * time.Millisecond
	soundRate  = rig.SampleRate
	mostDelay  = 600 * time.Millisecond // that is looked for
)

// paths are the networks on which both are compared.
var paths = [...]struct {
	name string
	audiotest.Impairment
}{
	{"clean", audiotest.Impairment{}},
	{"2 % lost", audiotest.Impairment{Loss: 0.02}},
	{"5 % lost", audiotest.Impairment{Loss: 0.05}},
	{"10 % lost", audiotest.Impairment{Loss: 0.10}},
	{"20 % lost", audiotest.Impairment{Loss: 0.20}},
	{"30 % lost", audiotest.Impairment{Loss: 0.30}},
	{"10 % in runs of 3", audiotest.Impairment{Loss: 0.10, Burst: 3}},
	{"±20 ms", audiotest.Impairment{Jitter: 20 * time.Millisecond}},
	{"±40 ms", audiotest.Impairment{Jitter: 40 * time.Millisecond}},
	{"5 % lost, ±20 ms", audiotest.Impairment{Loss: 0.05, Jitter: 20 * time.Millisecond}},
}

// TestBench_quality lets our receiver and Chromium's hear the same packets of
// the same speech after the same impairments, and judges what they made of
// them; and beside them what a call between two of ours makes of the path,
// whose sender repeats what is lost, with packets of 20 ms and, as where the
// shortest delay is chosen, of 10 ms. Ours plays in virtual time, Chromium
// behind a socket in real time.
func TestBench_quality(t *testing.T) {
	j, begun := newJudge(t), readClock()
	var theirs, receivers, calls, short [len(paths)][]verdict
	for _, seed := range seeds() {
		var run [len(paths)]verdict
		for i := range paths {
			paths[i].Seed = seed
		}
		for from := 0; from < len(paths); from += together {
			j.calmly(from, run[from:min(len(paths), from+together)])
		}
		for i := range paths {
			theirs[i] = append(theirs[i], run[i])
			receivers[i] = append(receivers[i], j.receiverOnly(i))
			calls[i] = append(calls[i], j.whole(i, packetTime))
			short[i] = append(short[i], j.whole(i, packetTime/2))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-18s %-16s %11s %13s %6s %8s %9s %10s\n", "path", "heard by", "PESQ", "STOI", "SNR", "silence", "made up", "delay")
	for i, p := range paths {
		fmt.Fprintf(&b, "%-18s %-16s %s\n", p.name, "Chromium", mean(theirs[i]))
		fmt.Fprintf(&b, "%-18s %-16s %s\n", "", "ours", mean(receivers[i]))
		fmt.Fprintf(&b, "%-18s %-16s %s\n", "", "our call", mean(calls[i]))
		fmt.Fprintf(&b, "%-18s %-16s %s\n", "", "in short packets", mean(short[i]))
	}
	fmt.Fprintln(&b, j.method())
	tell(t, "Speech over impaired paths", begun, &b)
}

// verdict is what became of the speech on one path.
type verdict struct {
	pesq, stoi, snr float64
	spread          verdictSpread // over several seeds
	silence         time.Duration // the longest
	made            float64       // share of the speech that was not what was sent
	delay           time.Duration // of playout behind the fastest packet
}

func (v verdict) String() string {
	pesq := "–"
	if v.pesq > 0 {
		pesq = fmt.Sprintf("%.2f ± %.2f", v.pesq, v.spread.pesq)
	}
	return fmt.Sprintf("%11s %5.3f ± %.3f %6.1f %5d ms %7.1f %% %7.0f ms", pesq, v.stoi, v.spread.stoi, v.snr,
		v.silence.Milliseconds(), 100*v.made, float64(v.delay.Microseconds())/1000)
}

// judge has the speech and the tools.
type judge struct {
	*testing.T
	speech []int16
	spoken string // by whom
	pesq   string // program; "" = there is none
	dir    string
	// packets are the speech as sent on each path: only the loss that the
	// encoder is told differs. decoded is what they are without an impairment.
	packets [len(paths)][]rtp.Packet
	decoded [len(paths)][]int16
}

func newJudge(t *testing.T) *judge {
	j := &judge{T: t, dir: rig.Artefacts(t)}
	j.pesq, _ = exec.LookPath("pesq")
	j.speech, j.spoken = speech(t, j.dir)
	for i := range paths {
		j.packets[i] = encode(t, j.speech, int(100*paths[i].Loss))
		ideal := newIdeal(t)
		for n := range j.packets[i] {
			ideal.take(j.packets[i][n].PayloadType, j.packets[i][n].Payload)
		}
		j.decoded[i] = ideal.end()
	}
	return j
}

// sentences are from the Harvard lists (IEEE, 1969).
var sentences = []struct{ voice, text string }{
	{"en-gb+m3", "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background."},
	{"en-us+f2", "It is easy to tell the depth of a well. These days a chicken leg is a rare dish."},
	{"en-gb+f4", "Four hours of steady work faced us. A large size in stockings is hard to sell."},
	{"en-us+m1", "Rice is often served in round bowls. The juice of lemons makes fine punch."},
	{"en-gb+m7", "The box was thrown beside the parked truck. The hogs were fed chopped corn and garbage."},
	{"en-us+f3", "The boy was there when the sun rose. A rod is used to catch pink salmon."},
	{"en-gb+m2", "The source of the huge river is the clear spring. Kick the ball straight and follow through."},
}

// speech is about forty seconds by seven voices of espeak-ng, or, where that is
// missing, of our own generator.
func speech(t *testing.T, dir string) ([]int16, string) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		return audiotest.Speech(0.1, soundRate, 40*soundRate, 1), "made by audiotest.Speech, as espeak-ng is missing"
	}
	var pcm []int16
	for i, s := range sentences {
		raw, wav := filepath.Join(dir, "raw.wav"), filepath.Join(dir, "said.wav")
		check(t, exec.Command("espeak-ng", "-v", s.voice, "-s", "150", "-w", raw, s.text).Run())
		check(t, exec.Command("sox", raw, "-r", strconv.Itoa(soundRate), "-c", "1", "-b", "16", wav, "gain", "-n", "-6").Run())
		said, _, err := audiotest.ReadWAV(wav)
		check(t, err)
		pcm = slices.Concat(pcm, make([]int16, soundRate*(3+i%3)/10), said)
	}
	pcm = append(pcm, make([]int16, soundRate/2)...)
	return pcm[:len(pcm)/960*960], "by seven voices of espeak-ng"
}

// encode makes Opus packets as our sender does, which has been told of loss.
func encode(t *testing.T, pcm []int16, loss int) []rtp.Packet {
	e, err := codec.NewEncoder(codec.Parameters{Name: codec.Opus, Channels: 2, FEC: true})
	check(t, err)
	defer e.Close()
	e.SetLoss(loss)
	payload := make([]byte, codec.MaxPayload)
	const frame = soundRate / 50
	var packets []rtp.Packet
	for i := 0; len(pcm) >= frame; i, pcm = i+1, pcm[frame:] {
		n, err := e.Encode(payload, pcm[:frame])
		check(t, err)
		packets = append(packets, rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 111, SequenceNumber: uint16(i), Timestamp: uint32(i * frame), SSRC: 0x5EED},
			Payload: slices.Clone(payload[:n]),
		})
	}
	return packets
}

// receiverOnly plays a path's packets through an engine of ours.
func (j *judge) receiverOnly(path int) verdict {
	return j.ours("receiver", path, func(r *scene) func() []int16 {
		fates := audiotest.NewFates(paths[path].Impairment)
		for i := range j.packets[path] {
			p := &j.packets[path][i]
			// A packet is sent when its sound is complete. The speaker's
			// periods lie three milliseconds after the packets' grid.
			for _, at := range fates.Next(time.Duration(i+1)*packetTime - afterGrid) {
				time.AfterFunc(at, func() { r.to.Receive(p, time.Now()) })
			}
		}
		return func() []int16 { return j.decoded[path] }
	})
}

// whole lets two engines of ours have a call over a path, in packets of a
// length: the sender adapts to the loss that is reported to it.
func (j *judge) whole(path int, ptime time.Duration) verdict {
	return j.ours(fmt.Sprintf("call-%v", ptime), path, func(r *scene) func() []int16 {
		ideal, impairment := newIdeal(r.T), paths[path].Impairment
		impairment.Burst *= int(packetTime / ptime) // runs last as long
		link := audiotest.NewLink(impairment, r.to.Receive)
		r.end = link.Close
		r.mouth.Speak("mic", j.speech)
		r.start(r.from, ptime, func(h *rtp.Header, payload []byte) error {
			ideal.take(h.PayloadType, payload)
			return link.Write(h, payload)
		})
		// RTCP tells the sender once a second what was lost lately.
		r.told = time.AfterFunc(time.Second, func() {
			r.from.SetLoss(int(r.to.Stats().LossPercent + 0.5))
			r.told.Reset(time.Second)
		})
		return ideal.end
	})
}

// afterGrid is by how much our speaker's periods are later than the packets
// leave.
const afterGrid = 3 * time.Millisecond

// scene is a stream of ours that listens, and one that may speak to it, in
// virtual time.
type scene struct {
	*testing.T
	mouth, ear *audiotest.Devices
	from, to   *audio.Stream
	told       *time.Timer // by which the sender is told of loss; nil = it is not
	end        func()
}

func (r *scene) engine(d *audiotest.Devices) *audio.Stream {
	engine, err := audio.New(audio.Options{Backend: d, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	check(r, err)
	r.Cleanup(func() { _ = engine.Close() })
	return engine.NewStream()
}

func (r *scene) start(s *audio.Stream, ptime time.Duration, write func(*rtp.Header, []byte) error) {
	opus := codec.Parameters{Name: codec.Opus, Channels: 2, FEC: true, PTime: ptime}
	check(r, s.Start(audio.StreamConfig{
		Codec: opus, PayloadType: 111, Receive: map[uint8]codec.Parameters{111: opus},
		RedundancyPayloadType: redundantType, RedundancyReceive: []uint8{redundantType}, SSRC: 0x5EED, Write: write,
	}))
	synctest.Wait()
}

// ours judges what a stream of ours hears of what run lets it have. run returns
// what tells, afterwards, what is to be heard.
func (j *judge) ours(who string, path int, run func(*scene) (sent func() []int16)) verdict {
	var heard, sent []int16
	synctest.Test(j.T, func(t *testing.T) {
		r := &scene{T: t, mouth: audiotest.NewDevices(), ear: audiotest.NewDevices(), end: func() {}}
		r.from, r.to = r.engine(r.mouth), r.engine(r.ear)
		r.start(r.to, packetTime, func(*rtp.Header, []byte) error { return nil })
		ideal := run(r)
		const step = 10 * time.Millisecond
		for range (time.Duration(len(j.packets[path]))*packetTime + time.Second) / step {
			<-time.After(step - afterGrid)
			r.mouth.Step()
			<-time.After(afterGrid)
			r.ear.Step()
			synctest.Wait()
		}
		heard = r.ear.Heard("speaker")
		if r.told != nil {
			r.told.Stop()
		}
		r.end()
		sent = ideal()
	})
	sent = sent[:min(len(sent), len(j.speech))] // behind it the mouth begins anew
	// The mouth's first period began 10 ms before it was read, the ear's is
	// heard from when it is fetched.
	return j.listen(who, path, sent, append(make([]int16, rig.Samples(10*time.Millisecond+afterGrid)), heard...))
}

// codecDelay is what a packet of 20 ms and Opus add to the delay of every
// receiver.
const codecDelay = packetTime + 6500*time.Microsecond

// listen judges what was heard; its first sample was at the time of the first
// of the speech. sent is what was to be heard.
func (j *judge) listen(who string, path int, sent, heard []int16) (v verdict) {
	check(j, rig.WriteWAV(filepath.Join(j.dir, fmt.Sprintf("%s-%d.wav", who, path)), heard))
	delays := audiotest.Timing(j.speech, heard, soundRate, mostDelay)
	straight := audiotest.Straighten(j.speech, heard, soundRate, delays)
	v.delay = audiotest.MeanDelay(delays) - codecDelay
	v.stoi = audiotest.STOI(j.speech, straight, soundRate)
	v.snr = audiotest.SegmentalSNR(j.speech, straight, soundRate)
	v.silence = audiotest.LongestSilence(j.speech, heard, soundRate, delays)
	v.pesq = j.measurePESQ(heard)
	delays = audiotest.Timing(sent, heard, soundRate, mostDelay)
	v.made = audiotest.MadeUp(sent, audiotest.Straighten(sent, heard, soundRate, delays), soundRate)
	return v
}

// measurePESQ is the mean of PESQ-WB over parts of the speech; 0 without the
// program.
func (j *judge) measurePESQ(heard []int16) float64 {
	if j.pesq == "" {
		return 0
	}
	const parts = 5
	part := len(j.speech)/parts + 1
	var sum float64
	for n := range parts {
		from, to := n*part, min(len(j.speech), (n+1)*part)
		a := j.downsampled(j.speech[from:to])
		b := j.downsampled(heard[min(from, len(heard)):min(to+soundRate/5, len(heard))])
		judged := exec.Command(j.pesq, "+16000", "+wb", a, b)
		judged.Dir = j.dir // where it leaves its results
		out, err := judged.Output()
		check(j, err)
		fields := strings.Fields(string(out))
		value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		check(j, err)
		sum += value
	}
	return sum / parts
}

// downsampled writes a file of 16 kHz.
func (j *judge) downsampled(pcm []int16) string {
	f, err := os.CreateTemp(j.dir, "pesq-*.wav")
	check(j, err)
	check(j, f.Close())
	j.Cleanup(func() { _ = os.Remove(f.Name()) })
	wide := filepath.Join(j.dir, "48k.wav")
	check(j, rig.WriteWAV(wide, pcm))
	check(j, exec.Command("sox", wide, "-r", "16000", f.Name()).Run())
	return f.Name()
}

func (j *judge) method() string {
	pesq := "PESQ-WB by " + j.pesq
	if j.pesq == "" {
		pesq = "no PESQ: there is no program of that name"
	}
	return fmt.Sprintf("%.0f s %s, Opus 32 kbit/s with FEC, the same packets and fates for Chromium and ours, mean of %d seeds; %s;\n", float64(len(j.speech))/soundRate, j.spoken, len(seeds()), pesq) +
		"our call: with our sender, which repeats what is lost and is told of it each second; in short packets: of 10 ms, as with the shortest delay, as many of a hundred lost, runs as long;\n" +
		"STOI and frequency-weighted segmental SNR (dB) after undoing the moving delay; silence: the longest within speech;\n" +
		"made up: 20 ms of speech that are not what a decoder makes of all packets (correlation under 0.9), the same measure for all;\n" +
		"delay: of playout behind the fastest packet of 20 ms by correlation, Chromium's by its jitterBufferDelay where that is less"
}
