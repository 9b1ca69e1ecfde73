package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// states are the states that the list of weights gives, by name.
func states(t *testing.T, list string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for i, line := range strings.Split(strings.TrimSuffix(list, "\n"), "\n") {
		if i%2 == 0 { // every other line says what the weights are
			f := strings.Fields(line)
			found[f[0]] = f[1]
		}
	}
	return found
}

// From an empty folder to verified weights and to damaged ones, with a hub on this machine.
func TestWeights(t *testing.T) {
	home := t.TempDir()
	t.Setenv(setup.HomeVariable, home)
	content := []byte("values")
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/timm/tf_efficientnet_b0.aa_in1k/resolve/main/model.safetensors" {
			http.NotFound(w, r)
			return
		}
		if _, err := w.Write(content); err != nil {
			t.Error(err)
		}
	}))
	defer hub.Close()
	t.Setenv("HF_ENDPOINT", hub.URL)
	list, err := weights.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	out := works(t, "weights")
	found := states(t, out)
	for _, w := range list {
		if found[w.Name] != "absent" || !strings.Contains(out, fmt.Sprintf("from %s (%s)\n", w.Source, w.Licence)) || !strings.Contains(out, " "+w.About+"\n") {
			t.Errorf("%s is listed as %q in\n%s", w.Name, found[w.Name], out)
		}
	}
	if len(found) != len(list) {
		t.Errorf("%d weights listed, want %d", len(found), len(list))
	}
	if got := works(t, "weights", "verify"); got != "no weights in data/weights yet\n" {
		t.Errorf("verifying nothing says %q", got)
	}
	file := filepath.Join(home, "weights", "tf_efficientnet_b0.aa_in1k.safetensors")
	if out, said, code := thesis(t, "weights", "verify", "tf-b0"); code != 1 || out != "" || said != "thesis weights: tf-b0: "+file+" does not exist; run `"+setup.Command+" weights fetch tf-b0`\n" {
		t.Errorf("verifying what is not there: exit code %d, %q, %q", code, out, said)
	}

	// One comes, one is out of reach: both are said.
	out, said, code := thesis(t, "weights", "fetch", "timm-b0", "tf-b0")
	if code != 1 || out != "tf-b0: "+file+"\n" || !strings.Contains(said, "timm-b0") || !strings.Contains(said, "404") || strings.Contains(said, "tf-b0") {
		t.Errorf("fetching: exit code %d, %q, %q", code, out, said)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != string(content) {
		t.Errorf("%q came, %v", b, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("with mode %s, %v", info.Mode(), err)
	}
	for _, args := range [][]string{{"verify"}, {"verify", "tf-b0"}} {
		if got := works(t, append([]string{"weights"}, args...)...); got != "tf-b0: verified\n" {
			t.Errorf("%q says %q", args, got)
		}
	}

	if err := os.WriteFile(file, []byte("others"), 0o644); err != nil {
		t.Fatal(err)
	}
	sums := []string{fmt.Sprintf("%x", sha256.Sum256([]byte("others"))), fmt.Sprintf("%x", sha256.Sum256(content))}
	for _, args := range [][]string{{}, {"verify"}, {"verify", "tf-b0"}, {"fetch", "tf-b0"}} {
		out, said, code := thesis(t, append([]string{"weights"}, args...)...)
		for _, part := range append(slices.Clone(sums), "tf-b0", file+" is damaged") {
			if code != 1 || !strings.Contains(said, part) || strings.Contains(out, "verified") {
				t.Errorf("%q with a damaged file: exit code %d, %q, %q", args, code, out, said)
			}
		}
		if len(args) == 0 && states(t, out)["tf-b0"] != "damaged" {
			t.Errorf("the list says %q", out)
		}
	}
}

func TestWrapped(t *testing.T) {
	if got, want := wrapped([]string{"aaa", "bb", "c", "dddddddd", "e"}, 6), "aaa bb\n  c\n  dddddddd\n  e"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
