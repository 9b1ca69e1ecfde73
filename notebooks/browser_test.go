package notebooks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"thesis.example/lib/setup"
)

// patience ends a test whose browser or server hangs. Nothing that works comes near it, on however busy
// a machine; no test passes or fails by the time that something took.
const patience = 30 * time.Minute

// tab is a page in headless Chromium that keeps what went wrong on it.
type tab struct {
	context.Context
	t *testing.T

	mu       sync.Mutex
	faults   []string // errors that the page reported
	requests []string // requests to anywhere but the page's own origin
}

// open opens address in a fresh browser. allowed is the one host that the page
// may ask; "" for a page that must live without any.
func open(t *testing.T, address, allowed string, javascript bool) *tab {
	t.Helper()
	chromium, err := setup.Browser()
	if err != nil {
		t.Fatal(err)
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WindowSize(1300, 900), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(cancel)
	// The protocol's bindings are older than some Chromiums: what they cannot read
	// of its messages is no fault of the page.
	quiet := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	b := &tab{Context: ctx, t: t}
	chromedp.ListenTarget(ctx, func(event any) { b.listen(event, allowed) })
	actions := []chromedp.Action{network.Enable(), log.Enable(), runtime.Enable()}
	if allowed == "" {
		actions = append(actions, network.EmulateNetworkConditions(true, 0, -1, -1))
	}
	if !javascript {
		actions = append(actions, emulation.SetScriptExecutionDisabled(true))
	}
	b.run(append(actions, chromedp.Navigate(address))...)
	return b
}

func (b *tab) listen(event any, allowed string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Host != "" && u.Host != allowed {
			b.requests = append(b.requests, e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			b.faults = append(b.faults, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			b.faults = append(b.faults, fmt.Sprintf("console.error: %s", values(e.Args)))
		}
	case *page.EventJavascriptDialogOpening:
		b.faults = append(b.faults, "dialog: "+e.Message)
	}
}

func values(args []*runtime.RemoteObject) string {
	var said []string
	for _, a := range args {
		said = append(said, strings.TrimSpace(string(a.Value)+" "+a.Description))
	}
	return strings.Join(said, " ")
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is the value of a JavaScript expression, awaited if it is a promise.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	var raw json.RawMessage
	b.run(chromedp.Evaluate(expression, &raw, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		b.t.Fatalf("%s gave %s: %v", expression, raw, err)
	}
	return v
}

// await waits until a JavaScript expression is true. A page that reports a fault waits for nothing.
func (b *tab) await(what, expression string) {
	b.t.Helper()
	for ; ; time.Sleep(200 * time.Millisecond) {
		var done bool
		err := chromedp.Run(b, chromedp.Evaluate(expression, &done))
		b.mu.Lock()
		faults := slices.Clone(b.faults)
		b.mu.Unlock()
		if err != nil || len(faults) > 0 {
			b.t.Fatalf("waited in vain for %s: %v; the page reported %q", what, err, faults)
		}
		if done {
			return
		}
	}
}

// faultless fails the test for whatever the page reported or asked others for.
func (b *tab) faultless() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Errorf("the page reported: %s", f)
	}
	for _, r := range b.requests {
		b.t.Errorf("the page asked for %.200s", r)
	}
}
