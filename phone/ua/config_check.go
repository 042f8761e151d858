package ua

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"webphone/phone/sip"
)

// ConfigurationError says which field of Config is wrong.
type ConfigurationError struct {
	Parameter string
	Value     any // never a secret
	Err       error
}

// Error names the field and what is wrong with it.
func (e *ConfigurationError) Error() string {
	return fmt.Sprintf("ua: configuration: %s %q: %v", e.Parameter, fmt.Sprint(e.Value), e.Err)
}

// Unwrap returns e.Err.
func (e *ConfigurationError) Unwrap() error { return e.Err }

var (
	errMissing  = errors.New("missing")
	errNoUser   = errors.New("has no user part")
	errHasUser  = errors.New("must not have a user part")
	errScheme   = errors.New("is neither sip nor sips")
	errNegative = errors.New("is negative")
	errBelow90  = errors.New("is below 90 s (RFC 4028 §5)")
	errNoRealm  = errors.New("needs Realm")
	errNotHash  = errors.New("is not a hash in hexadecimal")
	errControl  = errors.New("has a control character")
	errUUID     = errors.New("is not a UUID")
	errToken    = errors.New("has a name that is not a token (RFC 3261 §25.1)")
	errOurs     = errors.New("is a header field that every message has already")
)

// Validate reports the first wrong field as a *ConfigurationError.
func (c Config) Validate() error {
	for _, check := range []func(Config) error{
		Config.checkMandatory, Config.checkIdentity, Config.checkTimes, Config.checkHeaders,
	} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

func wrong(parameter string, value any, err error) error {
	return &ConfigurationError{Parameter: parameter, Value: value, Err: err}
}

func (c Config) checkMandatory() error {
	switch {
	case c.URI.IsZero():
		return wrong("URI", "", errMissing)
	case !c.URI.IsSIP():
		return wrong("URI", c.URI, errScheme)
	case c.URI.User == "":
		return wrong("URI", c.URI, errNoUser)
	case c.Transport == nil:
		return wrong("Transport", "", errMissing)
	case c.NewPeer == nil:
		return wrong("NewPeer", "", errMissing)
	case c.OnEvent == nil:
		return wrong("OnEvent", "", errMissing)
	}
	return nil
}

func (c Config) checkIdentity() error {
	const hidden = "(hidden)"
	switch {
	case hasControl(c.AuthorizationUser): // it stands in a quoted-string
		return wrong("AuthorizationUser", c.AuthorizationUser, errControl)
	case c.HA1 != "" && c.Realm == "":
		return wrong("HA1", hidden, errNoRealm)
	case c.HA1 != "" && !isHash(c.HA1):
		return wrong("HA1", hidden, errNotHash)
	case hasControl(c.DisplayName):
		return wrong("DisplayName", c.DisplayName, errControl)
	case !c.ContactURI.IsZero() && !c.ContactURI.IsSIP():
		return wrong("ContactURI", c.ContactURI, errScheme)
	case c.InstanceID != "" && !isUUID(instanceOf(c.InstanceID)):
		return wrong("InstanceID", c.InstanceID, errUUID)
	case !c.RegistrarServer.IsZero() && !c.RegistrarServer.IsSIP():
		return wrong("RegistrarServer", c.RegistrarServer, errScheme)
	case c.RegistrarServer.User != "":
		return wrong("RegistrarServer", c.RegistrarServer, errHasUser)
	}
	return nil
}

func (c Config) checkTimes() error {
	if c.RegisterExpires < 0 && c.RegisterExpires != RegistrarChooses {
		return wrong("RegisterExpires", c.RegisterExpires, errNegative)
	}
	for _, one := range []struct {
		parameter string
		value     time.Duration
	}{
		{"OptionsInterval", c.OptionsInterval},
		{"NoAnswerTimeout", c.NoAnswerTimeout},
		{"Recovery", c.Recovery},
		{"Events.MinExpires", c.Events.MinExpires},
	} {
		if one.value < 0 {
			return wrong(one.parameter, one.value, errNegative)
		}
	}
	if d := c.SessionTimers.Expires; d != 0 && d < DefaultMinSE {
		return wrong("SessionTimers.Expires", d, errBelow90)
	}
	if d := c.SessionTimers.MinSE; d != 0 && d < DefaultMinSE {
		return wrong("SessionTimers.MinSE", d, errBelow90)
	}
	return nil
}

func (c Config) checkHeaders() error {
	if hasControl(c.UserAgent) {
		return wrong("UserAgent", c.UserAgent, errControl)
	}
	for parameter, headers := range map[string][]sip.Header{"ExtraHeaders": c.ExtraHeaders, "RegisterHeaders": c.RegisterHeaders} {
		for _, h := range headers {
			switch {
			case !isToken(h.Name):
				return wrong(parameter, h.Name, errToken)
			case hasControl(h.Value):
				return wrong(parameter, h.Name, errControl)
			case slices.Contains([]string{"Via", "From", "To", "Call-ID", "CSeq", "Content-Length"}, sip.CanonicalName(h.Name)):
				return wrong(parameter, h.Name, errOurs)
			}
		}
	}
	for _, p := range c.RegisterContactParams {
		if !isToken(p.Name) || hasControl(p.Value) {
			return wrong("RegisterContactParams", p.Name, errToken)
		}
	}
	return nil
}

// hasControl reports whether s has what could end a header field.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("-.!%*_+`'~", r)
	})
}

// isHash reports whether s is an MD5 or a SHA-256 hash.
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && (len(b) == 16 || len(b) == 32)
}

// instanceOf takes the prefix from an instance ID that was given as a URN.
func instanceOf(s string) string {
	lower := strings.ToLower(s)
	return strings.TrimPrefix(strings.TrimPrefix(lower, "urn:"), "uuid:")
}

func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil && len(b) == 16
}
