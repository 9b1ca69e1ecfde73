package features

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
)

// LeastCertain gives the samples of the set in the order in which they are worth a look:
// the least certain first, equal ones in the set's order. found is what Measurements
// gives.
//
// A picture is as certain as the least certain thing that counts in it, and that is as
// certain as its score is above the limit from which on it counts: 0 at the limit, 1 at
// the highest score. Limits differ, so scores of faces and of text cannot be compared as
// they are. What was corrected by hand is certain. So is a picture in which nothing was
// found, as far as scores can say: what was missed has none.
func LeastCertain(set *dataset.Set, found []Measurement) []int {
	samples := make([]int, len(found))
	certain := make([]float64, len(found))
	for i, m := range found {
		samples[i], certain[i] = i, m.certainty(set.Corrections[set.Samples[i].File])
	}
	slices.SortStableFunc(samples, func(a, b int) int { return cmp.Compare(certain[a], certain[b]) })
	return samples
}

func (m Measurement) certainty(c dataset.Correction) float64 {
	least := 1.0
	if c.Faces == nil {
		for _, f := range m.Faces {
			least = min(least, (f.Score-faceScore)/(1-faceScore))
		}
	}
	if c.Text == nil {
		for _, p := range m.Pieces {
			limit := lineScore
			if utf8.RuneCountInString(p.Text) == 1 {
				limit = letterScore
			}
			least = min(least, (p.Score-limit)/(1-limit))
		}
	}
	return least
}

// SaveReview writes a page on which a person sees what was measured: every picture of
// the set with its boxes and readings, the least certain first. The page needs no other
// file and no network. It grows by some 50 kB a picture, and is written as it grows: all
// of it or, on an error, nothing.
func SaveReview(ctx context.Context, file string, set *dataset.Set, opts Options) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write the review page: %s is a folder or device; expected the name of a file", file)
	}
	table, err := Measure(ctx, set, opts)
	if err != nil {
		return err
	}
	found, err := Measurements(ctx, set, opts)
	if err != nil {
		return err
	}
	f, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("write the review page: %w", err)
	}
	err = writeReview(ctx, f, set, table, found)
	if err == nil {
		err = f.CloseAtomicallyReplace()
	}
	if err != nil {
		return fmt.Errorf("write the review page: %w", errors.Join(err, f.Cleanup()))
	}
	return nil
}

// WriteLook writes sample i of the set with what was measured in it as an HTML fragment
// that needs no style sheet, as large as a notebook shows several side by side.
func WriteLook(w io.Writer, set *dataset.Set, i int, m Measurement) error {
	l, err := newLook(set, i, m, lookPixels, lookQuality)
	if err != nil {
		return err
	}
	return reviewPage.ExecuteTemplate(w, "look", l)
}

// How many pixels a picture has on the review page, and in a notebook: those of a
// screenshot of 450×800, and of 240×427. Small hashtags are read better in more pixels of
// less quality.
const (
	reviewPixels, reviewQuality = 450 * 800, 60
	lookPixels, lookQuality     = 240 * 427, 80
)

//go:embed review.html.tmpl
var reviewHTML string

//go:embed review.js
var reviewJS string

var reviewPage = template.Must(template.New("review").Funcs(template.FuncMap{
	"score": func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
}).Parse(reviewHTML))

// look is one picture with its boxes.
type look struct {
	File          string
	Picture       template.URL // JPEG
	W, H          int          // of the picture that was measured: the boxes' unit
	Shown         int          // how many pixels wide the page shows it, at most
	ShownH        int
	Faces, Pieces []box
}

// Pixels gives the length of a number of the page's pixels in those of the picture.
func (l look) Pixels(n float64) float64 { return n * float64(l.W) / float64(l.Shown) }

// Boxes are all boxes, text over faces, with the places of their labels: above, but in the
// picture.
func (l look) Boxes() []box {
	all := slices.Concat(l.Faces, l.Pieces)
	for i := range all {
		all[i].Y = max(all[i].Y, l.Pixels(15))
	}
	return all
}

// box is something that was found in a picture.
type box struct {
	Label  string // F1, F2, … for faces, 1, 2, … for text
	Text   string // what it says; "" for a face
	Score  float64
	Points string  // the corners, as SVG has them
	X, Y   float64 // of the label
	Colour string
}

// The colours of boxes, on pictures of any colour: each has a dark edge.
const faceColour, textColour = "#ffb03a", "#4fd0ff"

func newBox(label, text string, score float64, corners quad, colour string) box {
	x, y, _, _ := corners.bounds()
	points := make([]string, len(corners))
	for i, p := range corners {
		points[i] = fmt.Sprintf("%.1f,%.1f", p.X, p.Y)
	}
	return box{label, text, score, strings.Join(points, " "), x, y, colour}
}

// newLook reads the picture of a sample and makes it smaller, to a number of pixels, as a
// JPEG of a quality.
func newLook(set *dataset.Set, i int, found Measurement, pixels float64, quality int) (look, error) {
	file := set.Samples[i].File
	m, err := picture.Open(set.Path(i))
	if err != nil {
		return look{}, fmt.Errorf("%s: %w", file, err)
	}
	l := look{File: file, W: m.W, H: m.H}
	// A strip of any length must not make a page of any width or length.
	scale := min(1, math.Sqrt(pixels/float64(m.W)/float64(m.H)), math.Sqrt(4*pixels)/float64(max(m.W, m.H)))
	side := func(n int) int { return max(int(math.Round(scale*float64(n))), 1) }
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m.Resize(side(m.W), side(m.H), picture.Bicubic).RGBA(), &jpeg.Options{Quality: quality}); err != nil {
		return look{}, fmt.Errorf("%s: %w", file, err)
	}
	l.Picture = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	l.Shown, l.ShownH = side(m.W), side(m.H)
	if most := max(l.Shown, l.ShownH); most < 160 { // small ones as large as can be seen
		l.Shown, l.ShownH = max(l.Shown*160/most, 1), max(l.ShownH*160/most, 1)
	}
	for k, f := range found.Faces {
		x0, y0, x1, y1 := float64(f.X), float64(f.Y), float64(f.X+f.W), float64(f.Y+f.H)
		l.Faces = append(l.Faces, newBox(fmt.Sprintf("F%d", k+1), "", f.Score, quad{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, faceColour))
	}
	for k, p := range found.Pieces {
		l.Pieces = append(l.Pieces, newBox(strconv.Itoa(k+1), p.Text, p.Score, p.Corners, textColour))
	}
	return l, nil
}

// card is a picture on the review page.
type card struct {
	look
	Row       *Row   // what the table holds
	Genre     string // its title
	Measured  Row    // what it would hold without corrections
	Corrected string // the columns that were corrected
	Certainty float64
	Search    string // what the search looks into
	CSV       string // its row of corrections.csv
}

func newCard(set *dataset.Set, i int, row *Row, found Measurement) (*card, error) {
	l, err := newLook(set, i, found, reviewPixels, reviewQuality)
	if err != nil {
		return nil, err
	}
	c := &card{look: l, Row: row, Genre: set.Title(row.Genre), Measured: found.row(), Corrected: row.corrected(), Certainty: found.certainty(set.Corrections[row.File])}
	c.Search = strings.ToLower(norm.NFKC.String(row.File + " " + row.Text.Text))
	c.CSV = csvLine(row.File, strconv.Itoa(row.Faces), cmp.Or(row.Text.Text, dataset.NoText))
	return c, nil
}

// csvLine is a row of a CSV file, without the line's end.
func csvLine(cells ...string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(cells) // into memory: it does not fail
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func writeReview(ctx context.Context, w io.Writer, set *dataset.Set, table *Table, found []Measurement) error {
	hash := sha256.Sum256([]byte(reviewJS))
	head := struct {
		Set          *dataset.Set
		Name, Policy string
		Genres       []string
		File, First  string
	}{
		Set: set, Name: filepath.Base(filepath.Clean(set.Dir)), Genres: set.Titles(set.Genres),
		// Whatever a picture says, nothing but the page's own script runs and nothing is fetched.
		Policy: fmt.Sprintf("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(hash[:])),
		File:   dataset.CorrectionsFile, First: csvLine("file", facesCorrected, textCorrected),
	}
	if err := reviewPage.ExecuteTemplate(w, "head", head); err != nil {
		return err
	}
	bar := progress.New("writing the review page", "pictures", len(found))
	defer bar.Done()
	// As many pictures at a time as there are cores: memory does not grow with their number.
	for part := range slices.Chunk(LeastCertain(set, found), runtime.GOMAXPROCS(0)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		cards := make([]*card, len(part))
		var g errgroup.Group
		for k, i := range part {
			g.Go(func() (err error) {
				cards[k], err = newCard(set, i, &table.Rows[i], found[i])
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, c := range cards {
			if err := reviewPage.ExecuteTemplate(w, "card", c); err != nil {
				return err
			}
		}
		bar.Add(len(part))
	}
	return reviewPage.ExecuteTemplate(w, "foot", template.JS(reviewJS))
}
