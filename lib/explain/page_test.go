package explain

import (
	"bytes"
	"image"
	"regexp"
	"strings"
	"testing"

	"thesis.example/lib/picture"
)

// An explanation's page holds its numbers with the minus sign of print, its names as text, and fetches nothing.
func TestPage(t *testing.T) {
	e := &Explanation{
		File: "a/<i>.png", Genres: []string{"<b>"}, Logits: []float64{-.5}, Probabilities: []float64{.25}, AtMean: []float64{.125},
		Logit:    ModalityShare{Metadata: -1.25},
		Metadata: []Number{{Name: "mean_hue", Value: -12, Attribution: -.25}},
		whole:    picture.FromImage(image.NewRGBA(image.Rect(0, 0, 4, 4))),
	}
	var b bytes.Buffer
	if err := WritePage(&b, []*Explanation{e}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">−0.500<", ">25.0 %<", ">−1.250<", ">−12<", ">−0.250<", "a/&lt;i&gt;.png", "&lt;b&gt;"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s on the page", want)
		}
	}
	if wrong := regexp.MustCompile(`>-\d|<script|https?://`).FindString(b.String()); wrong != "" {
		t.Errorf("%s on the page", wrong)
	}
}
