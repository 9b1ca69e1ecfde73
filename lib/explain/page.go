package explain

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/jpeg"
	"io"
	"math"
	"strings"

	"thesis.example/lib/picture"
)

//go:embed page.html.tmpl
var pageHTML string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	"signed":  func(v float64) string { return minus(fmt.Sprintf("%+.3f", v)) },
	"plain":   func(v float64) string { return minus(fmt.Sprintf("%.4g", v)) },
	"picture": func(e *Explanation) (template.URL, error) { return dataURL(thumbnail(e.whole)) },
	"over":    func(e *Explanation, m ShownMap) (template.URL, error) { return dataURL(m.m.Over(e.whole)) },
	"arr":     func(v ...any) []any { return v },
	// bar is the length of a bar for v among values whose largest magnitude is shown full, in percent.
	"bar": func(v float64, among []Number) float64 {
		largest := 1e-30
		for _, n := range among {
			largest = max(largest, math.Abs(n.Attribution))
		}
		return math.Round(1000*math.Abs(v)/largest) / 10
	},
}).Parse(pageHTML))

// WritePage writes explanations as one HTML page that holds everything it shows and fetches nothing. Whatever
// names and pictures say is text on it.
func WritePage(w io.Writer, explanations []*Explanation) error {
	var b bytes.Buffer
	if err := page.Execute(&b, explanations); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func dataURL(m *picture.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m.RGBA(), &jpeg.Options{Quality: 85}); err != nil {
		return "", err
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// minus gives a number the minus sign of print.
func minus(number string) string { return strings.ReplaceAll(number, "-", "−") }
