// Package control is the local socket by which a second webphone process, a
// script or a hotkey drives the running phone, and the command line that goes
// with it.
//
// The socket is a Unix one with mode 0600 in the profile. A client sends one
// JSON object on a line and gets one back; it may go on with the next:
//
//	{"command":"dial","target":"sip:bob@example.com"}
//	{"code":0,"id":"3"}
//	{"command":"hold","call":"3"}
//	{"code":0}
//	{"command":"status","follow":true}
//	{"code":0,"status":{…},"more":true}
//	{"code":0,"status":{…},"more":true}
//
// code is the exit code of the command line, error the sentence for a person.
// An answer with "more" is followed by another, in the case of status after
// every change and until the phone ends. Empty lines mean nothing.
//
// On the client's side:
//
//	command, err := control.Parse(os.Args[1:])
//	code := command.Run(ctx, environment)
//	if command.Starts() && code == control.ExitNotRunning {
//		// no phone to talk to: become the phone
//	}
//
// and on the phone's:
//
//	server, err := control.Serve(command.Profile, control.Adapt(phone, hooks), nil)
//	server.Close()   // first thing at shutdown
//	server.Release() // last thing: whoever said "quit" is told that it is done
package control
