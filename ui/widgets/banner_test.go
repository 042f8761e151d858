package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"webphone/assets"
)

func TestBanner_cutsItsSentence(t *testing.T) {
	const sentence = "You and Bob Meyer do not hear each other: the path of the sound is interrupted. The other side did not agree to a new path."
	for _, c := range []struct {
		rule      string
		sentence  string
		link      string
		limit     float32
		open      bool
		lines     int // 0 = all
		key, cut  bool
		linkBelow bool
	}{
		{"no limit", sentence, "Reconnect", 0, false, 0, false, false, true},
		{"room for all", sentence, "Reconnect", 200, false, 0, false, false, true},
		{"two lines and the link", sentence, "Reconnect", 80, false, 2, true, true, true},
		{"one line and the link", sentence, "Reconnect", 60, false, 1, true, true, true},
		{"one line beside the link", sentence, "Reconnect", 40, false, 1, true, true, false},
		{"never less than that", sentence, "Reconnect", 10, false, 1, true, true, false},
		{"without a link", sentence, "", 60, false, 2, true, true, false},
		{"all of it is read", sentence, "Reconnect", 200, true, 0, true, false, true},
		{"what can be read has its end", sentence, "Reconnect", 80, true, 2, true, true, true},
		{"few words are never cut", "Bob is quiet.", "", 40, false, 0, false, false, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			test.NewTempApp(t)
			link := NewLink(c.link, 13, nil)
			link.Hidden = c.link == ""
			b := NewBanner(Warning, nil, c.sentence, link).Foldable(Fold{Down: assets.ChevronDown, Up: assets.ChevronUp})
			const width = 300
			whole := b.HeightFor(width)
			b.Limit(c.limit, c.open)
			height := b.HeightFor(width)
			if least := b.text.lineHeight() + 2*bannerPad; c.limit > 0 && height > max(c.limit, least)+0.5 {
				t.Errorf("it is %.0f high, the limit is %.0f", height, c.limit)
			}
			if c.lines == 0 && !c.open && height != whole {
				t.Errorf("it is %.0f high, want all %.0f", height, whole)
			}
			test.WidgetRenderer(b)
			b.Resize(fyne.NewSize(width, height))
			shown := b.text.shown
			if c.lines > 0 && len(shown) != c.lines {
				t.Errorf("%d lines are shown, want %d: %q", len(shown), c.lines, shown)
			}
			if cut := strings.HasSuffix(strings.Join(shown, " "), "…"); cut != c.cut || b.Cut(width) != c.cut {
				t.Errorf("cut: %v, said to be: %v, want %v: %q", cut, b.Cut(width), c.cut, shown)
			}
			if b.fold.key.Visible() != c.key {
				t.Errorf("the key is visible: %v", b.fold.key.Visible())
			}
			if below := link.Position().Y > bannerPad; c.link != "" && below != c.linkBelow {
				t.Errorf("the link is below: %v", below)
			}
		})
	}
}

// A banner that says something else within the same height says it.
func TestBanner_cutFollowsTheSentence(t *testing.T) {
	test.NewTempApp(t)
	long := strings.Repeat("The path of the sound is interrupted. ", 5)
	b := NewBanner(Warning, nil, long).Foldable(Fold{Down: assets.ChevronDown, Up: assets.ChevronUp})
	b.Limit(60, false)
	b.Resize(fyne.NewSize(300, b.HeightFor(300)))
	test.WidgetRenderer(b)
	b.Set(Info, nil, "Short.")
	b.Limit(0, false)
	b.Refresh()
	if got := strings.Join(b.text.shown, "|"); got != "Short." || b.fold.key.Visible() {
		t.Errorf("it shows %q, the key: %v", got, b.fold.key.Visible())
	}
	if b.fold.key.Name() != "Show all of it" {
		t.Errorf("the key is called %q", b.fold.key.Name())
	}
}
