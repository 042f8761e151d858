package store

import (
	"context"
	"database/sql"
)

// ContactRecord is one contact.
type ContactRecord struct {
	ID        int64 // 0 for a new one
	Name      string
	Addresses []string // in the user's order
	Favourite bool
	Note      string
	Watched   bool // its presence is shown
}

// SaveContact adds a contact (ID 0) or replaces one, and returns its ID; it is
// ErrNotFound if there is none to replace.
func (p *Profile) SaveContact(ctx context.Context, r ContactRecord) (int64, error) {
	const op = "save contact"
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, databaseError(op, err)
	}
	defer tx.Rollback()
	if err := saveContact(ctx, tx, &r); err != nil {
		return 0, databaseError(op, err)
	}
	return r.ID, databaseError(op, tx.Commit())
}

func saveContact(ctx context.Context, tx *sql.Tx, r *ContactRecord) error {
	if r.ID == 0 {
		result, err := tx.ExecContext(ctx, "INSERT INTO contacts (name, favourite, note, watched) VALUES (?, ?, ?, ?)",
			text(r.Name), r.Favourite, text(r.Note), r.Watched)
		if err != nil {
			return err
		}
		if r.ID, err = result.LastInsertId(); err != nil {
			return err
		}
	} else {
		result, err := tx.ExecContext(ctx, "UPDATE contacts SET name = ?, favourite = ?, note = ?, watched = ? WHERE id = ?",
			text(r.Name), r.Favourite, text(r.Note), r.Watched, r.ID)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM contact_addresses WHERE contact = ?", r.ID); err != nil {
			return err
		}
	}
	for i, a := range r.Addresses {
		_, err := tx.ExecContext(ctx, "INSERT INTO contact_addresses (contact, position, address) VALUES (?, ?, ?)", r.ID, i, text(a))
		if err != nil {
			return err
		}
	}
	return nil
}

// Contacts returns all contacts by name.
func (p *Profile) Contacts(ctx context.Context) ([]ContactRecord, error) {
	return p.contacts(ctx, "contacts", "")
}

// Contact returns one contact, or ErrNotFound.
func (p *Profile) Contact(ctx context.Context, id int64) (ContactRecord, error) {
	list, err := p.contacts(ctx, "contact", "WHERE c.id = ?", id)
	if err != nil {
		return ContactRecord{}, err
	}
	if len(list) == 0 {
		return ContactRecord{}, databaseError("contact", ErrNotFound)
	}
	return list[0], nil
}

// contacts joins each contact's rows, one for each address.
func (p *Profile) contacts(ctx context.Context, op, where string, args ...any) ([]ContactRecord, error) {
	type row struct {
		ContactRecord
		address sql.NullString
	}
	rows, err := queryAll(ctx, p, op, `
		SELECT c.id, c.name, c.favourite, c.note, c.watched, a.address
		FROM contacts c LEFT JOIN contact_addresses a ON a.contact = c.id `+where+`
		ORDER BY c.name COLLATE NOCASE, c.id, a.position`,
		func(scan func(...any) error) (row, error) {
			var r row
			err := scan(&r.ID, &r.Name, &r.Favourite, &r.Note, &r.Watched, &r.address)
			return r, err
		}, args...)
	if err != nil {
		return nil, err
	}
	var list []ContactRecord
	for _, r := range rows {
		if len(list) == 0 || list[len(list)-1].ID != r.ID {
			list = append(list, r.ContactRecord)
		}
		if c := &list[len(list)-1]; r.address.Valid {
			c.Addresses = append(c.Addresses, r.address.String)
		}
	}
	return list, nil
}

// DeleteContact removes one contact; one that is not there is no error.
func (p *Profile) DeleteContact(ctx context.Context, id int64) error {
	_, err := p.exec(ctx, "delete contact", "DELETE FROM contacts WHERE id = ?", id)
	return err
}
