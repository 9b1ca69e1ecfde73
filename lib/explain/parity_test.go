//go:build parity

package explain

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// TestParity compares the maps of EfficientNet-B0 and ViT-B/16 at full size, with metadata, with
// pytorch-grad-cam and captum, which have to be in the Python that $PYTHON names, by default
// .venv/parity's.
//
//	go test -tags parity -run Parity -v ./lib/explain
func TestParity(t *testing.T) {
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	python := os.Getenv("PYTHON")
	if python == "" {
		python = filepath.Join(root, ".venv", "parity", "bin", "python")
	}
	file := filepath.Join(t.TempDir(), "maps.json")
	script := exec.Command(python, "testdata/maps.py", "full", file)
	script.Stderr = os.Stderr
	versions, err := script.Output()
	if err != nil {
		t.Fatalf("running testdata/maps.py with %s: %v", python, err)
	}
	t.Logf("%s", strings.TrimSpace(string(versions)))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden mapsGolden
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	networks := map[string]string{"full CNN": "efficientnet_b0", "full ViT": "vit_base_patch16_224"}
	if len(golden.Cases) != len(networks) {
		t.Fatalf("%d cases, want %d", len(golden.Cases), len(networks))
	}
	for _, c := range golden.Cases {
		t.Run(networks[c.Case], func(t *testing.T) {
			n, err := vision.Architecture(networks[c.Case])
			if err != nil {
				t.Fatal(err)
			}
			c.compare(t, n)
		})
	}
}
