//go:build interop

package rig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestKamailio_handshake(t *testing.T) {
	k, err := StartKamailio(KamailioOptions{LogDir: Artefacts(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Stop()
	ca, err := os.ReadFile(k.Authority.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, server := range []string{k.WS, k.WSS} {
		d := websocket.Dialer{Subprotocols: []string{"sip"}, TLSClientConfig: &tls.Config{RootCAs: pool}}
		c, response, err := d.DialContext(ctx, server, nil)
		if err != nil {
			t.Fatalf("%s: %v %v\n%s", server, err, response, k.Trace().Tail(2000))
		}
		if got := c.Subprotocol(); got != "sip" {
			t.Errorf("%s: subprotocol %q, want sip", server, got)
		}
		c.Close()
	}
}
