package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func chatsRig(t *testing.T, s *phone.Snapshot, compact bool) (*rig, *chatsScreen) {
	t.Helper()
	var chats *chatsScreen
	r := newRig(t, s, look.Light, compact, func(h *host) screen { chats = newChats(h); return chats })
	return r, chats
}

func TestFindLinks_onlyWebPagesAndAddresses(t *testing.T) {
	for text, want := range map[string][]string{
		"see https://example.com/a?b=c.":          {"https://example.com/a?b=c"},
		"(http://example.com/x)":                  {"http://example.com/x"},
		"https://en.wikipedia.org/wiki/SIP_(X), ": {"https://en.wikipedia.org/wiki/SIP_(X)"},
		"call sip:bob@example.com or tel:+49305!": {"sip:bob@example.com", "tel:+49305"},
		"SIPS:bob@example.com":                    {"SIPS:bob@example.com"},
		"javascript:alert(1) file:///etc/passwd":  nil,
		"gossip: no link; http:// neither":        nil,
		"":                                        nil,
	} {
		var got []string
		for _, s := range findLinks(text) {
			got = append(got, text[s.begin:s.end])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

func TestBreakMessage_keepsTextAndLinksWhenLinesBreak(t *testing.T) {
	r, _ := chatsRig(t, modeltest.Sample(), false)
	_ = r
	text := "The docs are at https://example.com/a/very/long/path/that/does/not/fit/into/one/line/of/a/bubble and  at\nhttps://example.com/b, ok?"
	lines := breakMessage(text, 200)
	if len(lines) < 4 {
		t.Fatalf("%d lines", len(lines))
	}
	var all, first, second strings.Builder
	for _, line := range lines {
		for _, p := range line {
			all.WriteString(p.text)
			switch p.target {
			case "https://example.com/b":
				second.WriteString(p.text)
			case "":
			default:
				first.WriteString(p.text)
			}
		}
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if squeeze(all.String()) != squeeze(text) {
		t.Errorf("text was lost: %q", all.String())
	}
	if first.String() != "https://example.com/a/very/long/path/that/does/not/fit/into/one/line/of/a/bubble" || second.String() != "https://example.com/b" {
		t.Errorf("links %q and %q", first.String(), second.String())
	}
}

func TestChats_enterSendsAndShiftEnterBreaksTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := chatsRig(t, modeltest.Sample(), false)
		s.Open(modeltest.Bob)
		if r.window.Canvas().Focused() != s.page.entry {
			t.Fatal("opening a conversation does not focus the entry")
		}
		r.typeIn("one")
		shift := &fyne.KeyEvent{Name: desktop.KeyShiftLeft}
		s.page.entry.KeyDown(shift)
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		s.page.entry.KeyUp(shift)
		r.typeIn("two")
		if s.page.rows != 2 {
			t.Errorf("the entry shows %d rows, want 2", s.page.rows)
		}
		if len(r.phone.Called()) != 0 {
			t.Fatalf("Shift+Enter sent: %q", r.phone.Called())
		}
		r.press(fyne.KeyEnter)
		r.queue.Settle()
		if !r.phone.Was(`Send("sip:bob@example.com", "one\ntwo")`) {
			t.Errorf("sent %q", r.phone.Called())
		}
		if s.page.entry.Text != "" || s.page.rows != 1 {
			t.Error("the entry is not empty after sending")
		}
		r.press(fyne.KeyEnter)
		r.queue.Settle()
		r.typeIn("  ")
		r.press(fyne.KeyEnter)
		r.queue.Settle()
		if n := len(r.phone.Called()); n != 1 {
			t.Errorf("nothing but spaces was sent: %q", r.phone.Called())
		}
	})
}

func TestChats_messagesLeaveInTheOrderTheyWereTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := chatsRig(t, modeltest.Sample(), false)
		s.Open(modeltest.Bob)
		delay := 50 * time.Millisecond
		r.phone.OnCall = func(call string) {
			time.Sleep(delay)
			delay -= 10 * time.Millisecond
		}
		var want []string
		for i := range 5 {
			r.typeIn(fmt.Sprint(i))
			r.press(fyne.KeyReturn)
			want = append(want, fmt.Sprintf("Send(%q, \"%d\")", modeltest.Bob, i))
		}
		time.Sleep(time.Second)
		r.queue.Settle()
		if d := cmp.Diff(want, r.phone.Called()); d != "" {
			t.Error(d)
		}
	})
}

func TestChats_nothingTypedIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := chatsRig(t, modeltest.Sample(), false)
		s.Open(modeltest.Bob)
		r.phone.Errors["Send"] = errors.New("store: disk is full")
		r.typeIn("half a thought")
		s.Open(modeltest.Carol)
		if s.page.entry.Text != "" {
			t.Errorf("Carol's entry has %q", s.page.entry.Text)
		}
		if got := s.list.Items()[0].Row.Subtitle; got != "Draft: half a thought" {
			t.Errorf("Bob's row says %q", got)
		}
		r.typeIn("for Carol")
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if s.page.entry.Text != "for Carol" {
			t.Errorf("a refused message is gone: %q", s.page.entry.Text)
		}
		if len(r.problems) != 1 {
			t.Errorf("problems %v", r.problems)
		}
		s.Open(modeltest.Bob)
		if s.page.entry.Text != "half a thought" {
			t.Errorf("the draft is %q", s.page.entry.Text)
		}
	})
}

func TestChats_retrySendsTheFailedMessageAgain(t *testing.T) {
	r, s := chatsRig(t, modeltest.Sample(), false)
	s.Open(modeltest.Bob)
	var failed *bubble
	for _, o := range s.page.view.body.shown {
		if b, ok := o.(*bubble); ok && b.data.failed {
			failed = b
		}
	}
	if failed == nil || !failed.retry.Visible() {
		t.Fatal("no Retry under the failed message")
	}
	if got := failed.data.caption; got != "Not sent: Bob Meyer is not reachable now" {
		t.Errorf("caption %q", got)
	}
	test.Tap(failed.retry)
	if !r.phone.Was("RetryMessage(33)") {
		t.Errorf("called %q", r.phone.Called())
	}
	r.update(func(s *phone.Snapshot) {
		s.Threads[0].Messages = append([]phone.Message(nil), s.Threads[0].Messages...)
		s.Threads[0].Messages[2].State = phone.MessageSending
	})
	for _, o := range s.page.view.body.shown {
		if b, ok := o.(*bubble); ok && b.data.id == 33 && (b.data.failed || !strings.HasSuffix(b.data.caption, "Sending…")) {
			t.Errorf("after Retry: %+v", b.data)
		}
	}
}

func TestChats_linksOfOthersNeverDialByThemselves(t *testing.T) {
	r, s := chatsRig(t, modeltest.Sample(), false)
	s.page.openLink("tel:+4930555")
	if d := cmp.Diff([]string{"confirm Call +49 30 555?"}, r.log); d != "" {
		t.Fatal(d)
	}
	r.asked()
	if r.log[1] != "call tel:+4930555" {
		t.Errorf("log %q", r.log)
	}
}

func TestChats_readOnlyWhatIsBeforeTheEyes(t *testing.T) {
	r, s := chatsRig(t, modeltest.Sample(), false)
	before := true
	r.host.PageInSight = func() bool { return before }
	s.Open(modeltest.Bob)
	if len(r.phone.Called()) != 0 {
		t.Errorf("nothing was unread, but %q", r.phone.Called())
	}
	before = false
	s.Open(modeltest.Carol)
	r.host.Model.Do(func() error { return nil }, nil)
	if r.phone.Was(`MarkRead("sip:carol@example.com")`) {
		t.Error("read behind another window")
	}
	before = true
	s.Apply(r.host.Model.Snapshot())
	r.host.Model.Close()
	if !r.phone.Was(`MarkRead("sip:carol@example.com")`) {
		t.Error("not read though in sight")
	}
}

func TestChats_newMessageAsksForWhom(t *testing.T) {
	r, s := chatsRig(t, modeltest.Sample(), false)
	s.Open("")
	if !s.page.choosing() || s.PageTitle() != "New message" {
		t.Fatal("does not ask")
	}
	r.typeIn("dan")
	r.press(fyne.KeyReturn)
	if s.page.peer != modeltest.Dana {
		t.Errorf("opened %q, want Dana", s.page.peer)
	}
	s.Open("")
	r.typeIn("er")
	r.press(fyne.KeyDown)
	r.press(fyne.KeyReturn)
	if s.page.peer != modeltest.Erik {
		t.Errorf("opened %q, want Erik", s.page.peer)
	}
	s.Open("")
	r.typeIn("fred@elsewhere.example")
	r.press(fyne.KeyReturn)
	if s.page.peer != "sip:fred@elsewhere.example" {
		t.Errorf("opened %q", s.page.peer)
	}
	s.Open("4477")
	if s.page.peer != "sip:4477@example.com" {
		t.Errorf("opened %q, want the number at the own domain", s.page.peer)
	}
	s.Open("")
	if !s.Escape() || s.page.open {
		t.Error("Escape does not leave the question")
	}
}

func TestChats_nextUnreadGoesRound(t *testing.T) {
	r, s := chatsRig(t, modeltest.Sample(), false)
	s.OpenNextUnread()
	if s.page.peer != modeltest.Carol {
		t.Errorf("first %q", s.page.peer)
	}
	s.OpenNextUnread()
	if s.page.peer != modeltest.Erik {
		t.Errorf("second %q", s.page.peer)
	}
	s.OpenNextUnread()
	if s.page.peer != modeltest.Carol {
		t.Errorf("round %q", s.page.peer)
	}
	r.update(func(s *phone.Snapshot) {
		for i := range s.Threads {
			s.Threads[i].Unread = 0
		}
	})
	s.OpenNextUnread()
	if got := r.log[len(r.log)-1]; got != "say Everything is read" {
		t.Errorf("said %q", got)
	}
}

func TestChats_searchLooksIntoMessages(t *testing.T) {
	_, s := chatsRig(t, modeltest.Sample(), false)
	for query, want := range map[string]int{"trunk": 1, "station": 1, "dana": 1, "example.com": 4, "zzz": 0, "": 4} {
		s.search.SetText(query)
		if len(s.threads) != want {
			t.Errorf("%q finds %d conversations, want %d", query, len(s.threads), want)
		}
	}
}

func TestThread_longOnesShowOnlyWhatIsInSight(t *testing.T) {
	snap := modeltest.Sample()
	messages := make([]phone.Message, phone.MessagesKept)
	for i := range messages {
		messages[i] = phone.Message{
			ID: int64(1000 + i), Peer: modeltest.Bob, Incoming: i%3 != 0, State: phone.MessageAccepted, Read: true,
			Body: strings.Repeat(fmt.Sprintf("message %d with some words ", i), 1+i%5),
			At:   modeltest.Now.Add(-time.Duration(len(messages)-i) * 17 * time.Minute),
		}
	}
	snap.Threads[0].Messages = messages
	began := time.Now()
	r, s := chatsRig(t, snap, false)
	s.Open(modeltest.Bob)
	first := time.Since(began) // with all that is done once: about four times another width
	v := s.page.view
	newest := func() int64 {
		id := int64(0)
		for _, o := range v.body.shown {
			if b, ok := o.(*bubble); ok {
				id = max(id, b.data.id)
			}
		}
		return id
	}
	if n := len(v.body.shown); n == 0 || n > 20 {
		t.Errorf("%d objects for what is in sight", n)
	}
	if newest() != 1199 {
		t.Errorf("the newest in sight is %d", newest())
	}
	v.scrollBy(-2000)
	up := newest()
	if up >= 1199 {
		t.Error("Page up does not scroll")
	}
	r.update(func(s *phone.Snapshot) {
		s.Threads[0].Messages = append(messages[1:len(messages):len(messages)], phone.Message{ID: 2000, Incoming: true, Body: "new", At: modeltest.Now})
	})
	if newest() == 2000 {
		t.Error("a new message moved one who reads further up")
	}
	v.toBottom()
	r.update(func(s *phone.Snapshot) {
		s.Threads[0].Messages = append(s.Threads[0].Messages[1:len(messages):len(messages)], phone.Message{ID: 2001, Incoming: true, Body: "newer", At: modeltest.Now})
	})
	if newest() != 2001 {
		t.Errorf("at the bottom, the newest in sight is %d, want 2001", newest())
	}
	began = time.Now()
	r.window.Resize(fyne.NewSize(700, 500))
	if took := time.Since(began); took > 2*first {
		t.Errorf("another width took %v, the first %v", took, first)
	}
	if newest() != 2001 {
		t.Error("another width lost the end")
	}
}

func TestChats_openingAConversationInASmallWindowReadsIt(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 360, 680, func(r *windowRig) {
		r.ui.Go(placeChats)
		r.queue.Settle()
		if r.phone.Was(`MarkRead("sip:carol@example.com")`) {
			t.Error("read though only the list was shown")
		}
		r.ui.chats.Open(modeltest.Carol)
		r.queue.Settle()
		r.want(`MarkRead("sip:carol@example.com")`)
		r.phone.Forget()
		r.ui.host.ShowList()
		r.update(func(s *phone.Snapshot) { s.MissedCalls = 0 })
		if len(r.phone.Called()) != 0 {
			t.Errorf("back in the list: %q", r.phone.Called())
		}
	})
}
