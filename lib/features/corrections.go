package features

import (
	"fmt"
	"strings"

	"thesis.example/lib/dataset"
)

// correct puts what somebody says who looked in place of what was measured. Everything
// that is counted in a text is counted anew.
func (r *Row) correct(c dataset.Correction) {
	if c.Faces != nil {
		r.Faces, r.FacesCorrected = *c.Faces, true
	}
	if c.Text != nil {
		r.Text, r.TextCorrected = newText([]string{*c.Text}), true
	}
}

// The names that the column corrected holds: those of the columns of corrections.csv.
const (
	facesCorrected = "face_count"
	textCorrected  = "text"
)

// corrected is the row's cell of that column.
func (r *Row) corrected() string {
	var names []string
	if r.FacesCorrected {
		names = append(names, facesCorrected)
	}
	if r.TextCorrected {
		names = append(names, textCorrected)
	}
	return strings.Join(names, " ")
}

func (r *Row) setCorrected(cell string) error {
	for _, name := range strings.Fields(cell) {
		switch name {
		case facesCorrected:
			r.FacesCorrected = true
		case textCorrected:
			r.TextCorrected = true
		default:
			return fmt.Errorf("%q is none of %s and %s", name, facesCorrected, textCorrected)
		}
	}
	return nil
}
