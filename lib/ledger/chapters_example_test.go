package ledger_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/ledger"
	"thesis.example/lib/standin"
	"thesis.example/lib/trial"
)

// folder has fifteen pictures of three genres, metadata are what would be measured in them.
var (
	folder   = &dataset.Set{Dir: "screenshots", Genres: []string{"dance", "gourmet", "travel"}}
	metadata = made()
)

func made() *features.Table {
	t := &features.Table{}
	for k, genre := range folder.Genres {
		for i := range 5 {
			r := features.Row{File: fmt.Sprintf("%s/%d.png", genre, i), Genre: genre, Faces: (2 - k) * (i % 2)}
			r.Likes, r.Saves, r.Comments = float64(100*(i+1)*(i+2+k)), float64(10*(i+1)*(i+1)), float64(i*(k+1))
			r.Hue, r.Sat, r.Val = 0.1*float64(i), 0.1*float64(k+i), 0.5+0.05*float64(i)
			r.Text = features.Text{Text: []string{"ダンス 練習", "東京 寿司", "旅行 京都"}[k], Len: 5 + i, Words: 2 + i%2, Has: true}
			t.Rows = append(t.Rows, r)
		}
	}
	return t
}

func entries() []ledger.Entry {
	all, err := ledger.Chapter4(metadata, "made rows")
	if err != nil {
		log.Fatal(err)
	}
	return all
}

// show prints the first n rows of a table, a line each.
func show(n int, header []string, rows [][]string) {
	fmt.Printf("%q\n", header)
	for _, row := range rows[:min(n, len(rows))] {
		fmt.Printf("%q\n", row)
	}
}

func ExampleChapter4() {
	all, err := ledger.Chapter4(metadata, "made rows")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(all), all[0].Where, all[0].Quantity, all[0].Published, all[0].Ours, all[0].Verdict)
	// Output:
	// 124 Section 4.1.1 pictures, dance 100 5 outside tolerance
}

func ExampleTable() {
	header, rows := ledger.Table(entries(), "Table 4.3")
	show(3, header, rows)
	// Output:
	// ["" "" "mean" "sd" "n"]
	// ["dance" "published" "75,598.40" "125,719" "100"]
	// ["" "ours" "1,400.00" "1,122" "5"]
	// ["" "difference" "−74,198.40 ✗" "−124,597 ✗" "−95 ✗"]
}

func ExampleWhyNot() {
	all, err := ledger.Chapter4(metadata.Of("dance"), "made rows")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ledger.WhyNot(all, "Table 4.3"))
	// Output:
	// ✗: further from the published number than 2 % of it, or another number of pictures. Not compared: no folder is the genre gourmet (a row in genres.csv can say that one is); no folder is the genre travel (a row in genres.csv can say that one is).
}

func ExampleCount() {
	within, outside, notMeasured := ledger.Count(entries())
	fmt.Println(within, outside, notMeasured)
	// Output:
	// 28 96 0
}

func ExampleDisagreeing() {
	header, rows := ledger.Disagreeing(entries())
	show(2, header, rows)
	// Output:
	// ["where" "quantity" "published" "ours" "tolerance" "verdict"]
	// ["Section 4.1.1" "pictures, dance" "100.000000" "5.000000" "0.000000" "outside tolerance"]
	// ["Section 4.1.1" "pictures, gourmet" "100.000000" "5.000000" "0.000000" "outside tolerance"]
}

func ExampleDataName() {
	fmt.Println(ledger.DataName(&dataset.Set{Dir: "/home/me/screenshots"}))
	fmt.Println(ledger.DataName(&dataset.Set{Dir: "data/standin", StandIn: true}))
	// Output:
	// screenshots
	// stand-in data
}

func ExampleVectorsTable() {
	header, rows := ledger.VectorsTable(metadata, 0)
	show(3, header, rows)
	// Output:
	// ["Experiment 1" "value" "Experiment 2" "value"]
	// ["mean_hue" "0.0000" "mean_hue" "0.0000"]
	// ["mean_saturation" "0.0000" "mean_saturation" "0.0000"]
	// ["mean_value" "0.5000" "mean_value" "0.5000"]
}

func ExampleTailTable() {
	header, rows, err := ledger.TailTable(metadata)
	if err != nil {
		log.Fatal(err)
	}
	show(3, header, rows)
	// Output:
	// ["" "sd / mean, published" "ours" "skewness" "sd / mean of log10(1+x)" "its skewness"]
	// ["likes" "5.5" "0.7" "0.5" "0.13" "-0.61"]
	// ["saves" "2.1" "0.8" "0.5" "0.27" "-0.62"]
	// ["comments" "9.8" "0.9" "0.9" "0.64" "-0.43"]
}

func ExampleCorrelationMatrix() {
	columns, r, err := ledger.CorrelationMatrix(metadata)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s and %s: %.3f\n", columns[0], columns[1], r[0][1])
	// Output:
	// likes and saves: 0.977
}

func ExampleScalesTable() {
	header, rows, err := ledger.ScalesTable(metadata)
	if err != nil {
		log.Fatal(err)
	}
	show(3, header, rows)
	// Output:
	// ["saves and likes" "n" "r" "95 % interval" "p"]
	// ["Pearson, counts" "15" "0.972" "0.916 to 0.991" "< 0.001"]
	// ["Pearson, log10" "15" "0.976" "0.928 to 0.992" "< 0.001"]
	// ["Spearman" "15" "0.982" "0.945 to 0.994" "< 0.001"]
}

func ExampleLogEngagement() {
	saves, likes, zeros := ledger.LogEngagement(&features.Table{Rows: []features.Row{{Saves: 10, Likes: 1000}, {Saves: 0, Likes: 5}}})
	fmt.Println(saves, likes, zeros)
	// Output:
	// [1] [3] 1
}

func ExampleEngagementPoints() {
	groups, err := ledger.EngagementPoints(folder, metadata)
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Group, len(g.X), g.Fit.Note)
	}
	// Output:
	// dance 5 R² 1.00
	// gourmet 5 R² 1.00
	// travel 5 R² 1.00
}

func ExampleSlopesTable() {
	header, rows, err := ledger.SlopesTable(folder, metadata)
	if err != nil {
		log.Fatal(err)
	}
	show(3, header, rows)
	// Output:
	// ["genre" "n" "left out" "slope" "95 %" "95 %, HC3" "p, HC3"]
	// ["dance" "5" "0" "0.840" "0.80 to 0.89" "0.72 to 0.97" "< 0.001"]
	// ["gourmet" "5" "0" "0.762" "0.71 to 0.81" "0.62 to 0.91" "< 0.001"]
	// ["travel" "5" "0" "0.714" "0.66 to 0.77" "0.57 to 0.85" "< 0.001"]
}

func ExampleByGenre() {
	groups, err := ledger.ByGenre(folder, metadata, "face_count")
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Name, g.X)
	}
	// Output:
	// dance [0 2 0 2 0]
	// gourmet [0 1 0 1 0]
	// travel [0 0 0 0 0]
}

func ExampleMeanBars() {
	bar, err := ledger.MeanBars(metadata, "face_count")
	if err != nil {
		log.Fatal(err)
	}
	for k, genre := range metadata.Genres() {
		fmt.Printf("%s %.2f, 95 %% from %.2f to %.2f, published %.2f\n", genre, bar.Value[k], bar.Low[k], bar.High[k], bar.Published[k])
	}
	// Output:
	// dance 0.80, 95 % from 0.00 to 1.60, published 1.18
	// gourmet 0.40, 95 % from 0.00 to 0.80, published 0.14
	// travel 0.00, 95 % from 0.00 to 0.00, published 0.25
}

func ExampleColourPanels() {
	panels, err := ledger.ColourPanels(metadata)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range panels {
		fmt.Printf("%s: dance %.1f, published mean %.2f\n", p.Name, p.Values[0], p.Published[0])
	}
	// Output:
	// hue (0 to 1): dance [0.0 0.1 0.2 0.3 0.4], published mean 0.35
	// saturation (0 to 1): dance [0.0 0.1 0.2 0.3 0.4], published mean 0.23
	// value (0 to 1): dance [0.5 0.6 0.6 0.7 0.7], published mean 0.51
}

func ExampleConsistencyTable() {
	header, rows, err := ledger.ConsistencyTable()
	if err != nil {
		log.Fatal(err)
	}
	show(2, header, rows)
	// Output:
	// ["mean of" "genres from" "rounds to the published overall mean" "implied by the genres" "verdict"]
	// ["likes" "Table 4.3" "197225.5000 to 197226.5000" "197225.9150 to 197225.9250" "agree"]
	// ["mean_hue" "Table 4.4" "0.3150 to 0.3250" "0.3083 to 0.3183" "agree"]
}

func ExampleKeywordsTable() {
	header, rows := ledger.KeywordsTable(entries())
	show(3, header, rows)
	// Output:
	// ["genre, keyword" "published" "ours" "difference" "verdict"]
	// ["dance, 関連するコンテンツを見つける" "13" "0" "-13" "outside tolerance"]
	// ["dance, dance" "5" "0" "-5" "outside tolerance"]
	// ["dance, ダンス" "4" "5" "+1" "within tolerance"]
}

func ExampleFrequentKeywords() {
	header, rows := ledger.FrequentKeywords(folder, metadata)
	show(3, header, rows)
	// Output:
	// ["genre" "first" "second" "third" "fourth" "fifth"]
	// ["dance" "ダンス (5)" "練習 (5)"]
	// ["gourmet" "寿司 (5)" "東京 (5)"]
	// ["travel" "京都 (5)" "旅行 (5)"]
}

func ExampleFrequentNouns() {
	header, rows, err := ledger.FrequentNouns(folder, metadata)
	if err != nil {
		log.Fatal(err)
	}
	show(3, header, rows)
	// Output:
	// ["genre" "most frequent nouns"]
	// ["dance" "ダンス (5), 練習 (5)"]
	// ["gourmet" "寿司 (5), 東京 (5)"]
	// ["travel" "京都 (5), 旅行 (5)"]
}

func ExampleMetadataClaims() {
	claims, err := ledger.MetadataClaims(metadata)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range claims {
		fmt.Println(c.ID, c.Ours)
	}
	// Output:
	// C1 contradicted
	// C2 cannot be told
	// 4.5-3 supported
}

func ExampleClaims() {
	claims, err := ledger.Claims(metadata, nil) // no arm is trained
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range claims[:4] {
		fmt.Printf("%s: %s, %s\n", c.ID, c.Published, c.Ours)
	}
	// Output:
	// C1: supported, contradicted
	// C2: supported, cannot be told
	// 4.5-3: supported, supported
	// C3: cannot be told, not measured
}

func ExampleFindClaim() {
	c, err := ledger.FindClaim([]ledger.Claim{{ID: "C1"}, {ID: "C2", Text: "Dance has by far the most faces"}}, "C2")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Text)
	// Output:
	// Dance has by far the most faces
}

// Of one picture a genre there are no experiments.
func ExampleGather() {
	dir, err := os.MkdirTemp("", "thesis-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := standin.Write(context.Background(), dir, standin.Options{PerGenre: 1, Seed: 1}); err != nil {
		log.Fatal(err)
	}
	set, err := dataset.Open(context.Background(), dir, false)
	if err != nil {
		log.Fatal(err)
	}
	table, summaries, err := ledger.Gather(context.Background(), set, trial.Choice{Profile: "quick", Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pictures, %d arms\n", len(table.Rows), len(summaries))
	// Output:
	// 3 pictures, 0 arms
}

func ExampleEvidenceTable() {
	claims, err := ledger.MetadataClaims(metadata)
	if err != nil {
		log.Fatal(err)
	}
	header, rows := ledger.EvidenceTable(claims)
	show(2, header, rows)
	// Output:
	// ["" "more than 0?" "difference" "95 %" "p" "verdict"]
	// ["C1" "correlation r of log saves and log likes in dance − in gourmet, in artanh r" "" "" "" ""]
	// ["" "published: r = 0.87 and 0.30" "+1.03" "+0.74 to +1.31" "< 0.001" "supported"]
}

func ExampleLiterature() {
	works, err := ledger.Literature()
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range works {
		if w.ID == "wilson1927" {
			fmt.Println(w.Label(), w.Identifier)
		}
	}
	// Output:
	// Wilson 1927 doi:10.1080/01621459.1927.10502953
}

// One work that the thesis lists, with a mistake, and one that it does not.
var works = []ledger.Work{
	{ID: "lecun1998", Authors: []string{"LeCun, Yann", "Bottou, Léon", "Bengio, Yoshua", "Haffner, Patrick"}, Year: 1998, Title: "Gradient-based learning", Checked: ledger.StoredPage,
		Thesis: &ledger.Cited{Number: 6, Where: []string{"2.1"}, Says: "in part", Errors: []string{"gives another year"}}},
	{ID: "wilson1927", Authors: []string{"Wilson, Edwin B."}, Year: 1927, Title: "Probable inference", Checked: ledger.FromKnowledge},
}

func ExampleReferencesTable() {
	header, rows := ledger.ReferencesTable(works)
	show(2, header, rows)
	// Output:
	// ["no." "work" "cited in" "does it say so?" "the entry"]
	// ["6" "LeCun et al. 1998" "2.1" "in part" "gives another year"]
}

func ExampleCountReferences() {
	listed, cited, wrong, missing, unconfirmed := ledger.CountReferences(works)
	fmt.Println(listed, cited, wrong, missing, unconfirmed)
	// Output:
	// 1 1 1 0 0
}
