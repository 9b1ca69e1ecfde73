package vision

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

func architecture(t *testing.T, name string) Network {
	t.Helper()
	n, err := Architecture(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMultiplyAdds(t *testing.T) {
	raw, err := os.ReadFile("testdata/counting.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Counts []struct {
			Network string
			Size    int
			Adds    int64 `json:"multiply_adds"`
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil || len(golden.Counts) == 0 {
		t.Fatal(err, len(golden.Counts))
	}
	for _, c := range golden.Counts {
		if got, err := MultiplyAdds(architecture(t, c.Network), c.Size); err != nil || got != c.Adds {
			t.Errorf("%s at %d: %d, %v, want %d", c.Network, c.Size, got, err, c.Adds)
		}
	}
	// The published figures: Tan & Le 2019, Table 2; torchvision's documentation of vit_b_16.
	for name, published := range map[string]float64{"efficientnet_b0": 0.39e9, "vit_b_16": 17.56e9} {
		if got, _ := MultiplyAdds(architecture(t, name), 224); math.Abs(float64(got)/published-1) > 0.02 {
			t.Errorf("%s: %d, published %g", name, got, published)
		}
	}
}

// The fields of B0 by hand: r + (k−1)·j for the kernels 3 | 3 | 3 3 | 5 5 | 3 3 3 | 5 5 5 | 5 5 5 5 | 3.
func TestFields(t *testing.T) {
	want := []int{3, 7, 11, 19, 35, 67, 83, 115, 147, 211, 275, 339, 403, 531, 659, 787, 851, 851}
	for _, name := range []string{"efficientnet_b0", "tf_efficientnet_b0", "efficientnet_lite0"} {
		n := architecture(t, name)
		fields, err := Fields(n, 224)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int
		var blocks []string
		for i, f := range fields {
			sizes, blocks = append(sizes, f.Size), append(blocks, f.Block)
			if global := name != "efficientnet_lite0" && i > 0; f.Global != global {
				t.Errorf("%s, %s: global %v", name, f.Block, f.Global)
			}
		}
		if !slices.Equal(sizes, want) || !slices.Equal(blocks, n.Blocks()) {
			t.Errorf("%s: %v in %v", name, sizes, blocks)
		}
		if last := fields[len(fields)-1]; last.Stride != 32 {
			t.Errorf("%s: stride %d, want 32", name, last.Stride)
		}
	}
	fields, err := Fields(architecture(t, "vit_b_16"), 224)
	if err != nil || fields[0] != (Field{"embed", 16, 16, 7.5, false}) || len(fields) != 14 || !fields[13].Global {
		t.Errorf("ViT-B/16: %v, %v", fields, err)
	}
}
