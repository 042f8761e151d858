// Package watch tells what others do and what waits for us, as values: the
// presence of somebody (RFC 3856), the calls of a line (RFC 4235) and the
// messages in a mailbox (RFC 3842), each over a subscription of ua.UA.
//
//	bob, err := watch.NewPresence(u, "bob")
//	…
//	func onEvent(e ua.Event) { // Config.OnEvent
//		if bob.Handle(e) {
//			show(bob.Value())
//		}
//	}
//
// Like ua it runs on the loop and has no lock.
package watch
