package weights

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// readONNX reads the initializers of an ONNX model. Exporters fold the transposition of a linear
// layer into its matrix and drop the matrix' name ("onnx::MatMul_1966"), but the node that
// multiplies by it keeps the layer's path: "/backbone/encoder/layer.0/attention/attention/key/MatMul".
// Such a matrix gets the name "backbone.encoder.layer.0.attention.attention.key.weight" and
// PyTorch's layout, [out, in]. Other nameless initializers are named after their node's path too,
// e.g. "backbone.embeddings.Concat_6", unless two nodes share one.
//
// The numbers in the comments are the field numbers of onnx.proto3.
func readONNX(f io.ReaderAt, size int64) (map[string]Array, error) {
	if size > 2<<30 { // protobuf's own limit
		return nil, fmt.Errorf("ONNX file of %d bytes, protobuf allows 2 GiB", size)
	}
	file := make([]byte, size)
	if n, err := f.ReadAt(file, 0); n < len(file) {
		return nil, err
	}
	var graph []byte
	if err := fields(file, func(num protowire.Number, v field) error {
		if num == 7 { // ModelProto.graph
			graph = v.bytes
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	if graph == nil {
		return nil, errors.New("ONNX model without a graph")
	}

	arrays := map[string]Array{}
	type use struct{ path, op string }
	users := map[string][]use{} // by initializer
	err := fields(graph, func(num protowire.Number, v field) error {
		switch num {
		case 1: // GraphProto.node
			var inputs []string
			var u use
			err := fields(v.bytes, func(num protowire.Number, v field) error {
				switch num {
				case 1: // NodeProto.input
					inputs = append(inputs, string(v.bytes))
				case 3: // name
					u.path = string(v.bytes)
				case 4: // op_type
					u.op = string(v.bytes)
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("node %q: %w", short(u.path), err)
			}
			for _, in := range inputs {
				users[in] = append(users[in], u)
			}
		case 5: // GraphProto.initializer
			name, a, err := onnxTensor(v.bytes)
			if err != nil {
				return fmt.Errorf("initializer %q: %w", short(name), err)
			}
			if _, twice := arrays[name]; twice || name == "" {
				return fmt.Errorf("initializer %q twice or without a name", short(name))
			}
			arrays[name] = a
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ONNX graph: %w", err)
	}

	named := make(map[string]Array, len(arrays))
	for name, a := range arrays {
		if strings.HasPrefix(name, "onnx::") && len(users[name]) == 1 && users[name][0].path != "" {
			u := users[name][0]
			name = strings.ReplaceAll(strings.Trim(u.path, "/"), "/", ".")
			if layer, ok := strings.CutSuffix(name, ".MatMul"); ok && u.op == "MatMul" && len(a.Shape) == 2 {
				name, a = layer+".weight", transpose(a)
			}
			if _, taken := named[name]; taken {
				return nil, fmt.Errorf("ONNX graph: two nodes named %q use nameless initializers", short(u.path))
			}
		}
		named[name] = a
	}
	if len(named) != len(arrays) {
		return nil, errors.New("ONNX graph: an initializer has the name of another one's node")
	}
	return named, nil
}

// transpose swaps the axes of a matrix.
func transpose(a Array) Array {
	rows, cols := a.Shape[0], a.Shape[1]
	t := Array{Shape: []int{cols, rows}, Type: a.Type}
	if a.Values != nil {
		t.Values = make([]float32, len(a.Values))
		for r := range rows {
			for c := range cols {
				t.Values[c*rows+r] = a.Values[r*cols+c]
			}
		}
	}
	return t
}

// onnxTensor reads a TensorProto, its values from raw_data or from the repeated field of its type.
func onnxTensor(b []byte) (name string, a Array, err error) {
	var dims []int64
	var dtype uint64
	var raw, floats, doubles []byte
	var halves []uint64
	external := false
	err = fields(b, func(num protowire.Number, v field) error {
		switch num {
		case 1: // dims, packed or one by one
			return v.varints(func(d uint64) { dims = append(dims, int64(d)) })
		case 2: // data_type
			dtype = v.number
		case 4: // float_data, packed or one by one
			floats = append(floats, v.bytes...)
		case 5: // int32_data: half floats as bit patterns, packed or one by one
			return v.varints(func(h uint64) { halves = append(halves, h) })
		case 8:
			name = string(v.bytes)
		case 9: // raw_data, little-endian
			raw = v.bytes
		case 10: // double_data
			doubles = append(doubles, v.bytes...)
		case 14: // data_location
			external = v.number != 0
		}
		return nil
	})
	if err != nil {
		return name, a, err
	}
	if external {
		return name, a, errors.New("its values lie in another file; export the model with its weights inside")
	}
	shape, count, err := checkShape(dims)
	if err != nil {
		return name, a, err
	}
	a.Shape = shape

	var format floatFormat
	typed := raw
	switch dtype { // TensorProto.DataType
	case 1:
		a.Type, format = "FLOAT", float32le
		if raw == nil {
			typed = floats
		}
	case 11:
		a.Type, format = "DOUBLE", float64le
		if raw == nil {
			typed = doubles
		}
	case 10, 16:
		a.Type, format = "FLOAT16", float16
		if dtype == 16 {
			a.Type, format = "BFLOAT16", bfloat16
		}
		if raw == nil {
			for _, h := range halves {
				if h > math.MaxUint16 {
					return name, a, fmt.Errorf("half float with bits %#x", h)
				}
				typed = append(typed, byte(h), byte(h>>8))
			}
		}
	default:
		a.Type = fmt.Sprintf("type %d", dtype)
		return name, a, nil
	}
	if int64(len(typed)) != count*format.bytes {
		return name, a, fmt.Errorf("%d bytes for shape %v of %s", len(typed), shape, a.Type)
	}
	a.Values = make([]float32, count)
	format.fill(a.Values, typed)
	return name, a, nil
}

// field is the value of one protobuf field: bytes holds a length-delimited value, or the 4 or 8
// bytes of a fixed one; number holds a varint.
type field struct {
	kind   protowire.Type
	bytes  []byte
	number uint64
}

// varints calls each for every number of a repeated field, packed or not.
func (v field) varints(each func(uint64)) error {
	if v.kind == protowire.VarintType {
		each(v.number)
		return nil
	}
	for b := v.bytes; len(b) > 0; {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		each(x)
		b = b[n:]
	}
	return nil
}

// fields calls each for every field of a message, in order. The bytes alias b.
func fields(b []byte, each func(protowire.Number, field) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		v := field{kind: kind}
		switch kind {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		case protowire.Fixed32Type, protowire.Fixed64Type:
			n = protowire.ConsumeFieldValue(num, kind, b)
			v.bytes = b[:max(0, n)]
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := each(num, v); err != nil {
			return err
		}
	}
	return nil
}
