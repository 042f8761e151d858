package ua

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// publish publishes our weather.
func (s *scene) publish(o PublishOptions) *Publisher {
	s.t.Helper()
	var p *Publisher
	s.do(func() {
		var err error
		if p, err = s.ua.Publish("weather", "text/plain", []byte("rain"), o); err != nil {
			s.t.Error(err)
		}
	})
	return p
}

// published is a publication that the compositor has.
func (s *scene) published() *Publisher {
	s.t.Helper()
	p := s.publish(PublishOptions{})
	s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e1"), header("Expires", "3600"))
	s.forget()
	return p
}

// TestPublisher_states tries every input in every state.
func TestPublisher_states(t *testing.T) {
	states := []situation[*Publisher]{
		{"init, without a connection", func(s *scene) *Publisher { s.disconnect(); return s.publish(PublishOptions{}) }},
		{"init, first PUBLISH under way", func(s *scene) *Publisher { return s.publish(PublishOptions{}) }},
		{"init, to be tried again", func(s *scene) *Publisher {
			p := s.publish(PublishOptions{})
			s.answer(s.last(sip.PUBLISH), 503, header("Retry-After", "20"))
			return p
		}},
		{"published", (*scene).published},
		{"published, PUBLISH under way", func(s *scene) *Publisher {
			p := s.published()
			s.do(func() { _ = p.Modify("text/plain", []byte("sun")) })
			return p
		}},
		{"published, without a connection", func(s *scene) *Publisher { p := s.published(); s.disconnect(); return p }},
		{"published, removing", func(s *scene) *Publisher {
			p := s.published()
			s.do(func() { _ = p.Remove() })
			return p
		}},
		{"terminated", func(s *scene) *Publisher {
			p := s.published()
			s.do(func() { _ = p.Remove() })
			s.answer(s.last(sip.PUBLISH), 200)
			return p
		}},
	}
	inputs := []input[*Publisher]{
		{"user modifies", func(s *scene, p *Publisher) { s.do(func() { _ = p.Modify("text/plain", []byte("snow")) }) }},
		{"user removes", func(s *scene, p *Publisher) { s.do(func() { _ = p.Remove() }) }},
		{"time to refresh", func(s *scene, p *Publisher) {
			s.do(func() {
				if p.state == PublisherPublished {
					p.publish()
				}
			})
		}},
		{"20 s pass", func(s *scene, _ *Publisher) { s.pass(20 * time.Second) }},
		{"64*T1 pass", func(s *scene, _ *Publisher) { s.pass(timerF) }},
		{"connection lost", func(s *scene, _ *Publisher) { s.disconnect() }},
		{"connection lost and back", func(s *scene, _ *Publisher) { s.disconnect(); s.connect() }},
		{"agent stopped", func(s *scene, _ *Publisher) { s.do(func() { s.ua.Stop(nil) }); s.pass(stopGrace) }},
	}
	answered := func(name string, status int, mods ...mod) {
		inputs = append(inputs, input[*Publisher]{name, func(s *scene, _ *Publisher) {
			if r := s.sentPublish(); s.connected && r != nil {
				s.answer(r, status, mods...)
			}
		}})
	}
	answered("200", 200, header("SIP-ETag", "e2"), header("Expires", "1800"))
	answered("200 without SIP-ETag", 200)
	answered("412", 412)
	answered("423 with more", 423, header("Min-Expires", "7200"))
	answered("423 with nothing", 423)
	answered("403", 403)
	answered("401", 401)
	answered("500", 500)
	answered("503 with Retry-After", 503, header("Retry-After", "20"))
	matrix(t, "publisher.txt", states, inputs, func(p *Publisher) string { return fmt.Sprint(p.state, " ", p.etag) })
}

// sentPublish is the PUBLISH sent last, nil if none was.
func (s *scene) sentPublish() *sip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Request); ok && r.Method == sip.PUBLISH {
			return r
		}
	}
	return nil
}

// RFC 3903 §4: which of the four kinds of PUBLISH has what.
func TestPublisher_requests(t *testing.T) {
	play(t, nil, func(s *scene) {
		check := func(rule, match, expires, body string) {
			t.Helper()
			r := s.last(sip.PUBLISH)
			kind := ""
			if body != "" {
				kind = "text/plain"
			}
			if r.Headers.Get("SIP-If-Match") != match || r.Headers.Get("Expires") != expires || string(r.Body) != body ||
				r.Headers.Get("Event") != "weather" || r.Headers.Get("Content-Type") != kind || r.RequestURI.String() != "sip:alice@example.com" ||
				r.To.URI.String() != "sip:alice@example.com" || r.To.Tag() != "" || r.Headers.Get("X-One") != "1" {
				t.Errorf("%s\n%s", rule, r.Bytes())
			}
		}
		p := s.publish(PublishOptions{ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}}})
		check("initial (§4.2)", "", "3600", "rain")
		s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e1"), header("Expires", "1800"))
		s.expect(">> PUBLISH", "<< 200 PUBLISH", "event Published 30m0s")
		if p.Event() != "weather" || p.ETag() != "e1" || p.State() != PublisherPublished {
			t.Errorf("%+v", p)
		}
		if took := s.until(sip.PUBLISH, 1800*time.Second); took < 900*time.Second || took > 1770*time.Second {
			t.Errorf("refreshed after %v", took)
		}
		check("refresh (§4.3)", "e1", "3600", "")
		s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e2"), header("Expires", "1800"))
		s.expect(">> PUBLISH", "<< 200 PUBLISH")
		s.do(func() { _ = p.Modify("text/plain", []byte("sun")) })
		check("modify (§4.4)", "e2", "3600", "sun")
		s.do(func() { _ = p.Modify("text/plain", []byte("wind")); _ = p.Modify("text/plain", []byte("snow")) })
		s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e3"))
		check("one at a time, the last of those that waited", "e3", "3600", "snow")
		s.answer(s.last(sip.PUBLISH), 412)
		check("initial again after 412 (§4.3)", "", "3600", "snow")
		s.answer(s.last(sip.PUBLISH), 423, header("Min-Expires", "7200"))
		check("longer after 423", "", "7200", "snow")
		s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e4"))
		s.do(func() { _ = p.Remove() })
		check("remove (§4.5)", "e4", "0", "")
		s.forget()
		s.answer(s.last(sip.PUBLISH), 200)
		s.expect("<< 200 PUBLISH", "event PublishEnded")
		s.leftNothing()
	})
}

func TestPublisher_laterOnes(t *testing.T) {
	t.Run("a refresh that falls due without a connection is made with the next", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.published()
			s.disconnect()
			s.pass(time.Hour)
			s.forget()
			s.connect()
			s.expect("event Connected", ">> PUBLISH")
		})
	})
	t.Run("what is taken back while it is published", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			p := s.publish(PublishOptions{})
			s.do(func() { _ = p.Remove() })
			s.answer(s.last(sip.PUBLISH), 200, header("SIP-ETag", "e1"))
			s.expect(">> PUBLISH", "<< 200 PUBLISH", "event Published 1h0m0s", ">> PUBLISH")
			if r := s.last(sip.PUBLISH); r.Headers.Get("Expires") != "0" || r.Headers.Get("SIP-If-Match") != "e1" {
				t.Errorf("%s", r.Bytes())
			}
			s.answer(s.last(sip.PUBLISH), 200)
			s.expect("<< 200 PUBLISH", "event PublishEnded")
		})
	})
	t.Run("without an SIP-ETag every refresh is a first one", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.publish(PublishOptions{})
			s.answer(s.last(sip.PUBLISH), 200, header("Expires", "60"))
			s.pass(55 * time.Second)
			if r := s.last(sip.PUBLISH); string(r.Body) != "rain" || r.Headers.Has("SIP-If-Match") {
				t.Errorf("%s", r.Bytes())
			}
			s.forget()
			s.answer(s.last(sip.PUBLISH), 200)
			s.expect("<< 200 PUBLISH")
		})
	})
}

func TestPublish_refused(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.do(func() {
			if _, err := s.ua.Publish("", "text/plain", nil, PublishOptions{}); !errors.Is(err, ErrBadEvent) {
				t.Error(err)
			}
			s.ua.Stop(nil)
			if _, err := s.ua.Publish("presence", "text/plain", nil, PublishOptions{}); !errors.Is(err, ErrStopped) {
				t.Error(err)
			}
		})
	})
	if PublisherPublished.String() != "published" || PublisherState(7).String() != "PublisherState(7)" {
		t.Error("names")
	}
}

// What is asked for before the registration is through waits for it.
func TestEventing_waitsForTheRegistration(t *testing.T) {
	play(t, func(c *Config) { c.NoRegister = false }, func(s *scene) {
		s.subscribe(SubscribeOptions{})
		s.publish(PublishOptions{})
		s.expect()
		s.answer(s.last(sip.REGISTER), 200, func(c *sip.Common) {
			c.Headers.Add("Contact", s.last(sip.REGISTER).Headers.Get("Contact"))
		})
		s.expect("<< 200 REGISTER", "event Registered", ">> SUBSCRIBE", ">> PUBLISH")
	})
}
