package rig

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"

	"webphone/phone/sip"
)

// Publish tells the presence server about an address, as a voice mail server
// beside it would.
func (k *Kamailio) Publish(uri, event, contentType, body string) error {
	c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", k.Port), Limit)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(Limit)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c, strings.ReplaceAll(`PUBLISH %[1]s SIP/2.0
Via: SIP/2.0/TCP %[2]s;branch=z9hG4bK%[3]s;rport
Max-Forwards: 70
From: <%[1]s>;tag=%[3]s
To: <%[1]s>
Call-ID: %[3]s
CSeq: 1 PUBLISH
Event: %[4]s
Expires: 600
Content-Type: %[5]s
Content-Length: %[6]d

%[7]s`, "\n", "\r\n"), uri, c.LocalAddr(), sip.NewToken(16), event, contentType, len(body), body)
	if err != nil {
		return err
	}
	status, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.HasPrefix(status, "SIP/2.0 200 ") {
		err = fmt.Errorf("PUBLISH: %s", strings.TrimSpace(status))
	}
	return err
}
