// Package demo is a SIP server in the same process, FOR DEMONSTRATION AND
// TESTS ONLY: a registrar and proxy over WebSocket (RFC 7118) with digest
// authentication, on loopback, with a certificate made at start; and a few
// robots to call. Nothing is kept, nothing is limited, and nobody should put
// it on a network.
//
//	server, err := demo.Start(ctx, demo.Options{})
//	… // sign in at server.URL() as server.UserURI(), call demo.EchoURI
//	err = server.Close()
//
// The server's state belongs to one loop; each connection has a goroutine that
// reads and one that writes. The robots are user agents of package ua that
// register like anybody else.
package demo
