package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// importRule says what a package may import of this module and of others; the
// standard library is free. A path that ends in "/…" means everything below.
type importRule struct {
	own     []string
	foreign []string
	tests   []string // what its tests may import besides
	errors  []string // own packages whose errors its files explain*.go and words.go put into words
}

const (
	fynePath  = "fyne.io/fyne/v2/…"
	pionRTP   = "github.com/pion/rtp/…"
	pionRTCP  = "github.com/pion/rtcp/…"
	gorilla   = "github.com/gorilla/websocket"
	keyring   = "github.com/zalando/go-keyring"
	dbus      = "github.com/godbus/dbus/v5/…"
	malgo     = "github.com/gen2brain/malgo"
	sqlite    = "modernc.org/sqlite/…"
	fyneApp   = "fyne.io/fyne/v2/app"
	goCmp     = "github.com/google/go-cmp/…"
	goLeak    = "go.uber.org/goleak"
	pionCalls = "github.com/pion/…"
)

// importRules is who may import whom. A package that is not listed may not exist.
var importRules = map[string]importRule{
	"":                {own: []string{"…"}, foreign: []string{fynePath}},
	"assets":          {foreign: []string{"fyne.io/fyne/v2"}, tests: []string{fynePath}},
	"audio":           {own: []string{"audio/…"}, foreign: []string{pionRTP}},
	"audio/codec":     {tests: []string{"audio/audiotest"}},
	"audio/record":    {own: []string{"audio/codec"}, tests: []string{"audio/audiotest"}}, // its Opus
	"audio/voice":     {tests: []string{"audio/audiotest"}},
	"audio/pulse":     {},
	"audio/device":    {own: []string{"audio/codec", "audio/pulse"}, foreign: []string{malgo}, tests: []string{"audio/audiotest"}}, // its resampler
	"audio/audiotest": {own: []string{"audio/codec", "audio/device"}, foreign: []string{pionRTP}},
	"phone": {
		own: []string{
			"phone/sip", "phone/sip/body", "phone/loop", "phone/transport", "phone/ua", "phone/media", "phone/store", "phone/demo", "phone/watch",
			"audio", "audio/codec", "audio/device", "audio/record",
		},
		tests: []string{"audio/audiotest", gorilla},
	},
	"phone/sip":         {own: []string{"phone/sip/body"}, tests: []string{"phone/sip/siptest"}},
	"phone/sip/body":    {},
	"phone/sip/siptest": {},
	"phone/loop":        {},
	"phone/transport":   {own: []string{"phone/sip"}, foreign: []string{gorilla}, tests: []string{"phone/sip/siptest"}},
	"phone/ua":          {own: []string{"phone/sip/…", "phone/loop"}},
	"phone/watch":       {own: []string{"phone/sip/body", "phone/ua"}, tests: []string{"phone/sip", "phone/loop"}},
	"phone/media":       {own: []string{"audio/…", "phone/ua", "phone/sip/…"}, foreign: []string{pionCalls}},
	"phone/store":       {foreign: []string{sqlite, keyring, dbus, "golang.org/x/sys/…"}},
	"phone/control": {
		own: []string{"phone"}, tests: []string{"phone/ua", "audio/device"},
		errors: []string{"phone/ua"}, // why a call ended is a *ua.EndError
	},
	"phone/demo": {
		own: []string{
			"phone/sip/…", "phone/loop", "phone/transport", "phone/ua", "phone/media", "audio/codec", "audio",
		},
		foreign: []string{gorilla, pionRTP, pionRTCP},
	},
	"phone/interop":   {own: []string{"…"}, foreign: []string{"…"}},
	"phone/interop/…": {own: []string{"…"}, foreign: []string{"…"}},
	"ui": {
		own: []string{"ui/…", "phone", "assets"}, foreign: []string{fynePath},
		errors: []string{"phone/ua", "phone/transport", "phone/store", "phone/sip", "audio", "audio/device", "audio/record"},
		tests:  []string{"phone/…", "audio", "audio/device", "audio/record"}, // they make the errors and states to be shown
	},
	"ui/look":            {own: []string{"assets"}, foreign: []string{fynePath}},
	"ui/model":           {own: []string{"phone"}, foreign: []string{fynePath}, tests: []string{"ui/model/modeltest"}},
	"ui/model/modeltest": {own: []string{"phone", "ui/model", "phone/ua", "audio/device"}, foreign: []string{fynePath}},
	"ui/widgets": {
		own: []string{"ui/look", "assets"}, foreign: []string{fynePath}, tests: []string{"ui/internal/…"},
	},
	"ui/desktop": {
		own: []string{"phone", "assets"}, foreign: []string{fynePath, dbus},
		tests: []string{"ui/model", "ui/model/modeltest"},
	},
	"audio/internal/…": {},
	"phone/internal/…": {},
	"ui/internal/…":    {own: []string{"ui/look"}, foreign: []string{fynePath}},
}

// source is one parsed Go file of the module.
type source struct {
	name string // relative, with slashes
	dir  string
	test bool
	set  *token.FileSet
	file *ast.File
	text []byte
}

func TestArchitecture_imports(t *testing.T) {
	for _, s := range sources(t) {
		rule, ok := ruleOf(s.dir)
		if !ok {
			t.Errorf("%s: the architecture knows no package %q", s.name, s.dir)
			continue
		}
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !mayImport(s, rule, imported) {
				t.Errorf("%s: %s may not import %s", s.name, packageName(s.dir), imported)
			}
		}
	}
}

// TestArchitecture_rulesBite feeds the rules with what they must refuse.
func TestArchitecture_rulesBite(t *testing.T) {
	for _, c := range []struct {
		dir, imported string
		test, want    bool
	}{
		{"audio", "webphone/phone", false, false},
		{"audio", "webphone/ui", true, false},
		{"audio", "github.com/pion/webrtc/v3", false, false},
		{"audio", "webphone/audio/codec", false, true},
		{"audio/codec", "github.com/gen2brain/malgo", false, false},
		{"phone", "fyne.io/fyne/v2", false, false},
		{"phone", "webphone/phone/control", false, false},
		{"phone", "webphone/audio/audiotest", false, false},
		{"phone", "webphone/audio/audiotest", true, true},
		{"phone/sip", "webphone/phone/loop", false, false},
		{"phone/sip/body", "webphone/phone/sip", false, false},
		{"phone/ua", "webphone/phone/transport", false, false},
		{"phone/ua", "go.uber.org/goleak", false, false},
		{"phone/ua", "go.uber.org/goleak", true, true},
		{"ui", "github.com/pion/rtp", false, false},
		{"ui", "webphone/phone/ua", false, false},
		{"ui", "webphone/phone/ua", true, true},
		{"ui", "webphone/phone/sip", false, false},
		{"ui", fyneApp, false, false},
		{"ui", fyneApp, true, false},
		{"ui", "fyne.io/fyne/v2/widget", false, true},
		{"ui/model", "webphone/ui/widgets", false, false},
		{"", fyneApp, false, true},
		{"", "webphone/phone/demo", false, true},
	} {
		rule, ok := ruleOf(c.dir)
		if got := ok && mayImport(source{dir: c.dir, test: c.test}, rule, c.imported); got != c.want {
			t.Errorf("%s imports %s (in a test: %v): allowed is %v, want %v", packageName(c.dir), c.imported, c.test, got, c.want)
		}
	}
}

// TestArchitecture_uaRunsOnTheLoop keeps phone/ua without goroutines and locks.
func TestArchitecture_uaRunsOnTheLoop(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir != "phone/ua" || s.test {
			continue
		}
		for _, spec := range s.file.Imports {
			if p := spec.Path.Value; p == `"sync"` || p == `"sync/atomic"` {
				t.Errorf("%s imports %s: what runs on the loop needs no lock", s.name, p)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a go statement; work leaves the loop by loop.Go", s.set.Position(g.Pos()))
			}
			return true
		})
	}
}

// TestArchitecture_oneHopToTheUI keeps every fyne.Do in ui/model.
func TestArchitecture_oneHopToTheUI(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir == "ui/model" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Name == "fyne" && (sel.Sel.Name == "Do" || sel.Sel.Name == "DoAndWait") {
					t.Errorf("%s: fyne.%s outside of ui/model", s.set.Position(sel.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestHouse_files keeps files short enough to be read.
func TestHouse_files(t *testing.T) {
	for _, s := range sources(t) {
		if lines := bytes.Count(s.text, []byte("\n")); lines > 600 {
			t.Errorf("%s has %d lines, more than 600", s.name, lines)
		}
		if s.test {
			continue
		}
		if lines := bytes.Count(s.text, []byte("\n")); lines > 400 && !slices.ContainsFunc(s.file.Comments, func(c *ast.CommentGroup) bool {
			return c.Pos() < s.file.Name.End()+1000
		}) {
			t.Errorf("%s has %d lines, more than 400, and gives no reason at its top", s.name, lines)
		}
	}
}

// TestHouse_tests keeps real time and skipped tests out of the tests.
func TestHouse_tests(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		bubble := bytes.Contains(s.text, []byte(`"testing/synctest"`)) || bytes.Contains(s.text, []byte("modeltest.Bubble("))
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch x, _ := sel.X.(*ast.Ident); {
			case x == nil:
			case (x.Name == "t" || x.Name == "tb") && strings.HasPrefix(sel.Sel.Name, "Skip"):
				t.Errorf("%s: a test that skips proves nothing", s.set.Position(sel.Pos()))
			case x.Name == "time" && sel.Sel.Name == "Sleep" && !bubble:
				t.Errorf("%s: a sleep in real time", s.set.Position(sel.Pos()))
			}
			return true
		})
	}
}

// TestHouse_noPlaces keeps paths of somebody's machine and addresses of
// package registries out of the tree.
func TestHouse_noPlaces(t *testing.T) {
	// Written in pieces, so that this file does not contain them.
	places := []string{
		"/" + "root/", "/" + "work/", "/" + "home/", "/tmp/" + "rig", "C:" + `\Users`,
		"registry." + "npmjs", "proxy." + "golang", "sum." + "golang", "deb." + "debian.org", "goproxy." + "io",
	}
	for _, name := range tracked(t) {
		b, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(b, 0) >= 0 {
			continue // a picture, a sound, a font
		}
		for _, place := range places {
			if i := bytes.Index(b, []byte(place)); i >= 0 {
				t.Errorf("%s:%d contains %q", name, 1+bytes.Count(b[:i], []byte("\n")), place)
			}
		}
	}
}

func mayImport(s source, rule importRule, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if imported == "C" || (!strings.Contains(first, ".") && first != "webphone") {
		return true // the standard library
	}
	if imported == fyneApp {
		return s.dir == "" // so that the tests of the screens need no display
	}
	if s.test {
		rule.own = append(slices.Clone(rule.own), rule.tests...)
		rule.foreign = append(slices.Clone(rule.foreign), append(rule.tests, goCmp, goLeak)...)
	}
	if own, ok := strings.CutPrefix(imported, "webphone/"); ok {
		if base := path.Base(s.name); strings.HasPrefix(base, "explain") || base == "words.go" {
			rule.own = append(slices.Clone(rule.own), rule.errors...)
		}
		return own == s.dir || matches(rule.own, own)
	}
	return matches(rule.foreign, imported)
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, below := strings.CutSuffix(p, "…")
		if !below {
			return p == name
		}
		return strings.HasPrefix(name, prefix) || name == strings.TrimSuffix(prefix, "/")
	})
}

func ruleOf(dir string) (importRule, bool) {
	if r, ok := importRules[dir]; ok {
		return r, true
	}
	for d := dir; d != "." && d != ""; d = path.Dir(d) {
		if r, ok := importRules[d+"/…"]; ok {
			return r, true
		}
	}
	return importRule{}, false
}

func packageName(dir string) string {
	if dir == "" {
		return "main"
	}
	return dir
}

// sources parses every Go file of the module, whatever its build tags.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := e.Name()
		if e.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "artifacts" || base == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(name))
		if dir == "." {
			dir = ""
		}
		all = append(all, source{
			name: filepath.ToSlash(name), dir: dir, test: strings.HasSuffix(base, "_test.go"),
			set: set, file: file, text: text,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tracked lists the files that git keeps.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}
