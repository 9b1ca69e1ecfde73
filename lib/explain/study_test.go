package explain

import (
	"strings"
	"testing"
)

// Maps that beat random ones on every picture are believed, those that a coin could beat are not.
func TestBelieve(t *testing.T) {
	for _, tt := range []struct {
		lower, higher, n int
		want             string
	}{
		{6, 6, 6, "the answers hang on what they mark."},
		{6, 4, 6, "one of the two checks"},
		{5, 3, 6, "cannot be told from 6 pictures"},
		{0, 0, 6, "cannot be told from 6 pictures"}, // worse than random on all of them
		{3, 3, 3, "cannot be told from 3 pictures"},
	} {
		if says := believe(GradCAM, tt.lower, tt.higher, tt.n); !strings.Contains(says, tt.want) {
			t.Errorf("%d and %d of %d: %s, want %s", tt.lower, tt.higher, tt.n, says, tt.want)
		}
	}
}
