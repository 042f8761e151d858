//go:build interop && bench

package bench

import (
	"math"
	"os"
	"strconv"
	"time"
)

// firstSeed is that of the fates of the first run.
const firstSeed = 3

// seeds are those of all runs: $SEEDS of them, or one.
func seeds() []uint64 {
	n, err := strconv.Atoi(os.Getenv("SEEDS"))
	if err != nil {
		n = 1
	}
	all := make([]uint64, max(n, 1))
	for i := range all {
		all[i] = firstSeed + uint64(i)
	}
	return all
}

// verdictSpread is the standard deviation over several seeds, 0 over one.
type verdictSpread struct{ pesq, stoi float64 }

// mean is the mean of a path's verdicts over all seeds, with the longest
// silence.
func mean(all []verdict) (m verdict) {
	n := float64(len(all))
	for _, v := range all {
		m.pesq += v.pesq / n
		m.stoi += v.stoi / n
		m.snr += v.snr / n
		m.silence = max(m.silence, v.silence)
		m.made += v.made / n
		m.delay += v.delay
	}
	m.delay /= time.Duration(len(all))
	deviation := func(of func(verdict) float64, mean float64) (d float64) {
		for _, v := range all {
			d += (of(v) - mean) * (of(v) - mean) / n
		}
		return math.Sqrt(d)
	}
	m.spread.pesq = deviation(func(v verdict) float64 { return v.pesq }, m.pesq)
	m.spread.stoi = deviation(func(v verdict) float64 { return v.stoi }, m.stoi)
	return m
}
