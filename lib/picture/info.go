package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Info is what a picture's file says beside its pixels.
type Info struct {
	Format string // "PNG", "JPEG" or "WebP"
	// Profile is the name of the colour space that the pixels' numbers are meant in, "" for sRGB and for a file that
	// says nothing, which every viewer takes for sRGB. The pixels are given as they are stored: see Decode.
	Profile string
	// NotOpaque is the share of pixels whose alpha is below 255, from 0 to 1.
	NotOpaque float64
	// Notes say, a sentence each, what was read although the file is not quite as it should be, and of
	// what a part was read.
	Notes []string
}

// notOpaque is the share of an image's pixels that are not fully opaque.
func notOpaque(m image.Image) float64 {
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		return 0
	}
	b := m.Bounds()
	n := 0
	switch m := m.(type) {
	case *image.NRGBA:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			row := m.Pix[m.PixOffset(b.Min.X, y):][:4*b.Dx()]
			for i := 3; i < len(row); i += 4 {
				if row[i] != 255 {
					n++
				}
			}
		}
	default:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if _, _, _, a := m.At(x, y).RGBA(); a>>8 != 255 {
					n++
				}
			}
		}
	}
	return float64(n) / float64(b.Dx()*b.Dy())
}

// maxProfile bounds a profile's length in bytes: a monitor's with large tables has a few megabytes.
const maxProfile = 16 << 20

// iccName is the description in an ICC profile (ICC.1:2022, 7.2 and 7.3; 9.2.41): the tag desc, a text
// description in version 2 and a multi-localised one in version 4. It is "" for sRGB, under any of the
// names that its common copies have, and "unnamed" where there is none.
func iccName(icc []byte) string {
	const unnamed = "unnamed"
	if len(icc) < 132 || string(icc[36:40]) != "acsp" {
		return "damaged"
	}
	name := unnamed
	for i, tags := 0, icc[132:]; i < int(binary.BigEndian.Uint32(icc[128:])) && len(tags) >= 12; i, tags = i+1, tags[12:] {
		if string(tags[:4]) != "desc" {
			continue
		}
		at, n := uint64(binary.BigEndian.Uint32(tags[4:])), uint64(binary.BigEndian.Uint32(tags[8:]))
		if at+n > uint64(len(icc)) || n < 12 {
			break
		}
		name = iccText(icc[at : at+n])
		break
	}
	return profileName(name, unnamed)
}

// iccText reads a text description or multi-localised text of at least 12 bytes, English where there is a choice.
func iccText(tag []byte) string {
	n := uint64(binary.BigEndian.Uint32(tag[8:]))
	switch string(tag[:4]) {
	case "desc":
		return string(tag[12:][:min(n, uint64(len(tag)-12))])
	case "mluc":
		found := ""
		for i := uint64(0); i < n; i++ {
			at := 16 + 12*i
			if at+12 > uint64(len(tag)) {
				break
			}
			record := tag[at : at+12]
			length, offset := uint64(binary.BigEndian.Uint32(record[4:])), uint64(binary.BigEndian.Uint32(record[8:]))
			if offset+length > uint64(len(tag)) {
				continue
			}
			var units []uint16
			for text := tag[offset : offset+length]; len(text) >= 2; text = text[2:] {
				units = append(units, binary.BigEndian.Uint16(text))
			}
			if english := string(record[:2]) == "en"; english || found == "" {
				found = string(utf16.Decode(units))
				if english {
					break
				}
			}
		}
		return found
	}
	return ""
}

// profileName makes a name that a file gives fit to be shown, and "" of sRGB's: the copies that systems,
// cameras and image services attach are called "sRGB IEC61966-2.1", "sRGB built-in", "c2" or "uRGB".
func profileName(name, unnamed string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60]) + "…"
	}
	switch {
	case name == "":
		return unnamed
	case strings.HasPrefix(strings.ToLower(name), "srgb"), name == "c2", name == "uRGB":
		return ""
	}
	return name
}

// cicpName names code points of colour primaries and transfer (ITU-T H.273, tables 2 and 3).
func cicpName(primaries, transfer uint8) string {
	switch [2]uint8{primaries, transfer} {
	case [2]uint8{1, 13}:
		return ""
	case [2]uint8{12, 13}:
		return "Display P3"
	case [2]uint8{9, 16}:
		return "BT.2100 PQ"
	case [2]uint8{9, 18}:
		return "BT.2100 HLG"
	}
	return fmt.Sprintf("cICP %d/%d", primaries, transfer)
}

// pngProfile is the name of the colour space that PNG chunks give, in their order of precedence (PNG,
// third edition, 4.3): cICP, iCCP, sRGB, gAMA.
func pngProfile(chunks map[string][]byte) string {
	if c := chunks["cICP"]; len(c) == 4 {
		return cicpName(c[0], c[1])
	}
	if c, ok := chunks["iCCP"]; ok {
		name, rest, _ := bytes.Cut(c, []byte{0})
		if len(rest) > 0 {
			if z, err := zlib.NewReader(bytes.NewReader(rest[1:])); err == nil {
				if icc, err := io.ReadAll(io.LimitReader(z, maxProfile)); err == nil {
					return iccName(icc)
				}
			}
		}
		return profileName(string(name), "unnamed")
	}
	if _, ok := chunks["sRGB"]; ok {
		return ""
	}
	// sRGB's curve is written as 1/2.2 = 0.45455; the chunk holds 100,000 times that.
	if c := chunks["gAMA"]; len(c) == 4 && binary.BigEndian.Uint32(c) != 45455 {
		return fmt.Sprintf("gamma %.5g", float64(binary.BigEndian.Uint32(c))/1e5)
	}
	return ""
}
