package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// RowData is what a row of a list shows. Empty parts take no room.
type RowData struct {
	Title      string
	TitleColor fyne.ThemeColorName // "" is Text
	TitlePlain bool                // not bold
	Subtitle   string
	// Icon stands before the subtitle: the direction of a call.
	Icon      fyne.Resource
	IconColor fyne.ThemeColorName // "" is Muted

	// Avatar is shown for an Address; the initials come from Name.
	Name     string
	Address  string
	Presence Presence

	Right     string        // time
	RightIcon fyne.Resource // after Right: a chevron, an Enter sign
	Badge     int
}

// RowHeight is the height of a row with two lines.
const RowHeight float32 = 58

// Row is one entry of a list: avatar, title, subtitle, time, badge.
type Row struct {
	widget.BaseWidget
	// OnTap and OnMenu are called for a press and for a secondary press.
	OnTap  func()
	OnMenu func(at fyne.Position)

	data      RowData
	selected  bool
	hovered   bool
	cursor    bool // the keyboard is here
	back      *canvas.Rectangle
	washes    washes
	avatar    *Avatar
	title     *canvas.Text
	subtitle  *canvas.Text
	right     *canvas.Text
	icon      *canvas.Image
	rightIcon *canvas.Image
	badge     *Badge
}

var (
	_ fyne.Tappable          = (*Row)(nil)
	_ fyne.SecondaryTappable = (*Row)(nil)
	_ desktop.Hoverable      = (*Row)(nil)
	_ desktop.Cursorable     = (*Row)(nil)
)

// NewRow is a row; it is not focusable itself, List is.
func NewRow(data RowData) *Row {
	r := &Row{
		data: data, back: rounded(look.RowCorner), washes: newWashes(look.RowCorner),
		avatar: NewAvatar(look.AvatarList, "", ""),
		title:  newText(look.BodyText), subtitle: newText(look.MinorText), right: newText(look.CaptionText),
		icon: newImage(nil, "", 14), rightIcon: newImage(nil, "", 16), badge: NewBadge(look.Accent),
	}
	r.ExtendBaseWidget(r)
	return r
}

// Set shows other data.
func (r *Row) Set(data RowData, selected, cursor bool) {
	if r.data == data && r.selected == selected && r.cursor == cursor {
		return
	}
	r.data, r.selected, r.cursor = data, selected, cursor
	r.Refresh()
}

// Tapped calls OnTap.
func (r *Row) Tapped(*fyne.PointEvent) {
	if r.OnTap != nil {
		r.OnTap()
	}
}

// TappedSecondary calls OnMenu.
func (r *Row) TappedSecondary(e *fyne.PointEvent) {
	if r.OnMenu != nil {
		r.OnMenu(e.AbsolutePosition)
	}
}

// MouseIn lights the row up.
func (r *Row) MouseIn(*desktop.MouseEvent) {
	r.hovered = true
	r.Refresh()
}

// MouseMoved does nothing.
func (r *Row) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends the light.
func (r *Row) MouseOut() {
	r.hovered = false
	r.Refresh()
}

// Cursor is a hand.
func (r *Row) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for Fyne.
func (r *Row) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{
		r.back, r.washes.wash, r.avatar, r.title, r.subtitle, r.icon, r.right, r.rightIcon, r.badge, r.washes.ring,
	}}
	d.layout = r.arrange
	d.min = func() fyne.Size { return fyne.NewSize(120, RowHeight) }
	d.paint = r.paint
	r.paint()
	return d
}

func (r *Row) arrange(s fyne.Size) {
	const side = 14
	place(r.back, 0, 0, s.Width, s.Height)
	r.washes.layInside(0, 0, s.Width, s.Height)
	x := float32(side)
	if r.data.Address != "" {
		place(r.avatar, x, (s.Height-look.AvatarList)/2, look.AvatarList, look.AvatarList)
		x += look.AvatarList + 12
	}
	middle := s.Height / 2
	end := s.Width - side
	if r.data.RightIcon != nil {
		place(r.rightIcon, end-16, middle-8, 16, 16)
		end -= 16 + 6
	}
	r.arrangeRight(&end, middle)
	r.arrangeText(x, end-10, middle)
}

// arrangeRight places time and badge and moves end to their left.
func (r *Row) arrangeRight(end *float32, middle float32) {
	right, badge := r.right.MinSize(), r.badge.MinSize()
	switch {
	case r.data.Right != "" && r.data.Badge > 0:
		place(r.right, *end-right.Width, middle-11-right.Height/2, right.Width, right.Height)
		place(r.badge, *end-badge.Width, middle+10-badge.Height/2, badge.Width, badge.Height)
	case r.data.Right != "":
		place(r.right, *end-right.Width, middle-right.Height/2, right.Width, right.Height)
	case r.data.Badge > 0:
		place(r.badge, *end-badge.Width, middle-badge.Height/2, badge.Width, badge.Height)
	default:
		return
	}
	width := float32(0)
	if r.data.Right != "" {
		width = right.Width
	}
	if r.data.Badge > 0 {
		width = max(width, badge.Width)
	}
	*end -= width
}

func (r *Row) arrangeText(x, end, middle float32) {
	r.title.Text = Ellipsis(r.data.Title, end-x, look.BodyText, r.title.TextStyle)
	title := r.title.MinSize()
	if r.data.Subtitle == "" {
		place(r.title, x, middle-title.Height/2, title.Width, title.Height)
		r.subtitle.Text = ""
		return
	}
	place(r.title, x, middle-10-title.Height/2, title.Width, title.Height)
	if r.data.Icon != nil {
		place(r.icon, x, middle+11-7, 14, 14)
		x += 19
	}
	r.subtitle.Text = Ellipsis(r.data.Subtitle, end-x, look.MinorText, r.subtitle.TextStyle)
	sub := r.subtitle.MinSize()
	place(r.subtitle, x, middle+11-sub.Height/2, sub.Width, sub.Height)
}

func (r *Row) paint() {
	d := r.data
	r.back.FillColor = role(look.Clear)
	background := look.Surface
	if r.selected {
		r.back.FillColor = role(look.AccentSoft)
		background = look.AccentSoft
	}
	p := Press{hovered: r.hovered && !r.selected, focused: r.cursor}
	r.washes.paint(&p)

	r.avatar.Hidden = d.Address == ""
	r.avatar.on = background
	r.avatar.name, r.avatar.address, r.avatar.presence = d.Name, d.Address, d.Presence
	r.title.TextStyle.Bold = !d.TitlePlain
	r.title.Color = role(orElse(d.TitleColor, look.Text))
	r.subtitle.Color, r.right.Color, r.right.Text = role(look.Muted), role(look.Muted), d.Right
	setImage(r.icon, d.Icon, orElse(d.IconColor, look.Muted), 14)
	setImage(r.rightIcon, d.RightIcon, look.Muted, 16)
	r.badge.count = d.Badge
	r.arrange(r.Size())
}

func orElse(c, other fyne.ThemeColorName) fyne.ThemeColorName {
	if c == "" {
		return other
	}
	return c
}

// Title is the title that the row was given.
func (r *Row) Title() string { return r.data.Title }
