// Package phone is the phone behind every surface: the window, the command
// line and the tests. It wraps ua.UA and ua.RTCSession, joins them to sound
// and to the disk, and publishes immutable snapshots.
//
//	p, err := phone.New(phone.Options{Profile: dir})
//	changed := p.Changed(ctx)
//	id, err := p.Dial("1234", phone.DialOptions{})
//	for range changed {
//		s := p.Snapshot()
//		…
//	}
//
// Its state has one owner, the signalling loop; the methods of Phone are safe
// from any goroutine and take turns on it.
package phone
