package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// callControls are the round controls; only those that work in the call's
// state can be pressed.
type callControls struct {
	*fyne.Container
	rows                                          *roundRows
	mute, hold, keypad, transfer, add, chat, swap *widgets.Round
	split                                         *widgets.Round // in a conference
	record                                        *widgets.Round
}

func newCallControls(v *callView) *callControls {
	c := &callControls{}
	c.mute = widgets.NewRound("Mute", assets.Mic, v.ToggleMute)
	c.hold = widgets.NewRound("Hold", assets.Pause, v.ToggleHold)
	c.keypad = widgets.NewRound("Keypad", assets.Dialpad, v.toggleKeypad)
	c.transfer = widgets.NewRound("Transfer", assets.Transfer, v.ToggleTransfer)
	c.chat = widgets.NewRound("Chat", assets.Chat, func() { v.host.Chat(v.call.Peer) })
	c.add = widgets.NewRound("Add call", assets.Plus, func() { v.act.Add(v.call) })
	c.swap = widgets.NewRound("Swap", assets.Swap, v.Swap)
	c.split = widgets.NewRound("Split", assets.Split, v.split)
	c.record = widgets.NewRound("Record", assets.Record, v.ToggleRecord).Filled(look.Negative)
	c.rows = &roundRows{pitch: roundPitch}
	c.Container = container.New(c.rows, c.mute, c.hold, c.keypad, c.transfer, c.add, c.record, c.chat, c.swap, c.split)
	return c
}

// HeightFor makes the controls flow.
func (c *callControls) HeightFor(float32) float32 {
	if !c.Container.Visible() {
		return 0
	}
	return c.Container.MinSize().Height
}

// setTight puts the rows closer together.
func (c *callControls) setTight(tight bool) {
	c.rows.pitch = roundPitch
	if tight {
		c.rows.pitch = look.RoundSize + 25
	}
}

// Apply shows the state of the call.
func (c *callControls) Apply(call phone.Call, live int) {
	if call.Muted {
		c.mute.Set("Muted", assets.MicOff, true)
	} else {
		c.mute.Set("Mute", assets.Mic, false)
	}
	switch {
	case call.HoldPending:
		c.hold.Set("One moment…", assets.Pause, call.LocalHold)
	case call.LocalHold:
		c.hold.Set("Resume", assets.Play, true)
	default:
		c.hold.Set("Hold", assets.Pause, false)
	}
	talking := call.State == phone.CallConfirmed
	c.mute.SetEnabled(call.Live())
	c.hold.SetEnabled(talking && !call.HoldPending)
	c.keypad.SetEnabled(talking || call.State == phone.CallEarly)
	c.add.SetEnabled(talking)
	c.transfer.SetEnabled(transferable(call))
	setVisible(c.swap, live > 1)
	setVisible(c.chat, live < 2) // the rail leads there too
	relayout(c.Container)
}

// confer has the controls of a conference in place of those of one call.
func (c *callControls) confer(members []phone.Call) {
	conference := members != nil
	for _, one := range []*widgets.Round{c.keypad, c.transfer} {
		setVisible(one, !conference)
	}
	setVisible(c.split, conference)
	if conference {
		setVisible(c.chat, false)
		held, pending := allHeld(members), slices.ContainsFunc(members, func(m phone.Call) bool { return m.HoldPending })
		switch {
		case pending:
			c.hold.Set("One moment…", assets.Pause, held)
		case held:
			c.hold.Set("Resume", assets.Play, true)
		default:
			c.hold.Set("Hold", assets.Pause, false)
		}
		c.hold.SetEnabled(!pending)
	}
	relayout(c.Container)
}

func (c *callControls) setKeypad(on bool) { c.keypad.Set("Keypad", assets.Dialpad, on) }

// roundRows puts three controls in a row, four when they are many; a shorter
// last row is centred.
type roundRows struct{ pitch float32 }

const roundStep, roundPitch float32 = 98, 98

func (l *roundRows) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	shown := visible(objects)
	columns := roundColumns(len(shown))
	step := min(roundStep, s.Width/float32(columns))
	for i, o := range shown {
		inRow := min(columns, len(shown)-i/columns*columns)
		left := (s.Width - float32(inRow)*step) / 2
		m := o.MinSize()
		w := min(m.Width, step)
		put(o, left+float32(i%columns)*step+(step-w)/2, float32(i/columns)*l.pitch, w, m.Height)
	}
}

// roundColumns is how many of n controls stand in a row.
func roundColumns(n int) int {
	if n > 6 {
		return 4
	}
	return 3
}

func (l *roundRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	n := len(visible(objects))
	columns := roundColumns(n)
	rows := (n + columns - 1) / columns
	return fyne.NewSize(240, float32(rows-1)*l.pitch+look.RoundSize+24)
}

func visible(objects []fyne.CanvasObject) []fyne.CanvasObject {
	var shown []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			shown = append(shown, o)
		}
	}
	return shown
}

// callKeypad sends tones; it takes the place of the controls.
type callKeypad struct {
	*fyne.Container
	digits *widgets.Text
	grid   *keyGrid
	text   string
}

func newCallKeypad(pressed func(rune), closed func()) *callKeypad {
	k := &callKeypad{digits: widgets.NewText("", 22, look.Text).Centered()}
	k.grid = &keyGrid{height: callKeyHeight}
	grid := container.New(k.grid)
	for _, key := range newKeys(pressed) {
		key.OnLong = nil
		grid.Add(key)
	}
	hide := widgets.NewLink("Hide keypad", look.MinorText, closed)
	k.Container = widgets.NewColumn(6, widgets.NewFixed(0, 28, k.digits), grid, container.NewCenter(hide))
	return k
}

// HeightFor makes the keypad flow.
func (k *callKeypad) HeightFor(width float32) float32 { return widgets.HeightFor(k.Container, width) }

// setTight makes the keys lower.
func (k *callKeypad) setTight(tight bool) {
	k.grid.height = callKeyHeight
	if tight {
		k.grid.height = 36
	}
}

// Digits are those sent so far.
func (k *callKeypad) Digits() string { return k.text }

// SetDigits shows the digits sent; of many the last.
func (k *callKeypad) SetDigits(digits string) {
	k.text = digits
	k.digits.SetText(lastKeys(digits))
}

// keyGrid lays out the keys of the keypad in a call.
type keyGrid struct{ height float32 }

const callKeyHeight, callKeyGap float32 = 46, 7

func (g *keyGrid) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := min(look.KeyWidth, (s.Width-2*look.KeyGapX)/3)
	left := (s.Width - 3*w - 2*look.KeyGapX) / 2
	for i, o := range objects {
		put(o, left+float32(i%3)*(w+look.KeyGapX), float32(i/3)*(g.height+callKeyGap), w, g.height)
	}
}

func (g *keyGrid) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, 4*g.height+3*callKeyGap)
}

// volumeRow is the volume of the call and the device it comes from.
type volumeRow struct {
	*fyne.Container
	host   *host
	call   phone.Call
	all    []phone.Call // the call, or all of its conference, before the slider moved
	slider *widgets.Slider
	device *widgets.Link
	moved  time.Time // by the user: the snapshot may still be older
}

func newVolumeRow(h *host) *volumeRow {
	r := &volumeRow{host: h}
	r.slider = widgets.NewSlider(func(value float64) {
		r.moved = h.Now()
		most := loudest(r.all)
		for _, c := range r.all {
			volume := 2 * value
			if most > 0 { // who is softer stays so
				volume *= c.Volume / most
			}
			h.InOrder(func() error { return h.Phone.SetVolume(c.ID, volume) })
		}
	})
	r.device = widgets.NewLink("", look.CaptionText, r.menu).In(look.Muted)
	r.Container = widgets.NewLine(12, 1, widgets.NewIcon(assets.Speaker, 22, look.Muted), r.slider,
		widgets.NewFixed(104, 24, widgets.NewLine(2, 0, r.device, widgets.NewIcon(assets.ChevronDown, 12, look.Muted))))
	return r
}

// Apply shows volume and device.
func (r *volumeRow) Apply(c phone.Call, s *phone.Snapshot) {
	all := membersOf(c, s.Calls)
	if all == nil {
		all = []phone.Call{c}
	}
	if r.call.ID != c.ID || len(all) != len(r.all) || r.host.Now().Sub(r.moved) > time.Second {
		r.all = all
		r.slider.SetValue(loudest(all) / 2)
	}
	r.call = c
	name := s.Devices.Speaker.Name
	if name == "" {
		name = "No speaker"
	}
	r.device.SetText(name)
	relayout(r.Container)
}

// loudest is the greatest volume of some calls.
func loudest(calls []phone.Call) (volume float64) {
	for _, c := range calls {
		volume = max(volume, c.Volume)
	}
	return volume
}

// menu offers speakers and microphones.
func (r *volumeRow) menu() {
	s := r.host.Model.Snapshot()
	title := func(text string) *fyne.MenuItem {
		item := fyne.NewMenuItem(text, nil)
		item.Disabled = true
		return item
	}
	choose := func(change func(*phone.Settings)) func() {
		return func() {
			settings := r.host.Model.Snapshot().Settings
			change(&settings)
			r.host.Run(func() error { return r.host.Phone.Apply(settings) }, nil)
		}
	}
	items := []*fyne.MenuItem{title("Speaker")}
	for _, d := range s.Devices.Speakers {
		item := fyne.NewMenuItem(d.Name, choose(func(to *phone.Settings) { to.Audio.Speaker = d.ID }))
		item.Checked = d.ID == s.Devices.Speaker.ID
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator(), title("Microphone"))
	for _, d := range s.Devices.Microphones {
		if d.Monitor && d.ID != s.Devices.Microphone.ID {
			continue
		}
		item := fyne.NewMenuItem(d.Name, choose(func(to *phone.Settings) { to.Audio.Microphone = d.ID }))
		item.Checked = d.ID == s.Devices.Microphone.ID
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Sound settings", func() { r.host.Go(placeSettings) }))
	widgets.PopUp(r.device, items, fyne.NewPos(0, 26), 0)
}
