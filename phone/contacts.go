package phone

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"webphone/phone/sip"
	"webphone/phone/store"
)

// SaveContact adds a contact (ID 0) or changes one. A *store.FieldError names
// what is missing or, with a *TargetError as its cause, cannot be called.
func (p *Phone) SaveContact(c Contact) error {
	if c.ID < 0 {
		return ErrDemoContact
	}
	c.Name = strings.TrimSpace(c.Name)
	var addresses []string
	for _, a := range c.Addresses {
		if a = strings.TrimSpace(a); a != "" {
			addresses = append(addresses, a)
		}
	}
	c.Addresses = addresses
	if err := c.validate(); err != nil {
		return err
	}
	id, err := p.store.SaveContact(p.ctx, store.ContactRecord{
		ID: c.ID, Name: c.Name, Addresses: c.Addresses, Favourite: c.Favourite, Note: c.Note, Watched: c.Watched,
	})
	if err != nil {
		return &StorageError{What: "contact", Err: err}
	}
	c.ID = id
	return p.do("save contact", func() error {
		p.setContacts(append(p.contactsWithout(id), c))
		return nil
	})
}

func (c Contact) validate() error {
	var errs []error
	if c.Name == "" {
		errs = append(errs, &store.FieldError{Field: "name", Err: errMissing})
	}
	if len(c.Addresses) == 0 {
		errs = append(errs, &store.FieldError{Field: "addresses", Err: errMissing})
	}
	for _, a := range c.Addresses {
		err := dialable(strings.Join(strings.Fields(a), " "))
		if _, bad := sip.NormalizeTarget(a, "any.invalid"); err == nil && bad != nil {
			err = &TargetError{Target: a, Err: bad}
		}
		if err != nil {
			errs = append(errs, &store.FieldError{Field: "addresses", Err: err})
		}
	}
	return errors.Join(errs...)
}

var errMissing = errors.New("missing")

// DeleteContact removes a contact.
func (p *Phone) DeleteContact(id int64) error {
	if id < 0 {
		return ErrDemoContact
	}
	return p.do("delete contact", func() error {
		p.setContacts(p.contactsWithout(id))
		p.write("contact", func(ctx context.Context) error { return p.store.DeleteContact(ctx, id) })
		return nil
	})
}

func (p *Phone) contactsWithout(id int64) []Contact {
	kept := make([]Contact, 0, len(p.state.contacts)+1)
	for _, c := range p.state.contacts {
		if c.ID != id {
			kept = append(kept, c)
		}
	}
	return kept
}

func (p *Phone) setContacts(list []Contact) {
	sortContacts(list)
	p.state.contacts, p.state.names = list, nil
	for _, a := range p.state.accounts {
		p.watchPeople(a)
	}
	p.changed()
}

func sortContacts(list []Contact) {
	slices.SortFunc(list, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
}
