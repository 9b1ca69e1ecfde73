package weights

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// safetensorsHeader bounds the JSON header, as the format's own library does.
const safetensorsHeader = 100 << 20

// readSafetensors reads the format of https://github.com/huggingface/safetensors: the header's
// length as 8 bytes, little-endian; a JSON object of name to dtype, shape and byte range; the
// values. The ranges must cover the rest of the file without gap or overlap.
func readSafetensors(f io.ReaderAt, size int64) (map[string]Array, error) {
	var length [8]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > safetensorsHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("safetensors header of %d bytes in a file of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := f.ReadAt(text, 8); err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	delete(entries, "__metadata__")

	type entry struct {
		Name    string
		DType   string   `json:"dtype"`
		Shape   []int64  `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	list := make([]entry, 0, len(entries))
	for name, raw := range entries {
		e := entry{Name: name}
		if err := json.Unmarshal(raw, &e); err != nil {
			// The library quotes the number that does not fit, as long as it is.
			return nil, fmt.Errorf("safetensors tensor %q: %s", short(name), short(err.Error()))
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b entry) int {
		switch {
		case a.Offsets[0] != b.Offsets[0]:
			return int(max(-1, min(1, a.Offsets[0]-b.Offsets[0])))
		case a.Offsets[1] != b.Offsets[1]: // an empty tensor lies before the one that starts where it does
			return int(max(-1, min(1, a.Offsets[1]-b.Offsets[1])))
		}
		return strings.Compare(a.Name, b.Name)
	})

	data, at := 8+int64(n), int64(0)
	arrays := make(map[string]Array, len(list))
	for _, e := range list {
		shape, count, err := checkShape(e.Shape)
		if err != nil {
			return nil, fmt.Errorf("safetensors tensor %q: %w", short(e.Name), err)
		}
		begin, end := e.Offsets[0], e.Offsets[1]
		if begin != at || end < begin || end > size-data {
			return nil, fmt.Errorf("safetensors tensor %q lies at bytes %d to %d of %d, where the last one ends at %d", short(e.Name), begin, end, size-data, at)
		}
		at = end
		a := Array{Shape: shape, Type: e.DType}
		if format, ok := safetensorsFloats[e.DType]; ok {
			if a.Values, err = format.read(f, data+begin, end-begin, count); err != nil {
				return nil, fmt.Errorf("safetensors tensor %q: %w", short(e.Name), err)
			}
		}
		arrays[e.Name] = a
	}
	if at != size-data {
		return nil, fmt.Errorf("safetensors file has %d bytes behind its last tensor", size-data-at)
	}
	return arrays, nil
}

var safetensorsFloats = map[string]floatFormat{"F16": float16, "BF16": bfloat16, "F32": float32le, "F64": float64le}
