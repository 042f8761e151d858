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

// Layout stacks the parts around the middle. What comes and goes by itself – a
// warning, the sign of a recording, the sentences that lower the page – must not
// move a key from under the pointer: the keys stay where they are without it,
// and the parts above them give way while they can.
func (r *callViewRenderer) Layout(s fyne.Size) {
	v := r.v
	top := float32(0)
	if v.chipBar.Visible() {
		top = 44
		setVisible(v.count, s.Width >= 400)
		put(v.chipBar, 0, 0, s.Width, 44)
	}
	setVisible(v.controls.Container, !v.instead() && v.call.Live())

	lowered := v.host.Lowered()
	l := callLayout{v: v, width: min(s.Width-28, 360), height: s.Height - top + lowered, calm: true}
	l.settle()
	p, listed := l.reserved(), v.members.room.height
	l.calm = false
	l.height -= lowered
	p.lower -= lowered
	l.measurePassing()
	switch passing := l.warning > 0 || l.sign > 0 || lowered != 0; {
	case !passing:
		p.upper += (p.lower - p.upper - l.upperHeight(p)) / 2
	case !l.hold(&p):
		l.settle()
		p = l.near(p)
	}
	scrolled := v.members.scroll.Offset.Y
	l.place(s, top, p)
	v.members.follow(listed-v.members.room.height, scrolled)
}

// callLayout is how high the parts of the call view are in the room there is;
// 0 = left out.
type callLayout struct {
	v             *callView
	width, height float32
	calm          bool // as without what comes and goes

	tight                bool // no meters, lower keys
	name, address, state float32
	sign, facts, warning float32
	main, volume, hang   float32
}

const (
	callGap = 8 // at least, between the parts
	endGap  = 4 // at least, below the key that hangs up
)

func (l *callLayout) measure(tight bool) {
	v := l.v
	l.tight = tight
	v.facts.setTight(tight, v.instead())
	v.controls.setTight(tight)
	v.keypad.setTight(tight)
	v.transfer.setTight(tight)
	v.members.setTight(tight)
	v.sound.setTight(tight)
	l.name, l.address, l.state, l.hang = 34, 22, 28, 50
	if tight {
		l.state, l.hang = 26, 44
	}
	if tight || v.inConference() {
		l.address = 0
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
	l.volume = 0
	if v.controls.Visible() && !(tight && v.inConference()) {
		l.volume = 28
	}
	l.measurePassing()
}

// measurePassing measures what comes and goes.
func (l *callLayout) measurePassing() {
	l.warning, l.sign = 0, 0
	if l.calm {
		return
	}
	if l.v.sign.Visible() {
		l.sign = recordingSignHeight
	}
	if l.v.warned != "" {
		l.limit(0)
	}
}

// room is what is left over beside the parts and the least gaps.
func (l *callLayout) room() float32 {
	total := l.name + l.address + l.state + l.hang + 2*callGap
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
	rest         float32 // the gap between the halves
	lower, below float32
	hang         float32 // how high the key is that hangs up
}

// spots spreads the parts over the room there is.
func (l *callLayout) spots() spots {
	room := max(0, l.room())
	p := spots{avatar: min(look.AvatarCall, room-24)}
	if p.avatar < leastAvatar || l.v.instead() && room < 200 || l.v.inConference() {
		p.avatar = 0
	}
	if p.avatar > 0 {
		room -= p.avatar + 12
	}
	more := min(18, room/6) // on top of each gap
	p.hang = l.hang + min(look.CallHeight-l.hang, room/8)
	p.above, p.rest, p.below = callGap+more, callGap+more, callGap+more
	p.upper = callGap + max(0, room-5*more)/2
	p.lower = p.upper + l.upperHeight(p)
	return p
}

const leastAvatar = 48

// upperHeight is the height of the upper half with the gap below it.
func (l *callLayout) upperHeight(p spots) float32 {
	total := l.name + l.address + l.state + 2
	if p.avatar > 0 {
		total += p.avatar + 12
	}
	last := float32(0)
	for _, h := range []float32{l.sign, l.facts, l.warning} {
		if h > 0 {
			total += h + p.above
			last = p.rest - p.above
		}
	}
	return total + last
}

// near is spots with the keys as near to where they were as the upper half,
// without gaps to spare, lets them be.
func (l *callLayout) near(keys spots) spots {
	p := spots{above: callGap, rest: callGap}
	gaps := float32(1)
	if l.volume > 0 {
		gaps = 2
	}
	least := callGap + l.upperHeight(p)
	most := l.height - endGap - l.hang - l.main - l.volume - (gaps-1)*callGap // the last gap may go
	p.lower = max(least, min(keys.lower, most))
	p.upper = p.lower - l.upperHeight(p)
	left := l.height - endGap - p.lower - l.main - l.volume
	p.hang = max(l.hang, min(keys.hang, left-gaps*callGap))
	p.below = max(callGap, min(keys.below, (left-p.hang)/gaps))
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
	line := func(o fyne.CanvasObject, pitch, height float32) {
		setVisible(o, pitch > 0)
		put(o, 14, y, s.Width-28, height)
		y += pitch
	}
	line(v.name, l.name, 36)
	line(v.address, l.address, 20)
	line(v.state, l.state, 26)
	y += 2
	stack := func(gap float32, o fyne.CanvasObject, height float32) {
		if height > 0 {
			put(o, left, y, l.width, height)
			y += height + gap
		}
	}
	setVisible(v.facts.Container, l.facts > 0 && !v.inConference())
	setVisible(v.warning, l.warning > 0)
	setVisible(v.volume.Container, l.volume > 0)
	stack(p.above, v.sign.Container, l.sign)
	if v.inConference() { // its members have keys, which stay beside the others
		stack(p.above, v.warning, l.warning)
		stack(p.above, v.members.Container, l.facts)
	} else {
		stack(p.above, v.facts.Container, l.facts)
		stack(p.above, v.warning, l.warning)
	}
	if l.warning > 0 {
		v.warning.Refresh() // other words may be as high
	}
	y = top + p.lower
	stack(p.below, v.mainPart(), l.main)
	stack(p.below, v.volume.Container, l.volume)
	w := min(200, l.width)
	put(v.end, (s.Width-w)/2, min(y, s.Height-p.hang-endGap), w, p.hang)
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

// instead reports whether something is in the place of the controls.
func (v *callView) instead() bool { return v.mainPart() != fyne.CanvasObject(v.controls.Container) }
