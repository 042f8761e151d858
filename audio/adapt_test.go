package audio

import (
	"testing"
	"time"

	"webphone/audio/codec"
)

// newAdapter is that of a call in Opus whose peer takes repetitions.
func newAdapter(most int) *adapter {
	a := new(adapter)
	a.configure(StreamConfig{Codec: codec.Parameters{Name: codec.Opus, MaxBitrate: most, PTime: codec.DefaultPTime}, RedundancyPayloadType: typeRed})
	return a
}

// Repetitions begin and end at different losses, so that they do not come and
// go with the chance of single reports.
func TestAdapter_depth(t *testing.T) {
	a := newAdapter(0)
	var now time.Duration
	settle := func(percent int) coding {
		for range 40 { // until the mean is there
			now += time.Second
			a.report(percent, now)
		}
		return a.now()
	}
	for _, c := range []struct{ percent, depth int }{
		{0, 0}, {3, 0}, {5, 1}, {3, 1}, {1, 0}, {7, 1}, {9, 2}, {6, 2}, {4, 1}, {3, 1}, {30, 2}, {1, 0},
	} {
		told := c.percent
		if c.depth > 0 { // the encoder need not do it too
			told = min(told, redundantLoss)
		}
		got := settle(c.percent)
		if got.depth != c.depth || got.loss != told {
			t.Errorf("%d %%: depth %d at %d %%, want %d at %d %%", c.percent, got.depth, got.loss, c.depth, told)
		}
		if c.percent > 0 && got.bare != (c.depth == 2) {
			t.Errorf("%d %%, depth %d: FEC off = %v", c.percent, c.depth, got.bare)
		}
	}
}

// One bad report protects at once, one good one proves nothing.
func TestAdapter_reports(t *testing.T) {
	a := newAdapter(0)
	for i, c := range []struct{ percent, loss, depth int }{
		{0, 0, 0}, {20, 5, 2}, {20, 5, 2}, {0, 5, 2}, {0, 5, 2}, {0, 5, 2}, {0, 5, 1}, {0, 4, 1}, {0, 3, 1}, {0, 2, 1}, {-5, 2, 0}, {300, 5, 2},
	} {
		a.report(c.percent, time.Duration(i)*time.Second)
		if got := a.now(); got.loss != c.loss || got.depth != c.depth {
			t.Errorf("report %d, %d %%: %+v, want loss %d, depth %d", i, c.percent, got, c.loss, c.depth)
		}
	}
}

// FEC ends where nothing is lost for long, comes back with the first loss, and
// ends the later the more often it was missed.
func TestAdapter_bare(t *testing.T) {
	const wait = int(bareAfter / time.Second)
	a := newAdapter(0)
	now := time.Second
	report := func(percent, times int) {
		for range times {
			now += time.Second
			a.report(percent, now)
		}
	}
	for i, c := range []struct {
		percent, seconds int
		bare             bool
	}{
		{0, wait, false},
		{0, 2, true},
		{1, 1, false},
		{0, 2*wait - 1, false},
		{1, 1, false}, // it was protected: no reason to wait longer
		{0, 2*wait - 1, false},
		{0, 2, true},
		{3, 1, false},
		{0, 4*wait - 1, false},
		{0, 2, true},
	} {
		if report(c.percent, c.seconds); a.now().bare != c.bare {
			t.Errorf("step %d, %d %% for %d s: FEC off = %v", i, c.percent, c.seconds, !c.bare)
		}
	}
	for range 10 {
		report(3, 1)
		report(0, int(bareAfterMost/time.Second)+1)
	}
	if !a.now().bare {
		t.Errorf("a loss every %v keeps FEC for ever", bareAfterMost)
	}
	a.configure(StreamConfig{Codec: codec.Parameters{Name: codec.Opus}, NewPath: true})
	if report(0, wait); a.now().bare {
		t.Error("no FEC on a path of which nothing is known")
	}
	if report(0, 2); !a.now().bare {
		t.Error("what an old path had lost counts on the next")
	}
}

// Reports that are seldom or do not come say little.
func TestAdapter_bareSeldomTold(t *testing.T) {
	for _, c := range []struct {
		rule    string
		reports []struct{ at, percent int } // at, in seconds
		bare    bool
	}{
		{"nothing lost, every 5 s", []struct{ at, percent int }{{1, 0}, {6, 0}, {11, 0}, {16, 0}, {21, 0}}, true},
		{"much was lost just before", []struct{ at, percent int }{{1, 100}, {6, 0}, {11, 0}, {16, 0}, {21, 0}}, false},
		{"nothing was told for long", []struct{ at, percent int }{{1, 0}, {100, 0}, {105, 0}}, false},
	} {
		a := newAdapter(0)
		a.configure(StreamConfig{Codec: codec.Parameters{Name: codec.Opus}}) // who takes repetitions needs no FEC at 100 %
		for _, r := range c.reports {
			a.report(r.percent, time.Duration(r.at)*time.Second)
		}
		if got := a.now().bare; got != c.bare {
			t.Errorf("%s: FEC off = %v, want %v", c.rule, got, c.bare)
		}
	}
}

func TestAdapter_bitrate(t *testing.T) {
	type phase struct {
		percent, seconds int
		want             int // bit/s at its end
	}
	for _, c := range []struct {
		rule      string
		most      int // what the peer wants
		bandwidth int
		plain     bool // the peer takes no repetitions
		phases    []phase
	}{
		{"rises slowly while all is well", 0, 0, false, []phase{{0, 4, 32000}, {0, 2, 40000}, {0, 5, 48000}, {0, 30, 64000}}},
		{"stays where a little is lost", 0, 0, true, []phase{{0, 6, 40000}, {4, 60, 40000}, {0, 20, 64000}}},
		{"falls where much is lost, and rests", 0, 0, true, []phase{{0, 40, 64000}, {20, 4, 48000}, {20, 30, 24000}, {0, 18, 24000}, {0, 60, 64000}}},
		{"not above what the peer wants", 40000, 0, false, []phase{{0, 60, 40000}}},
		{"not above what it wants, however little", 20000, 0, false, []phase{{0, 60, 20000}, {30, 60, 20000}}},
		{"repetitions share the bits", 0, 0, false, []phase{{0, 60, 64000}, {6, 10, 32000}, {30, 10, 24000}}},
		{"not above what the path carries", 0, 60200, false, []phase{{0, 60, 37000}}},
		{"below the least where it carries less", 0, 40000, false, []phase{{0, 60, 16000}}},
		{"but not to nothing", 0, 10000, false, []phase{{0, 60, starvedBitrate}}},
	} {
		a := newAdapter(c.most)
		a.limit(c.bandwidth)
		a.redundant = !c.plain
		var now time.Duration
		for i, p := range c.phases {
			for range p.seconds {
				now += time.Second
				a.report(p.percent, now)
			}
			if got := a.now(); got.bitrate != p.want {
				t.Errorf("%s: phase %d: %+v, want %d bit/s", c.rule, i, got, p.want)
			}
		}
	}
}

// There is no room for repetitions where the peer or the path wants little.
func TestAdapter_room(t *testing.T) {
	for _, c := range []struct{ most, bandwidth, depth int }{
		{0, 0, 2}, {64000, 0, 2}, {48000, 0, 1}, {40000, 0, 0}, {0, 72000, 1}, {0, 40000, 0}, {510000, 1000000, 2},
	} {
		a := newAdapter(c.most)
		a.limit(c.bandwidth)
		a.report(30, time.Second)
		if got := a.now(); got.depth != c.depth {
			t.Errorf("%d wanted, %d carried: %+v, want depth %d", c.most, c.bandwidth, got, c.depth)
		}
	}
}

// Codecs of one rate have nothing to adapt.
func TestAdapter_otherCodecs(t *testing.T) {
	a := newAdapter(0)
	a.report(30, time.Second)
	a.configure(StreamConfig{Codec: codec.Parameters{Name: codec.PCMU}})
	if got := a.now(); got.depth != 0 || got.bitrate != 0 {
		t.Errorf("PCMU: %+v", got)
	}
	a.configure(redundant(nil))
	if got := a.now(); got.depth != 2 || got.loss != redundantLoss {
		t.Errorf("Opus again: what is known of the path is forgotten: %+v", got)
	}
}
