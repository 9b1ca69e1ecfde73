// Package testhome keeps tests out of the user's records and caches: they run in a home of their own,
// which ends with them.
package testhome

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// Run is what a package's TestMain exits with: m's tests in a temporary $THESIS_HOME. Weights alone are
// the project's own, since what lies there is checked against the catalogue's sums at every use.
func Run(m *testing.M) int {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "a home for the tests:", err)
		return 1
	}
	return code
}

func run(m *testing.M) (code int, err error) {
	weights, err := setup.Place("weights")
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(weights, 0o755); err != nil {
		return 0, err
	}
	home, err := os.MkdirTemp("", "thesis-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(home)
	if err := os.Symlink(weights, filepath.Join(home, "weights")); err != nil {
		return 0, err
	}
	if err := os.Setenv(setup.HomeVariable, home); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// Weights fails a test that needs pretrained weights where they neither lie in data/weights nor can be
// fetched: such a test needs the network, once.
func Weights(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		w, err := weights.Find(name)
		if err == nil {
			err = w.Fetch(t.Context())
		}
		if err != nil {
			path := w.Path()
			if dir, e := filepath.EvalSymlinks(filepath.Dir(path)); e == nil { // the project's, not the test's
				path = filepath.Join(dir, filepath.Base(path))
			}
			t.Fatalf("this test needs the weights %s, which it fetches once: connect this machine and run it again, or bring %s from another one: %v", name, path, err)
		}
	}
}
