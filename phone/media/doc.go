// Package media is a call's WebRTC side: one Peer per call holds the pion
// PeerConnection and the SDP details, and joins them to a stream of sound.
//
// pion is asked only for what it must do: gathering, ICE, DTLS and SRTP. It
// sees one bidirectional audio section for the whole life of a call. Holds,
// resumes and changes of codec are offers and answers that this package
// writes itself around the same ICE and DTLS parameters, so that a refused
// one leaves nothing to undo.
//
// Packets of sound go through pion on their way out. On their way in they do so
// only until pion has told of their stream:
//
//	socket ─▶ wire ─▶ gate ─▶ intake ─┬─ sound, decrypted ─▶ Stream.Receive
//	                                  └─ STUN, DTLS, RTCP, one packet a second ─▶ pion
//
// While the speaker plays, its beat looks into the socket (intake.fetch), which
// needs what has come no earlier, and nothing that comes wakes anybody.
package media
