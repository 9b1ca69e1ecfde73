package notebooks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/setup"
)

// What a cell may hold: lines that are not empty.
const (
	mostLines   = 15  // of any cell
	medianLines = 5   // of a chapter's cells: half of them at most hold more
	mostColumns = 150 // of a line
)

// linesOf are the lines of a cell that are not empty.
func linesOf(c cell) []string {
	return slices.DeleteFunc(strings.Split(c.Source(), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}

// A cell shows the idea, the library holds the machinery.
func TestCellsAreShort(t *testing.T) {
	for _, path := range chapters(t) {
		name := filepath.Base(path)
		var lengths []int
		for i, c := range cellsOf(t, path) {
			if c.Type != "code" {
				continue
			}
			lines := linesOf(c)
			lengths = append(lengths, len(lines))
			if len(lines) > mostLines {
				t.Errorf("%s: cell %d has %d lines of code; over %d belong into lib/", name, i+1, len(lines), mostLines)
			}
			for _, l := range lines {
				if n := len([]rune(l)); n > mostColumns {
					t.Errorf("%s: cell %d has a line of %d characters, over %d: %.60s…", name, i+1, n, mostColumns, l)
				}
			}
		}
		slices.Sort(lengths)
		if n := len(lengths); n > 0 && lengths[(n-1)/2] > medianLines {
			t.Errorf("%s: the median of its %d cells is %d lines, over %d: what only plumbs belongs into lib/", name, n, lengths[(n-1)/2], medianLines)
		}
	}
}

// withoutExample are the exported functions that a chapter calls and that no example can show, with the reason.
var withoutExample = map[string]string{
	"ledger.Discussed": "it trains networks for minutes",
	"ledger.Repeated":  "it trains networks",
	"trial.Results":    "it trains networks for minutes",
	"trial.Summaries":  "it trains networks for minutes",
	"explain.StudyOf":  "it explains the answers of networks that were trained for minutes",
}

var imported = regexp.MustCompile(`(?m)^\s*"thesis\.example/(lib/(\w+))"`)

// Every exported function of lib that a chapter calls has an example: what Shift+Tab and go doc cannot say.
func TestCalledFunctionsHaveExamples(t *testing.T) {
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	examples, called := map[string]map[string]bool{}, map[string]bool{}
	for _, path := range chapters(t) {
		source := ""
		for _, c := range cellsOf(t, path) {
			if c.Type == "code" {
				source += c.Source() + "\n"
			}
		}
		for _, m := range imported.FindAllStringSubmatch(source, -1) {
			dir, pkg := m[1], m[2]
			if examples[pkg] == nil {
				examples[pkg] = examplesIn(t, filepath.Join(root, filepath.FromSlash(dir)))
			}
			functions := functionsIn(t, filepath.Join(root, filepath.FromSlash(dir)))
			for _, call := range regexp.MustCompile(`\b`+pkg+`\.(\p{Lu}\w*)`).FindAllStringSubmatch(source, -1) {
				name := pkg + "." + call[1]
				if !functions[call[1]] || called[name] {
					continue // a type, a constant, a method of a variable of the package's name
				}
				called[name] = true
				if _, ok := withoutExample[name]; !ok && !examples[pkg][call[1]] {
					t.Errorf("%s calls %s, of which lib has no Example%s with output", filepath.Base(path), name, call[1])
				}
			}
		}
	}
	if len(called) == 0 {
		t.Error("no chapter calls anything of lib")
	}
	for name, why := range withoutExample {
		pkg, function, _ := strings.Cut(name, ".")
		if !called[name] || examples[pkg][function] {
			t.Errorf("%s is excused (%s) but not called by a chapter, or has an example", name, why)
		}
	}
}

// examplesIn names the functions of the package in dir that have an example with output.
func examplesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for path, f := range parsed(t, dir) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			name, is := "", false
			if ok {
				name, is = strings.CutPrefix(fn.Name.Name, "Example")
			}
			if !is {
				continue
			}
			for _, c := range f.Comments {
				if c.Pos() > fn.Body.Pos() && c.End() < fn.Body.End() && strings.HasPrefix(c.Text(), "Output:") {
					name, _, _ = strings.Cut(name, "_")
					names[name] = true
				}
			}
		}
	}
	return names
}

// functionsIn names the exported functions of the package in dir, without methods.
func functionsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for path, f := range parsed(t, dir) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}

func parsed(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = f
	}
	return files
}
