package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wantA and wantB are the tensors that testdata/files.py writes into every file.
func wantA() []float32 {
	a := make([]float32, 24)
	for i := range a {
		a[i] = float32(i-12) / 8
	}
	return a
}

var wantB = []float32{1, -2, 0.5}

func readFile(path string) (map[string]Array, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ReadArrays(bytes.NewReader(b), int64(len(b)))
}

func TestReadArrays(t *testing.T) {
	files, err := filepath.Glob("testdata/formats/*.*t*")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, path := range files {
		base := filepath.Base(path)
		if strings.HasPrefix(base, "evil") || strings.HasSuffix(base, ".json") {
			continue
		}
		got, err := readFile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		read++
		a, b := got["a"], got["b"]
		if !slices.Equal(a.Shape, []int{2, 3, 4}) || !slices.Equal(a.Values, wantA()) {
			t.Errorf("%s: a is %v %v", path, a.Shape, a.Values)
		}
		if !slices.Equal(b.Shape, []int{3}) || !slices.Equal(b.Values, wantB) {
			t.Errorf("%s: b is %v %v", path, b.Shape, b.Values)
		}
		if s, ok := got["steps"]; ok && (s.Values != nil || len(s.Shape) != 0) {
			t.Errorf("%s: steps is an integer and came as %v", path, s)
		}
		if at, ok := got["at"]; ok && !slices.Equal(at.Values, wantA()) {
			t.Errorf("%s: permuted view is %v", path, at.Values)
		}
	}
	if want := 4*3 + 2 + 1; read != want {
		t.Errorf("read %d files, want %d", read, want)
	}
}

// A linear layer's nameless, transposed matrix comes under its layer's name in PyTorch's layout.
func TestReadONNX(t *testing.T) {
	got, err := readFile("testdata/formats/linear.onnx")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Array{
		"layer.0.key.weight":  {Shape: []int{6, 4}, Values: wantA()},
		"layer.0.key.bias":    {Shape: []int{3}, Values: wantB},
		"embeddings.Concat_6": {Shape: []int{1, 3}, Values: wantB},
		"double":              {Shape: []int{3}, Values: wantB},
		"steps":               {Shape: []int{1}},
	}
	for name, w := range want {
		if g := got[name]; !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.Values, w.Values) {
			t.Errorf("%s is %v, want %v", name, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
}

func TestPickleIsNotExecuted(t *testing.T) {
	for _, path := range []string{"testdata/formats/evil.zip.pth", "testdata/formats/evil.legacy.pth"} {
		_, err := readFile(path)
		if err == nil || !strings.Contains(err.Error(), `"posix.system"`) {
			t.Errorf("%s: error %v, want one that names posix.system", path, err)
		}
	}
}

func TestHalfToFloat(t *testing.T) {
	for h, want := range map[uint16]float32{
		0x0000: 0, 0x0001: 1.0 / (1 << 24), 0x03ff: 1023.0 / (1 << 24), 0x0400: 1.0 / (1 << 14),
		0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x3555: 0.333251953125, 0x8001: -1.0 / (1 << 24),
	} {
		if got := halfToFloat(h); got != want {
			t.Errorf("halfToFloat(%#04x) = %v, want %v", h, got, want)
		}
	}
	if v := halfToFloat(0x7c00); v < 1e38 || halfToFloat(0xfc00) > -1e38 {
		t.Errorf("infinity is %v", v)
	}
	if v := halfToFloat(0x7e00); v == v {
		t.Errorf("NaN is %v", v)
	}
}

// safetensorsFile writes a file from its header and a number of data bytes.
func safetensorsFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestHostileFiles(t *testing.T) {
	long := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	for _, c := range []struct {
		what string
		file []byte
		want string
	}{
		{"empty", nil, "unknown format"},
		{"text", []byte("<html>502 Bad Gateway</html>"), "unknown format"},
		{"header longer than the file", append(long(1<<40), '{', '}'), "header of"},
		{"header length above int64", append(long(1<<63+5), '{', '}'), "header of"},
		{"header not JSON", safetensorsFile(`{"a":`, 0), "header"},
		{"shape against bytes", safetensorsFile(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "8 bytes for 3 values"},
		{"negative shape", safetensorsFile(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "impossible shape"},
		{"shape overflow", safetensorsFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "impossible shape"},
		{"shape overflow to 0", safetensorsFile(`{"a":{"dtype":"F32","shape":[2147483648,2147483648,2147483648],"data_offsets":[0,0]}}`, 0), "impossible shape"},
		{"offset behind the end", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "lies at bytes"},
		{"offset overflow", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]}}`, 8), "lies at bytes"},
		{"overlap", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "lies at bytes"},
		{"gap", safetensorsFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "lies at bytes"},
		{"bytes behind", safetensorsFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8), "4 bytes behind"},
		{"pickle of a huge string", append([]byte("\x80\x04\x8d"), long(1<<40)...), "pickle of more than"},
		{"pickle without stack", []byte("\x80\x02."), "stack"},
		{"pickle of another program", []byte("\x80\x02K\x01.\x80\x02K\x01.\x80\x02N.\x80\x02}.\x80\x02]."), "not written by torch.save"},
		{"pickle with a call", []byte("\x80\x02cbuiltins\neval\n"), `"builtins.eval"`},
		{"ONNX cut", []byte{0x08, 0x07, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f}, "ONNX"},
		{"ONNX without graph", []byte{0x08, 0x07}, "without a graph"},
	} {
		_, err := ReadArrays(bytes.NewReader(c.file), int64(len(c.file)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.what, err, c.want)
		}
	}
}

// sound reads a file and says whether it gave tensors. It fails where they do not have the values that
// their shapes ask for, and where an error has nothing to say or says it badly.
func sound(t *testing.T, what string, file []byte) bool {
	t.Helper()
	arrays, err := ReadArrays(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		said := err.Error()
		if whole := strings.TrimRight(said, ": ") == said && len(said) > len("PyTorch"); !whole || len(said) > longest || strings.Contains(said, "%!") {
			t.Errorf("%s: %d bytes of error: %.300q", what, len(said), said)
		}
		return false
	}
	for name, a := range arrays {
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if a.Values != nil && len(a.Values) != n {
			t.Errorf("%s: %q has shape %v and %d values", what, name, a.Shape, len(a.Values))
		}
	}
	return true
}

// Every cut and every changed byte of a good file gives sound tensors or an error that says something.
// A cut is always noticed, but in ONNX, which may end after any field; a changed byte where a check sum
// covers it.
func TestDamagedFiles(t *testing.T) {
	for name, checked := range map[string]bool{"f32.safetensors": false, "f16.zip.pth": true, "f32.legacy.pth": false, "views.legacy.pth": false, "linear.onnx": false} {
		good, err := os.ReadFile("testdata/formats/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !sound(t, name, good) {
			t.Fatalf("%s is not readable", name)
		}
		for i := range good {
			if sound(t, fmt.Sprintf("%s, %d bytes of it", name, i), good[:i]) && name != "linear.onnx" {
				t.Errorf("%s: %d of %d bytes pass for the whole", name, i, len(good))
			}
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				bad := slices.Clone(good)
				bad[i] ^= flip
				read := sound(t, fmt.Sprintf("%s with byte %d changed by %#x", name, i, flip), bad)
				if read && checked && inMember(t, good, i) {
					t.Errorf("%s with byte %d changed by %#x passes for the original", name, i, flip)
				}
			}
		}
	}
}

// inMember says whether a byte of a zip archive belongs to the content of a member that is read.
func inMember(t *testing.T, archive []byte, at int) bool {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	read := []string{"data.pkl", "data/0", "data/1"} // data/2 holds integers
	return slices.ContainsFunc(z.File, func(m *zip.File) bool {
		offset, err := m.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(m.Name, "/")
		return slices.Contains(read, name) && int64(at) >= offset && int64(at) < offset+int64(m.CompressedSize64)
	})
}

func FuzzReadArrays(f *testing.F) {
	files, err := filepath.Glob("testdata/formats/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, "fuzzed", b) })
}
