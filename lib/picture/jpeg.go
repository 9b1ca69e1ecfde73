package picture

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The JPEG reader follows ITU-T T.81: baseline, extended sequential and
// progressive Huffman coding of 8-bit samples. What the standard leaves open,
// the rounding of the inverse transform, of the upsampling and of the colour
// conversion, is done as libjpeg does it by default, because that is what the
// reference reads with; image/jpeg differs from it by a few grey levels.

// zigzag is the place (row·8 + column) of the k-th coefficient (T.81, figure
// A.6).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// component is one colour channel.
type component struct {
	id     uint8
	h, v   int // sampling factors
	tq     uint8
	w, ht  int // samples that belong to the picture
	bw, bh int // blocks, up to whole MCUs
	pix    []uint8
	coef   []int16    // progressive: 64 a block, natural order
	quant  *[64]int32 // zigzag order; latched at the component's first scan
	known  [64]int8   // progressive: low bits still missing of each coefficient (zigzag order), −1: none known
	pred   int32      // DC predictor
	dc, ac *huffman   // of the scan being read
}

type jpegReader struct {
	bits             // the file and the place in it
	w, h, hMax, vMax int
	comps            []component
	progressive      bool
	quant            [4]*[64]int32
	dc, ac           [4]*huffman
	restart          int // MCUs between restart markers, 0: none
	jfif, adobe      bool
	transform        uint8 // of the Adobe marker
	exif, xmp        []byte
	scanned          int // components whose samples are complete (sequential)
	block            [64]int32
}

var errJPEGTruncated = errors.New("JPEG: the file ends early: it is truncated, copy or export it again")

// readJPEG decodes data, which starts with the SOI marker.
func readJPEG(data []byte, limit int) (*Image, metadata, error) {
	d := &jpegReader{bits: bits{data: data, pos: 2}}
	fail := func(err error) (*Image, metadata, error) { return nil, metadata{}, err }
	for {
		marker, err := d.nextMarker()
		if err != nil {
			return fail(err)
		}
		if marker == 0xd9 { // end of image
			break
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 { // no parameters
			continue
		}
		seg, err := d.segment(marker)
		if err != nil {
			return fail(err)
		}
		if err := d.read(marker, seg, limit); err != nil {
			return fail(err)
		}
	}
	switch {
	case d.comps == nil:
		return fail(errors.New("JPEG: no frame header (SOF) before the end of the file"))
	case d.progressive:
		if err := d.transformAll(); err != nil {
			return fail(err)
		}
	case d.scanned < len(d.comps):
		return fail(errors.New("JPEG: the file ends before all colour components have come: it is damaged"))
	}
	return d.rgb(), metadata{d.exif, d.xmp}, nil
}

// segment returns the parameters of a marker and moves past them.
func (d *jpegReader) segment(marker uint8) ([]byte, error) {
	rest := d.data[d.pos:]
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
	d.pos += n
	return rest[2:n], nil
}

// read takes in one marker's segment, and for a scan the data that follow.
func (d *jpegReader) read(marker uint8, seg []byte, limit int) error {
	switch {
	case marker == 0xc4:
		return d.readDHT(seg)
	case marker == 0xdb:
		return d.readDQT(seg)
	case marker == 0xdd:
		if len(seg) != 2 {
			return errors.New("JPEG: a restart interval (DRI) of the wrong length")
		}
		d.restart = int(binary.BigEndian.Uint16(seg))
	case marker >= 0xc0 && marker <= 0xc2:
		d.progressive = marker == 0xc2
		return d.readSOF(seg, limit)
	case marker >= 0xc3 && marker <= 0xcf:
		return fmt.Errorf("JPEG: coding process SOF%d (lossless, hierarchical or arithmetic) is not supported: save as baseline or progressive JPEG, or as PNG", marker-0xc0)
	case marker == 0xda:
		return d.readScan(seg)
	case marker >= 0xe0 && marker <= 0xef:
		d.readApp(marker, seg)
	}
	return nil
}

// nextMarker skips to the next marker, over fill bytes and, as libjpeg does,
// over anything else.
func (d *jpegReader) nextMarker() (uint8, error) {
	for ; d.pos+1 < len(d.data); d.pos++ {
		if m := d.data[d.pos+1]; d.data[d.pos] == 0xff && m != 0 && m != 0xff {
			d.pos += 2
			return m, nil
		}
	}
	return 0, errJPEGTruncated
}

func (d *jpegReader) readApp(marker uint8, seg []byte) {
	const xmp = "http://ns.adobe.com/xap/1.0/\x00"
	switch {
	case marker == 0xe0 && len(seg) >= 14 && string(seg[:5]) == "JFIF\x00":
		d.jfif = true
	case marker == 0xe1 && len(seg) >= 6 && string(seg[:6]) == "Exif\x00\x00":
		d.exif = append(d.exif, seg[6:]...)
	case marker == 0xe1 && len(seg) >= len(xmp) && string(seg[:len(xmp)]) == xmp:
		d.xmp = seg[len(xmp):]
	case marker == 0xee && len(seg) >= 12 && string(seg[:5]) == "Adobe":
		d.adobe, d.transform = true, seg[11]
	}
}

func (d *jpegReader) readDQT(seg []byte) error {
	for len(seg) > 0 {
		id, wide := seg[0]&15, int(seg[0]>>4)
		if id > 3 || wide > 1 {
			return fmt.Errorf("JPEG: quantisation table %d of precision %d; expected 0 to 3 of precision 0 or 1", id, wide)
		}
		seg = seg[1:]
		if len(seg) < 64<<wide {
			return errors.New("JPEG: a quantisation table (DQT) is cut off")
		}
		q := new([64]int32)
		for k := range q {
			if wide == 1 {
				q[k] = int32(seg[2*k])<<8 | int32(seg[2*k+1])
			} else {
				q[k] = int32(seg[k])
			}
		}
		d.quant[id] = q
		seg = seg[64<<wide:]
	}
	return nil
}

func (d *jpegReader) readDHT(seg []byte) error {
	for len(seg) > 0 {
		id, class := seg[0]&15, seg[0]>>4
		if id > 3 || class > 1 {
			return fmt.Errorf("JPEG: Huffman table %d of class %d; expected 0 to 3 of class 0 or 1", id, class)
		}
		t, n, err := newHuffman(seg[1:])
		if err != nil {
			return err
		}
		if class == 0 {
			d.dc[id] = t
		} else {
			d.ac[id] = t
		}
		seg = seg[1+n:]
	}
	return nil
}

func (d *jpegReader) readSOF(seg []byte, limit int) error {
	if d.comps != nil {
		return errors.New("JPEG: two frame headers (SOF)")
	}
	if len(seg) < 6 || len(seg) != 6+3*int(seg[5]) {
		return errors.New("JPEG: the frame header (SOF) has the wrong length")
	}
	if seg[0] != 8 {
		return fmt.Errorf("JPEG: %d-bit samples are not supported, only 8-bit", seg[0])
	}
	d.h, d.w = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	if err := checkSize("JPEG", d.w, d.h, limit); err != nil {
		return err
	}
	n := int(seg[5])
	if n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("JPEG: %d colour components; expected 1, 3 or 4", n)
	}
	d.comps = make([]component, n)
	for i := range d.comps {
		c, s := &d.comps[i], seg[6+3*i:]
		c.id, c.h, c.v, c.tq = s[0], int(s[1]>>4), int(s[1]&15), s[2]
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return fmt.Errorf("JPEG: component %d has sampling %d×%d and table %d; expected 1 to 4 and 0 to 3", c.id, c.h, c.v, c.tq)
		}
		for _, o := range d.comps[:i] {
			if o.id == c.id {
				return fmt.Errorf("JPEG: two components have the id %d", c.id)
			}
		}
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
		for k := range c.known {
			c.known[k] = -1
		}
	}
	blocks := 0
	for i := range d.comps {
		c := &d.comps[i]
		if d.hMax%c.h != 0 || d.vMax%c.v != 0 {
			return fmt.Errorf("JPEG: component %d is sampled at %d/%d×%d/%d, which is not a whole ratio", c.id, c.h, d.hMax, c.v, d.vMax)
		}
		c.w, c.ht = ceilDiv(d.w*c.h, d.hMax), ceilDiv(d.h*c.v, d.vMax)
		c.bw, c.bh = ceilDiv(d.w, 8*d.hMax)*c.h, ceilDiv(d.h, 8*d.vMax)*c.v
		blocks += ceilDiv(c.w, 8) * ceilDiv(c.ht, 8)
	}
	// A block takes at least one bit: nothing large is allocated for a file that
	// cannot fill it.
	if len(d.data)-d.pos < blocks/8 {
		return errJPEGTruncated
	}
	for i := range d.comps {
		c := &d.comps[i]
		c.pix = make([]uint8, c.bw*c.bh*64)
		if d.progressive {
			c.coef = make([]int16, c.bw*c.bh*64)
		}
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// readScan reads one scan: its header, and the data that follow (T.81, B.2.3).
func (d *jpegReader) readScan(seg []byte) error {
	if d.comps == nil {
		return errors.New("JPEG: no frame header (SOF) before the picture data")
	}
	if len(seg) < 1 || seg[0] < 1 || seg[0] > 4 || len(seg) != 4+2*int(seg[0]) {
		return errors.New("JPEG: a scan header (SOS) has the wrong length")
	}
	scan := make([]*component, seg[0])
	units := 0
	for i := range scan {
		id, tables := seg[1+2*i], seg[2+2*i]
		for j := range d.comps {
			if d.comps[j].id == id {
				scan[i] = &d.comps[j]
			}
		}
		c := scan[i]
		if c == nil {
			return fmt.Errorf("JPEG: a scan names component %d, which the frame header lacks", id)
		}
		for _, o := range scan[:i] {
			if o == c {
				return fmt.Errorf("JPEG: a scan names component %d twice", id)
			}
		}
		if tables>>4 > 3 || tables&15 > 3 {
			return errors.New("JPEG: a scan names a Huffman table above 3")
		}
		c.dc, c.ac, c.pred = d.dc[tables>>4], d.ac[tables&15], 0
		units += c.h * c.v
		if c.quant == nil {
			if c.quant = d.quant[c.tq]; c.quant == nil {
				return fmt.Errorf("JPEG: quantisation table %d is missing", c.tq)
			}
		} else if !d.progressive {
			return fmt.Errorf("JPEG: component %d comes in two scans", id)
		}
	}
	if len(scan) > 1 && units > 10 {
		return fmt.Errorf("JPEG: %d blocks in an MCU; at most 10 are allowed", units)
	}
	p := band{last: 63}
	if tail := seg[len(seg)-3:]; d.progressive {
		p = band{first: int(tail[0]), last: int(tail[1]), high: tail[2] >> 4, low: tail[2] & 15}
		if err := p.check(scan); err != nil {
			return err
		}
	} else {
		d.scanned += len(scan)
	}
	for _, c := range scan {
		if c.dc == nil && p.first == 0 && p.high == 0 || c.ac == nil && p.last > 0 {
			return fmt.Errorf("JPEG: component %d lacks its Huffman table", c.id)
		}
	}

	// A scan of one component has no MCUs: its blocks come row by row, only
	// those that hold samples of the picture.
	across, down := ceilDiv(d.w, 8*d.hMax), ceilDiv(d.h, 8*d.vMax)
	if len(scan) == 1 {
		across, down = ceilDiv(scan[0].w, 8), ceilDiv(scan[0].ht, 8)
	}
	d.bits.reset()
	p.run = 0
	left, rst := d.restart, uint8(0)
	for my := range down {
		for mx := range across {
			if d.restart > 0 {
				if left == 0 {
					if m, err := d.nextMarker(); err != nil || m != 0xd0+rst {
						return fmt.Errorf("JPEG: restart marker %d is missing at row %d of %d: the file is damaged", rst, my*d.h/down, d.h)
					}
					d.bits.reset()
					left, rst, p.run = d.restart, (rst+1)&7, 0
					for _, c := range scan {
						c.pred = 0
					}
				}
				left--
			}
			ok := true
			if len(scan) == 1 {
				ok = d.readBlock(scan[0], mx, my, &p)
			} else {
				for _, c := range scan {
					for v := range c.v {
						for h := range c.h {
							ok = d.readBlock(c, mx*c.h+h, my*c.v+v, &p) && ok
						}
					}
				}
			}
			if !ok || d.overrun() {
				what := "damaged"
				if d.overrun() {
					what = "truncated"
				}
				return fmt.Errorf("JPEG: the picture data break off at row %d of %d: the file is %s, copy or export it again", my*d.h/down, d.h, what)
			}
		}
	}
	return nil
}

// readBlock reads the part of block (bx, by) that the scan holds and, where that
// is all of it, transforms it. It reports whether the data made sense.
func (d *jpegReader) readBlock(c *component, bx, by int, p *band) bool {
	if d.progressive {
		return p.read(&d.bits, c, (*[64]int16)(c.coef[(by*c.bw+bx)*64:]))
	}
	last := d.bits.block(c, &d.block)
	if last < 0 {
		return false
	}
	idct(&d.block, last, c.pix[(by*c.bw*8+bx)*8:], c.bw*8)
	if last > 0 {
		clear(d.block[:])
	}
	return true
}

// transformAll turns the coefficients of a progressive picture into samples.
func (d *jpegReader) transformAll() error {
	for i := range d.comps {
		c := &d.comps[i]
		// libjpeg smooths a picture whose first ten coefficients are not
		// complete; a complete file has no need of it.
		for k, low := range c.known[:10] {
			if low != 0 {
				return fmt.Errorf("JPEG: the last refinement of component %d, coefficient %d, is missing: the file is truncated, copy or export it again", c.id, k)
			}
		}
		var q [64]int32
		for k, v := range c.quant {
			q[zigzag[k]] = v
		}
		for b := range c.bw * c.bh {
			coef := (*[64]int16)(c.coef[b*64:])
			last := int16(0)
			for k, v := range coef {
				d.block[k] = int32(v) * q[k]
				if k > 0 {
					last |= v
				}
			}
			end := 0
			if last != 0 {
				end = 63
			}
			idct(&d.block, end, c.pix[(b/c.bw*c.bw*8+b%c.bw)*8:], c.bw*8)
		}
		c.coef = nil
	}
	return nil
}
