package standin

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"thesis.example/lib/features"
	"thesis.example/lib/picture"
)

// Score is how well detector and OCR recover what was drawn.
type Score struct {
	Faces, Detected, Matched int // drawn, reported by the detector, in both
	Keywords, KeywordsFound  int // planted words of Table 4.7
	Pieces, PiecesFound      int // planted pieces of text, keywords included
	Words                    int // read, right or wrong
	Styles                   map[string]Tally
}

// Tally is how many pieces of text in captions of one style there are, and how many of
// them were read letter by letter.
type Tally struct{ Pieces, Found int }

// Recall is the share of the drawn faces that the detector found.
func (s Score) Recall() float64 { return float64(s.Matched) / float64(s.Faces) }

// Precision is the share of the detected faces that were drawn.
func (s Score) Precision() float64 { return float64(s.Matched) / float64(s.Detected) }

// Score holds the measurements of the set in dir against the truth. The detector
// runs again, since the table has counts only, no places; the texts are the table's.
func (t *Truth) Score(ctx context.Context, dir string, table *features.Table) (Score, error) {
	read := map[string]string{}
	for _, r := range table.Rows {
		read[r.File] = r.Text.Text
	}
	s := Score{Styles: map[string]Tally{}}
	for _, p := range t.Pictures {
		text, ok := read[p.File]
		if !ok {
			return s, fmt.Errorf("score of the stand-in set: no measurement of %s; measure the whole set", p.File)
		}
		m, err := picture.Open(filepath.Join(dir, filepath.FromSlash(p.File)))
		if err != nil {
			return s, fmt.Errorf("score of the stand-in set: %w", err)
		}
		found, err := features.DetectFaces(ctx, m)
		if err != nil {
			return s, fmt.Errorf("score of the stand-in set: %s: %w", p.File, err)
		}
		s.Faces, s.Detected, s.Matched = s.Faces+len(p.Faces), s.Detected+len(found), s.Matched+matches(p.Faces, found)

		words := map[string]int{}
		for w := range strings.FieldsSeq(text) {
			words[w]++
			s.Words++
		}
		planted := map[string]bool{}
		for _, k := range p.Keywords {
			planted[k] = true
		}
		for _, k := range p.Captions {
			for _, l := range k.Lines {
				w, style := strings.ToLower(l.Text), s.Styles[k.Style]
				style.Pieces++
				s.Pieces++
				if planted[w] {
					s.Keywords++
				}
				if words[w] > 0 {
					words[w]--
					style.Found++
					s.PiecesFound++
					if planted[w] {
						s.KeywordsFound++
					}
				}
				s.Styles[k.Style] = style
			}
		}
	}
	return s, nil
}

// matches pairs drawn and found faces: boxes whose intersection is half of their union
// or more are the same face, each in one pair at most.
func matches(drawn []Face, found []features.FaceBox) int {
	taken := make([]bool, len(found))
	n := 0
	for _, d := range drawn {
		for i, f := range found {
			w := min(d.X+d.W, f.X+f.W) - max(d.X, f.X)
			h := min(d.Y+d.H, f.Y+f.H) - max(d.Y, f.Y)
			if !taken[i] && w > 0 && h > 0 && 2*w*h >= d.W*d.H+f.W*f.H-w*h {
				taken[i] = true
				n++
				break
			}
		}
	}
	return n
}
