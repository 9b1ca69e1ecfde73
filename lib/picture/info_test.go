package picture

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Pixels, profile and transparency are what Pillow says (testdata/info.py), and what is odd about a file is said.
func TestDecodeInfo(t *testing.T) {
	data, err := os.ReadFile("testdata/info.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		Profile   string
		Note      string
		NotOpaque float64 `json:"not_opaque"`
		W, H      int
		Pixels    string
		Refused   string // by Pillow
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden) < 20 {
		t.Fatalf("%d goldens", len(golden))
	}
	formats := map[string]string{".png": "PNG", ".jpg": "JPEG", ".webp": "WebP"}
	for name, want := range golden {
		data, err := os.ReadFile("testdata/info/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m, info, err := DecodeInfo(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pixels, err := hex.DecodeString(want.Pixels)
		if err != nil {
			t.Fatal(err)
		}
		if m.W != want.W || m.H != want.H || len(m.Pix) != len(pixels) {
			t.Errorf("%s: %d×%d, want %d×%d", name, m.W, m.H, want.W, want.H)
			continue
		}
		most := uint8(0)
		if info.Format == "JPEG" {
			most = 3 // see Decode
		}
		for i, v := range m.Pix {
			if max(v, pixels[i])-min(v, pixels[i]) > most {
				t.Errorf("%s: value %d is %d, Pillow has %d", name, i, v, pixels[i])
				break
			}
		}
		if info.Format != formats[filepath.Ext(name)] {
			t.Errorf("%s: format %q", name, info.Format)
		}
		if info.Profile != want.Profile {
			t.Errorf("%s: profile %q, want %q", name, info.Profile, want.Profile)
		}
		if math.Abs(info.NotOpaque-want.NotOpaque) > 1e-9 {
			t.Errorf("%s: %.4f of it is not opaque, Pillow says %.4f", name, info.NotOpaque, want.NotOpaque)
		}
		if notes := strings.Join(info.Notes, "; "); !strings.Contains(notes, want.Note) || (want.Note == "") != (notes == "") {
			t.Errorf("%s: notes %q, want %q in them", name, notes, want.Note)
		}
		if spoilt := strings.HasPrefix(name, "spoilt"); spoilt != (want.Refused != "") {
			t.Errorf("%s: Pillow refuses it: %q", name, want.Refused)
		}
	}
}

// A picture that is not read is called by its format, whatever its name, and the message says what to do.
func TestForeignFormats(t *testing.T) {
	for name, want := range map[string][2]string{
		"foreign-phone.heic": {"format HEIC", "heif-convert"},
		"foreign-phone.jpg":  {"format HEIC", "Most Compatible"},
		"foreign.avif":       {"format AVIF", "avifdec"},
		"foreign-avif.png":   {"format AVIF", "avifdec"},
		"foreign-gif.png":    {"format GIF", "export it as PNG"},
		"foreign-bmp.png":    {"format BMP", "export it as PNG"},
		"foreign-tiff.png":   {"format TIFF", "export it as PNG"},
		"foreign-pdf.png":    {"format PDF", "pdftoppm"},
		"foreign-ico.png":    {"format icon", "export it as PNG"},
		"foreign-jp2.png":    {"format JPEG 2000", "export it as PNG"},
		"refused-exif.png":   {"check sum", "chunk eXIf"},
		"refused-trns.png":   {"check sum", "chunk tRNS"},
		"refused-pixels.png": {"PNG", "copy or export it again"},
	} {
		m, err := Open("testdata/info/" + name)
		if err == nil {
			t.Errorf("%s is read, %d×%d", name, m.W, m.H)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v; want %q in it", name, err, w)
			}
		}
	}
	for data, want := range map[string]string{
		"":                                 "empty",
		"\x00\x00\x00\x00\x00\x00":         "6 bytes of zero",
		"\ufeff\n <!DOCTYPE html><html>":   "web page",
		"<html>not found</html>":           "web page",
		"PK\x03\x04\x14\x00":               "zip archive",
		"\x00\x00\x00\x18ftypqt  \x00\x00": "video",
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic": "HEIC",
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif": "AVIF",
		"<?xml version=\"1.0\"?>\n<svg>":                   "SVG",
		"<?xml version=\"1.0\"?><Error>":                   "download",
		"{\"error\": 403}":                                 "download",
		"BMW, a car":                                       "no format that is known",
	} {
		if _, err := decode([]byte(data), maxPixels); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", data, err, want)
		}
	}
	if format, how, ok := Convert(".HEIC"); !ok || format != "HEIC" || !strings.Contains(how, "iPhone") {
		t.Errorf(".HEIC is %q, %q", format, how)
	}
	if _, _, ok := Convert(".docx"); ok {
		t.Error("a Word document is a picture")
	}
}
