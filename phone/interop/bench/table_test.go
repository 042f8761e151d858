//go:build interop && bench

package bench

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// figure is one line of the table.
type figure struct{ what, value, note string }

// table collects figures in the order of their measurement.
type table struct{ figures []figure }

func (b *table) add(what, value, note string) {
	b.figures = append(b.figures, figure{what, value, note})
}

// addTimes adds the median of measurements in milliseconds, and sorts them.
func (b *table) addTimes(what string, times []time.Duration, note string) {
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.add(what, fmt.Sprintf("%.0f ms", ms(times[len(times)/2])),
		strings.TrimSpace(fmt.Sprintf("median of %d, %.0f–%.0f ms; %s", len(times), ms(times[0]), ms(times[len(times)-1]), note)))
}

// addRatio adds the ratio of two medians of sorted measurements. How far the
// quartiles are apart says how sure it is.
func (b *table) addRatio(what string, ours, theirs []time.Duration, note string) {
	ratio := func(mine, other int) float64 {
		return ours[len(ours)*mine/4].Seconds() / theirs[len(theirs)*other/4].Seconds()
	}
	b.add(what, fmt.Sprintf("%.2f", ratio(2, 2)),
		fmt.Sprintf("of the medians; by the quartiles %.2f–%.2f; %s", ratio(1, 3), ratio(3, 1), note))
}

func (b *table) String() string {
	width := [2]int{}
	for _, f := range b.figures {
		width[0] = max(width[0], len([]rune(f.what)))
		width[1] = max(width[1], len([]rune(f.value)))
	}
	var s strings.Builder
	for _, f := range b.figures {
		fmt.Fprintf(&s, "%s%s  %s%s  %s\n", f.what, strings.Repeat(" ", width[0]-len([]rune(f.what))),
			strings.Repeat(" ", width[1]-len([]rune(f.value))), f.value, f.note)
	}
	return s.String()
}

var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(?:.*?([\d.]+) allocs/op)?`)

// addBenchmarks takes the lines of `go test -bench` from $BENCHMARKS.
func (b *table) addBenchmarks() error {
	name := os.Getenv("BENCHMARKS")
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	pkg := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if p, ok := strings.CutPrefix(lines.Text(), "pkg: webphone/"); ok {
			pkg = p
		}
		if m := benchmarkLine.FindStringSubmatch(lines.Text()); m != nil {
			note := ""
			if m[3] != "" {
				note = m[3] + " allocations"
			}
			b.add(pkg+" "+m[1], m[2]+" ns/op", note)
		}
	}
	return nil
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// onset returns the positions at which pcm becomes loud after a silence of
// 100 ms at least.
func onsets(pcm []int16) []int {
	const loud, quiet = 1500, rig.SampleRate / 10
	var at []int
	last := -quiet
	for i, v := range pcm {
		if v > loud || v < -loud {
			if i-last >= quiet {
				at = append(at, i)
			}
			last = i
		}
	}
	return at
}

// pulses is n short tones with silence between them, 700 ms apart.
func pulses(n int) []int16 {
	var pcm []int16
	for range n {
		pcm = slices.Concat(pcm, rig.Sine(900, 150*time.Millisecond), make([]int16, rig.Samples(550*time.Millisecond)))
	}
	return pcm
}
