package onnx

import (
	"errors"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// graph is an ONNX file, edited, and what goes in and out of its network.
type graph struct {
	file            []byte
	inputs, outputs []string
}

// The fields of onnx.proto3 that are read here.
const (
	modelGraph      protowire.Number = 7
	graphInit       protowire.Number = 5
	graphInput      protowire.Number = 11
	graphOutput     protowire.Number = 12
	valueName       protowire.Number = 1
	tensorName      protowire.Number = 8 // of an initializer
	valueType       protowire.Number = 2
	typeTensor      protowire.Number = 1
	tensorShape     protowire.Number = 2
	shapeDimension  protowire.Number = 1
	dimensionNumber protowire.Number = 1
)

// openGraph takes from an ONNX file what would tie a network to the sizes it was
// exported with: the numbers in the shapes of its inputs and outputs. Weights that the
// file lists among the inputs, as old exporters do, are no inputs any more, so that
// onnxruntime may count on their values.
func openGraph(file []byte) (graph, error) {
	var g graph
	weights := map[string]bool{}
	size := []protowire.Number{valueType, typeTensor, tensorShape, shapeDimension, dimensionNumber}
	// Weights may follow the inputs, so their names are read first.
	_, err := edit(file, func(num protowire.Number, b []byte) ([]byte, error) {
		if num != modelGraph {
			return b, nil
		}
		return edit(b, func(num protowire.Number, b []byte) ([]byte, error) {
			if num != graphInit {
				return b, nil
			}
			name, err := text(b, tensorName)
			weights[name] = true
			return b, err
		})
	})
	if err != nil {
		return g, err
	}
	g.file, err = edit(file, func(num protowire.Number, b []byte) ([]byte, error) {
		if num != modelGraph {
			return b, nil
		}
		return edit(b, func(num protowire.Number, b []byte) ([]byte, error) {
			if num != graphInput && num != graphOutput {
				return b, nil
			}
			name, err := text(b, valueName)
			switch {
			case err != nil:
				return nil, err
			case num == graphOutput:
				g.outputs = append(g.outputs, name)
			case weights[name]:
				return nil, nil
			default:
				g.inputs = append(g.inputs, name)
			}
			return without(b, size)
		})
	})
	return g, err
}

// edit copies a protobuf message, with each field that holds bytes replaced by what f
// makes of them: nil leaves the field out.
func edit(message []byte, f func(protowire.Number, []byte) ([]byte, error)) ([]byte, error) {
	out := make([]byte, 0, len(message)+16)
	for len(message) > 0 {
		num, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil, protowire.ParseError(tag)
		}
		n := protowire.ConsumeFieldValue(num, kind, message[tag:])
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		field, value := message[:tag+n], message[tag:tag+n]
		message = message[tag+n:]
		if kind != protowire.BytesType {
			out = append(out, field...)
			continue
		}
		inside, _ := protowire.ConsumeBytes(value)
		edited, err := f(num, inside)
		if err != nil {
			return nil, err
		}
		if edited != nil {
			out = protowire.AppendBytes(protowire.AppendTag(out, num, kind), edited)
		}
	}
	return out, nil
}

// without copies a message without the fields at the end of a path of fields.
func without(message []byte, path []protowire.Number) ([]byte, error) {
	if len(path) > 1 {
		return edit(message, func(num protowire.Number, b []byte) ([]byte, error) {
			if num != path[0] {
				return b, nil
			}
			return without(b, path[1:])
		})
	}
	out := make([]byte, 0, len(message))
	for len(message) > 0 {
		num, _, n := protowire.ConsumeField(message)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if num != path[0] {
			out = append(out, message[:n]...)
		}
		message = message[n:]
	}
	return out, nil
}

// text is the field of a message that holds a name.
func text(message []byte, field protowire.Number) (name string, err error) {
	_, err = edit(message, func(num protowire.Number, b []byte) ([]byte, error) {
		if num == field {
			name = string(slices.Clone(b))
		}
		return b, nil
	})
	if err == nil && name == "" {
		err = errors.New("a value without a name")
	}
	return name, err
}
