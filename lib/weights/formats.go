package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Array is one tensor of a weight file: row-major values in the shape in which the file's
// framework keeps it, not yet in the graph's layout. Floats of any width arrive as float32.
// Values is nil for integers and booleans, of which networks need none.
type Array struct {
	Shape  []int
	Type   string // as the file names it, e.g. "F16", "HalfStorage"
	Values []float32
}

// ReadArrays reads every tensor of a weight file: safetensors, a PyTorch checkpoint (.pth, .pt,
// .bin; zip or the format before version 1.6) or the initializers of an ONNX model, told apart by
// content. A file that lies about its sizes is an error, never a panic, and allocates no more than
// a small multiple of its own length. Nothing that the file contains is executed.
func ReadArrays(f io.ReaderAt, size int64) (map[string]Array, error) {
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readTorchZip(f, size)
	case len(head) > 1 && head[0] == 0x80 && head[1] <= 5: // a pickle from protocol 2 on
		return readTorchLegacy(f, size)
	case len(head) > 8 && head[8] == '{':
		return readSafetensors(f, size)
	case len(head) > 1 && head[0] == 0x08 && head[1] < 0x80: // ModelProto.ir_version, a small number
		return readONNX(f, size)
	}
	return nil, fmt.Errorf("unknown format (first bytes % x): want safetensors, a PyTorch checkpoint or ONNX", head)
}

// maxValues bounds one tensor: the largest of a ViT-H has 6.6 million values.
const maxValues = 1 << 31

// maxAxes bounds a tensor's axes, as numpy does.
const maxAxes = 32

// checkShape returns the dimensions as ints and their product.
func checkShape(dims []int64) (shape []int, count int64, err error) {
	if len(dims) > maxAxes {
		return nil, 0, fmt.Errorf("impossible shape of %d axes", len(dims))
	}
	shape, count = make([]int, len(dims)), 1
	for i, d := range dims {
		if d < 0 || d > maxValues {
			return nil, 0, fmt.Errorf("impossible shape %v", dims)
		}
		if count *= d; count > maxValues { // both factors are at most 2^31: no overflow
			return nil, 0, fmt.Errorf("impossible shape %v", dims)
		}
		shape[i] = int(d)
	}
	return shape, count, nil
}

// floatFormat is how a file writes one float.
type floatFormat struct {
	bytes  int64
	decode func(b []byte) float32
}

var (
	float16   = floatFormat{2, func(b []byte) float32 { return halfToFloat(binary.LittleEndian.Uint16(b)) }}
	bfloat16  = floatFormat{2, func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }}
	float32le = floatFormat{4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }}
	float64le = floatFormat{8, func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }}
)

// read reads count values that must fill the given length from offset on. The caller has checked
// that offset+length lies inside the file, which bounds the allocation.
func (ff floatFormat) read(f io.ReaderAt, offset, length, count int64) ([]float32, error) {
	if length != count*ff.bytes {
		return nil, fmt.Errorf("%d bytes for %d values of %d bytes", length, count, ff.bytes)
	}
	values := make([]float32, count)
	buf := make([]byte, min(length, 1<<20))
	for done := int64(0); done < count; {
		part := buf[:min(int64(len(buf)), (count-done)*ff.bytes)]
		if n, err := f.ReadAt(part, offset+done*ff.bytes); n < len(part) {
			return nil, fmt.Errorf("reading values: %w", err)
		}
		done += ff.fill(values[done:], part)
	}
	return values, nil
}

// fill decodes all of b into values and returns the number of values.
func (ff floatFormat) fill(values []float32, b []byte) int64 {
	n := int64(len(b)) / ff.bytes
	for i := range n {
		values[i] = ff.decode(b[i*ff.bytes:])
	}
	return n
}

// halfToFloat widens an IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of mantissa.
func halfToFloat(h uint16) float32 {
	sign, exp, mant := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero and subnormals: mant · 2⁻²⁴
		return math.Float32frombits(math.Float32bits(float32(mant)*(1.0/(1<<24))) | sign)
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | mant<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | mant<<13)
}

// short keeps what a file says from filling a message: it is the beginning, of which 80 bytes are left
// when it is quoted, and how long the whole is.
func short(s string) string {
	const most = 80
	cut := s[:min(len(s), most)]
	for len(strconv.Quote(cut)) > most+len(`""`) {
		cut = cut[:len(cut)-1]
	}
	if len(cut) == len(s) {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", cut, len(s))
}
