package pulse

import (
	"net"
	"os"
	"path/filepath"
	"strings"
)

// address is where a server may listen.
type address struct{ network, name string }

// defaultPort is that of the protocol over TCP.
const defaultPort = "4713"

// addresses are the places to look for a server, in order. getenv is
// os.Getenv.
func addresses(getenv func(string) string) []address {
	var found []address
	if server := getenv("PULSE_SERVER"); server != "" {
		for _, s := range strings.Fields(server) {
			if a, ok := parseAddress(s); ok {
				found = append(found, a)
			}
		}
		return found // nothing else is meant
	}
	for _, c := range []struct{ variable, below string }{
		{"PULSE_RUNTIME_PATH", "native"},
		{"XDG_RUNTIME_DIR", "pulse/native"},
	} {
		if dir := getenv(c.variable); dir != "" {
			found = append(found, address{"unix", filepath.Join(dir, c.below)})
		}
	}
	return append(found, address{"unix", "/var/run/pulse/native"})
}

// parseAddress reads one server as PULSE_SERVER has it: a path or
// "unix:path", "tcp:host:port" or a host; what stands in braces before it
// names a machine and is passed over.
func parseAddress(s string) (address, bool) {
	if strings.HasPrefix(s, "{") {
		_, rest, ok := strings.Cut(s, "}")
		if !ok {
			return address{}, false
		}
		s = rest
	}
	if path, ok := strings.CutPrefix(s, "unix:"); ok || strings.HasPrefix(s, "/") {
		return address{"unix", path}, path != ""
	}
	network := "tcp"
	for _, n := range []string{"tcp4", "tcp6", "tcp"} {
		if rest, ok := strings.CutPrefix(s, n+":"); ok {
			network, s = n, rest
			break
		}
	}
	if s == "" {
		return address{}, false
	}
	if _, _, err := net.SplitHostPort(s); err != nil {
		s = net.JoinHostPort(strings.Trim(s, "[]"), defaultPort)
	}
	return address{network, s}, true
}

// cookieLength is that of the secret that servers compare.
const cookieLength = 256

// cookie is the secret of this user's server. A local server lets the user in
// without it, so that zeros do where there is none.
func cookie(getenv func(string) string) []byte {
	var names []string
	if name := getenv("PULSE_COOKIE"); name != "" {
		names = append(names, name)
	}
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		names = append(names, filepath.Join(dir, "pulse/cookie"))
	}
	if home := getenv("HOME"); home != "" {
		names = append(names, filepath.Join(home, ".config/pulse/cookie"), filepath.Join(home, ".pulse-cookie"))
	}
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && len(b) == cookieLength {
			return b
		}
	}
	return make([]byte, cookieLength)
}
