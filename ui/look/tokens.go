// Package look is how Webphone looks: one table of colours for light and dark,
// the sizes, and the fyne.Theme made of them.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours by role. Each is a name for Theme.Color and for icons.
const (
	Background fyne.ThemeColorName = theme.ColorNameBackground
	Text       fyne.ThemeColorName = theme.ColorNameForeground
	Muted      fyne.ThemeColorName = theme.ColorNamePlaceHolder
	Line       fyne.ThemeColorName = theme.ColorNameSeparator

	Surface fyne.ThemeColorName = "surface" // list column, cards, bars
	Rail    fyne.ThemeColorName = "rail"
	Key     fyne.ThemeColorName = "key" // dialpad keys, received bubbles, chips
	Own     fyne.ThemeColorName = "own" // own bubbles
	Clear   fyne.ThemeColorName = "clear"
	Shade   fyne.ThemeColorName = "shade" // over the window behind a question

	// A plain fill, text on it (On…), a tint (…Soft), and the shade that is
	// readable as text on every background and on the tint (…Text).
	Accent       fyne.ThemeColorName = "accent"
	AccentSoft   fyne.ThemeColorName = "accentSoft"
	AccentText   fyne.ThemeColorName = "accentText"
	Positive     fyne.ThemeColorName = "positive"
	PositiveSoft fyne.ThemeColorName = "positiveSoft"
	PositiveText fyne.ThemeColorName = "positiveText"
	Negative     fyne.ThemeColorName = "negative"
	NegativeSoft fyne.ThemeColorName = "negativeSoft"
	NegativeText fyne.ThemeColorName = "negativeText"
	Caution      fyne.ThemeColorName = "caution"
	CautionSoft  fyne.ThemeColorName = "cautionSoft"
	CautionText  fyne.ThemeColorName = "cautionText"
	// OnFill is text on Accent, Positive and Negative.
	OnFill fyne.ThemeColorName = "onFill"
)

// Tint is the pair of an avatar.
type Tint int

// Tints is how many there are.
const Tints = 6

// Fill is the tint's background, Ink its text.
func (t Tint) Fill() fyne.ThemeColorName {
	return [Tints]fyne.ThemeColorName{"tint0", "tint1", "tint2", "tint3", "tint4", "tint5"}[t]
}

// Ink is the colour of text on Fill.
func (t Tint) Ink() fyne.ThemeColorName {
	return [Tints]fyne.ThemeColorName{"ink0", "ink1", "ink2", "ink3", "ink4", "ink5"}[t]
}

// rgb is 0xRRGGBB, opaque.
func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

type token struct{ light, dark color.NRGBA }

// tokens is the table of the design. The …Text shades are darker than their
// fills in light: the fill itself stays under 4.5:1 on the tint.
var tokens = map[fyne.ThemeColorName]token{
	Background: {rgb(0xF6F7F9), rgb(0x12161C)},
	Surface:    {rgb(0xFFFFFF), rgb(0x1A2029)},
	Rail:       {rgb(0xEDF0F4), rgb(0x0E1217)},
	Key:        {rgb(0xEDF0F4), rgb(0x242C37)},
	Line:       {rgb(0xDDE2E9), rgb(0x2A323D)},
	Text:       {rgb(0x17202B), rgb(0xE8ECF1)},
	Muted:      {rgb(0x5E6B7B), rgb(0x93A0B0)},
	Own:        {rgb(0xDCE8FE), rgb(0x1F3457)},
	Clear:      {color.NRGBA{}, color.NRGBA{}},
	Shade:      {color.NRGBA{R: 0x17, G: 0x20, B: 0x2B, A: 0x66}, color.NRGBA{A: 0x99}},

	Accent:       {rgb(0x2563EB), rgb(0x6EA1FF)},
	AccentSoft:   {rgb(0xE3ECFD), rgb(0x1F2F4D)},
	AccentText:   {rgb(0x1D57DB), rgb(0x6EA1FF)},
	Positive:     {rgb(0x16884A), rgb(0x3CCB7F)},
	PositiveSoft: {rgb(0xDDF3E6), rgb(0x173526)},
	PositiveText: {rgb(0x11713D), rgb(0x3CCB7F)},
	Negative:     {rgb(0xD0342C), rgb(0xFF6B61)},
	NegativeSoft: {rgb(0xFBE4E2), rgb(0x3D1F1E)},
	NegativeText: {rgb(0xC22B24), rgb(0xFF6B61)},
	Caution:      {rgb(0xB26A00), rgb(0xF2B04C)},
	CautionSoft:  {rgb(0xFCEBCF), rgb(0x3A2C14)},
	CautionText:  {rgb(0x8A5200), rgb(0xF2B04C)},
	OnFill:       {rgb(0xFFFFFF), rgb(0x0E1217)},

	"tint0": {rgb(0xD8F1F3), rgb(0xD8F1F3)}, "ink0": {rgb(0x0B6470), rgb(0x0B6470)},
	"tint1": {rgb(0xDDF3E6), rgb(0xDDF3E6)}, "ink1": {rgb(0x16703A), rgb(0x16703A)},
	"tint2": {rgb(0xDCE8FE), rgb(0xDCE8FE)}, "ink2": {rgb(0x1E4BB8), rgb(0x1E4BB8)},
	"tint3": {rgb(0xFBE4E2), rgb(0xFBE4E2)}, "ink3": {rgb(0xA3231D), rgb(0xA3231D)},
	"tint4": {rgb(0xFBE8CF), rgb(0xFBE8CF)}, "ink4": {rgb(0x8A5200), rgb(0x8A5200)},
	"tint5": {rgb(0xEFE1FB), rgb(0xEFE1FB)}, "ink5": {rgb(0x6B2FA8), rgb(0x6B2FA8)},
}

// Text sizes.
const (
	SmallText   float32 = 11
	CaptionText float32 = 12
	MinorText   float32 = 13 // subtitles of rows
	BodyText    float32 = 14
	HeadingText float32 = 20
	KeyText     float32 = 24
	NameText    float32 = 26 // the caller
	NumberText  float32 = 30 // number entry
)

// Corners and measures.
const (
	FieldCorner  float32 = 10
	RowCorner    float32 = 10
	RailCorner   float32 = 12
	BubbleCorner float32 = 14
	CardCorner   float32 = 16

	RailWidth    float32 = 76
	RailItemW    float32 = 60
	RailItemH    float32 = 56
	ListWidth    float32 = 330
	CompactBelow float32 = 640 // narrower windows have one column
	BottomBar    float32 = 62
	TopBar       float32 = 48

	KeyWidth    float32 = 78
	KeyHeight   float32 = 62
	KeyGapX     float32 = 18
	KeyGapY     float32 = 12
	CallWidth   float32 = 264
	CallHeight  float32 = 56
	RoundSize   float32 = 58
	AvatarList  float32 = 38
	AvatarCall  float32 = 104
	FieldHeight float32 = 40
	FocusRing   float32 = 2
)
