package explain

import (
	"slices"
	"testing"
)

// Every test picture is a shape once in conflict and once in control, for both methods; no texture
// is used more often than it must be.
func TestConflictItems(t *testing.T) {
	labels := []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}
	test := []int{0, 1, 2, 4, 5, 6, 8, 9, 10}
	items := conflictItems(labels, test, 3)
	if len(items) != 2*2*len(test) {
		t.Fatalf("%d items", len(items))
	}
	shapes, textures := map[int]int{}, map[int]int{}
	for _, it := range items {
		if !slices.Contains(test, it.Shape) || !slices.Contains(test, it.Texture) || it.Shape == it.Texture {
			t.Errorf("%+v", it)
		}
		if labels[it.Shape] != labels[it.Texture] {
			shapes[it.Shape]++
			textures[it.Texture]++
		}
	}
	for _, i := range test {
		if shapes[i] != 2 || textures[i] != 2 {
			t.Errorf("picture %d: %d shapes, %d textures, want 2 and 2", i, shapes[i], textures[i])
		}
	}
	if got := conflictItems([]int{0, 0}, []int{0}, 1); len(got) != 0 {
		t.Errorf("one picture of one genre makes %v", got)
	}
}
