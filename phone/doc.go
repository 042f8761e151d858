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
//
// # RFC index
//
// What the phone does of each RFC that concerns it, and the file to begin
// with. A test keeps it equal to the citations in the code.
//
//	2046  partial  phone/sip/body/multipart.go         Multipart bodies; without nested multiparts of other kinds than mixed and alternative
//	2198  partial  audio/red.go                        Redundant audio; without other codecs than Opus
//	2606  full     phone/demo/server.go                Reserved names, for the demonstration
//	2617  full     phone/sip/digest.go                 Digest authentication as it was, for old servers
//	3261  full     phone/ua/doc.go                     SIP, its user agent over a reliable transport
//	3262  partial  phone/ua/session_prack.go           Reliable provisional responses, both roles; without 100rel in a re-INVITE
//	3263  partial  phone/ua/registrator.go             Locating servers; without SRV and NAPTR, the user names WebSocket servers
//	3264  full     phone/media/negotiate.go            Offer and answer
//	3311  full     phone/ua/session_update.go          UPDATE, early and within a call
//	3323  partial  phone/ua/session_out.go             Privacy; without history and session privacy
//	3325  full     phone/ua/session_identity.go        Asserted identity
//	3326  full     phone/ua/cause.go                   Reason
//	3327  partial  phone/sip/extensions.go             Path; without acting on it, the registrar does
//	3339  full     phone/sip/body/xml.go               Timestamps
//	3389  partial  audio/codec/noise.go                Comfort noise of G.711 and G.722; without sending it with G.722
//	3420  full     phone/sip/body/sipfrag.go           Fragments of messages
//	3428  full     phone/ua/message.go                 MESSAGE
//	3515  full     phone/ua/session_refer.go           REFER
//	3533  full     audio/record/ogg.go                 Ogg
//	3550  full     audio/source.go                     RTP and RTCP
//	3551  full     audio/codec/codec.go                Audio profile
//	3581  full     phone/demo/proxy.go                 rport, of the demonstration's proxy
//	3608  full     phone/ua/ua.go                      Service-Route
//	3611  partial  phone/media/report.go               Extended reports; without others than the answer to a reference time
//	3680  partial  phone/ua/subscriber.go              Registration package; without reading its documents
//	3840  no       –                                   Caller preferences
//	3842  full     phone/watch/mailbox.go              Waiting messages
//	3856  full     phone/watch/presence.go             Presence
//	3862  partial  phone/sip/body/cpim.go              CPIM; without signatures and encryption
//	3863  partial  phone/sip/body/pidf.go              PIDF; without partial documents
//	3890  full     phone/media/ceiling.go             Bandwidth of media without transport
//	3891  full     phone/ua/replaces.go                Replaces
//	3892  partial  phone/ua/session_refer.go           Referred-By; without signed tokens
//	3903  full     phone/ua/publisher.go               PUBLISH
//	3911  no       –                                   Join
//	3960  full     phone/ringback.go                   Early media and ringback
//	3966  full     phone/sip/target.go                 tel URIs
//	3994  full     phone/sip/body/composing.go         Is composing
//	4028  full     phone/ua/session_timer.go           Session timers
//	4235  full     phone/watch/line.go                 Dialog package
//	4320  full     phone/ua/transaction_client.go      Non-INVITE transactions repaired
//	4475  full     phone/sip/parse.go                  Torture messages
//	4479  partial  phone/sip/body/pidf.go              Presence data model; without devices
//	4480  partial  phone/sip/body/pidf.go              RPID; without what no phone shows
//	4488  full     phone/ua/refer_subscriber.go        REFER without a subscription
//	4566  full     audio/codec/codec.go                SDP as it was
//	4575  partial  phone/ua/subscriber.go              Conference package; without reading its documents
//	4662  no       –                                   Lists of resources
//	4733  full     audio/event_send.go                 Telephone events
//	5057  full     phone/ua/session_refer.go           Several uses of a dialog
//	5118  full     phone/sip/uri_parse.go              IPv6 torture messages
//	5373  full     phone/ua/session_identity.go        Answer-Mode
//	5438  full     phone/sip/body/imdn.go              Notifications of delivery
//	5589  partial  phone/ua/session_refer.go           REFER with GRUU; without Target-Dialog
//	5621  full     phone/sip/body.go                   Bodies of messages
//	5626  partial  phone/ua/registrator.go             Outbound; without several flows at once
//	5627  full     phone/ua/contact.go                 GRUU
//	5630  partial  phone/ua/ua_target.go               sips; without a server that would have it end to end
//	5737  full     phone/media/connection.go           Addresses for documentation
//	5761  full     phone/media/gate.go                 RTP and RTCP on one port
//	5763  full     phone/media/connection.go           DTLS-SRTP
//	5764  full     phone/media/wire.go                 Keys of SRTP by DTLS, by pion
//	5839  partial  phone/ua/subscriber_send.go         Conditional notification; without sending Suppress-If-Match
//	5876  full     phone/ua/session_identity.go        Asserted identity in all messages of a call
//	6026  full     phone/ua/transaction.go             INVITE transactions repaired
//	6086  partial  phone/ua/session_info.go            INFO packages; without others than trickle-ice
//	6223  full     phone/ua/registrator_binding.go     Keep-alive
//	6228  full     phone/ua/session_early.go           199
//	6337  full     phone/ua/session_early.go           Patterns of offers and answers
//	6455  full     phone/transport/connection.go       WebSocket
//	6665  partial  phone/ua/subscriber.go              Events, both roles; without migrating a subscription
//	6716  full     audio/codec/codec.go                Opus
//	7118  full     phone/transport/transport.go        SIP over WebSocket
//	7462  partial  phone/ua/session_identity.go        URNs in Alert-Info; without tones of their own
//	7519  partial  phone/ua/token.go                   JSON web tokens; without checking signatures, the server does
//	7587  full     phone/media/sdp.go                  Opus in RTP
//	7615  full     phone/sip/extensions.go             Authentication-Info
//	7616  full     phone/sip/digest.go                 Digest authentication
//	7675  partial  phone/media/wire.go                 Consent; without ceasing to send
//	7845  full     audio/record/recorder.go            Opus in Ogg
//	7983  full     phone/media/gate.go                 What shares a port with RTP
//	8122  full     phone/media/sdp.go                  Fingerprints
//	8224  no       –                                   Authenticated identity
//	8285  partial  phone/media/feedback.go            RTP header extensions; without two-byte ones
//	8445  full     phone/media/negotiate.go            ICE, by pion
//	8656  full     phone/media/gate.go                 TURN, by pion
//	8760  full     phone/ua/credentials.go             Digest algorithms in SIP
//	8827  full     phone/media/sdp.go                  Security of WebRTC
//	8829  partial  phone/media/rewrite.go              JSEP; without video
//	8838  full     phone/media/trickle.go              Trickle ICE
//	8839  full     phone/media/rewrite.go              SDP of ICE
//	8840  full     phone/ua/session_trickle.go         Trickle ICE in SIP
//	8842  full     phone/media/negotiate.go            SDP of DTLS
//	8866  full     phone/media/sdp.go                  SDP
//	8898  full     phone/ua/token.go                   Bearer tokens
//	9110  full     phone/transport/dial.go             HTTP
//	9562  full     phone/sip/ident.go                  UUIDs
package phone
