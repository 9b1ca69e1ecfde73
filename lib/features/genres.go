package features

import "slices"

// Genres are the genres of the rows, sorted.
func (t *Table) Genres() []string {
	var genres []string
	for _, r := range t.Rows {
		if !slices.Contains(genres, r.Genre) {
			genres = append(genres, r.Genre)
		}
	}
	slices.Sort(genres)
	return genres
}

// Of is the part of the table that belongs to one genre: without rows where there is none.
func (t *Table) Of(genre string) *Table {
	part := &Table{}
	for _, r := range t.Rows {
		if r.Genre == genre {
			part.Rows = append(part.Rows, r)
		}
	}
	return part
}

// Files are the rows' pictures.
func (t *Table) Files() []string {
	files := make([]string, len(t.Rows))
	for i, r := range t.Rows {
		files[i] = r.File
	}
	return files
}
