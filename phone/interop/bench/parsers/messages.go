package main

import (
	"strconv"
	"strings"
)

// message is a SIP message to read and to write.
type message struct{ name, text string }

// messages are what a phone meets most, as a browser and Kamailio write them.
var messages = []message{
	{"REGISTER 200", crlf(`SIP/2.0 200 OK
Via: SIP/2.0/WSS df7jal23ls0d.invalid;rport=40312;received=192.0.2.7;branch=z9hG4bKnashds7kx23
To: <sip:alice@lab.test>;tag=a6a1c5f60faecf035a1ae5b6e96e979a-8a1b
From: <sip:alice@lab.test>;tag=1928301774
Call-ID: asidkj3ss7d8f9as0df8hj
CSeq: 82 REGISTER
Contact: <sip:q3k2j1h0@df7jal23ls0d.invalid;transport=ws>;expires=600;pub-gruu="sip:alice@lab.test;gr=urn:uuid:8f1fa16a-1165-4a96-8341-785b1ef24f12";+sip.instance="<urn:uuid:8f1fa16a-1165-4a96-8341-785b1ef24f12>";reg-id=1
Supported: path,outbound,gruu
Server: kamailio (5.8.2 (x86_64/linux))
Content-Length: 0

`)},
	{"INVITE with SDP", withLength(`INVITE sip:q3k2j1h0@8dk3ls0d2kfj.invalid;transport=ws SIP/2.0
Record-Route: <sip:127.0.0.1:8088;transport=ws;lr;ftag=1928301774;did=3f.a21>
Via: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bK1d32.hash07.0;i=1
Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport=40312;received=127.0.0.1
Max-Forwards: 69
To: <sip:bob@lab.test>
From: "Alice Example" <sip:alice@lab.test>;tag=1928301774
Call-ID: asidkj3ss7d8f9as0df8
CSeq: 8923 INVITE
Contact: <sip:alice@lab.test;gr=urn:uuid:8f1fa16a-1165-4a96-8341-785b1ef24f12;alias=127.0.0.1~40312~5>
Content-Type: application/sdp
Session-Expires: 90
Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY,SUBSCRIBE
Supported: timer,ice,replaces,outbound
User-Agent: Browser/1.0
`, crlf(`v=0
o=- 7614219274584779017 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 40678 UDP/TLS/RTP/SAVPF 111 9 0 8 126
c=IN IP4 192.0.2.7
a=rtcp:9 IN IP4 0.0.0.0
`)+strings.Repeat("a=candidate:1539493469 1 udp 2122260223 192.0.2.7 40678 typ host generation 0 network-id 1\r\n", 7)+crlf(`a=ice-ufrag:7nkz
a=ice-pwd:xvMeCNlJvQvFqgQX7LBcnVMH
a=fingerprint:sha-256 5C:AB:32:5C:AD:DD:1C:2C:91:6D:6A:2B:5B:7B:C2:55:8F:1C:C7:33:73:4A:3A:C3:1C:A2:3C:17:DD:2E:9B:E7
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:126 telephone-event/8000
`))},
	{"MESSAGE", crlf(`MESSAGE sip:bob@8dk3ls0d2kfj.invalid;transport=ws SIP/2.0
Via: SIP/2.0/WS 127.0.0.1:8088;branch=z9hG4bK77ef.hash07.0;i=1
Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK776sgdkse;rport=40312;received=127.0.0.1
Max-Forwards: 69
To: <sip:bob@lab.test>
From: "Alice Example" <sip:alice@lab.test>;tag=49583
Call-ID: asd88asd77a9kjs
CSeq: 1 MESSAGE
Content-Type: text/plain
Supported: outbound
User-Agent: Browser/1.0
Content-Length: 21

Watson, come at once.`)},
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// withLength adds the Content-Length.
func withLength(head, body string) string {
	return crlf(head) + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
