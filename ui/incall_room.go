package ui

// settle measures the parts and has them give way where room is short: the
// controls move together, then the volume goes for a warning, and how well it
// is heard. While the keypad or a panel is open it takes the place of the
// controls, and without room that of the warning.
func (l *callLayout) settle() {
	l.measure(false)
	if l.room() < 0 {
		l.measure(true)
	}
	if l.room() < 0 && l.v.instead() {
		l.warning = 0
	}
	if l.room() < 0 && l.warning > 0 {
		l.volume = 0
	}
	spare := float32(0)
	if l.v.inConference() {
		spare = callGap // the last gap may go
	}
	missing := func() float32 { return -l.room() - spare }
	l.give(missing, l.saidTwice, l.unmeasured, l.read, l.shorten, l.scrolled, l.linkless, l.limitBy, l.timeless)
}

// reserved is spots with room above the keys for what may come: for the sign of
// a recording, which stays long, where there is just enough, so that how well
// it is heard need not give way for it; and in a conference, which has no avatar
// to give, for a warning.
func (l *callLayout) reserved() spots {
	if l.tight && !l.v.inConference() && !l.v.instead() && l.room() >= recordingSignHeight+callGap {
		l.sign = recordingSignHeight
	}
	p := l.spots()
	if l.v.inConference() {
		const most, least = 60, 3 * callGap // of what is moved, and below the keys
		by := max(0, min(most, p.upper-least))
		p.lower += by
		p.rest += by / 2
		p.upper = p.lower - l.upperHeight(p)
	}
	return p
}

// hold has the upper half give way until it fits above the keys at p, and
// reports whether it does. The keys of the members of a conference are in that
// half: they too stay while they can.
func (l *callLayout) hold(p *spots) bool {
	missing := func() float32 { return callGap - (p.lower - l.upperHeight(*p)) }
	parts := []func(float32){
		func(by float32) {
			if p.avatar -= by; p.avatar < leastAvatar {
				p.avatar = 0
			}
		},
		func(float32) { p.above = callGap },
	}
	closer := func(by float32) { p.rest = max(callGap, p.rest-by) }
	switch {
	case l.v.unfolded: // who reads wants all of it, before steady keys
		parts = append(parts, closer, l.saidTwice, l.simpler, l.unmeasured, l.read)
	case l.v.inConference():
		parts = append(parts, l.saidTwice, l.shorten, closer, l.scrolled, l.linkless, l.limitBy, l.timeless)
	default:
		parts = append(parts, closer, l.saidTwice, l.simpler, l.unmeasured, l.shorten)
	}
	held := l.give(missing, parts...)
	if l.v.inConference() {
		held = missing() <= callGap // the first gap may go
	}
	p.upper = p.lower - l.upperHeight(*p)
	return held
}

// give has parts give way, one after the other, until nothing is missing, and
// reports whether that is so.
func (l *callLayout) give(missing func() float32, parts ...func(by float32)) bool {
	const touch = 0.1
	for _, part := range parts {
		if by := missing(); by > touch {
			part(by)
		}
	}
	return missing() <= touch
}

// saidTwice leaves the name out that the members or a chip say too.
func (l *callLayout) saidTwice(float32) {
	if !l.calm && (l.v.inConference() || l.v.chipBar.Visible()) {
		l.name = 0
	}
}

// simpler leaves the address and the meters out.
func (l *callLayout) simpler(float32) {
	l.address = 0
	if !l.v.inConference() {
		l.v.facts.setTight(true, l.v.instead())
		l.facts = l.v.facts.HeightFor(l.width)
	}
}

// unmeasured leaves out how well it is heard.
func (l *callLayout) unmeasured(float32) {
	if !l.v.inConference() {
		l.facts = 0
	}
}

// read makes room for who wants to read all of a warning.
func (l *callLayout) read(by float32) {
	if l.warning > 0 && l.v.unfolded {
		by -= l.name + l.state
		l.name, l.state = 0, 0
		l.scrolled(by)
	}
}

// shorten cuts the words of the warning, down to one line.
func (l *callLayout) shorten(by float32) {
	if l.warning > 0 {
		l.limit(max(l.v.warning.Least(), l.warning-by))
	}
}

// limitBy cuts the words of the warning by that height.
func (l *callLayout) limitBy(by float32) {
	if l.warning > 0 {
		l.limit(max(1, l.warning-by))
	}
}

func (l *callLayout) limit(height float32) {
	l.v.warning.Limit(height, l.v.unfolded)
	l.warning = l.v.warning.HeightFor(l.width)
}

// scrolled shows fewer members at once.
func (l *callLayout) scrolled(by float32) {
	if by > 0 && l.v.inConference() {
		l.v.members.shrink(by)
		l.facts = l.v.members.HeightFor(l.width)
	}
}

// linkless leaves out of a conference how to leave it to the others.
func (l *callLayout) linkless(float32) {
	if l.v.inConference() {
		l.v.members.leaving.Hide()
		l.facts = l.v.members.HeightFor(l.width)
	}
}

// timeless leaves the state of a conference out, which its members show too.
func (l *callLayout) timeless(float32) {
	if l.v.inConference() {
		l.state = 0
	}
}
