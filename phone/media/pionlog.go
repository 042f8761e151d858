package media

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// newKey makes the key of a call's DTLS certificate, as Chromium's: P-256.
func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// quietLoggers sends pion's warnings to our log at debug level: pion warns of
// much that is ordinary in a call's life.
type quietLoggers struct{ log *slog.Logger }

var _ logging.LoggerFactory = quietLoggers{}

// NewLogger implements logging.LoggerFactory.
func (q quietLoggers) NewLogger(scope string) logging.LeveledLogger {
	return pionLogger{q.log.With("pion", scope)}
}

type pionLogger struct{ log *slog.Logger }

func (l pionLogger) debugf(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (l pionLogger) Trace(string)              {}
func (l pionLogger) Tracef(string, ...any)     {}
func (l pionLogger) Debug(string)              {}
func (l pionLogger) Debugf(string, ...any)     {}
func (l pionLogger) Info(string)               {}
func (l pionLogger) Infof(string, ...any)      {}
func (l pionLogger) Warn(m string)             { l.debugf("%s", m) }
func (l pionLogger) Warnf(f string, a ...any)  { l.debugf(f, a...) }
func (l pionLogger) Error(m string)            { l.debugf("%s", m) }
func (l pionLogger) Errorf(f string, a ...any) { l.debugf(f, a...) }
