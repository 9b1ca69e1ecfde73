package dataset

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"thesis.example/lib/setup"
)

// What systems leave behind is left alone, and listed.
func TestDebris(t *testing.T) {
	apple := "\x00\x05\x16\x07 resource fork"
	set, err := Open(t.Context(), folder(t, map[string]string{
		"__MACOSX/dance/._a.png": apple, "@eaDir/dance/a.png": "thumbnail", "$RECYCLE.BIN/x.png": "x", "lost+found/x": "x", ".ipynb_checkpoints/engagement-checkpoint.csv": table,
		"Icon\r": "x", "desktop.ini": "x", "Thumbs.db": "x", ".DS_Store": "x", "~$engagement.xlsx": "x", "System Volume Information/x": "x", "#recycle/x.png": "x",
		"dance/._a.png": apple, "dance/.DS_Store": "x", "dance/Thumbs.db": "x", "dance/Icon\r": "x", "dance/@eaDir/a.png/x.jpg": "x", "dance/.ipynb_checkpoints/a.png": "x", "dance/desktop.ini": "x", "dance/__MACOSX/a.png": "x",
	}), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Samples) != 6 || len(set.Genres) != 2 {
		t.Errorf("read %+v", set.Samples)
	}
	want := []string{
		"#recycle/", "$RECYCLE.BIN/", ".DS_Store", ".ipynb_checkpoints/", "@eaDir/", "Icon\r", "System Volume Information/", "Thumbs.db", "__MACOSX/",
		"dance/.DS_Store", "dance/._a.png", "dance/.ipynb_checkpoints/", "dance/@eaDir/", "dance/Icon\r", "dance/Thumbs.db", "dance/__MACOSX/", "dance/desktop.ini",
		"desktop.ini", "lost+found/", "~$engagement.xlsx",
	}
	slices.Sort(set.Debris)
	if !slices.Equal(set.Debris, want) {
		t.Errorf("left alone %q\nwant %q", set.Debris, want)
	}
}

// Pictures that are named here and lie elsewhere, each said; the rest is checked.
func TestPicturesElsewhere(t *testing.T) {
	dir := folder(t, map[string]string{
		"dance/.z.png.icloud": "bplist00",
		"dance/b.png":         strings.Repeat("\x00", 5000),
		"travel/e.png":        "",
		EngagementFile:        table + "dance/g.png,1,1,1\n",
	})
	for link, to := range map[string]string{"dance/g.png": "/nowhere/g.png", "food": "/nowhere/food", "travel/loop.png": "loop.png"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	// A size, and nothing on the disk.
	f, err := os.Create(filepath.Join(dir, "travel", "e.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dir, false)
	for _, want := range []string{
		"4 of 6 pictures are fine; 7 problem(s)",
		"dance/z.png: a picture in the cloud that is not on this machine; expected pictures that are here; make it available offline",
		`dance/g.png: a link to "/nowhere/g.png", where nothing is; expected pictures that are here; make it available offline`,
		`food: a link to "/nowhere/food", where nothing is; expected links that lead to something; plug in or make available what it points to`,
		`travel/loop.png: a link to "loop.png": too many levels of symbolic links`,
		"expected pictures that are here; make it available offline in the program that keeps it in the cloud",
		"dance/b.png: read picture", "travel/e.png: read picture", `row 8, field file: "dance/g.png", a row without picture`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	// An empty file may stand for a picture in the cloud, too.
	dir = folder(t, nil)
	if err := os.WriteFile(filepath.Join(dir, "dance", "a.png"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), "dance/a.png: the file is empty; expected pictures that are here; make it available offline") {
		t.Errorf("an empty file: %v", err)
	}
}

// openAsNobody opens a folder as a user without rights to what is root's: this test binary again, see
// TestMain, as another user where this one is root, who may read everything. home is the mode of $THESIS_HOME.
func openAsNobody(t *testing.T, dir string, home os.FileMode) string {
	t.Helper()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// go test builds below a folder that others cannot enter.
	place, err := os.MkdirTemp("", "nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(place) })
	binary := filepath.Join(place, "test")
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(place, home); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Dir = place
	cmd.Env = append(os.Environ(), openVariable+"="+dir, setup.HomeVariable+"="+place)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// What may not be read is a fault each, and the rest is checked.
func TestUnreadable(t *testing.T) {
	dir := folder(t, map[string]string{"food/x.png": string(paint(t, 90, png.BestSpeed)), "travel/e.png": "no", CorrectionsFile: "file,face_count,text\na.png,1,\n"})
	for file, mode := range map[string]os.FileMode{"food": 0o000, "dance/b.png": 0o000, CorrectionsFile: 0o000} {
		path := filepath.Join(dir, file)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
	said := openAsNobody(t, dir, 0o777)
	for _, want := range []string{
		"4 of 6 pictures are fine; 4 problem(s)",
		"food/: the folder cannot be read: permission denied; expected what can be read; allow reading it: chmod -R u+rX",
		"dance/b.png: the file cannot be read: permission denied; expected what can be read; allow reading it",
		"corrections.csv: permission denied; expected a CSV file with the columns file,face_count,text; make the file readable",
		"travel/e.png: read picture: ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%s\nlacks %s", said, want)
		}
	}
}

// A read-only data folder is read like any other, and a cache that cannot be written costs nothing but time.
func TestReadOnly(t *testing.T) {
	dir := folder(t, nil)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	if said := openAsNobody(t, dir, 0o777); said != "6 pictures\n" {
		t.Errorf("a read-only folder: %s", said)
	}
	if said := openAsNobody(t, dir, 0o555); !strings.Contains(said, "the pictures will be decoded again next time: the cache: mkdir ") || !strings.HasSuffix(said, "\n6 pictures\n") {
		t.Errorf("a read-only home: %s", said)
	}
}

// Many faults of one kind are one line, which says how many, where five of them are, and how to have all.
func TestManyFaults(t *testing.T) {
	rows := table
	for i := range 100 {
		rows += fmt.Sprintf("dance/gone %d.png,1,1,1\n", i)
	}
	rows = strings.Replace(rows, "dance/a.png,0", "dance/a.png,x", 1)
	dir := folder(t, map[string]string{EngagementFile: rows})
	_, err := Open(t.Context(), dir, false)
	if err == nil {
		t.Fatal("no fault")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{
		"5 of 6 pictures are fine; 101 problem(s) in the data folder " + dir + ":",
		`  engagement.csv, row 2 of dance/a.png, field likes: "x", not a count; expected a count of 0 or more such as 29500, 29,500, 29.5K, 1.2M, 3.4万 or 1.3億; correct the cell`,
		`  100 times: engagement.csv, row 8, field file: "dance/gone 0.png", a row without picture; expected the name of a picture in a genre folder; add the picture, correct the name, or remove the row; the same in row 9, row 10, row 11, row 12 and 95 more`,
		"to have every one listed: go run ./lib/cmd/thesis data check -all -data " + shellQuote(dir),
	}
	if !slices.Equal(lines, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	faults := err.(*FolderError)
	if all := faults.Text(true); strings.Count(all, "\n") != 101 || strings.Contains(all, "to have every one") {
		t.Errorf("all of them: %s", all)
	}
	few, more := faults.Problems.Few()
	if len(few) != 6 || more != 95 || few[1].Row != 8 || few[5].Row != 12 {
		t.Errorf("few of them: %v and %d more", few, more)
	}
	// A lenient reading that leaves out less than five of a kind names each.
	set, err := Open(t.Context(), folder(t, map[string]string{EngagementFile: strings.Replace(table, "a.png,0", "a.png,x", 1)}), true)
	if err != nil || strings.Contains(set.Dropped.Error(), "times") {
		t.Errorf("%v, %v", set, err)
	}
}

func TestShellQuote(t *testing.T) {
	for s, want := range map[string]string{"/tmp/x": "/tmp/x", "/tmp/a b": "'/tmp/a b'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'", "日本": "'日本'"} {
		if got := shellQuote(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// An interrupt ends the check while a read does not return, as on a drive that does not answer: here, of a
// pipe that took a picture's place after the folder was listed.
func TestInterruptedRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "a.png")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := check(ctx, dir, []string{"a.png"})
		ended <- err
	}()
	// Opening to write returns when somebody is reading.
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the check waits for a read that does not return")
	}
	if err := w.Close(); err != nil { // the read ends
		t.Fatal(err)
	}
}
