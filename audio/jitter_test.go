package audio

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

// arrival is a packet of a trace.
type arrival struct {
	at time.Duration
	rtp.Packet
}

// trace is PCMU in packets of 20 ms; delay gives for each packet's number how
// long the network takes, negative = lost. Sequence numbers and timestamps
// wrap around on the way.
func trace(length time.Duration, delay func(i int) time.Duration) []arrival {
	var packets []arrival
	payload := make([]byte, 160)
	for i := range payload {
		payload[i] = byte(0x80 + i%8)
	}
	for i := range int(length / (20 * time.Millisecond)) {
		d := delay(i)
		if d < 0 {
			continue
		}
		packets = append(packets, arrival{
			at: time.Duration(i)*20*time.Millisecond + d,
			Packet: rtp.Packet{
				Header: rtp.Header{
					SequenceNumber: uint16(65500 + i), Timestamp: 0xFFFFF000 + uint32(i)*160, SSRC: 1,
				},
				Payload: payload,
			},
		})
	}
	return inOrder(packets)
}

func inOrder(packets []arrival) []arrival {
	slices.SortStableFunc(packets, func(a, b arrival) int { return int(a.at - b.at) })
	return packets
}

// outcome is what became of a trace.
type outcome struct {
	StreamStats
	mean, highest time.Duration // of the slack, once a second
	at            func(time.Duration) time.Duration
}

// replay lets a receiver play a trace by a virtual clock.
func replay(t *testing.T, packets []arrival) outcome {
	t.Helper()
	return replayWith(t, packets, nil)
}

// replayWith is replay where some payload types are comfort noise.
func replayWith(t *testing.T, packets []arrival, noise []uint8) outcome {
	t.Helper()
	r := newReceiver()
	if err := r.configure(StreamConfig{Receive: map[uint8]codec.Parameters{
		0: {Name: codec.PCMU}, 8: {Name: codec.PCMA},
	}, NoiseReceive: noise}); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.use(0)
	r.resampler = nil // the sound itself is not looked at here
	var o outcome
	var slack []time.Duration
	block := make([]int16, blockSamples)
	// The speaker's periods lie three milliseconds after the packets' grid.
	for now := 3 * time.Millisecond; len(packets) > 0; now += blockDuration {
		for len(packets) > 0 && packets[0].at <= now {
			r.receive(&packets[0].Packet, packets[0].at)
			packets = packets[1:]
		}
		r.pull(block, now, false)
		slack = append(slack, r.snapshot(time.Time{}).Buffer)
	}
	o.StreamStats = r.snapshot(time.Time{})
	o.at = func(d time.Duration) time.Duration { return slack[d/blockDuration] }
	for _, s := range slack[len(slack)/4:] {
		o.mean += s
		o.highest = max(o.highest, s)
	}
	o.mean /= time.Duration(len(slack) - len(slack)/4)
	return o
}

const ms = time.Millisecond

// The buffer holds what the network needs and not much more.
func TestJitterBuffer_traces(t *testing.T) {
	for _, c := range []struct {
		rule      string
		delay     func(random *rand.Rand) func(i int) time.Duration
		concealed float64       // most share of blocks
		mean      time.Duration // most delay behind the fastest packet
	}{
		{"no jitter", func(*rand.Rand) func(int) time.Duration {
			return func(int) time.Duration { return 30 * ms }
		}, 0, 15 * ms},
		{"±2 ms", func(random *rand.Rand) func(int) time.Duration {
			return func(int) time.Duration { return 30*ms + time.Duration(random.IntN(4000))*time.Microsecond }
		}, 0.001, 20 * ms},
		{"±20 ms", func(random *rand.Rand) func(int) time.Duration {
			return func(int) time.Duration { return time.Duration(random.IntN(40)) * ms }
		}, 0.01, 55 * ms},
		{"±40 ms", func(random *rand.Rand) func(int) time.Duration {
			return func(int) time.Duration { return time.Duration(random.IntN(80)) * ms }
		}, 0.02, 95 * ms},
		{"exponential tail", func(random *rand.Rand) func(int) time.Duration {
			return func(int) time.Duration { return time.Duration(random.ExpFloat64() * float64(8*ms)) }
		}, 0.003, 60 * ms},
		{"the network stalls for 120 ms every 4 s", func(*rand.Rand) func(int) time.Duration {
			return func(i int) time.Duration { return max(20*ms, 140*ms-time.Duration(i%200)*20*ms) }
		}, 0.01, 125 * ms},
		{"5 % lost", func(random *rand.Rand) func(int) time.Duration {
			return func(int) time.Duration {
				if random.Float64() < 0.05 {
					return -1
				}
				return 30 * ms
			}
		}, 0.055, 20 * ms},
	} {
		t.Run(c.rule, func(t *testing.T) {
			const length = 60 * time.Second
			o := replay(t, trace(length, c.delay(rand.New(rand.NewPCG(1, 2)))))
			share := float64(o.Concealed) / float64(length/blockDuration)
			t.Logf("concealed %.2f %%, late %d, mean %v, highest %v, faster %v, slower %v, target %v",
				100*share, o.Late, o.mean, o.highest, o.Faster, o.Slower, o.Target)
			if share > c.concealed {
				t.Errorf("%.2f %% made up", 100*share)
			}
			if o.mean > c.mean {
				t.Errorf("mean delay %v, want at most %v", o.mean, c.mean)
			}
		})
	}
}

// A clock that runs away from ours changes nothing: no gap, and no delay that
// piles up, in an hour in which it goes wrong by a third of a second and in
// minutes at the worst that crystals do.
func TestJitterBuffer_clockDrift(t *testing.T) {
	for _, c := range []struct {
		ppm    int
		length time.Duration
	}{{-100, time.Hour}, {100, time.Hour}, {-300, 10 * time.Minute}, {300, 10 * time.Minute}} {
		o := replay(t, trace(c.length, func(i int) time.Duration {
			return time.Second + time.Duration(i*c.ppm)*20*ms/1e6
		}))
		t.Logf("%d ppm: %+v", c.ppm, o.StreamStats)
		if o.Concealed > 10 || o.Late > 0 {
			t.Errorf("%d ppm: %d made up, %d late", c.ppm, o.Concealed, o.Late)
		}
		if o.highest > 40*ms {
			t.Errorf("%d ppm: delay of %v", c.ppm, o.highest)
		}
	}
}

// A peer that begins another stream is heard from its second packet on, with
// the delay of before and without sound of the old one.
func TestJitterBuffer_newSSRC(t *testing.T) {
	for _, lost := range []int{0, 50} { // packets between the streams: a second
		packets := trace(20*time.Second, func(i int) time.Duration {
			if i >= 500 && i < 500+lost {
				return -1
			}
			return 30*ms + time.Duration(i%3)*4*ms
		})
		for i := range packets[500:] {
			p := &packets[500+i]
			p.SSRC, p.SequenceNumber, p.Timestamp = 2, p.SequenceNumber+9000, 0x12345678+uint32(i)*160
		}
		o := replay(t, packets)
		if want := 2*lost + 6; o.Concealed > uint64(want) {
			t.Errorf("%d lost between: %d blocks made up, want at most %d", lost, o.Concealed, want)
		}
		if o.Late > 0 {
			t.Errorf("%d lost between: %d late", lost, o.Late)
		}
		again := 10*time.Second + time.Duration(lost)*20*ms
		if got := o.at(again + 200*ms); got == 0 || got > 50*ms {
			t.Errorf("%d lost between: delay %v soon after", lost, got)
		}
		if before, after := o.at(9*time.Second), o.at(19*time.Second); (after - before).Abs() > 15*ms {
			t.Errorf("%d lost between: delay %v, before it %v", lost, after, before)
		}
	}
}

// A path that becomes longer is followed; when it becomes shorter, the delay
// comes back within two seconds.
func TestJitterBuffer_delayStep(t *testing.T) {
	o := replay(t, trace(30*time.Second, func(i int) time.Duration {
		if i >= 500 && i < 1000 {
			return 130 * ms
		}
		return 30 * ms
	}))
	for _, c := range []struct{ at, most time.Duration }{
		{9 * time.Second, 20 * ms},
		{19 * time.Second, 40 * ms},
		{22200 * ms, 60 * ms},
		{29 * time.Second, 30 * ms},
	} {
		if got := o.at(c.at); got > c.most {
			t.Errorf("at %v: delay %v, want at most %v", c.at, got, c.most)
		}
	}
	if o.Concealed > 25 {
		t.Errorf("%d blocks made up", o.Concealed)
	}
}

// After the network stood still for long and then delivered everything at
// once, what is too old is skipped; the delay is back within two seconds.
func TestJitterBuffer_longStall(t *testing.T) {
	for _, stall := range []time.Duration{400 * ms, 900 * ms, 2 * time.Second, 4 * time.Second} {
		o := replay(t, trace(30*time.Second, func(i int) time.Duration {
			sent, stalled := time.Duration(i)*20*ms, 10*time.Second
			if sent < stalled {
				return 30 * ms
			}
			return 30*ms + max(0, stalled+stall-sent)
		}))
		if got := o.at(12*time.Second + stall); got > 100*ms {
			t.Errorf("%v: delay %v two seconds later", stall, got)
		}
		if got := o.at(29 * time.Second); got > 30*ms {
			t.Errorf("%v: delay %v in the end", stall, got)
		}
		if lost := time.Duration(o.Late+o.Concealed/2) * 20 * ms; lost > 2*stall+100*ms {
			t.Errorf("%v: %d skipped, %d made up", stall, o.Late, o.Concealed)
		}
	}
}

// Duplicates change nothing, and packets in the wrong order are put right.
func TestJitterBuffer_duplicatesAndOrder(t *testing.T) {
	packets := trace(20*time.Second, func(i int) time.Duration {
		if i%7 == 3 {
			return 25 * ms // behind its successor
		}
		return 0
	})
	for i := range packets {
		if i%5 == 0 {
			again := packets[i]
			again.at += 15 * ms
			packets = append(packets, again)
		}
	}
	o := replay(t, inOrder(packets))
	if o.Received != 1000 || o.Lost != 0 || o.LossPercent != 0 {
		t.Errorf("received %d, lost %d (%.1f %%)", o.Received, o.Lost, o.LossPercent)
	}
	if o.Concealed > 8 {
		t.Errorf("%d blocks made up", o.Concealed)
	}
}

func TestJitterBuffer_counts(t *testing.T) {
	lost := replay(t, trace(20*time.Second, func(i int) time.Duration {
		if i%10 == 5 {
			return -1
		}
		return 30 * ms
	}))
	if lost.Lost != 100 || lost.Received != 900 || lost.Late != 0 {
		t.Errorf("lost %d, received %d, late %d", lost.Lost, lost.Received, lost.Late)
	}
	if lost.LossPercent < 9 || lost.LossPercent > 11 {
		t.Errorf("loss %.1f %%", lost.LossPercent)
	}
	if lost.Concealed < 195 || lost.Concealed > 205 {
		t.Errorf("%d blocks made up for 100 packets", lost.Concealed)
	}
	late := replay(t, trace(20*time.Second, func(i int) time.Duration {
		if i%100 == 50 {
			return 500 * ms
		}
		return 30 * ms
	}))
	if late.Late != 10 || late.Lost != 0 {
		t.Errorf("late %d, lost %d", late.Late, late.Lost)
	}
	jitter := replay(t, trace(20*time.Second, func(i int) time.Duration { return time.Duration(i%2) * 8 * ms }))
	if jitter.Jitter < 7*ms || jitter.Jitter > 9*ms {
		t.Errorf("jitter %v of packets that are 8 ms late in turn", jitter.Jitter)
	}
}

// A peer that sends nothing while it is silent loses nothing, and its delay
// does not grow.
func TestJitterBuffer_silenceSuppression(t *testing.T) {
	packets := trace(20*time.Second, func(i int) time.Duration {
		if i%100 >= 50 {
			return -1
		}
		return 30 * ms
	})
	for i := range packets {
		packets[i].SequenceNumber = uint16(65500 + i)
	}
	o := replay(t, packets)
	if o.Lost != 0 || o.Concealed != 0 || o.Late != 0 || o.highest > 40*ms {
		t.Errorf("%+v, highest delay %v", o.StreamStats, o.highest)
	}
}

// After a pause in which the peer's timestamps stood still or went astray,
// sound goes on at once.
func TestJitterBuffer_pauses(t *testing.T) {
	for _, c := range []struct {
		rule string
		jump uint32 // of timestamps over a pause of 5 s
	}{
		{"timestamps go on", 5 * 8000},
		{"timestamps stand still", 0},
		{"timestamps are new", 0x40000000},
		{"timestamps go back", 0xFFFF0000},
	} {
		t.Run(c.rule, func(t *testing.T) {
			packets := trace(10*time.Second, func(int) time.Duration { return 30 * ms })
			for i := range packets[250:] {
				p := &packets[250+i]
				p.at += 5 * time.Second
				p.Timestamp += c.jump
			}
			o := replay(t, packets)
			if o.Late != 0 || o.Lost != 0 || o.Concealed > 3 {
				t.Errorf("%+v", o.StreamStats)
			}
			if got := o.at(14 * time.Second); got > 30*ms {
				t.Errorf("delay %v", got)
			}
		})
	}
}

// A stray packet of another stream does no harm; a second one in a row takes
// over once ours is silent.
func TestSourceTracker(t *testing.T) {
	var s sourceTracker
	for _, c := range []struct {
		rule     string
		ssrc     uint32
		sequence uint16
		want     packetVerdict
		extended int64
	}{
		{"first", 1, 65534, packetRestart, 1<<32 + 65534},
		{"next", 1, 65535, packetGood, 1<<32 + 65535},
		{"wraps around", 1, 1, packetGood, 1<<32 + 65537},
		{"out of order", 1, 0, packetGood, 1<<32 + 65536},
		{"twice", 1, 0, packetDuplicate, 0},
		{"stray", 2, 500, packetRefused, 0},
		{"ours again", 1, 2, packetGood, 1<<32 + 65538},
		{"another stray", 2, 501, packetRefused, 0},
		{"its successor before ours is silent", 2, 502, packetRefused, 0},
		{"and when it is", 2, 503, packetRestart, 1<<32 + 503},
		{"jump", 2, 9000, packetRefused, 0},
		{"jump confirmed", 2, 9001, packetRestart, 1<<32 + 9001},
	} {
		s.now += 20 * ms
		got, verdict := s.accept(&rtp.Header{SSRC: c.ssrc, SequenceNumber: c.sequence})
		if verdict != c.want || verdict != packetRefused && verdict != packetDuplicate && got != c.extended {
			t.Errorf("%s: %d, %d, want %d, %d", c.rule, got, verdict, c.extended, c.want)
		}
	}
}

func TestPayloadDuration(t *testing.T) {
	for _, c := range []struct {
		name    codec.Name
		payload []byte
		want    time.Duration
	}{
		{codec.PCMU, make([]byte, 160), 20 * ms},
		{codec.G722, make([]byte, 240), 30 * ms},
		{codec.PCMA, make([]byte, 1000), 0}, // longer than a decoder takes
		{codec.PCMA, nil, 0},
		{codec.Opus, nil, 0},
		{codec.Opus, []byte{0 << 3}, 10 * ms},
		{codec.Opus, []byte{3 << 3}, 60 * ms},
		{codec.Opus, []byte{9 << 3, 0}, 20 * ms},
		{codec.Opus, []byte{15 << 3, 0}, 20 * ms},
		{codec.Opus, []byte{16 << 3, 0}, 2500 * time.Microsecond},
		{codec.Opus, []byte{31 << 3, 0}, 20 * ms},
		{codec.Opus, []byte{31<<3 | 1, 0}, 40 * ms},
		{codec.Opus, []byte{31<<3 | 3, 6}, 120 * ms},
		{codec.Opus, []byte{31<<3 | 3, 7}, 0},
		{codec.Opus, []byte{31<<3 | 3}, 0},
		{"iLBC", make([]byte, 160), 0},
	} {
		if got := payloadDuration(c.name, c.payload); got != c.want {
			t.Errorf("%s % x: %v, want %v", c.name, c.payload[:min(2, len(c.payload))], got, c.want)
		}
	}
}
