// Package ua is the SIP user agent: registration, calls, messages, OPTIONS,
// subscriptions and publications, with the behaviour and the nouns of JsSIP.
//
// Everything in it runs on one loop.Loop. It has no lock, starts no goroutine
// and does no I/O: messages leave through the Transport interface and arrive
// at a Receiver, media are behind the Peer interface and are asked only from
// jobs, and what happens is told as typed events to Config.OnEvent, one at a
// time, on the loop. Unless said otherwise, every function and method of the
// package may be called on the loop only.
//
//	u, err := ua.New(l, ua.Config{URI: uri, Transport: t, NewPeer: newPeer, OnEvent: on})
//	t.SetHandler(u.Receiver())
//	u.Start()
//	session, err := u.Call("bob", ua.CallOptions{})
//
// The layers, from the wire upwards: transactions (RFC 3261 §17, RFC 6026)
// over a reliable transport; RequestSender, which answers challenges; Dialog
// (§12); and the users of these: Registrator (§10, RFC 5626, RFC 5627),
// RTCSession (§13–15, RFC 3262, RFC 3311, RFC 4028, RFC 6086), Message (RFC 3428),
// ReferSubscriber, ReferNotifier and Replacement (RFC 3515, RFC 3891, RFC 4488),
// Options (§11), Subscriber and Notifier (RFC 6665) and Publisher (RFC 3903).
// A layer knows the one above it only as a few functions.
package ua
