package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// BrowserOptions configure a headless Chromium.
type BrowserOptions struct {
	Microphone string // WAV file that its microphone plays for ever
	Pulse      *Pulse // whose microphone and speaker it uses; nil = false ones
	Pin        string // of a server certificate to be trusted
	LogDir     string
}

// Browser is a headless Chromium.
type Browser struct {
	process *Process
	tools   *devtools
	profile string

	mu    sync.Mutex // guards pages
	pages map[string]*Page
}

// Page is one page of a browser. Its console is kept.
type Page struct {
	browser *Browser
	session string
	target  string

	mu      sync.Mutex // guards console
	console []string
}

var devtoolsURL = regexp.MustCompile(`DevTools listening on (ws://\S+)`)

// StartBrowser starts Chromium and connects to its DevTools.
func StartBrowser(o BrowserOptions) (*Browser, error) {
	program, err := Look("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		return nil, err
	}
	b := &Browser{pages: map[string]*Page{}}
	if b.profile, err = os.MkdirTemp("", "chromium-"); err != nil {
		return nil, err
	}
	b.process, err = Start(Command{
		Name:   "chromium",
		LogDir: o.LogDir,
		// No session bus: it is to use nobody's desktop.
		Env: append(o.sound(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "HOME="+b.profile),
		Args: append(append([]string{program}, o.devices()...),
			"--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
			"--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
			"--disable-extensions", "--disable-default-apps", "--password-store=basic", "--disable-dev-shm-usage",
			"--disable-background-timer-throttling", "--disable-renderer-backgrounding",
			"--disable-backgrounding-occluded-windows",
			"--disable-features=WebRtcHideLocalIpsWithMdns,Translate,OptimizationHints,MediaRouter",
			"--use-fake-ui-for-media-stream",
			"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
			"--ignore-certificate-errors-spki-list="+o.Pin,
			"--remote-debugging-port=0", "--user-data-dir="+b.profile, "about:blank",
		),
	})
	if err != nil {
		return nil, err
	}
	err = b.process.WaitFor("starting", 30*time.Second, func() bool {
		return devtoolsURL.MatchString(b.process.Log().Since(0))
	})
	if err == nil {
		url := devtoolsURL.FindStringSubmatch(b.process.Log().Since(0))[1]
		b.tools, err = dialDevtools(url, b.event)
	}
	if err != nil {
		b.Stop()
		return nil, errors.Join(errNoDevtools, err)
	}
	return b, nil
}

// sound leads to a sound server, or to none.
func (o BrowserOptions) sound() []string {
	if o.Pulse != nil {
		return o.Pulse.Env()
	}
	return []string{"PULSE_SERVER=unix:/nonexistent"}
}

// devices are the arguments that choose microphone and speaker.
func (o BrowserOptions) devices() []string {
	if o.Pulse != nil {
		return nil
	}
	return []string{"--use-fake-device-for-media-stream", "--use-file-for-fake-audio-capture=" + o.Microphone}
}

// CPU returns the processor time of all its processes so far.
func (b *Browser) CPU() (time.Duration, error) { return cpuOfTree(b.process.PID()) }

// Memory returns what all its processes occupy.
func (b *Browser) Memory() (Memory, error) { return memoryOfTree(b.process.PID()) }

// Open opens a page and waits until it has loaded.
func (b *Browser) Open(ctx context.Context, url string) (*Page, error) {
	var target struct {
		TargetID string `json:"targetId"`
	}
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.tools.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	err := b.tools.call(ctx, "", "Target.attachToTarget",
		map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	if err != nil {
		return nil, err
	}
	p := &Page{browser: b, session: attached.SessionID, target: target.TargetID}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Runtime.enable", "Page.enable"} {
		if err := b.tools.call(ctx, p.session, domain, map[string]any{}, nil); err != nil {
			return nil, err
		}
	}
	var navigated struct {
		ErrorText string `json:"errorText"`
	}
	if err := b.tools.call(ctx, p.session, "Page.navigate", map[string]any{"url": url}, &navigated); err != nil {
		return nil, err
	}
	if navigated.ErrorText != "" {
		return nil, fmt.Errorf("%s: %s", url, navigated.ErrorText)
	}
	err = Poll(3*Limit, func() error {
		var state string
		if err := p.Evaluate(ctx, "document.readyState + location.href", &state); err != nil {
			return err
		}
		if state != "complete"+url {
			return fmt.Errorf("%s is %s", url, state)
		}
		return nil
	})
	return p, err
}

// Evaluate runs an expression in the page, waits for it if it is a promise,
// and decodes its value. An exception becomes the error.
func (p *Page) Evaluate(ctx context.Context, expression string, value any) error {
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string          `json:"description"`
				Value       json.RawMessage `json:"value"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	err := p.browser.tools.call(ctx, p.session, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &out)
	if err != nil {
		return err
	}
	if e := out.ExceptionDetails; e != nil {
		if e.Exception.Description != "" {
			return errors.New(e.Exception.Description)
		}
		return fmt.Errorf("%s %s", e.Text, e.Exception.Value)
	}
	if value == nil || len(out.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(out.Result.Value, value)
}

// Console returns what the page has logged.
func (p *Page) Console() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.console...)
}

// Close closes the page.
func (p *Page) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = p.browser.tools.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	delete(p.browser.pages, p.session)
}

// event keeps the console of every page.
func (b *Browser) event(session, method string, params json.RawMessage) {
	if method != "Runtime.consoleAPICalled" && method != "Runtime.exceptionThrown" {
		return
	}
	b.mu.Lock()
	p := b.pages[session]
	b.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.console = append(p.console, consoleLine(params))
}

// consoleLine makes one line of a console event.
func consoleLine(params json.RawMessage) string {
	var e struct {
		Args []struct {
			Value       any    `json:"value"`
			Description string `json:"description"`
		} `json:"args"`
		ExceptionDetails struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	if err := json.Unmarshal(params, &e); err != nil {
		return err.Error()
	}
	line := e.ExceptionDetails.Text + e.ExceptionDetails.Exception.Description
	for _, a := range e.Args {
		if css, ok := a.Value.(string); ok && strings.HasPrefix(css, "color:") {
			continue // JsSIP colours its log
		}
		if a.Value != nil {
			line += fmt.Sprint(a.Value, " ")
		} else {
			line += a.Description + " "
		}
	}
	return strings.ReplaceAll(line, "%c", "")
}

// Stop ends the browser.
func (b *Browser) Stop() {
	if b.tools != nil {
		b.tools.close()
	}
	b.process.Stop()
	_ = os.RemoveAll(b.profile)
}
