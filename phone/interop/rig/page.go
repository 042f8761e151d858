package rig

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// PeerServer serves the pages on which JsSIP and SIP.js run, on loopback.
type PeerServer struct {
	URL    string
	server *http.Server
}

// StartPeerServer starts to serve.
func StartPeerServer() (*PeerServer, error) {
	modules, err := modulesJS()
	if err != nil {
		return nil, err
	}
	// SIP.js is made of modules that a browser loads by itself.
	if _, err := os.Stat(filepath.Join(peerDir(), "node_modules", "sip.js", "lib", "index.js")); err != nil {
		return nil, fmt.Errorf("SIP.js is missing: `make test` installs it (.ci/install test): %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(peerDir())))
	mux.HandleFunc("/modules.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(modules)
	})
	s := &PeerServer{URL: "http://" + l.Addr().String() + "/", server: &http.Server{Handler: mux}}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Close stops serving.
func (s *PeerServer) Close() { _ = s.server.Close() }

func peerDir() string { return filepath.Join(Root(), "phone", "interop", "testdata", "peer") }

// loader defines `require` for the modules that follow it.
const loader = `'use strict';
const process = { env: {} }, define = {}, loaded = {};
function require(name) {
  if (!loaded[name]) {
    const module = loaded[name] = { exports: {} };
    if (!define[name]) throw new Error('no module ' + name);
    define[name].call(module.exports, (n) => require(define[name].imports[n] || n), module, module.exports);
  }
  return loaded[name].exports;
}
`

// modulesJS puts the CommonJS modules of the npm packages that JsSIP needs
// into one script, so that a page can `require('jssip')`.
var modulesJS = sync.OnceValues(func() ([]byte, error) {
	m := moduleSet{folder: filepath.Join(peerDir(), "node_modules"), seen: map[string]bool{}}
	m.out.WriteString(loader)
	main, err := m.packageMain("jssip")
	if err != nil {
		return nil, fmt.Errorf("JsSIP is missing: `make test` installs it (.ci/install test): %w", err)
	}
	if err := m.add(main); err != nil {
		return nil, err
	}
	fmt.Fprintf(&m.out, "define.jssip = define[%q];\n", main)
	return []byte(m.out.String()), nil
})

type moduleSet struct {
	folder string
	seen   map[string]bool
	out    strings.Builder
}

// add writes the module with the given path below node_modules, then those it
// requires.
func (m *moduleSet) add(name string) error {
	if m.seen[name] {
		return nil
	}
	m.seen[name] = true
	source, err := os.ReadFile(filepath.Join(m.folder, name))
	if err != nil {
		return err
	}
	text := string(source)
	if strings.HasSuffix(name, ".json") {
		text = "module.exports = " + text
	}
	imports := map[string]string{}
	for _, part := range strings.Split(text, "require(")[1:] {
		quoted, _, ok := strings.Cut(part, ")")
		if !ok || len(quoted) < 3 || !strings.ContainsRune(`'"`, rune(quoted[0])) {
			continue
		}
		wanted := quoted[1 : len(quoted)-1]
		if imports[wanted], err = m.resolve(name, wanted); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	table, err := json.Marshal(imports)
	if err != nil {
		return err
	}
	fmt.Fprintf(&m.out, "define[%q] = function (require, module, exports) {\n%s\n};\ndefine[%q].imports = %s;\n",
		name, text, name, table)
	for _, file := range imports {
		if err := m.add(file); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds the file that `require(wanted)` means in the module from.
func (m *moduleSet) resolve(from, wanted string) (string, error) {
	if !strings.HasPrefix(wanted, ".") {
		return m.packageMain(wanted)
	}
	return m.file(path.Join(path.Dir(from), wanted))
}

func (m *moduleSet) packageMain(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(m.folder, name, "package.json"))
	if err != nil {
		return "", err
	}
	var p struct {
		Main    string          `json:"main"`
		Browser json.RawMessage `json:"browser"`
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return "", err
	}
	var browser string
	if json.Unmarshal(p.Browser, &browser) == nil && browser != "" {
		p.Main = browser
	}
	return m.file(path.Join(name, p.Main))
}

func (m *moduleSet) file(name string) (string, error) {
	for _, end := range []string{"", ".js", ".json", "/index.js"} {
		if info, err := os.Stat(filepath.Join(m.folder, name+end)); err == nil && !info.IsDir() {
			return name + end, nil
		}
	}
	return "", fmt.Errorf("no module %s", name)
}
