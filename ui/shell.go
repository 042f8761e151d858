package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"webphone/assets"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// shell is the frame of the window: the rail, the list column and the page;
// below look.CompactBelow a bar at the top, one column and a bar at the
// bottom. Over both lie the strip of sentences, the call bar and the card of
// an incoming call. It knows nothing of calls: window.go tells it what to show.
type shell struct {
	widget.BaseWidget

	renderer  *shellRenderer
	onCompact func() // the window became compact, or no longer is

	ground    *widgets.Panel
	rail      *widgets.Panel
	railBox   *fyne.Container
	items     map[place]*widgets.Nav // of the rail
	bottom    *widgets.Panel
	tabs      map[place]*widgets.Nav // of the bottom bar
	mail      *widgets.Nav           // in the rail; hidden without voicemail
	self      *accountButton         // in the rail
	top       *topBar
	strip     fyne.CanvasObject // a flowing column
	callBar   *callBar
	listPanel *widgets.Panel
	list      *fyne.Container
	page      *fyne.Container
	listRule  *widgets.Rule
	railRule  *widgets.Rule
	card      fyne.CanvasObject // flowing; hidden without a ringing call
	first     *fyne.Container   // fills the window when not empty

	compact  bool
	showPage bool    // when compact: the page, not the list
	noList   bool    // when compact: the screen is its page (dialpad)
	barred   bool    // the page has a bar at its top that the card must not hide
	lowered  float32 // how much lower the page begins than without the strip
	onCall   bool    // the page is a call, which needs its room
}

type destination struct {
	place place
	name  string
	icon  fyne.Resource
}

var destinations = []destination{
	{placeDialpad, "Dialpad", assets.Dialpad},
	{placeCalls, "Calls", assets.Clock},
	{placeChats, "Chats", assets.Chat},
	{placeContacts, "Contacts", assets.Person},
	{placeSettings, "Settings", assets.Settings},
}

// shellParts is what the window puts into the frame.
type shellParts struct {
	Strip   fyne.CanvasObject
	CallBar *callBar
	Card    fyne.CanvasObject
	// Go is called for a place of rail or bottom bar, Back in a compact page,
	// Account for the user's own avatar.
	Go      func(place)
	Back    func()
	Account func(from fyne.CanvasObject)
	// Mail calls the mailbox.
	Mail func()
}

func newShell(p shellParts) *shell {
	s := &shell{
		strip: p.Strip, callBar: p.CallBar, card: p.Card,
		items: map[place]*widgets.Nav{}, tabs: map[place]*widgets.Nav{},
		list: container.NewStack(), page: container.NewStack(), first: container.NewStack(),
		listRule: widgets.NewVerticalRule(), railRule: widgets.NewVerticalRule(),
	}
	s.ground = widgets.NewPanel(look.Background, nil)
	s.listPanel = widgets.NewPanel(look.Surface, nil)
	railItems, bottomItems := container.NewWithoutLayout(), container.NewGridWithRows(1)
	for _, d := range destinations {
		item := widgets.NewNav(d.name, d.icon, func() { p.Go(d.place) })
		s.items[d.place] = item
		railItems.Add(item)
		if d.place != placeSettings {
			tab := widgets.NewNav(d.name, d.icon, func() { p.Go(d.place) }).Flat()
			s.tabs[d.place] = tab
			bottomItems.Add(tab)
		}
	}
	s.mail = widgets.NewNav("Voicemail", assets.Voicemail, p.Mail)
	s.mail.Hide()
	railItems.Add(s.mail)
	s.self = newAccountButton(look.AvatarList+2, look.Rail)
	s.self.OnTap = func() { p.Account(s.self) }
	railItems.Add(s.self)
	s.railBox = container.New(railLayout{s}, railItems.Objects...)
	s.rail = widgets.NewPanel(look.Rail, s.railBox)
	s.bottom = widgets.NewPanel(look.Rail, bottomItems)
	s.top = newTopBar(p)
	s.renderer = newShellRenderer(s)
	s.ExtendBaseWidget(s)
	return s
}

// railLayout stacks the places from the top; settings and the account stand
// at the bottom.
type railLayout struct{ shell *shell }

func (l railLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	const side = (look.RailWidth - look.RailItemW) / 2
	at := func(o fyne.CanvasObject, y, h float32) {
		o.Move(fyne.NewPos(side, y))
		o.Resize(fyne.NewSize(look.RailItemW, h))
	}
	step := min(float32(62), (size.Height-14)/6.2)
	for i, d := range destinations[:4] {
		at(l.shell.items[d.place], 14+float32(i)*step, min(look.RailItemH, step-2))
	}
	at(l.shell.mail, 14+4*step, min(look.RailItemH, step-2))
	account := l.shell.self.MinSize().Height
	at(l.shell.self, size.Height-account-10, account)
	at(l.shell.items[placeSettings], size.Height-account-14-look.RailItemH, look.RailItemH)
}

func (railLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(look.RailWidth, 7*46+20)
}

// ShowScreen puts a screen into the frame.
func (s *shell) ShowScreen(p place, list, page fyne.CanvasObject, noList bool) {
	for where, item := range s.items {
		item.SetSelected(where == p)
	}
	for where, tab := range s.tabs {
		tab.SetSelected(where == p)
	}
	s.top.setSettings(p == placeSettings)
	s.noList = noList
	s.list.Objects, s.page.Objects = []fyne.CanvasObject{list}, []fyne.CanvasObject{page}
	s.list.Refresh()
	s.page.Refresh()
	s.Relayout()
}

// ShowFirst fills the window with an object; nil takes it away.
func (s *shell) ShowFirst(o fyne.CanvasObject) {
	switch {
	case o == nil && len(s.first.Objects) == 0:
		return
	case o == nil:
		s.first.Objects = nil
	case len(s.first.Objects) == 1 && s.first.Objects[0] == o:
		return
	default:
		s.first.Objects = []fyne.CanvasObject{o}
	}
	s.first.Refresh()
	s.Relayout()
}

// SetPage shows the page, or the list, when compact.
func (s *shell) SetPage(on bool) {
	if s.showPage != on {
		s.showPage = on
		s.Relayout()
	}
}

// onPage reports whether a compact window shows the page in place of a list.
func (s *shell) onPage() bool { return s.compact && s.showPage && !s.noList }

// Relayout places everything anew after the strip, the call bar or the card
// changed its height.
// What is in the parts draws itself anew.
func (s *shell) Relayout() {
	s.renderer.Layout(s.Size())
	relayout(s.railBox)
	canvas.Refresh(s)
}

// CreateRenderer is for Fyne.
func (s *shell) CreateRenderer() fyne.WidgetRenderer {
	return s.renderer
}

func newShellRenderer(s *shell) *shellRenderer {
	return &shellRenderer{shell: s, objects: []fyne.CanvasObject{
		s.ground, s.listPanel, s.list, s.page, s.listRule, s.rail, s.railRule, s.bottom, s.top.Container,
		s.callBar, s.strip, s.first, s.card,
	}}
}

type shellRenderer struct {
	shell   *shell
	objects []fyne.CanvasObject
}

func (r *shellRenderer) Destroy()                     {}
func (r *shellRenderer) Objects() []fyne.CanvasObject { return r.objects }

// MinSize is the smallest window.
func (r *shellRenderer) MinSize() fyne.Size { return fyne.NewSize(340, 520) }

func (r *shellRenderer) Refresh() {
	r.Layout(r.shell.Size())
	for _, o := range r.objects {
		o.Refresh()
	}
}

func (r *shellRenderer) Layout(size fyne.Size) {
	s := r.shell
	compact := size.Width < look.CompactBelow
	changed := s.compact != compact
	s.compact = compact
	first := len(s.first.Objects) > 0
	s.first.Hidden = !first
	for _, o := range []fyne.CanvasObject{s.list, s.page} {
		setVisible(o, !first)
	}
	put(s.ground, 0, 0, size.Width, size.Height)
	y := r.placeTop(size, first)
	switch {
	case first:
		put(s.first, 0, y, size.Width, size.Height-y)
		for _, o := range []fyne.CanvasObject{s.rail, s.railRule, s.listPanel, s.listRule, s.bottom, s.top} {
			setVisible(o, false)
		}
	case compact:
		r.layoutCompact(size, y)
	default:
		r.layoutWide(size, y)
	}
	r.placeCard(size)
	if changed && s.onCompact != nil {
		s.onCompact()
	}
}

// placeTop puts the strip across the top; it returns where the rest begins.
func (r *shellRenderer) placeTop(size fyne.Size, first bool) float32 {
	s := r.shell
	if first {
		s.callBar.Hide()
	}
	h := widgets.HeightFor(s.strip, size.Width)
	put(s.strip, 0, 0, size.Width, h)
	s.lowered = h
	return h
}

func (r *shellRenderer) layoutWide(size fyne.Size, top float32) {
	s := r.shell
	setVisible(s.bottom, false)
	setVisible(s.top, false)
	for _, o := range []fyne.CanvasObject{s.rail, s.railRule, s.list, s.listPanel, s.listRule, s.page} {
		setVisible(o, true)
	}
	h := size.Height - top
	put(s.rail, 0, top, look.RailWidth-1, h)
	put(s.railRule, look.RailWidth-1, top, 1, h)
	x := look.RailWidth
	if s.callBar.Visible() {
		bar := s.callBar.MinSize().Height
		put(s.callBar, x, top, size.Width-x, bar)
		top += bar
		h -= bar
	}
	column := min(look.ListWidth, max(240, (size.Width-x)*0.45))
	put(s.listPanel, x, top, column-1, h)
	put(s.list, x, top, column-1, h)
	put(s.listRule, x+column-1, top, 1, h)
	put(s.page, x+column, top, size.Width-x-column, h)
}

// shortBelow is the height of a compact window in which a call has no room for
// a sentence and the bar at the top: the sentence takes the place of the bar.
const shortBelow = 640

func (r *shellRenderer) layoutCompact(size fyne.Size, top float32) {
	s := r.shell
	for _, o := range []fyne.CanvasObject{s.rail, s.railRule, s.listRule} {
		setVisible(o, false)
	}
	bar := s.onPage() || !s.onCall || s.lowered == 0 || size.Height >= shortBelow
	setVisible(s.top, bar)
	setVisible(s.bottom, !s.onPage())
	s.top.setBack(s.onPage())
	if bar {
		put(s.top, 0, top, size.Width, look.TopBar)
		top += look.TopBar
	} else {
		s.lowered -= look.TopBar
	}
	if s.callBar.Visible() {
		bar := s.callBar.MinSize().Height
		put(s.callBar, 0, top, size.Width, bar)
		top += bar
	}
	h := size.Height - top
	if s.bottom.Visible() {
		h -= look.BottomBar
		put(s.bottom, 0, size.Height-look.BottomBar, size.Width, look.BottomBar)
	}
	page := s.onPage() || s.noList
	setVisible(s.page, page)
	setVisible(s.list, !page)
	setVisible(s.listPanel, !page)
	put(s.list, 0, top, size.Width, h)
	put(s.listPanel, 0, top, size.Width, h)
	put(s.page, 0, top, size.Width, h)
}

// placeCard puts the card of an incoming call at the top right, or across
// the top of a compact window, but never over the bar of a call going on.
func (r *shellRenderer) placeCard(size fyne.Size) {
	s := r.shell
	if !s.card.Visible() {
		return
	}
	const side = 16
	w := min(float32(420), size.Width-2*side)
	x, y := size.Width-w-side, float32(side)
	if s.compact {
		w, x, y = size.Width-16, 8, 8
	}
	if s.callBar.Visible() {
		y = s.callBar.Position().Y + s.callBar.Size().Height + 8
	} else if s.barred {
		y = s.page.Position().Y + 44 + 8
	}
	put(s.card, x, y, w, widgets.HeightFor(s.card, w))
}

// relayout places the objects of a container anew without drawing each of
// them again, as its Refresh would.
func relayout(c *fyne.Container) {
	c.Layout.Layout(c.Objects, c.Size())
	canvas.Refresh(c)
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, max(0, h)))
}

func setVisible(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
