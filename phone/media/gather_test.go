package media

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun"

	"webphone/phone/ua"
)

// stunServer answers every request with the public address 192.0.2.77 once
// answers is closed.
func stunServer(t *testing.T, answers <-chan struct{}) (url string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(over); conn.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			select {
			case <-answers:
			case <-over:
				return
			}
			if request.Decode() != nil {
				continue
			}
			port := from.(*net.UDPAddr).Port
			m, err := stun.Build(request, stun.BindingSuccess,
				&stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 77), Port: port}, stun.Fingerprint)
			if err == nil {
				_, _ = conn.WriteTo(m.Raw, from)
			}
		}
	}()
	return "stun:" + conn.LocalAddr().String()
}

// atOnce and never are when a STUN server answers.
var (
	atOnce = func() <-chan struct{} {
		c := make(chan struct{})
		close(c)
		return c
	}()
	never <-chan struct{}
)

func TestGather_isCapped(t *testing.T) {
	cases := []struct {
		name     string
		answers  []<-chan struct{} // of the STUN servers
		limit    time.Duration
		srflx    bool
		complete bool // all candidates are waited for
	}{
		{"no server is asked: all host candidates", nil, time.Minute, false, true},
		{"a silent server holds up for the cap only", []<-chan struct{}{never}, 50 * time.Millisecond, false, false},
		{"one public address is enough", []<-chan struct{}{atOnce, never}, time.Minute, true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var servers []ICEServer
			for _, answers := range c.answers {
				servers = append(servers, ICEServer{URLs: []string{stunServer(t, answers)}})
			}
			p, err := New(Options{
				Stream: newFakeStream(), Loopback: true, ICEServers: servers, GatherCap: c.limit,
				Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			offer, err := p.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(offer, "typ host") {
				t.Errorf("no host candidate in\n%s", offer)
			}
			if got := strings.Contains(offer, "192.0.2.77"); got != c.srflx {
				t.Errorf("public address in the offer: %v, want %v\n%s", got, c.srflx, offer)
			}
			done := p.conn.pc.ICEGatheringState().String() == "complete"
			if done != c.complete {
				t.Errorf("gathering was complete: %v, want %v", done, c.complete)
			}
		})
	}
}
