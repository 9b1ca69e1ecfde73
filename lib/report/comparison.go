package report

import (
	"thesis.example/lib/ledger"
	"thesis.example/lib/stats"
)

// ShowComparison shows whether genres differ in a quantity: the sentences and, where there are pairs to
// compare, the table of ledger.CompareGenres.
func ShowComparison(caption Caption, quantity string, groups []stats.Column) {
	sentences, header, rows, err := ledger.CompareGenres(quantity, groups)
	Check(err)
	for _, s := range sentences {
		ShowMarkdown("%s", s)
	}
	if len(rows) > 0 {
		caption.Show(header, rows)
	}
}
