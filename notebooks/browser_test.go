package notebooks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
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
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WindowSize(1300, 900), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(cancel)
	// The protocol's bindings are older than some Chromiums: what they cannot read
	// of its messages is no fault of the page.
	quiet := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 20*time.Minute)
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

// await waits until a JavaScript expression is true.
func (b *tab) await(what, expression string, limit time.Duration) {
	b.t.Helper()
	for end := time.Now().Add(limit); !eval[bool](b, expression); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("waited %s in vain for %s; the page reported %q", limit, what, b.faults)
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
