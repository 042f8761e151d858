package look

import (
	"image/color"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Choice is the user's wish; its texts are those of phone.Appearance.Theme.
type Choice string

// The choices. "" is System.
const (
	System Choice = "system"
	Light  Choice = "light"
	Dark   Choice = "dark"
)

// Theme paints Fyne's own widgets and ours with the tokens. The zero value
// follows the system.
type Theme struct {
	Choice Choice
}

var _ fyne.Theme = Theme{}

// Color is the token for n, or Fyne's own colour where the design has none.
func (t Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.variant(v)
	if own, ok := fyneColors[n]; ok {
		n = own
	}
	if tok, ok := tokens[n]; ok {
		if v == theme.VariantLight {
			return tok.light
		}
		return tok.dark
	}
	switch n {
	case theme.ColorNameHover:
		return Fade(t.Color(Text, v), 0x0f)
	case theme.ColorNamePressed:
		return Fade(t.Color(Text, v), 0x1f)
	case theme.ColorNameSelection, theme.ColorNameFocus:
		return Fade(t.Color(Accent, v), 0x40)
	case theme.ColorNameScrollBar:
		return Fade(t.Color(Muted, v), 0x70)
	}
	return theme.DefaultTheme().Color(n, v)
}

func (t Theme) variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.Choice {
	case Light:
		return theme.VariantLight
	case Dark:
		return theme.VariantDark
	}
	return v
}

// fyneColors gives Fyne's names the tokens.
var fyneColors = map[fyne.ThemeColorName]fyne.ThemeColorName{
	theme.ColorNamePrimary:             Accent,
	theme.ColorNameHyperlink:           AccentText,
	theme.ColorNameButton:              Key,
	theme.ColorNameDisabled:            Muted,
	theme.ColorNameDisabledButton:      Key,
	theme.ColorNameError:               NegativeText,
	theme.ColorNameSuccess:             PositiveText,
	theme.ColorNameWarning:             CautionText,
	theme.ColorNameForegroundOnPrimary: OnFill,
	theme.ColorNameForegroundOnError:   OnFill,
	theme.ColorNameForegroundOnSuccess: OnFill,
	theme.ColorNameForegroundOnWarning: OnFill,
	theme.ColorNameHeaderBackground:    Surface,
	theme.ColorNameInputBackground:     Background,
	theme.ColorNameInputBorder:         Line,
	theme.ColorNameMenuBackground:      Surface,
	theme.ColorNameOverlayBackground:   Surface,
	theme.ColorNameShadow:              Line,
}

// Font is Fyne's: it has the glyphs of most scripts.
func (t Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon is Fyne's, for its dialogs and menus.
func (t Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size is the design's measure, or Fyne's own.
func (t Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return BodyText
	case theme.SizeNameCaptionText:
		return CaptionText
	case theme.SizeNameHeadingText, theme.SizeNameSubHeadingText:
		return HeadingText
	case theme.SizeNameInputRadius:
		return FieldCorner
	case theme.SizeNameSelectionRadius:
		return RowCorner
	case theme.SizeNameInputBorder:
		return 1
	case theme.SizeNameInnerPadding:
		return 10
	case theme.SizeNameScrollBar:
		return 8
	case theme.SizeNameScrollBarSmall:
		return 4
	}
	return theme.DefaultTheme().Size(n)
}

// Fade is c with the alpha a.
func Fade(c color.Color, a uint8) color.NRGBA {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = a
	return n
}

// Mix is the share part of b in a, opaque; part goes from 0 to 1.
func Mix(a, b color.Color, part float32) color.NRGBA {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	blend := func(p, q uint8) uint8 { return uint8(float32(p) + (float32(q)-float32(p))*part + 0.5) }
	return color.NRGBA{R: blend(x.R, y.R), G: blend(x.G, y.G), B: blend(x.B, y.B), A: 0xff}
}

// Of is the colour of a role in the theme that the application now has; in
// an application with another theme, that of the zero Theme.
func Of(n fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	t, _ := settings.Theme().(Theme)
	return t.Color(n, settings.ThemeVariant())
}

// Varied is base with some sizes and colours of its own, for
// container.NewThemeOverride.
type Varied struct {
	fyne.Theme
	Sizes  map[fyne.ThemeSizeName]float32
	Colors map[fyne.ThemeColorName]fyne.ThemeColorName
}

// With returns a theme that differs from the application's, whatever that
// is at the time, in the sizes and colours given.
func With(sizes map[fyne.ThemeSizeName]float32, colors map[fyne.ThemeColorName]fyne.ThemeColorName) Varied {
	return Varied{Theme: current{}, Sizes: maps.Clone(sizes), Colors: maps.Clone(colors)}
}

// Color is the application's colour of the name that stands for n.
func (v Varied) Color(n fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if other, ok := v.Colors[n]; ok {
		n = other
	}
	return v.Theme.Color(n, variant)
}

// Size is the size of its own, or the application's.
func (v Varied) Size(n fyne.ThemeSizeName) float32 {
	if size, ok := v.Sizes[n]; ok {
		return size
	}
	return v.Theme.Size(n)
}

// current is the theme of the application at the time of each call.
type current struct{}

func (current) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return fyne.CurrentApp().Settings().Theme().Color(n, v)
}

func (current) Font(s fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(s)
}

func (current) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}

func (current) Size(n fyne.ThemeSizeName) float32 {
	return fyne.CurrentApp().Settings().Theme().Size(n)
}
