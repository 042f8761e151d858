package phone

import (
	"context"
	"strings"

	"webphone/phone/demo"
)

// load reads the profile. Errors that cost one part of it become notices.
func (p *Phone) load() (state, []error, error) {
	s := state{threads: map[string]Thread{}, manners: map[string]*manners{}}
	var notices []error
	if err := p.store.LoadSettings(&s.settings); err != nil {
		notices = append(notices, err)
	}
	calls, err := p.store.Calls(p.ctx, HistoryKept, 0)
	if err != nil {
		notices = append(notices, &StorageError{What: "call", Err: err})
	}
	for _, r := range calls {
		s.history = append(s.history, historyOf(r))
	}
	newestFirst(s.history)
	if err := p.loadThreads(p.ctx, &s); err != nil {
		notices = append(notices, &StorageError{What: "message", Err: err})
	}
	contacts, err := p.store.Contacts(p.ctx)
	if err != nil {
		notices = append(notices, &StorageError{What: "contact", Err: err})
	}
	for _, c := range contacts {
		s.contacts = append(s.contacts, Contact(c))
	}
	sortContacts(s.contacts)
	return s, notices, nil
}

func (p *Phone) loadThreads(ctx context.Context, s *state) error {
	threads, err := p.store.Threads(ctx)
	if err != nil {
		return err
	}
	for _, t := range threads {
		records, err := p.store.Messages(ctx, t.Peer, MessagesKept, 0)
		if err != nil {
			return err
		}
		thread := Thread{Peer: t.Peer, DisplayName: t.Name, Unread: t.Unread}
		for _, r := range records {
			thread.Messages = append(thread.Messages, messageOf(r))
		}
		thread.Account = accountOf(thread.Messages)
		s.threads[t.Peer] = thread
	}
	return nil
}

// ofDemo reports whether a peer belongs to the demonstration; outside it
// nobody wants to see those.
func ofDemo(peer string) bool { return strings.HasSuffix(peer, "@"+demo.Domain) }
