package phone

import (
	"errors"
	"time"

	"webphone/phone/demo"
	"webphone/phone/loop"
	"webphone/phone/sip"
)

// demoAccount is the id of the demonstration's account. It is in no settings
// file: the server lives no longer than the phone.
const demoAccount = "demo"

// Demo reports whether it is the demonstration's, which no settings know.
func (a AccountState) Demo() bool { return a.ID == demoAccount }

// demonstration is the embedded server and what belongs to it. Owned by the
// loop, but for the server, which is safe from any goroutine.
type demonstration struct {
	server   *demo.Server
	contacts []Contact
	ringAt   time.Time
	ring     *loop.Timer
	called   bool // Echo was called on the first registration
}

// StartDemo starts the demonstration server inside this process, signs in to
// it and calls Echo. It waits until the server listens.
func (p *Phone) StartDemo() error {
	server, err := demo.Start(p.ctx, demo.Options{Log: p.log})
	if err != nil {
		return err
	}
	err = p.do("start demo", func() error {
		if p.state.demo != nil {
			return ErrDemoRunning
		}
		d := &demonstration{server: server}
		for i, r := range server.Robots() {
			// Negative ids keep them apart from the user's own contacts.
			d.contacts = append(d.contacts, Contact{ID: int64(-1 - i), Name: r.Name, Addresses: []string{r.URI}, Note: r.Note})
		}
		p.state.demo, p.state.names = d, nil
		a := &account{
			Account: Account{
				ID: demoAccount, URI: server.UserURI(), DisplayName: server.Accounts()[0].DisplayName,
				Servers: []string{server.URL()}, CAPEM: string(server.CAPEM()), Instance: sip.NewUUID(),
			},
			transient: true, password: server.UserPassword(), state: Offline,
		}
		p.state.accounts = append(p.state.accounts, a)
		p.startAccount(a)
		p.changed()
		return nil
	})
	if err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// endDemo signs out of the demonstration and stops its server.
func (p *Phone) endDemo() error {
	var d *demonstration
	err := p.do("end demo", func() error {
		d = p.state.demo
		if d == nil {
			return ErrNotDemo
		}
		p.state.demo, p.state.names = nil, nil
		d.ring.Stop()
		a, err := p.account(demoAccount)
		if err != nil {
			return err
		}
		p.dropAccount(a)
		return nil
	})
	if err != nil {
		return err
	}
	return d.server.Close()
}

// demoRegistered calls Echo as soon as the demonstration's account can.
func (p *Phone) demoRegistered(a *account) {
	d := p.state.demo
	if d == nil || d.called || a.ID != demoAccount {
		return
	}
	d.called = true
	if _, err := p.dial(a, demo.EchoURI); err != nil {
		p.notify(err)
	}
}

// RingMe makes a robot of the demonstration call the user after a while.
func (p *Phone) RingMe(after time.Duration) error {
	return p.do("ring me", func() error {
		d := p.state.demo
		if d == nil {
			return ErrNotDemo
		}
		d.ringAt = time.Now().Add(after)
		d.ring.Stop()
		d.ring = p.loop.After(after, "rings", func() {
			d.ringAt = time.Time{}
			d.server.RingMe()
			p.changed()
		})
		p.changed()
		return nil
	})
}

// closeDemo ends the server; the loop has ended before.
func (p *Phone) closeDemo() {
	if d := p.state.demo; d != nil {
		_ = d.server.Close() // of a listener on loopback
	}
}
