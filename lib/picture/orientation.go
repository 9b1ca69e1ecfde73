package picture

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

// metadata are the blocks of a file in which its orientation may stand, and what else it says.
type metadata struct {
	exif, xmp []byte
	info      Info
}

var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

// orientation is the EXIF orientation, 1 to 8, or whatever else stands there.
func (m metadata) orientation() int {
	if o, ok := exifOrientation(m.exif); ok {
		return o
	}
	if f := xmpOrientation.FindSubmatch(m.xmp); f != nil {
		return int(f[1][0] - '0')
	}
	return 1
}

// exifOrientation finds tag 0x0112 in the first directory of an EXIF block, which
// is a TIFF file (TIFF 6.0, section 2).
func exifOrientation(exif []byte) (value int, ok bool) {
	for range 2 {
		exif = bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	}
	if len(exif) < 8 {
		return 0, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(exif[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0, false
	}
	at := int(order.Uint32(exif[4:]))
	if at+2 > len(exif) {
		return 0, false
	}
	n := int(order.Uint16(exif[at:]))
	for at += 2; n > 0 && at+12 <= len(exif); at, n = at+12, n-1 {
		entry := exif[at : at+12]
		if order.Uint16(entry) != 0x0112 {
			continue
		}
		kind, count, value := order.Uint16(entry[2:]), order.Uint32(entry[4:]), entry[8:]
		switch {
		case kind == 3 && count >= 1 && count <= 2: // SHORT
			return int(order.Uint16(value)), true
		case kind == 4 && count == 1: // LONG
			return int(order.Uint32(value)), true
		}
		return 0, false
	}
	return 0, false
}
