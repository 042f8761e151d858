package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/widgets"
)

// chatsScreen is the list of conversations and the chosen one beside it.
type chatsScreen struct {
	host *host
	page *chatPage

	column  fyne.CanvasObject
	list    *widgets.List
	search  *widgets.Field
	body    *fyne.Container // the list, or what stands in its place
	threads []phone.Thread
	drafts  map[string]string // by peer: what was typed and not sent
	inSight bool
	empty   string // which text stands in place of the list; "" the list itself
}

var _ chatScreen = (*chatsScreen)(nil)

func newChats(h *host) *chatsScreen {
	s := &chatsScreen{host: h, list: widgets.NewList(), drafts: map[string]string{}}
	s.page = newChatPage(h, s)
	s.search = widgets.NewSearchField("Search people and messages", assets.Search)
	s.search.OnChanged = func(string) { s.Apply(h.Model.Snapshot()) }
	leadTo(h, s.search, s.list)
	s.list.OnSelect = s.selected
	s.list.OnOpen = s.Open
	s.list.OnMenu = s.listMenu
	s.list.OnKey = func(key string, e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyDelete && key != "" {
			s.askDelete(key)
			return true
		}
		return false
	}
	begin := widgets.NewSmallButton(widgets.Quiet, "New", assets.Compose, func() { s.Open("") })
	s.body = container.NewStack(s.list)
	s.column = newFrame(listHead("Chats", []fyne.CanvasObject{begin}, s.search, widgets.Space(1, 2)), s.body, nil)
	return s
}

func (s *chatsScreen) List() fyne.CanvasObject { return s.column }
func (s *chatsScreen) Page() fyne.CanvasObject { return s.page.content }
func (s *chatsScreen) PageTitle() string       { return s.page.title() }
func (s *chatsScreen) Search() fyne.Focusable  { return s.search }

// Focus is where one types, when a conversation is open beside the list.
func (s *chatsScreen) Focus() fyne.Focusable {
	if s.page.open && !s.host.Compact() {
		return s.page.Focus()
	}
	return s.list
}

// Shown marks what is in sight as read.
func (s *chatsScreen) Shown(inSight bool) {
	s.inSight = inSight
	s.Apply(s.host.Model.Snapshot())
}

// Escape ends a search, then a conversation that was not begun.
func (s *chatsScreen) Escape() bool {
	switch {
	case s.search.Text != "":
		s.search.SetText("")
	case s.page.choosing():
		s.page.close()
		s.host.ShowList()
	default:
		return false
	}
	return true
}

// Open shows the conversation with peer; "" asks for whom.
func (s *chatsScreen) Open(peer string) {
	if peer != "" {
		peer = s.address(peer)
	}
	s.turnTo(peer)
	if s.host.Compact() {
		s.host.ShowPage()
		s.markRead(s.host.Model.Snapshot()) // only now it is in sight
	}
	s.host.Focus(s.page.Focus())
}

// selected shows a conversation of the list. With the arrows one goes through
// the list without leaving it.
func (s *chatsScreen) selected(peer string) {
	if s.host.Window.Canvas().Focused() == s.list {
		s.turnTo(peer)
		return
	}
	s.Open(peer)
}

func (s *chatsScreen) turnTo(peer string) {
	s.list.Select(peer)
	s.page.show(peer)
	s.Apply(s.host.Model.Snapshot())
	s.host.TitleChanged()
}

// OpenNextUnread shows the next conversation below the present one that has
// something unread, beginning again at the top.
func (s *chatsScreen) OpenNextUnread() {
	all := s.host.Model.Snapshot().Threads
	at := -1
	for i, t := range all {
		if t.Peer == s.page.peer {
			at = i
		}
	}
	for i := range all {
		if t := all[(at+1+i)%len(all)]; t.Unread > 0 {
			s.Open(t.Peer)
			return
		}
	}
	s.host.Say("Everything is read")
}

// address is how a conversation with somebody is named: the peer of the one
// there is, else a SIP address at the own domain where none was given.
func (s *chatsScreen) address(target string) string {
	snap := s.host.Model.Snapshot()
	clean, _ := cleanTarget(target)
	plain := strings.ToLower(plainAddress(clean))
	for _, t := range snap.Threads {
		if strings.ToLower(plainAddress(t.Peer)) == plain {
			return t.Peer
		}
	}
	if hasScheme(clean) {
		return clean
	}
	if !strings.Contains(clean, "@") && len(snap.Accounts) > 0 {
		if _, domain, ok := strings.Cut(plainAddress(snap.Accounts[0].URI), "@"); ok {
			full := "sip:" + clean + "@" + domain
			for _, t := range snap.Threads {
				if strings.EqualFold(t.Peer, full) {
					return t.Peer
				}
			}
			return full
		}
	}
	return "sip:" + clean
}

func hasScheme(s string) bool {
	l := strings.ToLower(s)
	return strings.HasPrefix(l, "sip:") || strings.HasPrefix(l, "sips:") || strings.HasPrefix(l, "tel:")
}

// Apply shows the conversations of a snapshot.
func (s *chatsScreen) Apply(snap *phone.Snapshot) {
	s.threads = s.threads[:0]
	for _, t := range snap.Threads {
		if threadMatches(t, s.search.Text) {
			s.threads = append(s.threads, t)
		}
	}
	if s.inSight && s.page.peer == "" && !s.page.open && !s.host.Compact() && len(s.threads) > 0 && s.search.Text == "" {
		s.list.Select(s.threads[0].Peer)
		s.page.show(s.threads[0].Peer)
	}
	now := s.host.Now()
	items := make([]widgets.Item, len(s.threads))
	for i, t := range s.threads {
		items[i] = widgets.Item{Key: t.Peer, Row: threadRow(t, s.drafts[t.Peer], s.page.peer == t.Peer, now)}
	}
	s.list.SetItems(withPresence(snap, items))
	s.showEmpty(snap)
	s.page.Apply(snap)
	s.markRead(snap)
}

// markRead tells the phone that the open conversation was read, when its page
// is before the user's eyes.
func (s *chatsScreen) markRead(snap *phone.Snapshot) {
	if !s.inSight || !s.page.inSight() {
		return
	}
	for _, t := range snap.Threads {
		if t.Peer == s.page.peer && t.Unread > 0 {
			s.host.Model.Do(func() error {
				s.host.Phone.MarkRead(t.Peer)
				return nil
			}, nil)
		}
	}
}

func (s *chatsScreen) showEmpty(snap *phone.Snapshot) {
	empty := ""
	switch {
	case len(s.threads) > 0:
	case s.search.Text != "":
		empty = "search " + s.search.Text
	default:
		empty = "chats"
	}
	if empty == s.empty {
		return
	}
	s.empty = empty
	var o fyne.CanvasObject = s.list
	switch empty {
	case "":
	case "chats":
		o = emptyPage(assets.Chat, "No messages yet", "Conversations will stand here, and stay after a restart.",
			widgets.NewSmallButton(widgets.Primary, "Write the first one", nil, func() { s.Open("") }))
	default:
		query := s.search.Text
		o = emptyPage(assets.Search, "Nothing matches “"+query+"”", "You can write to it all the same.",
			widgets.NewSmallButton(widgets.Primary, "Message "+query, nil, func() { s.Open(query) }))
	}
	s.body.Objects = []fyne.CanvasObject{o}
	s.body.Refresh()
}

func (s *chatsScreen) listMenu(peer string, at fyne.Position) {
	showMenu(s.host, at,
		fyne.NewMenuItem("Call", func() { s.host.CallBack(peer, s.host.Model.Snapshot().AccountOf(peer)) }),
		fyne.NewMenuItem("Copy address", func() { copyText(s.host, plainAddress(peer)) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Delete conversation", func() { s.askDelete(peer) }),
	)
}

func (s *chatsScreen) askDelete(peer string) {
	name := nameOrNumber(s.page.nameOf(s.host.Model.Snapshot(), peer), peer)
	s.host.Confirm("Delete the conversation with "+name+"?", "Its messages are gone from this computer for good.", "Delete", func() {
		s.host.Run(func() error { return s.host.Phone.DeleteThread(peer) }, func(err error) {
			if err == nil && s.page.peer == peer {
				delete(s.drafts, peer)
				s.page.close()
				s.host.ShowList()
				s.Apply(s.host.Model.Snapshot())
			}
		})
	})
}
