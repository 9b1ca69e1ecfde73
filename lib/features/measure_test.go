package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// folder makes a data folder of two genres from files of testdata, in turns, and
// opens it.
func folder(t *testing.T, pictures ...string) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	rows := "file,likes,saves,comments\n"
	for i, name := range pictures {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		file := fmt.Sprintf("%s/%02d%s", []string{"dance", "travel"}[i%2], i, filepath.Ext(name))
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o666); err != nil {
			t.Fatal(err)
		}
		rows += fmt.Sprintf("%s,%d,%d,%d\n", file, 100*i, 10*i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func open(t *testing.T, dir string) *dataset.Set {
	t.Helper()
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func measure(t *testing.T, set *dataset.Set, cache string) *Table {
	t.Helper()
	table, err := Measure(t.Context(), set, Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// entries are the files of the cache with the times they were written.
func entries(t *testing.T, cache string) map[string]time.Time {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]time.Time{}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		written[f] = info.ModTime()
	}
	return written
}

func TestMeasure(t *testing.T) {
	set := folder(t, "captions.png", "photo-astronaut.png", "photo-coffee.png", "grey.png")
	cache := t.TempDir()
	table := measure(t, set, cache)
	for i, r := range table.Rows {
		s := set.Samples[i]
		m, err := picture.Open(set.Path(i))
		if err != nil {
			t.Fatal(err)
		}
		if r.File != s.File || r.Genre != s.Genre || r.Likes != float64(s.Likes) || r.Saves != float64(s.Saves) || r.Comments != float64(s.Comments) || r.Colour != MeasureColour(m) {
			t.Errorf("row %d: %+v of %+v", i, r, s)
		}
	}
	if r := table.Rows[0]; r.Faces != 0 || r.Text.Words != 6 || !strings.Contains(r.Text.Text, "ダンス女子") {
		t.Errorf("the captions' row: %+v", r)
	}
	if r := table.Rows[2]; r.Faces != 1 {
		t.Errorf("the astronaut's row: %+v", r)
	}

	// Again: the same, and nothing measured.
	before := entries(t, cache)
	if len(before) != 4 {
		t.Errorf("%d files in the cache, expected 4: %v", len(before), before)
	}
	if again := measure(t, set, cache); !reflect.DeepEqual(again, table) {
		t.Errorf("the second run gives\n%+v\nthe first\n%+v", again, table)
	}
	if after := entries(t, cache); !reflect.DeepEqual(after, before) {
		t.Errorf("the second run wrote into the cache: %v, before %v", after, before)
	}

	// A picture edited and a number changed: one measurement more.
	b, err := os.ReadFile("testdata/photo-flower.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(set.Path(1), b, 0o666); err != nil {
		t.Fatal(err)
	}
	table2 := measure(t, open(t, set.Dir), cache)
	added := 0
	for f, written := range entries(t, cache) {
		if was, ok := before[f]; !ok {
			added++
		} else if was != written {
			t.Errorf("%s was measured again", f)
		}
	}
	if added != 1 || table2.Rows[1].Colour == table.Rows[1].Colour || table2.Rows[0] != table.Rows[0] {
		t.Errorf("after an edit: %d measurements more, rows %+v", added, table2.Rows)
	}

	// A damaged entry is made again.
	for f := range before {
		if err := os.Truncate(f, 20); err != nil {
			t.Fatal(err)
		}
	}
	if again := measure(t, open(t, set.Dir), cache); !reflect.DeepEqual(again, table2) {
		t.Errorf("from a damaged cache:\n%+v\nexpected\n%+v", again, table2)
	}
}

// An interrupt keeps what is finished; the next run measures the rest only.
func TestMeasureInterrupted(t *testing.T) {
	var names []string
	for _, pattern := range []string{"photo-*", "*.png"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if n := filepath.Base(f); n != "grey-alpha.png" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	set := folder(t, names...)
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := Measure(ctx, set, Options{Cache: cache})
		done <- err
	}()
	for len(entries(t, cache)) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "goes on from there") {
		t.Fatalf("interrupted: %v", err)
	}
	before := entries(t, cache)
	if len(before) == len(set.Samples) {
		t.Fatalf("all %d pictures were measured before the interrupt came", len(before))
	}
	table := measure(t, set, cache)
	after := entries(t, cache)
	if len(after) != len(set.Samples) {
		t.Errorf("%d measurements of %d pictures: %v", len(after), len(set.Samples), after)
	}
	for f, written := range before {
		if after[f] != written {
			t.Errorf("%s was measured again", f)
		}
	}
	if whole := measure(t, set, t.TempDir()); !reflect.DeepEqual(table, whole) {
		t.Errorf("measured in two goes\n%+v\nin one\n%+v", table, whole)
	}
}

// A model file that is not the one of the catalogue is refused before it is parsed, and
// nothing is measured without.
func TestDamagedModel(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	entry, err := weights.Find(faceDetector.entry)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(entry.Path()), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entry.Path(), []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	fresh := &network{entry: faceDetector.entry, variable: faceDetector.variable}
	if _, _, err := fresh.load(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged model: %v", err)
	}
}

// The colours of hsvdata.csv take the place of the measured ones, found by whole
// or by short name, whatever the order of the columns.
func TestHSVData(t *testing.T) {
	set := folder(t, "grey.png", "photo-coffee.png")
	cache := t.TempDir()
	measured := measure(t, set, cache)
	write := func(csv string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(set.Dir, HSVFile), []byte(csv), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const first = "label,File,r_mean,r_std,r_skew,r_kurtosis,g_mean,g_std,g_skew,g_kurtosis,b_mean,b_std,b_skew,b_kurtosis,mean_hue,mean_saturation,mean_value\n"
	const dance = "d,dance/00.png,101,11,-1,2,102,12,-2,3,103,13,-3,4,.25,.5,.75\n"
	const travel = "t,01.png,1,2,3,4,5,6,7,8,9,10,11,12,.1,.2,.3\n"
	write("\ufeff" + strings.ReplaceAll(first+travel+dance, "\n", "\r\n"))
	want := []Colour{
		{.25, .5, .75, Moments{101, 11, -1, 2}, Moments{102, 12, -2, 3}, Moments{103, 13, -3, 4}},
		{.1, .2, .3, Moments{1, 2, 3, 4}, Moments{5, 6, 7, 8}, Moments{9, 10, 11, 12}},
	}
	table := measure(t, set, cache)
	for i, r := range table.Rows {
		if r.Colour != want[i] || r.Text != measured.Rows[i].Text {
			t.Errorf("row %d: %+v, expected %+v", i, r, want[i])
		}
	}

	// A file of nearly the name is meant for it.
	if err := os.Rename(filepath.Join(set.Dir, HSVFile), filepath.Join(set.Dir, "HSVdata.csv.txt")); err != nil {
		t.Fatal(err)
	}
	if r := measure(t, set, cache).Rows[0]; r.Colour != want[0] {
		t.Errorf("from HSVdata.csv.txt: %+v, expected %+v", r.Colour, want[0])
	}
	if err := os.Remove(filepath.Join(set.Dir, "HSVdata.csv.txt")); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct{ csv, want string }{
		{"", "no first line"},
		{strings.Replace(first, "mean_hue", "hue", 1) + dance, "no column mean_hue"},
		{first + dance, "travel/01.png: no row in hsvdata.csv"},
		{first + dance + travel + travel, `row 4, field file: "01.png", which row 3 has already`},
		{first + dance + travel + strings.Replace(dance, "00", "99", 1), `row 4, field file: "dance/99.png", a row without picture`},
		{first + dance + strings.Replace(travel, ".1", "18", 1), `row 3, field mean_hue: "18" for 01.png; expected a number from 0 to 1`},
		{first + dance + strings.Replace(travel, ",1,", ",,", 1), `row 3, field r_mean: ""`},
		{first + dance + strings.Replace(travel, ",2,", ",nan,", 1), `row 3, field r_std: "nan"`},
		{first + dance + "t,01.png,1\n", "row 3: wrong number of fields"},
		{first + dance + travel + "\x81\xff", "neither UTF-8 nor Shift_JIS"},
	} {
		write(c.csv)
		_, err := Measure(t.Context(), set, Options{Cache: cache})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, expected %q", c.csv, err, c.want)
		}
	}
	// All at once.
	write(first + strings.Replace(strings.Replace(dance, "101", "-1", 1), "103", "x", 1))
	_, err := Measure(t.Context(), set, Options{Cache: cache})
	var problems dataset.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Errorf("three faults gave %v", err)
	}
}

// Parts measured at once in one folder fill the cache that the whole is read from, and each says what the
// others lack.
func TestMeasurePart(t *testing.T) {
	set := folder(t, "captions.png", "photo-astronaut.png", "photo-coffee.png", "grey.png")
	alone, shared := t.TempDir(), t.TempDir()
	want := measure(t, set, alone)
	missing, dir, err := MeasurePart(t.Context(), set, Options{Cache: shared}, 0, 3)
	if err != nil || !slices.Equal(missing, []int{0, 1, 1}) || filepath.Dir(dir) != shared {
		t.Fatal(missing, dir, err)
	}
	var g errgroup.Group
	for _, part := range []int{1, 2, 2, 1} { // and one part twice
		g.Go(func() error {
			_, _, err := MeasurePart(t.Context(), set, Options{Cache: shared}, part, 3)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	full := entries(t, shared)
	if len(full) != 4 {
		t.Errorf("%d files in the cache, expected 4: %v", len(full), full)
	}
	for file := range full {
		a, err1 := os.ReadFile(file)
		b, err2 := os.ReadFile(filepath.Join(alone, filepath.Base(dir), filepath.Base(file)))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs from one process': %v, %v", file, err1, err2)
		}
	}
	if missing, _, err = MeasurePart(t.Context(), set, Options{Cache: shared}, 0, 3); err != nil || !slices.Equal(missing, []int{0, 0, 0}) {
		t.Error(missing, err)
	}
	if got := measure(t, set, shared); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(entries(t, shared), full) {
		t.Errorf("of the parts come\n%+v\nof the whole\n%+v", got, want)
	}
	if _, _, err := MeasurePart(t.Context(), set, Options{Cache: shared}, 3, 3); err == nil || !strings.Contains(err.Error(), "part 3 of 3") {
		t.Errorf("a part that is none: %v", err)
	}
}
