package media

import (
	"math"
	"testing"
	"time"
)

// The pairs of G.107 table B.1 and the value of its default call.
func TestMOS_ofR(t *testing.T) {
	for _, c := range []struct{ r, want float64 }{
		{-3, 1}, {0, 1}, {3, 1}, {50, 2.58}, {60, 3.10}, {70, 3.60}, {80, 4.03}, {90, 4.34}, {93.2, 4.41}, {100, 4.5}, {120, 4.5},
	} {
		if got := mosOf(c.r); math.Abs(got-c.want) > 0.007 {
			t.Errorf("R %v is MOS %.3f, want %.2f", c.r, got, c.want)
		}
	}
}

func TestConditions_R(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		rule string
		in   Conditions
		r    float64 // computed by hand from the formulas of the Recommendations
		mos  float64
	}{
		{"the default call of G.107", Conditions{Codec: "PCMU"}, 93.2, 4.41},
		{"a delay of 100 ms costs nothing", Conditions{Codec: "PCMA", Delay: 100 * ms}, 93.2, 4.41},
		{"200 ms cost Idd of X = 1", Conditions{Codec: "PCMA", Delay: 200 * ms}, 93.2 - 3.04, 4.34},
		{"400 ms cost Idd of X = 2", Conditions{Codec: "PCMA", Delay: 400 * ms}, 93.2 - 24.07, 3.56},
		{"1 % of G.711 with concealment", Conditions{Codec: "PCMA", Loss: 1}, 93.2 - 95.0/26.1, 4.33},
		{"5 % of it", Conditions{Codec: "PCMA", Loss: 5}, 93.2 - 475/30.1, 3.92},
		{"5 % in runs of twice chance", Conditions{Codec: "PCMA", Loss: 5, Burst: 2}, 93.2 - 475/27.6, 3.86},
		{"longer runs are beyond the model", Conditions{Codec: "PCMA", Loss: 5, Burst: 7}, 93.2 - 475/27.6, 3.86},
		{"but where few are lost", Conditions{Codec: "PCMA", Loss: 1, Burst: 5}, 93.2 - 95/25.3, 4.32},
		{"runs shorter than chance are chance", Conditions{Codec: "PCMA", Loss: 5, Burst: 0.4}, 93.2 - 475/30.1, 3.92},
		{"wideband: 129 − 13 of 129", Conditions{Codec: "G722"}, 116 / 1.29, 4.34},
		{"fullband: 148 − 8 of 148", Conditions{Codec: "opus"}, 140 / 1.48, 4.43},
		{"fullband, 10 %", Conditions{Codec: "Opus", Loss: 10}, (140 - 1240.0/30) / 1.48, 3.44},
		{"everything lost", Conditions{Codec: "PCMU", Loss: 100, Burst: 8}, 0, 1},
		{"more than everything", Conditions{Codec: "PCMU", Loss: 300, Burst: 8}, 0, 1},
		{"a share below nothing", Conditions{Codec: "PCMU", Loss: -1}, 93.2, 4.41},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := c.in.R(); math.Abs(got-c.r) > 0.01 {
				t.Errorf("R is %.3f, want %.3f", got, c.r)
			}
			if got := c.in.MOS(); math.Abs(got-c.mos) > 0.006 {
				t.Errorf("MOS is %.3f, want %.2f", got, c.mos)
			}
		})
	}
}

func TestConditions_worseNeverGradesBetter(t *testing.T) {
	for _, codec := range []string{"opus", "G722", "PCMU", ""} {
		before := 5.0
		for loss := 0.0; loss <= 100; loss += 2.5 {
			got := Conditions{Codec: codec, Loss: loss, Delay: 150 * time.Millisecond}.MOS()
			if got > before || got < 1 {
				t.Errorf("%q: %v %% is MOS %.3f after %.3f", codec, loss, got, before)
			}
			before = got
		}
		before = 5
		for delay := time.Duration(0); delay < 2*time.Second; delay += 50 * time.Millisecond {
			got := Conditions{Codec: codec, Delay: delay}.MOS()
			if got > before || got < 1 {
				t.Errorf("%q: %v is MOS %.3f after %.3f", codec, delay, got, before)
			}
			before = got
		}
	}
}
