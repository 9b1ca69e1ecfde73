package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// longest is how many bytes a message about a hostile file may have.
const longest = 2000

// nested are the opcodes that leave a tuple of tuples on the stack, 20 deep, which holds the string "x"
// 2²⁰ times and takes 104 bytes: a tuple is kept, and becomes the tuple of itself and itself. Printed
// whole it has megabytes, and five bytes more double that; deeper ones would end the test's process
// where the message is at fault, instead of the test.
func nested() string {
	b := []byte("\x8c\x01x\x85") // ("x",)
	for i := range byte(20) {
		b = append(b, 'q', i, 'h', i, 0x86) // keep it, recall it, a tuple of the two
	}
	return string(b)
}

// word pushes a string.
func word(s string) string {
	return string(binary.LittleEndian.AppendUint32([]byte("X"), uint32(len(s)))) + s
}

// count pushes a number.
func count(n int32) string {
	return string(binary.LittleEndian.AppendUint32([]byte("J"), uint32(n)))
}

// The opcodes of a name, of a storage, and of the tensor that a call with the arguments on the stack makes.
const (
	rebuild = "ctorch._utils\n_rebuild_tensor_v2\n"
	floats  = "ctorch\nFloatStorage\n"
)

func storageOf(class, key, values string) string {
	return "(" + word("storage") + class + key + word("cpu") + values + "tQ"
}

func tensorOf(storage, offset, shape, strides string) string {
	return rebuild + "(" + storage + offset + shape + strides + "tR"
}

// pickled is a program of protocol 2.
func pickled(program string) string { return "\x80\x02" + program + "." }

// zipped is a zip archive of one member.
func zipped(t *testing.T, name, content string, method uint16) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pth is a checkpoint as torch.save writes it now.
func pth(t *testing.T, program string) string {
	return zipped(t, "archive/data.pkl", pickled(program), zip.Store)
}

// oldPTH is one as PyTorch wrote it before version 1.6, of the state and the list of the storages' keys.
func oldPTH(state, keys string) string {
	return pickled("\x8a\x0a"+string(torchMagic)) + pickled("M\xe9\x03") + pickled("}") + pickled(state) + pickled(keys)
}

func onnx(graph []byte) string {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 7)
	return string(protowire.AppendBytes(protowire.AppendTag(b, 7, protowire.BytesType), graph))
}

// text appends a field of bytes to a message of protobuf.
func text(b []byte, field protowire.Number, content string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), content)
}

// Whatever a file holds, the message about it is short and is made without much memory, names what is
// wrong, and says nothing twice as long for five bytes more.
func TestMessagesAreShort(t *testing.T) {
	long := strings.Repeat("\x1b", 200_000)
	storage := storageOf(floats, word("0"), count(4))
	entry := func(value string) string { return "}" + word("w") + value + "s" }
	for _, c := range []struct{ what, file, want string }{
		{"storage's id", pth(t, nested()+"Q"), "refers to a tuple of 2 items outside of it"},
		{"storage's class", pth(t, storageOf(nested(), word("0"), count(4))), "describes a storage as (the string \"storage\", a tuple of 2 items, "},
		{"storage's key", pth(t, storageOf(floats, nested(), count(4))), "a tuple of 2 items"},
		{"storage's length", pth(t, storageOf(floats, word("0"), nested())), "a tuple of 2 items"},
		{"storage's class, a name", pth(t, storageOf("ctorch.nn\n"+long+"\n", word("0"), count(4))), "asks for"},
		{"tensor's storage", pth(t, tensorOf(nested(), "K\x00", ")", ")")), "describes a tensor as (a tuple of 2 items, 0, "},
		{"tensor's offset", pth(t, tensorOf(storage, nested(), ")", ")")), "a tuple of 2 items"},
		{"tensor's shape", pth(t, tensorOf(storage, "K\x00", nested(), ")")), "describes a tensor as (a storage of 4 values, 0, a tuple of 2 items, "},
		{"tensor's strides", pth(t, tensorOf(storage, "K\x00", ")", nested())), "a tuple of 2 items"},
		{"shape of many axes", pth(t, tensorOf(storage, "K\x00", "("+strings.Repeat(count(1<<31-1), 33)+"t", "("+strings.Repeat(count(1), 33)+"t")), "impossible shape of 33 axes"},
		{"shape of many values", pth(t, tensorOf(storage, "K\x00", "("+strings.Repeat(count(1<<31-1), 32)+"t", "("+strings.Repeat(count(1), 32)+"t")), "impossible shape"},
		{"strides", pth(t, tensorOf(storage, "K\x00", "("+strings.Repeat(count(1), 32)+"t", "("+strings.Repeat(count(-1<<31), 32)+"t")), "with strides"},
		{"view outside", pth(t, tensorOf(storage, count(1<<30), "("+strings.Repeat(count(1), 32)+"t", "("+strings.Repeat(count(1<<31-1), 32)+"t")), "leaves its storage of 4 values"},
		{"many arguments", pth(t, rebuild+"("+strings.Repeat(word(long[:200]), 500)+"tR"), "and 492 more"},
		{"key", pth(t, "}"+nested()+tensorOf(storage, "K\x00", ")", ")")+"s"), "entry a tuple of 2 items is a tensor of shape []"},
		{"key, a string", pth(t, "}"+word(long)+"K\x01s"+entry(tensorOf(storage, "K\x00", ")", ")"))[1:]), "bytes)"},
		{"entry", pth(t, entry(tensorOf(storage, "K\x00", ")", ")"))+word("x")+nested()+"s"), `entry the string "x" is a tuple of 2 items`},
		{"no tensor", pth(t, entry(nested())), `0 dictionaries of tensors, want one; its 1 keys begin with the string "w"`},
		{"many keys", pth(t, "}"+strings.Repeat(word(long[:300])+"K\x01s", 1000)), "its 1000 keys begin with"},
		{"keys that are tuples", pth(t, "}"+strings.Repeat(nested()+"K\x01s", 100)), "a tuple of 2 items"},
		{"state", pth(t, nested()), "holds a tuple of 2 items, want a state_dict"},
		{"state, a string", pth(t, word(long)), "want a state_dict"},
		{"called", pth(t, nested()+")R"), "calls a tuple of 2 items"},
		{"arguments", pth(t, rebuild+word(long)+"R"), "as arguments"},
		{"pairs", pth(t, "ccollections\nOrderedDict\n"+nested()+"\x85R"), "makes a dictionary of a tuple of 2 items"},
		{"appended to", pth(t, nested()+"K\x01a"), "appends to a tuple of 2 items"},
		{"item set", pth(t, nested()+"K\x01K\x01s"), "sets an item of a tuple of 2 items"},
		{"attributes", pth(t, nested()+"}b"), "sets attributes of a tuple of 2 items"},
		{"member", zipped(t, long[:60_000], "", zip.Deflate), "is compressed"},
		{"no data.pkl", zipped(t, strings.Repeat("x", 60_000)+"/data.pkl", "", zip.Store), "PyTorch checkpoint"},
		{"old format, storage", oldPTH(nested()+"Q", "]"), "refers to a tuple of 2 items"},
		{"old format, storages", oldPTH("}", nested()), "storage keys are a tuple of 2 items, want a list"},
		{"old format, storage's key", oldPTH("}", "]"+nested()+"a"), "values of an unknown storage, a tuple of 2 items"},
		{"old format, storage's key, a string", oldPTH("}", "]"+word(long)+"a"), "values of an unknown storage"},
		{"old format, storage cut off", oldPTH(storageOf(floats, word(long), count(4)), "]"+word(long)+"a"), "storage "},
		{"old format, storage without values", oldPTH(entry(tensorOf(storageOf(floats, word(long), count(4)), "K\x00", ")", ")")), "]"), "has no values"},
		{"old format, storage twice", oldPTH(storageOf(floats, word(long), count(4))+storageOf(floats, word(long), count(5))+"0", "]"), "described twice"},

		{"safetensors name", string(safetensorsFile(`{"`+strings.Repeat("x", 100_000)+`":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)), "lies at bytes 4 to 8"},
		{"safetensors name of controls", string(safetensorsFile(`{"`+strings.Repeat(`\u001b`, 100_000)+`":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4)), "4 bytes for 2 values"},
		{"safetensors number", string(safetensorsFile(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("9", 100_000)+`],"data_offsets":[0,4]}}`, 4)), "number 999"},
		{"safetensors shape", string(safetensorsFile(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("2147483647,", 31)+`2147483647],"data_offsets":[0,4]}}`, 4)), "impossible shape"},

		{"ONNX initializer", onnx(text(nil, 5, string(text(text(nil, 8, long), 1, "\x80")))), "initializer"},
		{"ONNX initializer twice", onnx(text(text(nil, 5, string(text(nil, 8, long))), 5, string(text(nil, 8, long)))), "twice"},
		{"ONNX initializer elsewhere", onnx(text(nil, 5, string(protowire.AppendVarint(protowire.AppendTag(text(nil, 8, long), 14, protowire.VarintType), 1)))), "in another file"},
		{"ONNX node", onnx(text(nil, 1, string(append(text(nil, 3, long), 0x0a, 0x7f)))), "node"},
		{"ONNX nodes of one name", onnx(text(text(text(text(nil,
			5, string(text(nil, 8, "onnx::1"))), 5, string(text(nil, 8, "onnx::2"))),
			1, string(text(text(nil, 1, "onnx::1"), 3, long))), 1, string(text(text(nil, 1, "onnx::2"), 3, long)))), "two nodes named"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadArrays(strings.NewReader(c.file), int64(len(c.file)))
		runtime.ReadMemStats(&after)
		switch said := fmt.Sprint(err); {
		case err == nil || !strings.Contains(said, c.want):
			t.Errorf("%s: %.300s, want an error with %q", c.what, said, c.want)
		case len(said) > longest:
			t.Errorf("%s: %d bytes say %.300s…", c.what, len(said), said)
		case strings.ContainsFunc(said, func(r rune) bool { return r < ' ' }):
			t.Errorf("%s: control characters in %q", c.what, said)
		case strings.Contains(said, "%!"):
			t.Errorf("%s: %s", c.what, said)
		}
		// The pickle's machine allocates for every byte of a name that it takes, so that a constant
		// factor is no small one.
		if grew, most := after.TotalAlloc-before.TotalAlloc, uint64(100*len(c.file)+1<<20); grew > most {
			t.Errorf("%s: %d bytes of memory for a file of %d, want %d at most", c.what, grew, len(c.file), most)
		}
	}
	if n := len(nested()); n != 104 {
		t.Errorf("the nested tuple has %d bytes", n)
	}
}

// The names, types and shapes of a file that holds another network, and how many there are, do not fill
// the message about it.
func TestMessageOfAnotherNetworkIsShort(t *testing.T) {
	params := []Param{{Name: "conv_stem.weight", Shape: []int{2, 3}}, {Name: "bn1.weight", Shape: []int{2}}}
	file := map[string]Array{
		"conv_stem.weight": {Shape: make([]int, maxAxes), Type: "F32"},
		"bn1.weight":       {Shape: []int{2}, Type: strings.Repeat("\x1b", 100_000)},
	}
	for i := range 100 {
		file[fmt.Sprintf("%02d\x1b[2J", i)+strings.Repeat("x", 100_000)] = Array{}
	}
	_, err := Canonical("small", params, file)
	for _, want := range []string{
		"not those of small", "conv_stem.weight is [0 0 0", "want [2 3]", `bn1.weight is of type "\x1b`, `extra "00\x1b[2Jxxx`, "(100006 bytes)", "and 94 more",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	if said := fmt.Sprint(err); len(said) > longest || strings.Contains(said, "\x1b") {
		t.Errorf("%d bytes say %q", len(said), said)
	}
}
