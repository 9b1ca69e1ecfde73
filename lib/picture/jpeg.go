package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// The JPEG reader leaves entropy coding and the inverse transform to image/jpeg
// and takes the components' samples from it, before upsampling and colour
// conversion, which colour.go does as libjpeg does them. It walks the markers
// itself (ITU-T T.81, annex B) for the metadata, and for what image/jpeg would
// read as another picture without an error.

// component is one colour channel.
type component struct {
	id     uint8
	h, v   int // sampling factors
	tq     uint8
	w, ht  int      // samples that belong to the picture
	known  [64]int8 // low bits still missing of each coefficient (zigzag order), −1: none known
	pix    []uint8
	stride int
}

type jpegFile struct {
	data             []byte
	pos              int
	w, h, hMax, vMax int
	comps            []component
	progressive      bool
	tables           [4]bool // quantisation tables that have come
	restart          int     // MCUs between restart markers, 0: none
	jfif, adobe      bool
	transform        uint8 // of the Adobe marker
	exif, xmp        []byte
	icc              [256][]byte // pieces of the colour profile by their number
	several          bool        // more pictures follow this one
	scan             int         // place of the first scan's marker, 0 before it
}

var errJPEGTruncated = errors.New("JPEG: the file ends early: it is truncated, copy or export it again")

// unconverted starts a JPEG whose components image/jpeg hands out as they are: by
// the JFIF marker it takes three for YCbCr, by the Adobe marker four for CMYK.
const unconverted = "\xff\xd8" + "\xff\xe0\x00\x07JFIF\x00" + "\xff\xee\x00\x0eAdobe\x00\x00\x00\x00\x00\x00\x00"

// readJPEG decodes data, which starts with the SOI marker.
func readJPEG(data []byte, limit int) (*Image, metadata, error) {
	f := &jpegFile{data: data, pos: 2}
	fail := func(err error) (*Image, metadata, error) { return nil, metadata{}, err }
	head := []byte(unconverted) // and what the file says about the coding
	for {
		marker, err := f.nextMarker()
		if err != nil {
			return fail(err)
		}
		if marker == 0xd9 { // end of image
			break
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 { // no parameters
			continue
		}
		start := f.pos - 2
		seg, err := f.segment(marker)
		if err != nil {
			return fail(err)
		}
		if err := f.read(marker, seg, limit); err != nil {
			return fail(err)
		}
		switch {
		case f.scan > 0:
		case marker == 0xda:
			f.scan = start
		case marker >= 0xc0 && marker < 0xe0:
			head = append(head, data[start:f.pos]...)
		}
	}
	if err := f.complete(); err != nil {
		return fail(err)
	}
	m, err := jpeg.Decode(io.MultiReader(bytes.NewReader(head), bytes.NewReader(data[f.scan:])))
	if err != nil {
		return fail(jpegError(err))
	}
	if err := f.take(m); err != nil {
		return fail(err)
	}
	meta := metadata{exif: f.exif, xmp: f.xmp}
	if icc := bytes.Join(f.icc[:], nil); len(icc) > 0 {
		meta.info.Profile = iccName(icc)
	}
	if f.several {
		meta.info.Notes = append(meta.info.Notes, "the file holds several pictures (MPO, as for depth or HDR); the first is read")
	}
	return f.rgb(), meta, nil
}

func jpegError(err error) error {
	if errors.As(err, new(jpeg.UnsupportedError)) {
		return fmt.Errorf("JPEG: save it as a baseline or progressive JPEG with sampling 4:4:4 or 4:2:0, or as PNG: %w", err)
	}
	return fmt.Errorf("JPEG: the picture data break off or make no sense: the file is damaged or truncated, copy or export it again: %w", err)
}

// nextMarker skips to the next marker, over fill bytes and, as libjpeg does,
// over anything else.
func (f *jpegFile) nextMarker() (uint8, error) {
	for {
		i := bytes.IndexByte(f.data[f.pos:], 0xff)
		if i < 0 || f.pos+i+1 >= len(f.data) {
			return 0, errJPEGTruncated
		}
		f.pos += i + 1
		if m := f.data[f.pos]; m != 0 && m != 0xff {
			f.pos++
			return m, nil
		}
	}
}

// segment returns the parameters of a marker and moves past them.
func (f *jpegFile) segment(marker uint8) ([]byte, error) {
	rest := f.data[f.pos:]
	if len(rest) < 2 {
		return nil, errJPEGTruncated
	}
	n := int(binary.BigEndian.Uint16(rest))
	if n < 2 {
		return nil, fmt.Errorf("JPEG: segment FF%02X gives its length as %d, which is below 2", marker, n)
	}
	if n > len(rest) {
		return nil, errJPEGTruncated
	}
	f.pos += n
	return rest[2:n], nil
}

// read takes in one marker's segment.
func (f *jpegFile) read(marker uint8, seg []byte, limit int) error {
	switch {
	case marker == 0xc4: // Huffman tables: image/jpeg checks them
	case marker == 0xdb:
		return f.readDQT(seg)
	case marker == 0xdd:
		if len(seg) != 2 {
			return errors.New("JPEG: a restart interval (DRI) of the wrong length")
		}
		f.restart = int(binary.BigEndian.Uint16(seg))
	case marker >= 0xc0 && marker <= 0xc2:
		f.progressive = marker == 0xc2
		return f.readSOF(seg, limit)
	case marker >= 0xc3 && marker <= 0xcf:
		return fmt.Errorf("JPEG: coding process SOF%d (lossless, hierarchical or arithmetic) is not supported: save as baseline or progressive JPEG, or as PNG", marker-0xc0)
	case marker == 0xda:
		return f.readSOS(seg)
	case marker >= 0xe0 && marker <= 0xef:
		f.readApp(marker, seg)
	}
	return nil
}

func (f *jpegFile) readApp(marker uint8, seg []byte) {
	const (
		xmp = "http://ns.adobe.com/xap/1.0/\x00"
		icc = "ICC_PROFILE\x00" // ICC.1:2022, B.4: then the piece's number and how many there are
	)
	switch {
	case marker == 0xe2 && len(seg) >= len(icc)+2 && string(seg[:len(icc)]) == icc:
		f.icc[seg[len(icc)]] = seg[len(icc)+2:]
	case marker == 0xe2 && len(seg) >= 4 && string(seg[:4]) == "MPF\x00": // CIPA DC-007
		f.several = true
	case marker == 0xe0 && len(seg) >= 14 && string(seg[:5]) == "JFIF\x00":
		f.jfif = true
	case marker == 0xe1 && len(seg) >= 6 && string(seg[:6]) == "Exif\x00\x00":
		f.exif = append(f.exif, seg[6:]...)
	case marker == 0xe1 && len(seg) >= len(xmp) && string(seg[:len(xmp)]) == xmp:
		f.xmp = seg[len(xmp):]
	case marker == 0xee && len(seg) >= 12 && string(seg[:5]) == "Adobe":
		f.adobe, f.transform = true, seg[11]
	}
}

// readDQT notes which tables come. image/jpeg transforms a progressive picture at
// its end, with the tables that it has then; the standard means those at the
// component's first scan.
func (f *jpegFile) readDQT(seg []byte) error {
	for len(seg) > 0 {
		id, size := seg[0]&15, 64<<(seg[0]>>4&1)
		if id > 3 || len(seg) < 1+size {
			return fmt.Errorf("JPEG: quantisation table %d is cut off, or above 3", id)
		}
		if f.progressive && f.scan > 0 && f.tables[id] {
			return fmt.Errorf("JPEG: a progressive file that changes quantisation table %d is not supported: save as baseline JPEG, or as PNG", id)
		}
		f.tables[id] = true
		seg = seg[1+size:]
	}
	return nil
}

func (f *jpegFile) readSOF(seg []byte, limit int) error {
	if f.comps != nil {
		return errors.New("JPEG: two frame headers (SOF)")
	}
	if len(seg) < 6 || len(seg) != 6+3*int(seg[5]) {
		return errors.New("JPEG: the frame header (SOF) has the wrong length")
	}
	if seg[0] != 8 {
		return fmt.Errorf("JPEG: %d-bit samples are not supported, only 8-bit", seg[0])
	}
	f.h, f.w = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	if err := checkSize("JPEG", f.w, f.h, limit); err != nil {
		return err
	}
	n := int(seg[5])
	if n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("JPEG: %d colour components; expected 1, 3 or 4", n)
	}
	f.comps = make([]component, n)
	for i := range f.comps {
		c, s := &f.comps[i], seg[6+3*i:]
		c.id, c.h, c.v, c.tq = s[0], int(s[1]>>4), int(s[1]&15), s[2]
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return fmt.Errorf("JPEG: component %d has sampling %d×%d and table %d; expected 1 to 4 and 0 to 3", c.id, c.h, c.v, c.tq)
		}
		f.hMax, f.vMax = max(f.hMax, c.h), max(f.vMax, c.v)
		for k := range c.known {
			c.known[k] = -1
		}
	}
	blocks := 0
	for i := range f.comps {
		c := &f.comps[i]
		c.w, c.ht = ceilDiv(f.w*c.h, f.hMax), ceilDiv(f.h*c.v, f.vMax)
		blocks += c.blocks()
	}
	// A block takes at least one bit: nothing large is allocated for a file that
	// cannot fill it.
	if len(f.data)-f.pos < blocks/8 {
		return errJPEGTruncated
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// blocks is the number of blocks that hold samples of the picture.
func (c *component) blocks() int { return ceilDiv(c.w, 8) * ceilDiv(c.ht, 8) }

// readSOS notes which coefficients a scan brings, and of them which bits (T.81,
// G.1.1). A scan that does not follow on from the ones before is refused, which
// bounds the number of scans, too.
func (f *jpegFile) readSOS(seg []byte) error {
	if f.comps == nil {
		return errors.New("JPEG: no frame header (SOF) before the picture data")
	}
	if len(seg) < 4 || len(seg) != 4+2*int(seg[0]) {
		return errors.New("JPEG: a scan header (SOS) has the wrong length")
	}
	first, last, before, low := 0, 63, int8(-1), int8(0)
	if tail := seg[len(seg)-3:]; f.progressive {
		first, last, low = int(tail[0]), min(int(tail[1]), 63), int8(tail[2]&15)
		if high := tail[2] >> 4; high > 0 {
			before = int8(high)
		}
	}
	for i := range int(seg[0]) {
		c := f.component(seg[1+2*i])
		if c == nil {
			return fmt.Errorf("JPEG: a scan names component %d, which the frame header lacks", seg[1+2*i])
		}
		if !f.tables[c.tq] {
			return fmt.Errorf("JPEG: quantisation table %d is missing", c.tq)
		}
		for k := first; k <= last; k++ {
			if c.known[k] != before {
				return fmt.Errorf("JPEG: a scan of component %d, coefficients %d to %d, does not follow on from the scans before it: the file is damaged, copy or export it again", c.id, first, last)
			}
			c.known[k] = low
		}
		// In a scan of one component each block is an MCU (T.81, A.2.2), but
		// image/jpeg goes on by the MCUs of all components.
		alone := seg[0] == 1 && len(f.comps) > 1
		if alone && c.h*c.v > 1 && f.restart > 0 && f.restart < c.blocks() {
			return fmt.Errorf("JPEG: restart markers are not supported in a scan of component %d alone, which is sampled %d×%d: save without restart markers, or as PNG", c.id, c.h, c.v)
		}
		if alone && c.h > 1 && c.h < f.hMax {
			return fmt.Errorf("JPEG: component %d is sampled at %d/%d, which is not supported in a scan of its own: save as JPEG with sampling 4:4:4 or 4:2:0, or as PNG", c.id, c.h, f.hMax)
		}
	}
	return nil
}

func (f *jpegFile) component(id uint8) *component {
	for i := range f.comps {
		if f.comps[i].id == id {
			return &f.comps[i]
		}
	}
	return nil
}

// complete reports what the scans have not brought. libjpeg smooths a picture of
// which bits of the first ten coefficients are missing; a complete file has no
// need of it.
func (f *jpegFile) complete() error {
	if f.comps == nil {
		return errors.New("JPEG: no frame header (SOF) before the end of the file")
	}
	for _, c := range f.comps {
		for k, low := range c.known[:10] {
			if low != 0 {
				return fmt.Errorf("JPEG: the last scan of component %d, coefficient %d, is missing: the file is truncated, copy or export it again", c.id, k)
			}
		}
	}
	return nil
}

// take gives the components their samples from what image/jpeg has read.
func (f *jpegFile) take(m image.Image) error {
	set := func(i int, pix []uint8, stride int) { f.comps[i].pix, f.comps[i].stride = pix, stride }
	switch m := m.(type) {
	case *image.Gray:
		set(0, m.Pix, m.Stride)
	case *image.YCbCr:
		set(0, m.Y, m.YStride)
		set(1, m.Cb, m.CStride)
		set(2, m.Cr, m.CStride)
	case *image.CMYK: // inverted, and repeated where subsampled
		for i, c := range f.comps {
			pix := make([]uint8, c.w*c.ht)
			for y := range c.ht {
				line := m.Pix[y*(f.vMax/c.v)*m.Stride:]
				for x := range c.w {
					pix[y*c.w+x] = 255 - line[x*(f.hMax/c.h)*4+i]
				}
			}
			set(i, pix, c.w)
		}
	default:
		return fmt.Errorf("JPEG: a second JFIF or Adobe marker after the picture data has begun (%T): export it again", m)
	}
	return nil
}
