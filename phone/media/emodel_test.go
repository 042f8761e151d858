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
		{"the default call of G.107", Conditions{Codec: "PCMU"}, 93.2, 3.25},
		{"a delay of 100 ms costs nothing", Conditions{Codec: "PCMA", Delay: 100 * ms}, 93.2, 3.25},
		{"200 ms cost Idd of X = 1", Conditions{Codec: "PCMA", Delay: 200 * ms}, 93.2 - 3.04, 3.15},
		{"400 ms cost Idd of X = 2", Conditions{Codec: "opus", Delay: 400 * ms}, 131.17 - 24.07, 3.71},
		{"1 % of G.711 with concealment", Conditions{Codec: "PCMA", Loss: 1}, 93.2 - 77.2/26.1, 3.15},
		{"5 % of it", Conditions{Codec: "PCMA", Loss: 5}, 93.2 - 386/30.1, 2.80},
		{"5 % in runs of twice chance", Conditions{Codec: "PCMA", Loss: 5, Burst: 2}, 93.2 - 386/27.6, 2.76},
		{"longer runs are beyond the model", Conditions{Codec: "PCMA", Loss: 5, Burst: 7}, 93.2 - 386/27.6, 2.76},
		{"but where few are lost", Conditions{Codec: "PCMA", Loss: 1, Burst: 5}, 93.2 - 77.2/25.3, 3.15},
		{"runs shorter than chance are chance", Conditions{Codec: "PCMA", Loss: 5, Burst: 0.4}, 93.2 - 386/30.1, 2.80},
		{"wideband: 129 − 13", Conditions{Codec: "G722"}, 116, 3.96},
		{"superwideband: 148 − 16.83", Conditions{Codec: "opus"}, 131.17, 4.30},
		{"superwideband, 10 %", Conditions{Codec: "Opus", Loss: 10}, 131.17 - 1151.7/20.44, 2.60},
		{"everything lost", Conditions{Codec: "PCMU", Loss: 100, Burst: 8}, 0, 1},
		{"more than everything", Conditions{Codec: "PCMU", Loss: 300, Burst: 8}, 0, 1},
		{"a share below nothing", Conditions{Codec: "PCMU", Loss: -1}, 93.2, 3.25},
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

// A wider band is better, with little loss too, and a clean call of Opus leaves
// nothing to be wished: 4.2 is what the screens call excellent.
func TestConditions_bandsCompare(t *testing.T) {
	for _, loss := range []float64{0, 0.5, 2} {
		before := 5.0
		for _, codec := range []string{"opus", "G722", "PCMA"} {
			got := Conditions{Codec: codec, Loss: loss, Delay: 90 * time.Millisecond}.MOS()
			if got > before {
				t.Errorf("%v %% lost: %s is %.2f, the wider band %.2f", loss, codec, got, before)
			}
			if codec == "opus" && loss == 0 && got < 4.2 {
				t.Errorf("a clean call is %.2f", got)
			}
			before = got
		}
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
