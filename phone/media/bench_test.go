package media

import (
	"log/slog"
	"testing"
	"time"

	"webphone/phone/ua"
)

// BenchmarkConnect measures from the caller's SetAnswer until both ends have
// ICE and DTLS up, on loopback. pion's own tick of 200 ms is the figure to beat.
func BenchmarkConnect(b *testing.B) {
	quiet := slog.New(slog.DiscardHandler)
	for b.Loop() {
		b.StopTimer()
		up := make(chan struct{}, 2)
		var ends [2]*Peer
		for i := range ends {
			p, err := New(Options{Stream: newFakeStream(), Loopback: true, Log: quiet, Events: ua.PeerEvents{Connected: func() { up <- struct{}{} }}})
			if err != nil {
				b.Fatal(err)
			}
			ends[i] = p
		}
		offer, err := ends[0].Offer(b.Context(), ua.OfferOptions{})
		if err != nil {
			b.Fatal(err)
		}
		answer, err := ends[1].Answer(b.Context(), offer, ua.AnswerOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := ends[0].SetAnswer(b.Context(), answer, ua.AnswerFinal); err != nil {
			b.Fatal(err)
		}
		for range ends {
			select {
			case <-up:
			case <-time.After(10 * time.Second):
				b.Fatal("no connection within 10 s")
			}
		}
		b.StopTimer()
		for _, p := range ends {
			if err := p.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
	}
}
