package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"webphone/ui/look"
	"webphone/ui/widgets"
)

// CreateRenderer is for Fyne.
func (v *callView) CreateRenderer() fyne.WidgetRenderer {
	return v.renderer
}

// relayout places the parts anew; each draws itself.
func (v *callView) relayout() {
	v.renderer.Layout(v.Size())
	canvas.Refresh(v)
}

func newCallViewRenderer(v *callView) *callViewRenderer {
	return &callViewRenderer{v: v, objects: []fyne.CanvasObject{
		v.chipBar, v.members.Container, v.avatar, v.name, v.address, v.state, v.sign.Container, v.facts.Container, v.warning,
		v.controls.Container, v.keypad.Container, v.transfer.Container, v.sound.Container, v.volume.Container, v.end,
	}}
}

type callViewRenderer struct {
	v       *callView
	objects []fyne.CanvasObject
}

func (r *callViewRenderer) Destroy()                     {}
func (r *callViewRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *callViewRenderer) MinSize() fyne.Size           { return fyne.NewSize(280, 300) }

func (r *callViewRenderer) Refresh() {
	r.Layout(r.v.Size())
	for _, o := range r.objects {
		o.Refresh()
	}
}

// Layout stacks the parts around the middle. Where room is short the avatar
// shrinks and goes first, then address and meters, at last how well it is
// heard; while the keypad or the panel of a transfer is open it takes the
// place of the controls, and without room that of the warning.
func (r *callViewRenderer) Layout(s fyne.Size) {
	v := r.v
	top := float32(0)
	if v.chipBar.Visible() {
		top = 44
		setVisible(v.count, s.Width >= 400)
		put(v.chipBar, 0, 0, s.Width, 44)
	}
	width := min(s.Width-28, 360)
	instead := v.mainPart() != fyne.CanvasObject(v.controls.Container)
	setVisible(v.controls.Container, !instead && v.call.Live())
	setVisible(v.volume.Container, !instead && v.call.Live())
	setVisible(v.facts.Container, !v.inConference())
	setVisible(v.warning, v.warned != "")

	l := callLayout{v: v, width: width, height: s.Height - top}
	l.measure(false)
	if l.room() < 0 {
		l.measure(true)
	}
	if l.room() < 0 && instead {
		v.warning.Hide()
		l.warning = 0
	}
	if l.room() < 0 && v.warning.Visible() {
		v.volume.Hide()
		l.volume = 0
	}
	if l.room() < 0 && !v.inConference() {
		v.facts.Hide()
		l.facts = 0
	}
	if missing := -l.room() - callGap; missing > 0 && v.inConference() { // the last gap may go
		v.members.shrink(missing)
		l.facts = v.members.HeightFor(width)
	}
	l.place(s, top, l.steady(v.host.Lowered()))
}

// callLayout is how high the parts of the call view are in the room there is.
type callLayout struct {
	v             *callView
	width, height float32

	tight                                    bool // no meters, lower keys
	address                                  bool
	text, facts, warning, main, volume, hang float32
	sign                                     float32
}

const callGap = 8 // at least, between the parts

func (l *callLayout) measure(tight bool) {
	v := l.v
	l.tight = tight
	l.address = !tight && !v.inConference()
	setVisible(v.address, l.address)
	instead := v.mainPart() != fyne.CanvasObject(v.controls.Container)
	v.facts.setTight(tight, instead)
	v.controls.setTight(tight)
	v.keypad.setTight(tight)
	v.transfer.setTight(tight)
	v.members.setTight(tight)
	v.sound.setTight(tight)
	l.text, l.hang = 34+22+28, 50
	if tight {
		l.text, l.hang = 34+26, 44
	} else if !l.address {
		l.text = 34 + 28
	}
	l.facts = v.factsPart().HeightFor(l.width)
	l.main = v.controls.HeightFor(l.width)
	switch {
	case v.keypad.Visible():
		l.main = v.keypad.HeightFor(l.width)
	case v.transfer.Visible():
		l.main = v.transfer.HeightFor(l.width)
	case v.sound.Visible():
		l.main = v.sound.HeightFor(l.width)
	}
	if v.inConference() {
		setVisible(v.volume.Container, v.controls.Visible() && !tight)
	}
	l.warning, l.volume, l.sign = 0, 0, 0
	if v.sign.Visible() {
		l.sign = recordingSignHeight
	}
	if v.warning.Visible() {
		l.warning = v.warning.HeightFor(l.width)
	}
	if v.volume.Visible() {
		l.volume = 28
	}
}

// room is what is left over beside the parts and the least gaps.
func (l *callLayout) room() float32 {
	total := l.text + l.hang + 2*callGap
	for _, h := range []float32{l.sign, l.facts, l.warning, l.main, l.volume} {
		if h > 0 {
			total += h + callGap
		}
	}
	return l.height - total
}

// spots is where the two halves of the call are: who it is and how it is heard,
// and what one presses.
type spots struct {
	avatar       float32 // its side; 0 = there is none
	upper, above float32 // where that half begins, and the gaps in it
	lower, below float32
	hang         float32 // how high the key is that hangs up
}

// spots spreads the parts over the room there is.
func (l *callLayout) spots() spots {
	room := max(0, l.room())
	p := spots{avatar: min(look.AvatarCall, room-24)}
	if instead := l.v.mainPart() != fyne.CanvasObject(l.v.controls.Container); p.avatar < leastAvatar || instead && room < 200 || l.v.inConference() {
		p.avatar = 0
	}
	if p.avatar > 0 {
		room -= p.avatar + 12
	}
	more := min(18, room/6) // on top of each gap
	p.hang = l.hang + min(look.CallHeight-l.hang, room/8)
	p.above, p.below = callGap+more, callGap+more
	p.upper = callGap + max(0, room-5*more)/2
	p.lower = p.upper + l.upperHeight(p)
	return p
}

const leastAvatar = 48

// upperHeight is the height of the upper half with the gap below it.
func (l *callLayout) upperHeight(p spots) float32 {
	total := l.text + 2
	if p.avatar > 0 {
		total += p.avatar + 12
	}
	for _, h := range []float32{l.sign, l.facts, l.warning} {
		if h > 0 {
			total += h + p.above
		}
	}
	return total
}

// steady is spots with the keys where they are without a warning, the sign of
// a recording, and the sentences that have lowered the page: what comes and
// goes by itself must not move a key from under the pointer. The upper half
// gives way while it can.
func (l *callLayout) steady(lowered float32) spots {
	now := l.spots()
	if l.tight || l.room() < 0 || l.warning == 0 && l.sign == 0 && lowered == 0 {
		return now
	}
	calm := *l
	calm.warning, calm.sign = 0, 0
	calm.height += lowered
	p := calm.spots()
	p.lower -= lowered
	missing := func() float32 { return callGap - (p.lower - l.upperHeight(p)) }
	if p.avatar > 0 && missing() > 0 {
		if p.avatar -= missing(); p.avatar < leastAvatar {
			p.avatar = 0
		}
	}
	if missing() > 0 {
		p.above = callGap
	}
	if missing() > 0 {
		return now
	}
	p.upper = p.lower - l.upperHeight(p)
	return p
}

func (l *callLayout) place(s fyne.Size, top float32, p spots) {
	v := l.v
	y := top + p.upper
	left := (s.Width - l.width) / 2

	setVisible(v.avatar, p.avatar > 0)
	if p.avatar > 0 {
		v.avatar.SetSize(p.avatar)
		put(v.avatar, (s.Width-p.avatar)/2, y, p.avatar, p.avatar)
		y += p.avatar + 12
	}
	put(v.name, 14, y, s.Width-28, 36)
	y += 34
	if l.address {
		put(v.address, 14, y, s.Width-28, 20)
		y += 22
	}
	put(v.state, 14, y, s.Width-28, 26)
	y += l.text + 2 - 34
	if l.address {
		y -= 22
	}
	stack := func(gap float32, o fyne.CanvasObject, height float32) {
		if height > 0 {
			put(o, left, y, l.width, height)
			y += height + gap
		}
	}
	stack(p.above, v.sign.Container, l.sign)
	stack(p.above, v.factsPart(), l.facts)
	stack(p.above, v.warning, l.warning)
	y = top + p.lower
	stack(p.below, v.mainPart(), l.main)
	stack(p.below, v.volume.Container, l.volume)
	w := min(200, l.width)
	put(v.end, (s.Width-w)/2, min(y, s.Height-p.hang-4), w, p.hang)
}

// factsPart is how well the call is heard, or who is in the conference.
func (v *callView) factsPart() widgets.Flowing {
	if v.inConference() {
		return v.members
	}
	return v.facts
}

// mainPart is the controls, or what is in their place.
func (v *callView) mainPart() fyne.CanvasObject {
	switch {
	case v.keypad.Visible():
		return v.keypad.Container
	case v.transfer.Visible():
		return v.transfer.Container
	case v.sound.Visible():
		return v.sound.Container
	}
	return v.controls.Container
}
