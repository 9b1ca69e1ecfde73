package picture

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// bits reads the entropy-coded data of a JPEG: most significant bit first, FF 00
// standing for FF, up to the next marker. Beyond that it gives zeros, counted
// in pad.
type bits struct {
	data []byte
	pos  int
	acc  uint64 // the next n bits, left-aligned; below them, part of the byte at pos or zeros
	n    int
	pad  int
}

func (b *bits) reset() { b.acc, b.n, b.pad = 0, 0, 0 }

// overrun reports whether more bits were taken than the data had.
func (b *bits) overrun() bool { return b.n < b.pad }

// fill makes n at least 57, given n ≥ 0.
func (b *bits) fill() {
	if b.pos+8 <= len(b.data) {
		w := binary.BigEndian.Uint64(b.data[b.pos:])
		const ones, tops = 0x0101010101010101, 0x8080808080808080
		if (^w-ones)&w&tops == 0 { // no byte is FF
			b.acc |= w >> b.n
			k := (64 - b.n) >> 3
			b.pos += k
			b.n += k << 3
			return
		}
	}
	b.acc &^= ^uint64(0) >> b.n
	for b.n <= 56 {
		v, next := uint64(0xff), b.pos
		for next < len(b.data) && b.data[next] == 0xff {
			next++
		}
		if next == len(b.data) || next > b.pos && b.data[next] != 0 { // end of data
			b.pad += 64 - b.n
			b.n = 64
			return
		}
		if next == b.pos {
			v = uint64(b.data[next])
		}
		b.pos = next + 1
		b.acc |= v << (56 - b.n)
		b.n += 8
	}
}

func (b *bits) take(n int) {
	b.acc <<= n
	b.n -= n
}

// bit and receive want enough bits in acc.
func (b *bits) bit() bool {
	one := b.acc>>63 == 1
	b.take(1)
	return one
}

// receive reads an s-bit value and extends it (T.81, F.2.2.1, figure F.12): a
// first bit of 0 says negative.
func (b *bits) receive(s int) int32 {
	v := extend(b.acc, s)
	b.take(s)
	return v
}

func extend(acc uint64, s int) int32 {
	positive := int64(acc) >> 63
	return int32(int64(acc>>(64-s)) - (1<<s-1)&^positive)
}

// lookBits codes are decoded by one look-up.
const lookBits = 10

type huffman struct {
	// look: length·256 + symbol of the code that the index starts with; 0: longer.
	look [1 << lookBits]uint16
	// ac, for AC coefficients of sequential files: the symbol as in look, with
	// the value in the upper half and its bits counted in, where all of it fits
	// in the index.
	ac   [1 << lookBits]uint32
	end  [17]uint32 // by length: where its codes end, left-aligned to 16 bits
	base [17]int32  // by length: index in vals of its first code, less that code
	vals []uint8
}

// newHuffman builds a table from the counts and symbols of a DHT segment and
// gives their length (T.81, annex C).
func newHuffman(seg []byte) (*huffman, int, error) {
	if len(seg) < 16 {
		return nil, 0, errors.New("JPEG: a Huffman table (DHT) is cut off")
	}
	total := 0
	for _, n := range seg[:16] {
		total += int(n)
	}
	if total > 256 || len(seg) < 16+total {
		return nil, 0, fmt.Errorf("JPEG: a Huffman table (DHT) of %d symbols is cut off or too long", total)
	}
	t := &huffman{vals: seg[16 : 16+total]}
	code, k := 0, 0
	for length := 1; length <= 16; length++ {
		t.base[length] = int32(k - code)
		for range seg[length-1] {
			if code >= 1<<length {
				return nil, 0, fmt.Errorf("JPEG: a Huffman table (DHT) has too many codes of %d bits", length)
			}
			if length <= lookBits {
				first := code << (lookBits - length)
				for i := range 1 << (lookBits - length) {
					t.look[first+i] = uint16(length)<<8 | uint16(t.vals[k])
				}
			}
			code++
			k++
		}
		t.end[length] = uint32(code) << (16 - length)
		code <<= 1
	}
	for i, e := range t.look {
		length, size := int(e>>8), int(e&15)
		t.ac[i] = uint32(e)
		if size > 0 && length+size <= lookBits {
			v := extend(uint64(i)<<(64-lookBits+length), size)
			t.ac[i] = uint32(v)<<16 | uint32(length+size)<<8 | uint32(e&0xff)
		}
	}
	return t, 16 + total, nil
}

// long gives the entry, as in look, of a code longer than lookBits, or 0.
func (t *huffman) long(acc uint64) uint16 {
	code := uint32(acc >> 48)
	for length := lookBits + 1; length <= 16; length++ {
		if code < t.end[length] {
			return uint16(length)<<8 | uint16(t.vals[int32(code>>(16-length))+t.base[length]])
		}
	}
	return 0
}

// symbol reads one code, or gives −1. It wants 16 bits in acc.
func (b *bits) symbol(t *huffman) int {
	e := t.look[b.acc>>(64-lookBits)]
	if e == 0 {
		if e = t.long(b.acc); e == 0 {
			return -1
		}
	}
	b.take(int(e >> 8))
	return int(e & 0xff)
}

// dcDiff reads a DC difference (T.81, F.2.2.1).
func (b *bits) dcDiff(t *huffman) (int32, bool) {
	if b.n < 32 {
		b.fill()
	}
	s := b.symbol(t)
	if uint(s) > 16 {
		return 0, false
	}
	return b.receive(s), true
}

// block reads one block of a sequential scan (T.81, F.2.2) into out, dequantised
// and in natural order; out must be zero but for its DC. It returns the zigzag
// index of the last coefficient, or −1 where the data make no sense.
func (b *bits) block(c *component, out *[64]int32) int {
	diff, ok := b.dcDiff(c.dc)
	if !ok {
		return -1
	}
	c.pred += diff
	q, t := c.quant, c.ac
	out[0] = c.pred * q[0]
	acc, n := b.acc, b.n
	last := 0
	for k := 1; k < 64; k++ {
		if n < 32 {
			b.acc, b.n = acc, n
			b.fill()
			acc, n = b.acc, b.n
		}
		e := t.ac[acc>>(64-lookBits)]
		if e == 0 {
			if e = uint32(t.long(acc)); e == 0 {
				return -1
			}
		}
		length := int(e >> 8 & 0xff)
		acc <<= length
		n -= length
		v := int32(e) >> 16
		k += int(e >> 4 & 15)
		if v == 0 {
			size := int(e & 15)
			if size == 0 {
				if e&0xff == 0xf0 {
					continue // sixteen zeros
				}
				break // end of block
			}
			v = extend(acc, size)
			acc <<= size
			n -= size
		}
		if k > 63 {
			return -1
		}
		out[zigzag[k]] = v * q[k]
		last = k
	}
	b.acc, b.n = acc, n
	return last
}

// band is what a progressive scan holds (T.81, G.1.1): coefficients first to
// last, of which bits from low up are sent, those from high up having been sent
// before (0: none).
type band struct {
	first, last int
	high, low   uint8
	run         int // blocks still to skip (end-of-band run)
}

// check also records the progress in the components. A scan that does not follow
// on from the ones before is refused, which bounds the number of scans, too.
func (p *band) check(scan []*component) error {
	if p.last > 63 || p.first > p.last || p.low > 13 || p.high > 0 && p.low != p.high-1 ||
		p.first == 0 && p.last != 0 || p.first > 0 && len(scan) > 1 {
		return fmt.Errorf("JPEG: a progressive scan of coefficients %d to %d, bits %d to %d, is not allowed", p.first, p.last, p.high, p.low)
	}
	before := int8(p.high)
	if p.high == 0 {
		before = -1
	}
	for _, c := range scan {
		for k := p.first; k <= p.last; k++ {
			if c.known[k] != before || p.first > 0 && c.known[0] < 0 {
				return fmt.Errorf("JPEG: a progressive scan of component %d, coefficients %d to %d, does not follow on from the scans before it", c.id, p.first, p.last)
			}
			c.known[k] = int8(p.low)
		}
	}
	return nil
}

// read reads one block's part of the scan into coef (natural order).
func (p *band) read(b *bits, c *component, coef *[64]int16) bool {
	switch {
	case p.first == 0 && p.high == 0:
		diff, ok := b.dcDiff(c.dc)
		c.pred += diff
		coef[0] = int16(c.pred << p.low)
		return ok
	case p.first == 0:
		if b.n < 1 {
			b.fill()
		}
		if b.bit() {
			coef[0] |= 1 << p.low
		}
		return true
	case p.run > 0 && p.high == 0:
		p.run--
		return true
	case p.high == 0:
		return p.readAC(b, c.ac, coef)
	}
	return p.refineAC(b, c.ac, coef)
}

// readAC reads the first bits of AC coefficients (T.81, G.1.2.2).
func (p *band) readAC(b *bits, t *huffman, coef *[64]int16) bool {
	for k := p.first; k <= p.last; k++ {
		if b.n < 32 {
			b.fill()
		}
		rs := b.symbol(t)
		if rs < 0 {
			return false
		}
		r, s := rs>>4, rs&15
		if s == 0 {
			if r < 15 {
				p.run = p.endRun(b, r) - 1
				break
			}
			k += 15
			continue
		}
		if k += r; k > 63 {
			return false
		}
		coef[zigzag[k]] = int16(b.receive(s) << p.low)
	}
	return true
}

// endRun is the length of an end-of-band run of class r, this block included.
func (p *band) endRun(b *bits, r int) int {
	n := 1<<r + int(b.acc>>(64-r))
	b.take(r)
	return n
}

// refineAC reads one more bit of AC coefficients (T.81, G.1.2.3).
func (p *band) refineAC(b *bits, t *huffman, coef *[64]int16) bool {
	one := int16(1) << p.low
	k := p.first
	if p.run == 0 {
		for ; k <= p.last; k++ {
			if b.n < 32 {
				b.fill()
			}
			rs := b.symbol(t)
			if rs < 0 {
				return false
			}
			r, s := rs>>4, rs&15
			value := int16(0)
			if s == 0 {
				if r < 15 {
					p.run = p.endRun(b, r)
					break
				}
			} else if s > 1 {
				return false
			} else if value = -one; b.bit() {
				value = one
			}
			// Pass r coefficients that are still zero, refining the others.
			if k = p.refine(b, coef, k, r); value != 0 {
				if k > p.last {
					return false
				}
				coef[zigzag[k]] = value
			}
		}
	}
	if p.run > 0 {
		p.refine(b, coef, k, 64)
		p.run--
	}
	return true
}

// refine reads a correction bit for each non-zero coefficient from k on, until
// it has passed the given number of zeros and met another; it returns where.
func (p *band) refine(b *bits, coef *[64]int16, k, zeros int) int {
	one := int16(1) << p.low
	for ; k <= p.last; k++ {
		v := &coef[zigzag[k]]
		if *v == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		if b.n < 1 {
			b.fill()
		}
		if b.bit() && *v&one == 0 {
			if *v > 0 {
				*v += one
			} else {
				*v -= one
			}
		}
	}
	return k
}
