package rig

import (
	"errors"
	"time"

	"webphone/phone/ua"
)

var (
	_ Watcher   = (*Agent)(nil)
	_ Watcher   = (*JsSIP)(nil)
	_ Watcher   = (*SIPjs)(nil)
	_ Publisher = (*Agent)(nil)
	_ Publisher = (*SIPjs)(nil)
)

// agentSubscription is one subscription of an Agent.
type agentSubscription struct {
	Subscription
	subscriber *ua.Subscriber
}

// Subscribe implements Watcher.
func (a *Agent) Subscribe(target, event, accept string) error {
	return a.turn(func() error {
		s, err := a.ua.Subscribe(target, event, accept, ua.SubscribeOptions{Expires: 5 * time.Minute})
		if err == nil {
			a.subscriptions = append(a.subscriptions, &agentSubscription{Subscription{Event: event, State: "init"}, s})
		}
		return err
	})
}

var errNoSubscription = errors.New("there is no subscription")

// Unsubscribe implements Watcher.
func (a *Agent) Unsubscribe() error {
	return a.turn(func() error {
		if len(a.subscriptions) == 0 {
			return errNoSubscription
		}
		return a.subscriptions[len(a.subscriptions)-1].subscriber.Terminate(nil)
	})
}

// Subscriptions implements Watcher.
func (a *Agent) Subscriptions() ([]Subscription, error) {
	var out []Subscription
	err := a.turn(func() error {
		for _, s := range a.subscriptions {
			out = append(out, s.Subscription)
		}
		return nil
	})
	return out, err
}

// onSubscription follows the subscriptions.
func (a *Agent) onSubscription(e ua.Event) {
	of := func(s *ua.Subscriber) *agentSubscription {
		for _, mine := range a.subscriptions {
			if mine.subscriber == s {
				return mine
			}
		}
		return &agentSubscription{}
	}
	switch e := e.(type) {
	case ua.SubscriptionPending:
		of(e.Subscriber).State = "pending"
	case ua.SubscriptionActive:
		of(e.Subscriber).State = "active"
	case ua.SubscriptionTerminated:
		of(e.Subscriber).State = "terminated"
	case ua.SubscriptionNotify:
		s := of(e.Subscriber)
		s.Bodies = append(s.Bodies, string(e.Body))
	}
}

// Publish implements Publisher.
func (a *Agent) Publish(event, contentType, body string) error {
	return a.outcome("publish", func(done func(error)) error {
		a.published = done
		if a.publisher != nil {
			return a.publisher.Modify(contentType, []byte(body))
		}
		var err error
		a.publisher, err = a.ua.Publish(event, contentType, []byte(body), ua.PublishOptions{})
		return err
	})
}

// onPublication hands the outcome to Publish.
func (a *Agent) onPublication(e ua.Event) {
	var err error
	switch e := e.(type) {
	case ua.Published:
	case ua.PublishFailed:
		err = e.Err
	default:
		return
	}
	if done := a.published; done != nil {
		a.published = nil
		done(err)
	}
}
