package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"
)

// golden is testdata/golden.json; golden.py beside it says how it was made.
type golden struct {
	Pictures map[string]struct {
		W, H   int
		SHA256 string
	}
	Resized []struct {
		Picture string
		W, H    int
		Filter  Filter
		SHA256  string
	}
}

func readGolden(tb testing.TB) (g golden) {
	tb.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// pictures are the files that golden.py made.
func pictures(tb testing.TB) []string {
	tb.Helper()
	var names []string
	for _, ext := range []string{"jpg", "png", "webp"} {
		found, err := filepath.Glob("testdata/*." + ext)
		if err != nil || len(found) == 0 {
			tb.Fatalf("testdata/*.%s: %d files, %v", ext, len(found), err)
		}
		names = append(names, found...)
	}
	return names
}

func open(tb testing.TB, path string) *Image {
	tb.Helper()
	m, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func digest(m *Image) string {
	sum := sha256.Sum256(m.Pix)
	return hex.EncodeToString(sum[:])
}

// Every PNG and WebP picture is equal to Pillow's, to the bit, and every JPEG within
// the levels that Decode's comment states.
func TestOpen(t *testing.T) {
	g := readGolden(t)
	names := pictures(t)
	if len(names) != len(g.Pictures) {
		t.Errorf("%d pictures but %d goldens", len(names), len(g.Pictures))
	}
	var byLevels [256]int // values of JPEGs, by their distance from Pillow's
	for _, path := range names {
		t.Run(filepath.Base(path), func(t *testing.T) {
			m, want := open(t, path), g.Pictures[filepath.Base(path)]
			if m.W != want.W || m.H != want.H || len(m.Pix) != 3*m.W*m.H {
				t.Fatalf("%d×%d with %d bytes, want %d×%d", m.W, m.H, len(m.Pix), want.W, want.H)
			}
			if filepath.Ext(path) != ".jpg" {
				if digest(m) != want.SHA256 {
					t.Error("the pixels are not Pillow's")
				}
				return
			}
			pillow := open(t, "testdata/pillow/"+strings.TrimSuffix(filepath.Base(path), ".jpg")+".png")
			if digest(pillow) != want.SHA256 {
				t.Fatal("the golden pixels are not those that golden.py wrote")
			}
			most := 3
			for _, kind := range []string{"grey", "cmyk", "keep-rgb"} { // no conversion from YCbCr
				if strings.HasPrefix(filepath.Base(path), kind) {
					most = 1
				}
			}
			for i, v := range m.Pix {
				d := max(v, pillow.Pix[i]) - min(v, pillow.Pix[i])
				if byLevels[d]++; int(d) > most {
					t.Fatalf("value %d is %d, Pillow has %d; at most %d levels are allowed", i, v, pillow.Pix[i], most)
				}
			}
		})
	}
	total := 0
	for _, n := range byLevels {
		total += n
	}
	off, far := total-byLevels[0], total-byLevels[0]-byLevels[1]
	t.Logf("%d values of JPEGs: %.2f %% are not Pillow's, %.2f %% by more than one level", total, 100*float64(off)/float64(total), 100*float64(far)/float64(total))
	if 100*off > 4*total || 100*far > total {
		t.Errorf("of %d values of JPEGs %d are not Pillow's, %d of them by more than one level; at most 4 %% and 1 %% are allowed", total, off, far)
	}
}

// Every picture is resized as Pillow does it, to the bit.
func TestResize(t *testing.T) {
	resized := readGolden(t).Resized
	if len(resized) == 0 {
		t.Fatal("no golden to compare with")
	}
	for _, r := range resized {
		m := open(t, "testdata/"+r.Picture).Resize(r.W, r.H, r.Filter)
		if m.W != r.W || m.H != r.H || digest(m) != r.SHA256 {
			t.Errorf("%s at %d×%d, filter %d: the pixels are not Pillow's", r.Picture, r.W, r.H, r.Filter)
		}
	}
	m := open(t, "testdata/rgb.png")
	for _, e := range []*Image{m.Resize(0, 5, Bicubic), m.Resize(5, -1, Bilinear), (&Image{}).Resize(5, 5, Bicubic)} {
		if e.W != 0 || e.H != 0 || len(e.Pix) != 0 {
			t.Errorf("a size below one gave %d×%d", e.W, e.H)
		}
	}
	same := m.Resize(m.W, m.H, Bicubic)
	if same.Pix[0]++; same.Pix[0] == m.Pix[0] {
		t.Error("the same size shares its pixels with the original")
	}
}

// A file that ends early is an error, wherever it ends.
func TestTruncated(t *testing.T) {
	for _, path := range pictures(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := max(len(data)/50, 1)
		for n := len(data) - 1; n > 0; n -= step {
			if _, err := Decode(bytes.NewReader(data[:n])); err == nil {
				t.Fatalf("%s: no error after %d of %d bytes", path, n, len(data))
			}
		}
		// The same, closed with an end marker, as some transfers do. Pillow fills
		// this with grey.
		if filepath.Ext(path) == ".jpg" {
			for n := len(data) - 3; n > 0; n -= 3 {
				cut := append(bytes.Clone(data[:n]), 0xff, 0xd9)
				if _, err := Decode(bytes.NewReader(cut)); err == nil {
					t.Fatalf("%s: no error when cut after %d of %d bytes and closed", path, n, len(data))
				}
			}
		}
	}
}

// pngHeader is a PNG of no content with a valid header.
func pngHeader(w, h uint32) []byte {
	b := append([]byte(pngMagic), 0, 0, 0, 13)
	b = append(b, "IHDR"...)
	b = binary.BigEndian.AppendUint32(b, w)
	b = binary.BigEndian.AppendUint32(b, h)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestRefuses(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	jpg, progressive, separate := read("face-420.jpg"), read("face-420-progressive.jpg"), read("separate-scans.jpg")
	dqt := bytes.Index(jpg, []byte{0xff, 0xdb})
	sof := bytes.Index(jpg, []byte{0xff, 0xc0})
	sos := bytes.Index(jpg, []byte{0xff, 0xda})
	edit := func(at int, b ...byte) []byte {
		c := bytes.Clone(jpg)
		copy(c[at:], b)
		return c
	}
	lastScan, lastSeparate := bytes.LastIndex(progressive, []byte{0xff, 0xda}), bytes.LastIndex(separate, []byte{0xff, 0xda})
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "the file is empty", nil},
		{"no format", `starts with "hello"`, []byte("hello")},
		{"PNG of no width", "PNG", pngHeader(0, 5)},
		{"PNG bomb", "60000×60000 pixels is above the limit of 178956970", pngHeader(60000, 60000)},
		{"PNG that cannot hold its size", "truncated", pngHeader(10000, 10000)},
		{"JPEG of no height", "65×0 pixels", edit(sof+5, 0, 0)},
		{"JPEG bomb", "65535×65535 pixels is above the limit", edit(sof+5, 255, 255, 255, 255)},
		{"JPEG that cannot hold its size", "truncated", edit(sof+5, 0x20, 0, 0x20, 0)},
		{"12-bit JPEG", "12-bit samples", edit(sof+4, 12)},
		{"arithmetic JPEG", "SOF9", edit(sof+1, 0xc9)},
		{"uneven sampling", "subsampling ratio", edit(sof+11, 0x32, 0, 2, 0x22)},
		{"missing Huffman table", "damaged", edit(sos+6, 0x33)},
		{"missing quantisation table", "quantisation table 0 is missing", append(bytes.Clone(jpg[:dqt]), jpg[sof:]...)},
		{"JPEG without a scan", "the last scan of component 1, coefficient 0", append(bytes.Clone(jpg[:sos]), 0xff, 0xd9)},
		{"JPEG without a frame", "no frame header", append(bytes.Clone(jpg[:sof]), jpg[sos:]...)},
		{"damaged scan", "damaged", edit(sos+200, bytes.Repeat([]byte{0xff, 0}, 60)...)},
		{"progressive JPEG without its last scan", "the last scan of component 1, coefficient 1,", append(bytes.Clone(progressive[:lastScan]), 0xff, 0xd9)},
		{"JPEG without the scan of a component", "the last scan of component 3, coefficient 0,", append(bytes.Clone(separate[:lastSeparate]), 0xff, 0xd9)},
		{"JPEG with a scan twice", "does not follow on", append(bytes.Clone(separate[:len(separate)-2]), separate[lastSeparate:]...)},
		{"progressive JPEG that changes its tables", "changes quantisation table 0", slices.Concat(progressive[:lastScan], jpg[dqt:sof], progressive[lastScan:])},
		{"JFIF marker among the scans", "a second JFIF or Adobe marker", slices.Concat(separate[:lastSeparate], []byte("\xff\xe0\x00\x08JFXX\x00\x10"), separate[lastSeparate:])},
		{"JPEG of sampling 1×4", "subsampling ratio", read("refused/410-tall.jpg")},
		{"CMYK JPEG of subsampled black", "subsampling ratio", read("refused/cmyk-420-progressive.jpg")},
		{"progressive JPEG with restart markers", "restart markers are not supported in a scan of component 1 alone", read("refused/restart-progressive.jpg")},
		{"scan of a component at 2/4", "component 2 is sampled at 2/4", read("refused/separate-scans-half-of-4.jpg")},
		{"WebP of no picture", "no picture", []byte("RIFF\x04\x00\x00\x00WEBP")},
		{"WebP bomb", "16777216×16777216 pixels is above the limit", []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff")},
	} {
		_, err := Decode(bytes.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "cut.jpg")
	if err := os.WriteFile(path, jpg[:sos+100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("got error %v, want one that names the file and says truncated", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.png")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.png") {
		t.Errorf("got error %v for a missing file, want fs.ErrNotExist and the file's name", err)
	}
}

func TestCrop(t *testing.T) {
	m := open(t, "testdata/rgb.png")
	for _, c := range [][4]int{{5, 7, 20, 11}, {-3, -4, 10, 10}, {60, 50, 20, 20}, {0, 0, m.W, m.H}, {-50, 0, 20, 20}, {200, 200, 3, 3}, {-5, -5, 100, 100}, {1, 1, -4, 3}} {
		x, y, w, h := c[0], c[1], max(c[2], 0), c[3]
		got := m.Crop(x, y, c[2], h)
		if got.W != w || got.H != h || len(got.Pix) != w*h*3 {
			t.Fatalf("crop %v is %d×%d", c, got.W, got.H)
		}
		for i := range w * h {
			var want [3]uint8
			if sx, sy := x+i%w, y+i/w; sx >= 0 && sx < m.W && sy >= 0 && sy < m.H {
				copy(want[:], m.Pix[(sy*m.W+sx)*3:])
			}
			if [3]uint8(got.Pix[3*i:]) != want {
				t.Fatalf("crop %v: pixel (%d, %d) is %v, want %v", c, i%w, i/w, got.Pix[3*i:3*i+3], want)
			}
		}
	}
}

func TestFromImage(t *testing.T) {
	m := open(t, "testdata/rgb.png")
	if back := FromImage(m.RGBA()); !bytes.Equal(back.Pix, m.Pix) || back.W != m.W {
		t.Error("RGBA and back is not the same")
	}
	sub := m.RGBA().SubImage(image.Rect(5, 6, 25, 16))
	if got := FromImage(sub); !bytes.Equal(got.Pix, m.Crop(5, 6, 20, 10).Pix) {
		t.Error("a part of a picture is not the same part")
	}
	half := image.NewRGBA(image.Rect(0, 0, 1, 1))
	half.Set(0, 0, color.NRGBA{200, 100, 50, 128})
	if got := FromImage(half).Pix; got[0] < 198 || got[1] < 98 || got[2] < 48 {
		t.Errorf("transparency was blended in: %v", got)
	}
	// The general way and the quick one agree.
	if got := FromImage(plain{m.RGBA()}); !bytes.Equal(got.Pix, m.Pix) {
		t.Error("a picture of an unknown type is not the same")
	}
}

type plain struct{ image.Image }

// Whatever the bytes, there is a picture or an error, and no more memory than
// the limit on pixels allows.
func FuzzDecode(f *testing.F) {
	refused, err := filepath.Glob("testdata/refused/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(pictures(f), refused...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 18
		m, err := decode(data, limit)
		if err == nil && (m.W < 1 || m.H < 1 || m.W*m.H > limit || len(m.Pix) != m.W*m.H*3) {
			t.Errorf("%d×%d pixels in %d bytes", m.W, m.H, len(m.Pix))
		}
	})
}

func ExampleOpen() {
	m, err := Open("testdata/orientation-6.jpg") // stored lying: 24×18
	if err != nil {
		fmt.Println(err)
		return
	}
	small := m.Resize(6, 8, Bicubic)
	fmt.Println(m.W, m.H, len(m.Pix), small.W, small.H)
	// Output: 18 24 1296 6 8
}

// large is a 1080×1920 picture of photographic detail.
func large(tb testing.TB) *Image {
	m := newImage(1080, 1920)
	tile := open(tb, "testdata/face-444.jpg")
	tile = tile.Resize(2*tile.W, 2*tile.H, Bicubic)
	for i := range m.Pix {
		x, y, c := i/3%m.W, i/3/m.W, i%3
		m.Pix[i] = tile.Pix[(y%tile.H*tile.W+x%tile.W)*3+c]
	}
	return m
}

// ratio runs two functions in turn and reports how many times as long as the
// first the second takes.
func ratio(b *testing.B, unit string, ours, theirs func() error) {
	var spent [2]time.Duration
	for b.Loop() {
		for i, run := range []func() error{ours, theirs} {
			start := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			spent[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(spent[0].Microseconds())/1000/float64(b.N), "ms/picture")
	b.ReportMetric(float64(spent[1])/float64(spent[0]), unit)
}

// image/jpeg only decodes to YCbCr; ours includes upsampling and RGB.
func BenchmarkJPEG(b *testing.B) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, large(b).RGBA(), &jpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	ratio(b, "times-image/jpeg",
		func() error { _, err := decode(buf.Bytes(), maxPixels); return err },
		func() error { _, err := jpeg.Decode(bytes.NewReader(buf.Bytes())); return err })
}

func BenchmarkPNG(b *testing.B) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, large(b).RGBA()); err != nil {
		b.Fatal(err)
	}
	ratio(b, "times-image/png",
		func() error { _, err := decode(buf.Bytes(), maxPixels); return err },
		func() error { _, err := png.Decode(bytes.NewReader(buf.Bytes())); return err })
}

func BenchmarkResize(b *testing.B) {
	m := large(b)
	src, dst := m.RGBA(), image.NewNRGBA(image.Rect(0, 0, 224, 398))
	ratio(b, "times-CatmullRom",
		func() error { m.Resize(224, 398, Bicubic); return nil },
		func() error {
			draw.CatmullRom.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
			return nil
		})
}
