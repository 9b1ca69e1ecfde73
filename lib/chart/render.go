package chart

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"thesis.example/lib/setup"
)

var (
	//go:embed runtime.js
	runtimeJS string
	//go:embed page.js
	pageJS string
)

// instanceID matches the ids that ECharts writes, always as the start of an
// attribute's value: text is escaped and holds no quote.
var instanceID = regexp.MustCompile(`(="(?:url\(#)?)zr\d+-`)

// modular wraps ECharts' UMD build so that it hands its exports to us: it neither
// registers with a page's RequireJS nor leaves or replaces a global.
func modular(echarts string) string {
	return "(function(exports,module,define){" + echarts + "\nreturn exports})({},{},undefined)"
}

// echartsJS reads ECharts once per process.
var echartsJS = sync.OnceValues(func() (string, error) {
	path, err := setup.File("echarts.min.js")
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading ECharts: %w", err)
	}
	return string(source), nil
})

// Library returns the script that makes the figures of a page interactive, for a
// page that is not a notebook. It is 1 MB and stands on a page once, anywhere.
func Library() (string, error) {
	echarts, err := echartsJS()
	if err != nil {
		return "", err
	}
	return "<script>window.thesisFigures=window.thesisFigures||[];(" + strings.ReplaceAll(pageJS, "WIDTH", px(width)) + ")((" + runtimeJS + ")(" + modular(echarts) + "));</script>", nil
}

// painter is ECharts inside the process. A goja runtime serves one caller at a time.
type painter struct {
	mu  sync.Mutex
	vm  *goja.Runtime
	svg goja.Callable // (option JSON, width, height) → SVG
}

var loadPainter = sync.OnceValues(func() (*painter, error) {
	echarts, err := echartsJS()
	if err != nil {
		return nil, err
	}
	vm := goja.New()
	// ECharts schedules work that a still frame never needs; it only wants the names.
	for _, name := range []string{"setTimeout", "clearTimeout"} {
		if err := vm.Set(name, func(goja.FunctionCall) goja.Value { return goja.Undefined() }); err != nil {
			return nil, fmt.Errorf("preparing ECharts: %w", err)
		}
	}
	library, err := vm.RunScript("echarts.min.js", modular(echarts))
	if err != nil {
		return nil, fmt.Errorf("loading ECharts: %w", err)
	}
	start, err := vm.RunScript("runtime.js", runtimeJS)
	if err != nil {
		return nil, fmt.Errorf("loading the figures' functions: %w", err)
	}
	call, ok := goja.AssertFunction(start)
	if !ok {
		return nil, fmt.Errorf("loading the figures' functions: runtime.js is no function")
	}
	functions, err := call(goja.Undefined(), library)
	if err != nil {
		return nil, fmt.Errorf("loading the figures' functions: %w", err)
	}
	svg, ok := goja.AssertFunction(functions.ToObject(vm).Get("svg"))
	if !ok {
		return nil, fmt.Errorf("loading the figures' functions: runtime.js has no svg")
	}
	return &painter{vm: vm, svg: svg}, nil
})

// draw renders an ECharts option, given as JSON, to SVG. It is safe for
// concurrent use.
func draw(option []byte, width, height int) (string, error) {
	p, err := loadPainter()
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	svg, err := p.svg(goja.Undefined(), p.vm.ToValue(string(option)), p.vm.ToValue(width), p.vm.ToValue(height))
	if err != nil {
		return "", fmt.Errorf("ECharts: %w", err)
	}
	return svg.String(), nil
}
