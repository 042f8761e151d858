package look_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"webphone/assets"
	"webphone/ui/look"
)

// luminance is the relative luminance of WCAG 2.
func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	channel := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n.R) + 0.7152*channel(n.G) + 0.0722*channel(n.B)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// pairs are every text colour and the backgrounds that it is put on.
func pairs() [][2]fyne.ThemeColorName {
	grounds := []fyne.ThemeColorName{look.Background, look.Surface, look.Rail, look.Key, look.AccentSoft}
	var all [][2]fyne.ThemeColorName
	for _, ink := range []fyne.ThemeColorName{
		look.Text, look.Muted, look.AccentText, look.PositiveText, look.NegativeText, look.CautionText,
	} {
		for _, ground := range grounds {
			all = append(all, [2]fyne.ThemeColorName{ink, ground})
		}
	}
	all = append(all,
		[2]fyne.ThemeColorName{look.PositiveText, look.PositiveSoft},
		[2]fyne.ThemeColorName{look.NegativeText, look.NegativeSoft},
		[2]fyne.ThemeColorName{look.CautionText, look.CautionSoft},
		[2]fyne.ThemeColorName{look.Text, look.PositiveSoft},
		[2]fyne.ThemeColorName{look.Muted, look.PositiveSoft},
		[2]fyne.ThemeColorName{look.AccentText, look.PositiveSoft},
		[2]fyne.ThemeColorName{look.Text, look.Own},
		[2]fyne.ThemeColorName{look.AccentText, look.Own},
		[2]fyne.ThemeColorName{look.OnFill, look.Accent},
		[2]fyne.ThemeColorName{look.OnFill, look.Positive},
		[2]fyne.ThemeColorName{look.OnFill, look.Negative},
	)
	for t := range look.Tint(look.Tints) {
		all = append(all, [2]fyne.ThemeColorName{t.Ink(), t.Fill()})
	}
	return all
}

func TestTheme_textHasContrast(t *testing.T) {
	test.NewTempApp(t)
	for _, choice := range []look.Choice{look.Light, look.Dark} {
		th := look.Theme{Choice: choice}
		for _, p := range pairs() {
			t.Run(fmt.Sprintf("%s/%s on %s", choice, p[0], p[1]), func(t *testing.T) {
				if c := contrast(th.Color(p[0], 0), th.Color(p[1], 0)); c < 4.5 {
					t.Errorf("contrast is %.2f:1, want 4.5:1 or more", c)
				}
			})
		}
	}
}

func TestTheme_marksStandOut(t *testing.T) {
	test.NewTempApp(t)
	for _, choice := range []look.Choice{look.Light, look.Dark} {
		th := look.Theme{Choice: choice}
		for _, mark := range []fyne.ThemeColorName{look.Accent, look.Positive, look.Negative, look.Caution, look.Muted} {
			for _, ground := range []fyne.ThemeColorName{look.Background, look.Surface, look.Rail} {
				if c := contrast(th.Color(mark, 0), th.Color(ground, 0)); c < 3 {
					t.Errorf("%s: %s on %s has %.2f:1, want 3:1 for a mark or a focus ring", choice, mark, ground, c)
				}
			}
		}
	}
}

func TestTheme_systemFollowsTheVariant(t *testing.T) {
	test.NewTempApp(t)
	var th look.Theme
	light, dark := th.Color(look.Surface, theme.VariantLight), th.Color(look.Surface, theme.VariantDark)
	if light == dark {
		t.Error("light and dark have the same surface")
	}
	if forced := (look.Theme{Choice: look.Dark}).Color(look.Surface, theme.VariantLight); forced != dark {
		t.Errorf("dark chosen on a light system gives %v, want %v", forced, dark)
	}
	if forced := (look.Theme{Choice: look.Light}).Color(look.Surface, theme.VariantDark); forced != light {
		t.Errorf("light chosen on a dark system gives %v, want %v", forced, light)
	}
}

func TestTheme_fyneNamesAreOurTokens(t *testing.T) {
	test.NewTempApp(t)
	th := look.Theme{Choice: look.Light}
	for name, want := range map[fyne.ThemeColorName]fyne.ThemeColorName{
		theme.ColorNamePrimary:           look.Accent,
		theme.ColorNameError:             look.NegativeText,
		theme.ColorNameInputBorder:       look.Line,
		theme.ColorNameOverlayBackground: look.Surface,
	} {
		if th.Color(name, 0) != th.Color(want, 0) {
			t.Errorf("%s is not %s", name, want)
		}
	}
	if th.Size(theme.SizeNameText) != look.BodyText || th.Size(theme.SizeNameInputRadius) != look.FieldCorner {
		t.Error("sizes are not the design's")
	}
}

func TestTinted_nameTellsColourAndSizeApart(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Choice: look.Light})
	names := map[string]bool{}
	for _, r := range []fyne.Resource{
		look.Tinted(assets.Lock, look.Text, 24), look.Tinted(assets.Lock, look.Muted, 24),
		look.Tinted(assets.Lock, look.Text, 12), look.Tinted(assets.Mic, look.Text, 24),
	} {
		names[r.Name()] = true
	}
	a.Settings().SetTheme(look.Theme{Choice: look.Dark})
	names[look.Tinted(assets.Lock, look.Text, 24).Name()] = true
	if len(names) != 5 {
		t.Errorf("five pictures have %d names; Fyne caches by name: %v", len(names), names)
	}
}

func TestMix_isBetween(t *testing.T) {
	black, white := color.NRGBA{A: 0xff}, color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	for part, want := range map[float32]uint8{0: 0, 0.5: 128, 1: 255} {
		if got := look.Mix(black, white, part); got.R != want || got.A != 0xff {
			t.Errorf("Mix %v is %v, want %d", part, got, want)
		}
	}
}
