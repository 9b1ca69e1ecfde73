package picture

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Formats that are not read: what a person would call a file, and how to make a picture of it that is.

type foreign struct {
	name string
	how  string
	ext  []string // endings of such files' names, lower case
	is   func(head []byte) bool
}

const asPNG = "open it in any picture viewer and export it as PNG"

// starts gives a test for the first bytes.
func starts(prefixes ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(head, []byte(p)) })
	}
}

// brand gives a test for a file of the ISO base media format (ISO/IEC 14496-12, 4.3) by its major brand.
func brand(brands ...string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[4:8]) == "ftyp" && (len(brands) == 0 || slices.Contains(brands, string(head[8:12])))
	}
}

// text gives a test for the first word of a text, in any case, behind a byte order mark and spaces.
func text(words ...string) func([]byte) bool {
	return func(head []byte) bool {
		head = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
		return slices.ContainsFunc(words, func(w string) bool { return bytes.HasPrefix(head, []byte(w)) })
	}
}

// foreigners in the order in which they are tried.
var foreigners = []foreign{
	{"AVIF", "convert it with: avifdec IN.avif OUT.png, or " + asPNG, []string{".avif", ".avifs"}, func(head []byte) bool {
		// AVIF and HEIC share the general brand mif1; which it is stands among the compatible ones.
		return brand("avif", "avis")(head) || brand("mif1", "msf1")(head) && bytes.Contains(head, []byte("avif"))
	}},
	{"HEIC", "convert it with: heif-convert IN.heic OUT.png (on a Mac: sips -s format png IN.heic --out OUT.png); an iPhone saves JPEG with Settings, Camera, Formats, Most Compatible", []string{".heic", ".heif", ".hif"}, brand("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")},
	{"video", "take a screenshot of it, or its first picture with: ffmpeg -i IN -frames:v 1 OUT.png", []string{".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi"}, func(head []byte) bool {
		return brand()(head) || starts("\x1a\x45\xdf\xa3")(head) || len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "AVI "
	}},
	{"GIF", asPNG, []string{".gif"}, starts("GIF87a", "GIF89a")},
	{"TIFF", asPNG, []string{".tif", ".tiff"}, starts("II*\x00", "MM\x00*")},
	{"BMP", asPNG, []string{".bmp"}, func(head []byte) bool {
		// The header's length stands at 14: 12, 40, 52, 56, 64, 108 or 124.
		return len(head) > 18 && string(head[:2]) == "BM" && head[14] >= 12 && head[14] <= 124 && head[15] == 0 && head[16] == 0
	}},
	{"JPEG XL", "convert it with: djxl IN.jxl OUT.png", []string{".jxl"}, starts("\xff\x0a", "\x00\x00\x00\x0cJXL \r\n\x87\n")},
	{"JPEG 2000", asPNG, []string{".jp2", ".j2k"}, starts("\x00\x00\x00\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51")},
	{"Photoshop", asPNG, []string{".psd"}, starts("8BPS")},
	{"icon", asPNG, []string{".ico"}, starts("\x00\x00\x01\x00")},
	{"PDF", "make pictures of its pages with: pdftoppm -png IN.pdf OUT, or take a screenshot of it", []string{".pdf"}, starts("%PDF-")},
	{"zip archive", "unpack it, and put the pictures in it into the folder", []string{".zip"}, starts("PK\x03\x04", "PK\x05\x06")},
	{"gzip archive", "unpack it", []string{".gz", ".tgz"}, starts("\x1f\x8b")},
	{"rar archive", "unpack it", []string{".rar"}, starts("Rar!")},
	{"SVG drawing", asPNG, []string{".svg"}, text("<svg", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<svg", "<?xml version=\"1.0\"?>\n<svg")},
	{"web page", "a download got a page instead of the picture, such as one that asks to log in: save the picture itself", []string{".html", ".htm", ".webarchive"}, text("<!doctype html", "<html", "<head", "<script", "<body")},
	{"XML or JSON text", "a download got an answer in words instead of the picture: save the picture itself", []string{".xml", ".json"}, text("<?xml", "{\"", "[{\"")},
}

// unknownFormat is the error of a file that none of the readers takes: it names its format where it is
// one that people have.
func unknownFormat(data []byte) error {
	for _, f := range foreigners {
		if f.is(data[:min(len(data), 64)]) {
			return fmt.Errorf("the file is of format %s, which is not read: %s", f.name, f.how)
		}
	}
	if len(bytes.Trim(data, "\x00")) == 0 {
		return fmt.Errorf("the file is nothing but %d bytes of zero: copying it was broken off, copy it again", len(data))
	}
	return fmt.Errorf("expected a PNG, JPEG or WebP picture, but the file starts with %q, which no format that is known here does", data[:min(len(data), 12)])
}

// Convert says what kind of file has names that end in ext, such as ".heic", and how to make a picture of
// it that is read; ok is false for an ending that is not known.
func Convert(ext string) (format, how string, ok bool) {
	for _, f := range foreigners {
		if slices.Contains(f.ext, strings.ToLower(ext)) {
			return f.name, f.how, true
		}
	}
	return "", "", false
}
