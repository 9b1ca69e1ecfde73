package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"thesis.example/lib/chart"
	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

// ShowData says what data a chapter is computed from, which genres were recognised, how many numbers
// were corrected by hand, and whether the pictures are too few for the experiments, and how the folder was
// understood, and lists what a lenient reading of it left out.
func ShowData(set *dataset.Set) {
	count := map[string]int{}
	for _, s := range set.Samples {
		count[s.Genre]++
	}
	var genres []string
	for _, g := range set.Genres {
		genres = append(genres, fmt.Sprintf("%s %d", set.Title(g), count[g]))
	}
	what := "own pictures in %s"
	if set.StandIn {
		what = "**stand-in data** (%s): drawn pictures and made numbers, calibrated to the thesis' tables. Results say what this software does, not what the thesis' screenshots show"
	}
	ShowMarkdown("Data: "+what+". %d pictures (%s), fingerprint `%s`.", filepath.Base(filepath.Clean(set.Dir)), len(set.Samples), strings.Join(genres, ", "), set.Fingerprint()[:16])
	for _, note := range []string{set.Named(), set.Corrected()} {
		if note != "" {
			ShowMarkdown("%s", note)
		}
	}
	if _, err := set.Folds(trial.Folds, 1); err != nil {
		ShowMarkdown("**Chapters 3, 5, 6 and 7 show no experiments:** %s.", err)
	}
	for _, line := range set.Understood {
		ShowMarkdown("Understood: %s.", line)
	}
	if len(set.Dropped) == 0 {
		return
	}
	few, more := set.Dropped.Few()
	rows := [][]string{}
	for _, p := range few {
		row := ""
		if p.Row > 0 {
			row = fmt.Sprint(p.Row)
		}
		rows = append(rows, []string{dataset.Visible(p.File), row, dataset.Visible(p.Picture), p.Field, dataset.Visible(p.Found), p.Want, dataset.Visible(p.Fix)})
	}
	ShowMarkdown("**%d problem(s) in the folder; what is at fault was left out:**", len(set.Dropped))
	Table("", "").Show([]string{"file", "row", "picture", "field", "found", "expected", "what to do"}, rows)
	if more > 0 {
		ShowMarkdown("%d more of the same kinds; `"+setup.Command+" data check -lenient -all` lists them.", more)
	}
}

// thumbnailWidth is how wide pictures are shown, in pixels: of a portrait screenshot
// that is enough to recognise what it shows, and 10 kB in the page.
const thumbnailWidth = 160

// ShowPictures displays samples of the set side by side, each with its file name and,
// where notes are given, a line below it. notes is nil or one line a sample.
func ShowPictures(set *dataset.Set, samples []int, notes []string) error {
	var images []*picture.Image
	var captions []string
	for k, i := range samples {
		m, err := picture.Open(set.Path(i))
		if err != nil {
			return fmt.Errorf("showing %s: %w", set.Samples[i].File, err)
		}
		images = append(images, m.Resize(thumbnailWidth, max(1, m.H*thumbnailWidth/m.W), picture.Bicubic))
		caption := set.Samples[i].File + "\n"
		if notes != nil {
			caption += notes[k]
		}
		captions = append(captions, caption)
	}
	return ShowImages(images, captions)
}

// inRow is how many images stand beside each other: what belongs together comes in rows of at most four.
func inRow(images []*picture.Image) int {
	if images[0].W < 100 { // small ones, such as kernels, fill the row
		return min(len(images), 8)
	}
	rows := (len(images) + 3) / 4
	return (len(images) + rows - 1) / rows
}

// gridStyle is the style of n images in rows of so many, each at most widest pixels wide.
func gridStyle(n, row, widest int) string {
	return fmt.Sprintf("display:grid;grid-template-columns:repeat(%d,minmax(0,%dpx));gap:12px min(12px,2%%)", min(n, row), widest)
}

// ShowImages displays images side by side, as large as they are where the page has the room, each with its
// caption, whose lines stay lines. A row has the same images on every page, on a phone and on paper too, so
// that what is to be compared stays beside each other; there they are smaller.
func ShowImages(images []*picture.Image, captions []string) error {
	if len(images) == 0 {
		return nil
	}
	var page, plain strings.Builder
	widest := 0
	for _, m := range images {
		widest = max(widest, m.W)
	}
	fmt.Fprintf(&page, `<div style="%s">`, gridStyle(len(images), inRow(images), widest))
	for k, m := range images {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m.RGBA(), &jpeg.Options{Quality: 80}); err != nil {
			return fmt.Errorf("showing %s: %w", captions[k], err)
		}
		name, _, _ := strings.Cut(captions[k], "\n")
		fmt.Fprintf(&page, `<figure style="margin:0"><img alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto" src="data:image/jpeg;base64,%s"><figcaption style="font-size:80%%;overflow-wrap:anywhere">%s</figcaption></figure>`,
			html.EscapeString(name), m.W, m.H, base64.StdEncoding.EncodeToString(b.Bytes()), strings.ReplaceAll(html.EscapeString(isolate(captions[k])), "\n", "<br>"))
		fmt.Fprintln(&plain, strings.ReplaceAll(captions[k], "\n", " "))
	}
	page.WriteString("</div>")
	show(page.String(), protocol.MIMETextHTML, plain.String())
	return nil
}

// ShowMeasured displays samples of the set side by side, each with the boxes and readings that were
// found in it and their scores. found is what features.Measurements gives for the set.
func ShowMeasured(set *dataset.Set, samples []int, found []features.Measurement) error {
	var page, plain strings.Builder
	page.WriteString(`<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">`)
	for _, i := range samples {
		if err := features.WriteLook(&page, set, i, found[i]); err != nil {
			return fmt.Errorf("showing a picture: %w", err)
		}
		fmt.Fprint(&plain, set.Samples[i].File)
		for _, f := range found[i].Faces {
			fmt.Fprintf(&plain, ", face %.2f", f.Score)
		}
		for _, p := range found[i].Pieces {
			fmt.Fprintf(&plain, ", %q %.2f", p.Text, p.Score)
		}
		fmt.Fprintln(&plain)
	}
	page.WriteString("</div>")
	show(page.String(), protocol.MIMETextHTML, plain.String())
	return nil
}

// ShowFigure displays what a function of package chart has made, with the profile and networks of the records
// that the cell has read in its caption, as in
// ShowFigure(chart.Bars(…)); an error ends the cell (Check). A figure that has a number in the thesis
// it also saves, as figures/fig-4-2.svg in the project, or in the folder $FIGURES where that is set.
func ShowFigure(f *chart.Figure, err error) {
	Check(err)
	if made := trial.MadeWith(); made != "" && f.Number != "" {
		f.Caption = strings.TrimSpace(f.Caption + " " + made)
	}
	Check(saveAndShow(f))
}

// published is a number of the thesis; a figure of ours has a letter behind the chapter.
var published = regexp.MustCompile(`^\d+\.\d+$`)

func saveAndShow(f *chart.Figure) error {
	if !published.MatchString(f.Number) {
		return f.Show()
	}
	dir := os.Getenv("FIGURES")
	if dir == "" {
		root, err := setup.Root()
		if err != nil {
			return err
		}
		dir = filepath.Join(root, "figures")
	}
	if err := f.Save(filepath.Join(dir, "fig-"+strings.ReplaceAll(f.Number, ".", "-")+".svg")); err != nil {
		return err
	}
	return f.Show()
}
