package weights

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// A PyTorch checkpoint is a pickle: a program for a small stack machine that may name any Python
// function and call it. The machine below knows the opcodes that build data, and five kinds of
// name, each of which stands for a value made here; it has no way to call anything. A checkpoint
// that needs more is refused with the name that it asked for. PyTorch's own weights_only loader
// works the same way (torch/_weights_only_unpickler.py, from which the opcodes are taken).
//
// It is not built on a general unpickler: those make room for what a length field says before they
// look at the file's size, and a damaged file then ends the process instead of the call.

// torchStorages are the typed arrays that tensors are views of, by their name below torch.
var torchStorages = map[string]struct {
	bytes  int64
	format floatFormat // decode is nil for integers and booleans
}{
	"FloatStorage":    {4, float32le},
	"HalfStorage":     {2, float16},
	"BFloat16Storage": {2, bfloat16},
	"DoubleStorage":   {8, float64le},
	"LongStorage":     {8, floatFormat{}},
	"IntStorage":      {4, floatFormat{}},
	"ShortStorage":    {2, floatFormat{}},
	"CharStorage":     {1, floatFormat{}},
	"ByteStorage":     {1, floatFormat{}},
	"BoolStorage":     {1, floatFormat{}},
}

// readTorchZip reads what torch.save has written since PyTorch 1.6: a zip archive, never
// compressed, of NAME/data.pkl and one member NAME/data/KEY for each storage.
func readTorchZip(f io.ReaderAt, size int64) (map[string]Array, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("PyTorch checkpoint: %w", err)
	}
	members := map[string]*zip.File{}
	var root string
	for _, m := range archive.File {
		if m.Method != zip.Store {
			return nil, fmt.Errorf("PyTorch checkpoint: member %q is compressed, which torch.save never does", short(m.Name))
		}
		if m.UncompressedSize64 > uint64(size) {
			return nil, fmt.Errorf("PyTorch checkpoint: member %q claims %d bytes in a file of %d", short(m.Name), m.UncompressedSize64, size)
		}
		members[m.Name] = m
		if dir, ok := strings.CutSuffix(m.Name, "data.pkl"); ok {
			root = dir
		}
	}
	content := func(name string) ([]byte, error) {
		m := members[root+name]
		if m == nil {
			return nil, fmt.Errorf("PyTorch checkpoint: no member %q", short(root+name))
		}
		r, err := m.Open()
		if err != nil {
			return nil, fmt.Errorf("PyTorch checkpoint: member %q: %w", short(m.Name), err)
		}
		defer r.Close()
		b, err := io.ReadAll(r) // to the end, where the check sum is compared
		if err != nil {
			return nil, fmt.Errorf("PyTorch checkpoint: member %q: %w", short(m.Name), err)
		}
		return b, nil
	}
	if members[root+"constants.pkl"] != nil {
		return nil, errors.New("PyTorch checkpoint: this is a TorchScript program; save its state_dict() instead")
	}
	if members[root+"byteorder"] != nil {
		order, err := content("byteorder")
		if err != nil {
			return nil, err
		}
		if string(order) != "little" {
			return nil, fmt.Errorf("PyTorch checkpoint: byte order %q, want little", short(string(order)))
		}
	}
	program, err := content("data.pkl")
	if err != nil {
		return nil, err
	}
	p := &pickle{r: bufio.NewReader(bytes.NewReader(program)), left: int64(len(program))}
	top, err := p.load()
	if err != nil {
		return nil, fmt.Errorf("PyTorch checkpoint: %w", err)
	}
	return torchArrays(top, size, func(s *storage) ([]byte, error) { return content("data/" + s.key) })
}

// torchMagic is the number 0x1950a86a20f9469cfc6c, little-endian, with which older files begin.
const torchMagic = long("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

// readTorchLegacy reads what torch.save wrote before PyTorch 1.6, and Lite0's file with it: five
// pickles (magic number, protocol, machine, the state, the storages' keys), then for each key the
// number of values as 8 bytes and the values.
func readTorchLegacy(f io.ReaderAt, size int64) (map[string]Array, error) {
	in := &pickle{r: bufio.NewReader(io.NewSectionReader(f, 0, size)), left: size}
	var parts [5]any
	for i, what := range []string{"magic number", "protocol", "machine", "state", "storage keys"} {
		var err error
		if parts[i], err = in.load(); err != nil {
			return nil, fmt.Errorf("PyTorch checkpoint, %s: %w", what, err)
		}
	}
	if parts[0] != torchMagic || parts[1] != int64(1001) {
		return nil, errors.New("PyTorch checkpoint: this pickle was not written by torch.save")
	}
	keys, ok := parts[4].(*list)
	if !ok {
		return nil, fmt.Errorf("PyTorch checkpoint: storage keys are %s, want a list", describe(parts[4]))
	}
	storages := map[string]*storage{}
	for _, s := range in.storages {
		if old := storages[s.key]; old != nil && (old.kind != s.kind || old.count != s.count) {
			return nil, fmt.Errorf("PyTorch checkpoint: storage %q is described twice, differently", short(s.key))
		}
		storages[s.key] = s
	}
	offsets := map[string]int64{}
	at := size - in.left
	for _, k := range keys.items {
		key, _ := k.(string)
		s := storages[key]
		if s == nil {
			return nil, fmt.Errorf("PyTorch checkpoint: values of an unknown storage, %s", describe(k))
		}
		var count [8]byte
		if _, err := f.ReadAt(count[:], at); err != nil {
			return nil, fmt.Errorf("PyTorch checkpoint: storage %q: %w", short(key), err)
		}
		length := s.count * torchStorages[s.kind].bytes
		if n := int64(binary.LittleEndian.Uint64(count[:])); n != s.count || length > size-at-8 {
			return nil, fmt.Errorf("PyTorch checkpoint: storage %q has %d values of %d announced, %d bytes of file left", short(key), n, s.count, size-at-8)
		}
		offsets[key] = at + 8
		at += 8 + length
	}
	return torchArrays(parts[3], size, func(s *storage) ([]byte, error) {
		offset, ok := offsets[s.key]
		if !ok {
			return nil, fmt.Errorf("PyTorch checkpoint: storage %q has no values", short(s.key))
		}
		b := make([]byte, s.count*torchStorages[s.kind].bytes)
		if n, err := f.ReadAt(b, offset); n < len(b) {
			return nil, fmt.Errorf("PyTorch checkpoint: storage %q: %w", short(s.key), err)
		}
		return b, nil
	})
}

// torchArrays takes the tensors out of what a checkpoint's pickle left: a dictionary of tensors,
// or one that holds such a dictionary under a name like "state_dict" or "model".
func torchArrays(top any, size int64, bytesOf func(*storage) ([]byte, error)) (map[string]Array, error) {
	d, ok := top.(*dict)
	if !ok {
		return nil, fmt.Errorf("PyTorch checkpoint holds %s, want a state_dict", describe(top))
	}
	if !d.hasTensors() {
		var inner []*dict
		for _, v := range d.values {
			if sub, ok := v.(*dict); ok && sub.hasTensors() {
				inner = append(inner, sub)
			}
		}
		if len(inner) != 1 {
			keys := make([]string, min(len(d.keys), 8))
			for i := range keys {
				keys[i] = describe(d.keys[i])
			}
			return nil, fmt.Errorf("PyTorch checkpoint holds %d dictionaries of tensors, want one; its %d keys begin with %s", len(inner), len(d.keys), strings.Join(keys, ", "))
		}
		d = inner[0]
	}

	type named struct {
		name string
		t    *tensor
	}
	var views []named
	var total int64
	for i, k := range d.keys {
		name, ok := k.(string)
		t, isTensor := d.values[i].(*tensor)
		if !ok || !isTensor {
			return nil, fmt.Errorf("PyTorch checkpoint: entry %s is %s, want a tensor", describe(k), describe(d.values[i]))
		}
		if torchStorages[t.of.kind].format.decode != nil {
			if total += t.count; total > size { // a value has at least 2 bytes, so this is twice what an honest file holds
				return nil, errors.New("PyTorch checkpoint: its tensors overlap and hold more values than the file")
			}
		}
		views = append(views, named{name, t})
	}
	// Views of one storage follow each other, so that one storage is in memory at a time.
	slices.SortStableFunc(views, func(a, b named) int { return strings.Compare(a.t.of.key, b.t.of.key) })

	arrays := make(map[string]Array, len(views))
	var key string
	var content []byte
	for i, v := range views {
		if _, twice := arrays[v.name]; twice {
			return nil, fmt.Errorf("PyTorch checkpoint: tensor %q twice", short(v.name))
		}
		kind := torchStorages[v.t.of.kind]
		a := Array{Shape: v.t.shape, Type: v.t.of.kind}
		if kind.format.decode != nil {
			if i == 0 || key != v.t.of.key || content == nil {
				var err error
				if content, err = bytesOf(v.t.of); err != nil {
					return nil, err
				}
				key = v.t.of.key
			}
			if int64(len(content)) != v.t.of.count*kind.bytes {
				return nil, fmt.Errorf("PyTorch checkpoint: storage %q has %d bytes, want %d values of %d bytes", short(key), len(content), v.t.of.count, kind.bytes)
			}
			a.Values = v.t.gather(content, kind.format)
		}
		arrays[v.name] = a
	}
	return arrays, nil
}

// gather copies the view's values in row-major order.
func (t *tensor) gather(content []byte, format floatFormat) []float32 {
	values := make([]float32, t.count)
	index := make([]int, len(t.shape))
	at := t.offset
	for i := range values {
		values[i] = format.decode(content[at*format.bytes:])
		for axis := len(index) - 1; axis >= 0; axis-- {
			at += t.strides[axis]
			if index[axis]++; index[axis] < t.shape[axis] {
				break
			}
			at -= t.strides[axis] * int64(t.shape[axis])
			index[axis] = 0
		}
	}
	return values
}

// The values that the machine knows, beside nil, bool, int64, float64, string and []byte.
type (
	long  string // an integer of more than 8 bytes, little-endian
	name  string // a Python name, e.g. "torch.FloatStorage"
	tuple []any
	list  struct{ items []any }
	dict  struct{ keys, values []any }

	// storage is an array of count values in the file, of which tensors are views.
	storage struct {
		kind, key string
		count     int64
	}
	tensor struct {
		of      *storage
		offset  int64 // in values, as strides
		shape   []int
		strides []int64
		count   int64
	}
)

func (d *dict) hasTensors() bool {
	return slices.ContainsFunc(d.values, func(v any) bool { _, ok := v.(*tensor); return ok })
}

// describe names a value in an error: one level deep and short, whatever the file holds. Printing a
// value whole would take time and memory that grow without bound, since a pickle may name a part of
// itself again and again.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool, int64, float64:
		return fmt.Sprint(v)
	case name:
		return "the name " + short(string(v))
	case string:
		return fmt.Sprintf("the string %q", short(v))
	case []byte:
		return fmt.Sprintf("%d bytes", len(v))
	case long:
		return fmt.Sprintf("an integer of %d bytes", len(v))
	case *dict:
		return fmt.Sprintf("a dictionary of %d entries", len(v.keys))
	case *list:
		return fmt.Sprintf("a list of %d items", len(v.items))
	case tuple:
		return fmt.Sprintf("a tuple of %d items", len(v))
	case *storage:
		return fmt.Sprintf("a storage of %d values", v.count)
	case *tensor:
		return fmt.Sprintf("a tensor of shape %v", v.shape)
	case error: // errEmpty
		return "a " + v.Error()
	}
	return fmt.Sprintf("a %T", v)
}

// describeAll is describe of a tuple's first items.
func describeAll(t tuple) string {
	const most = 8
	var parts []string
	for _, v := range t[:min(len(t), most)] {
		parts = append(parts, describe(v))
	}
	if more := len(t) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// pickleLimit bounds one pickle; that of a network of a thousand tensors has 200 kB.
const pickleLimit = 4 << 20

// pickle is the machine. left counts the bytes that remain of the input.
type pickle struct {
	r        *bufio.Reader
	left     int64
	limit    int64
	stack    []any
	marks    []int
	memo     map[int64]any
	storages []*storage // all that were named
}

// load runs one pickle and returns the value that it leaves.
func (p *pickle) load() (any, error) {
	p.stack, p.marks, p.memo, p.limit = nil, nil, map[int64]any{}, pickleLimit
	for {
		op, err := p.bytes(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			v := p.pop()
			if _, bad := v.(error); bad || len(p.stack) > 0 {
				return nil, errors.New("pickle ends with other than one value on its stack")
			}
			return v, nil
		}
		if err := p.do(op[0]); err != nil {
			return nil, err
		}
	}
}

// do carries out one opcode. The letters are those of Python's pickletools.
func (p *pickle) do(op byte) error {
	switch op {
	case 0x80: // PROTO
		v, err := p.uint(1)
		if err == nil && v > 5 {
			err = fmt.Errorf("pickle protocol %d, want 5 at most", v)
		}
		return err
	case 0x95: // FRAME: its length is of no use here
		_, err := p.bytes(8)
		return err

	case 'N':
		p.push(nil)
	case 0x88:
		p.push(true)
	case 0x89:
		p.push(false)
	case 'K', 'M': // BININT1, BININT2
		v, err := p.uint(map[byte]int64{'K': 1, 'M': 2}[op])
		if err != nil {
			return err
		}
		p.push(int64(v))
	case 'J': // BININT
		v, err := p.uint(4)
		if err != nil {
			return err
		}
		p.push(int64(int32(v)))
	case 0x8a: // LONG1: two's complement of any length
		b, err := p.counted(1)
		if err != nil {
			return err
		}
		if len(b) > 8 {
			p.push(long(b))
			break
		}
		var v int64
		for i, x := range b {
			v |= int64(x) << (8 * i)
		}
		if n := len(b); n > 0 && n < 8 && b[n-1]&0x80 != 0 {
			v -= 1 << (8 * n)
		}
		p.push(v)
	case 'G': // BINFLOAT
		b, err := p.bytes(8)
		if err != nil {
			return err
		}
		p.push(math.Float64frombits(binary.BigEndian.Uint64(b)))

	case 'X', 'T', 0x8c, 'U', 0x8d: // BINUNICODE, BINSTRING, and the short and long forms
		b, err := p.counted(map[byte]int64{'X': 4, 'T': 4, 0x8c: 1, 'U': 1, 0x8d: 8}[op])
		if err != nil {
			return err
		}
		p.push(string(b))
	case 'B', 'C': // BINBYTES, SHORT_BINBYTES
		b, err := p.counted(map[byte]int64{'B': 4, 'C': 1}[op])
		if err != nil {
			return err
		}
		p.push(b)

	case ')':
		p.push(tuple{})
	case ']':
		p.push(&list{})
	case '}':
		p.push(&dict{})
	case '(':
		p.marks = append(p.marks, len(p.stack))
	case 't':
		items, err := p.popMark()
		if err != nil {
			return err
		}
		p.push(tuple(items))
	case 0x85, 0x86, 0x87: // TUPLE1, 2, 3
		items, err := p.popN(int(op) - 0x84)
		if err != nil {
			return err
		}
		p.push(tuple(items))
	case 'a', 'e': // APPEND, APPENDS
		items, err := p.items(op == 'e', 1)
		if err != nil {
			return err
		}
		l, ok := p.top().(*list)
		if !ok {
			return fmt.Errorf("pickle appends to %s", describe(p.top()))
		}
		l.items = append(l.items, items...)
	case 's', 'u': // SETITEM, SETITEMS
		items, err := p.items(op == 'u', 2)
		if err != nil {
			return err
		}
		d, ok := p.top().(*dict)
		if !ok {
			return fmt.Errorf("pickle sets an item of %s", describe(p.top()))
		}
		if len(items)%2 != 0 {
			return errors.New("pickle sets an item without a value")
		}
		for i := 0; i < len(items); i += 2 {
			d.keys, d.values = append(d.keys, items[i]), append(d.values, items[i+1])
		}
	case '0': // POP
		if len(p.stack) == 0 {
			return errors.New("pickle takes from an empty stack")
		}
		p.pop()

	case 'q', 'r', 0x94: // BINPUT, LONG_BINPUT, MEMOIZE
		at := uint64(len(p.memo))
		if op != 0x94 {
			var err error
			if at, err = p.uint(map[byte]int64{'q': 1, 'r': 4}[op]); err != nil {
				return err
			}
		}
		if len(p.stack) == 0 {
			return errors.New("pickle keeps the top of an empty stack")
		}
		p.memo[int64(at)] = p.top()
	case 'h', 'j': // BINGET, LONG_BINGET
		at, err := p.uint(map[byte]int64{'h': 1, 'j': 4}[op])
		if err != nil {
			return err
		}
		v, ok := p.memo[int64(at)]
		if !ok {
			return fmt.Errorf("pickle recalls entry %d, which it never kept", at)
		}
		p.push(v)

	case 'c': // GLOBAL
		module, err := p.line()
		if err != nil {
			return err
		}
		member, err := p.line()
		if err != nil {
			return err
		}
		return p.global(module, member)
	case 0x93: // STACK_GLOBAL
		parts, err := p.popN(2)
		if err != nil {
			return err
		}
		module, ok1 := parts[0].(string)
		member, ok2 := parts[1].(string)
		if !ok1 || !ok2 {
			return errors.New("pickle names something by other than strings")
		}
		return p.global(module, member)
	case 'Q': // BINPERSID: a storage
		return p.persistent(p.pop())
	case 'R', 0x81: // REDUCE, NEWOBJ
		parts, err := p.popN(2)
		if err != nil {
			return err
		}
		return p.rebuild(parts[0], parts[1])
	case 'b': // BUILD: attributes, which only a state_dict's _metadata needs
		parts, err := p.popN(2)
		if err != nil {
			return err
		}
		if _, ok := parts[0].(*dict); !ok {
			return fmt.Errorf("pickle sets attributes of %s", describe(parts[0]))
		}
		p.push(parts[0])
	default:
		return fmt.Errorf("pickle opcode %#x, which no state_dict needs", op)
	}
	return nil
}

// global pushes a name that state_dicts are made of and refuses every other.
func (p *pickle) global(module, member string) error {
	full := module + "." + member
	if torchName(full) {
		p.push(name(full))
		return nil
	}
	return fmt.Errorf("pickle asks for %q, which is not a part of a state_dict: refused. Save model.state_dict() and nothing else", short(full))
}

func torchName(full string) bool {
	switch full {
	case "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size":
		return true
	}
	kind, ok := strings.CutPrefix(full, "torch.")
	_, known := torchStorages[kind]
	return ok && known
}

// persistent pushes the storage that an id describes:
// ("storage", class, key, place, number of values), in old files with a view, always None.
func (p *pickle) persistent(id any) error {
	t, _ := id.(tuple)
	if len(t) < 5 || t[0] != "storage" || len(t) > 5 && t[5] != nil {
		return fmt.Errorf("pickle refers to %s outside of it, want a storage", describe(id))
	}
	class, ok1 := t[1].(name)
	kind := strings.TrimPrefix(string(class), "torch.")
	key, ok2 := t[2].(string)
	count, ok3 := t[4].(int64)
	if _, known := torchStorages[kind]; !ok1 || !ok2 || !ok3 || !known || count < 0 || count > maxValues {
		return fmt.Errorf("pickle describes a storage as %s", describeAll(t))
	}
	s := &storage{kind: kind, key: key, count: count}
	p.storages = append(p.storages, s)
	p.push(s)
	return nil
}

// rebuild stands for the calls that a state_dict contains.
func (p *pickle) rebuild(function, arguments any) error {
	args, ok := arguments.(tuple)
	if !ok {
		return fmt.Errorf("pickle passes %s as arguments", describe(arguments))
	}
	switch function {
	case name("collections.OrderedDict"):
		d := &dict{}
		if len(args) == 1 { // a list of pairs, as Python 2 wrote it
			pairs, _ := args[0].(*list)
			if pairs == nil {
				return fmt.Errorf("pickle makes a dictionary of %s", describe(args[0]))
			}
			for _, item := range pairs.items {
				var pair []any
				switch item := item.(type) {
				case *list:
					pair = item.items
				case tuple:
					pair = item
				}
				if len(pair) != 2 {
					return errors.New("pickle makes a dictionary of other than pairs")
				}
				d.keys, d.values = append(d.keys, pair[0]), append(d.values, pair[1])
			}
		}
		p.push(d)
		return nil
	case name("torch.Size"):
		if len(args) != 1 {
			return fmt.Errorf("pickle makes a size of %d arguments", len(args))
		}
		p.push(args[0])
		return nil
	case name("torch._utils._rebuild_parameter"): // (tensor, requires_grad, hooks)
		if len(args) > 0 {
			if t, ok := args[0].(*tensor); ok {
				p.push(t)
				return nil
			}
		}
		return errors.New("pickle makes a parameter of other than a tensor")
	case name("torch._utils._rebuild_tensor_v2"): // (storage, offset, shape, strides, requires_grad, hooks)
		t, err := newTensor(args)
		if err != nil {
			return err
		}
		p.push(t)
		return nil
	}
	return fmt.Errorf("pickle calls %s", describe(function))
}

// newTensor checks that every value of the view lies inside its storage.
func newTensor(args tuple) (*tensor, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("pickle makes a tensor of %d arguments", len(args))
	}
	of, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	dims, ok3 := ints(args[2])
	strides, ok4 := ints(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(dims) != len(strides) {
		return nil, fmt.Errorf("pickle describes a tensor as %s", describeAll(args))
	}
	shape, count, err := checkShape(dims)
	if err != nil {
		return nil, err
	}
	last := offset
	for i, d := range dims {
		if strides[i] < 0 || strides[i] > maxValues {
			return nil, fmt.Errorf("tensor with strides %v", strides)
		}
		if count > 0 {
			last += (d - 1) * strides[i] // below 2^62; ten axes could still wrap, so look at each step
		}
		if last < 0 || last > maxValues {
			return nil, fmt.Errorf("tensor of shape %v with strides %v at %d leaves its storage of %d values", dims, strides, offset, of.count)
		}
	}
	if offset < 0 || offset > of.count || count > 0 && last >= of.count {
		return nil, fmt.Errorf("tensor of shape %v with strides %v at %d leaves its storage of %d values", dims, strides, offset, of.count)
	}
	return &tensor{of: of, offset: offset, shape: shape, strides: strides, count: count}, nil
}

func ints(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	n := make([]int64, len(t))
	for i, x := range t {
		if n[i], ok = x.(int64); !ok {
			return nil, false
		}
	}
	return n, ok
}

// errEmpty is what pop and top return for a value of an empty stack; no opcode accepts it.
var errEmpty = errors.New("value of an empty stack")

func (p *pickle) push(v any) { p.stack = append(p.stack, v) }

func (p *pickle) top() any {
	if len(p.stack) == 0 {
		return errEmpty
	}
	return p.stack[len(p.stack)-1]
}

func (p *pickle) pop() any {
	v := p.top()
	p.stack = p.stack[:max(0, len(p.stack)-1)]
	return v
}

// popN takes the top n values, in the order in which they were pushed.
func (p *pickle) popN(n int) ([]any, error) {
	if len(p.stack) < n || len(p.marks) > 0 && len(p.stack)-n < p.marks[len(p.marks)-1] {
		return nil, errors.New("pickle takes more than its stack holds")
	}
	items := slices.Clone(p.stack[len(p.stack)-n:])
	p.stack = p.stack[:len(p.stack)-n]
	return items, nil
}

// popMark takes all values above the last mark.
func (p *pickle) popMark() ([]any, error) {
	if len(p.marks) == 0 {
		return nil, errors.New("pickle goes back to a mark that it never set")
	}
	at := p.marks[len(p.marks)-1]
	p.marks = p.marks[:len(p.marks)-1]
	if at > len(p.stack) {
		return nil, errors.New("pickle takes more than its stack holds")
	}
	items := slices.Clone(p.stack[at:])
	p.stack = p.stack[:at]
	return items, nil
}

// items takes all values above the mark, or n.
func (p *pickle) items(marked bool, n int) ([]any, error) {
	if marked {
		return p.popMark()
	}
	return p.popN(n)
}

// bytes takes n bytes of the input.
func (p *pickle) bytes(n int64) ([]byte, error) {
	if n < 0 || n > p.left {
		return nil, errors.New("pickle ends in the middle")
	}
	if n > p.limit {
		return nil, fmt.Errorf("pickle of more than %d bytes", pickleLimit)
	}
	p.left, p.limit = p.left-n, p.limit-n
	b := make([]byte, n)
	if _, err := io.ReadFull(p.r, b); err != nil {
		return nil, fmt.Errorf("pickle: %w", err)
	}
	return b, nil
}

// uint takes a little-endian number of n bytes.
func (p *pickle) uint(n int64) (uint64, error) {
	b, err := p.bytes(n)
	if err != nil {
		return 0, err
	}
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	return v, nil
}

// counted takes a number of n bytes and as many bytes as it says.
func (p *pickle) counted(n int64) ([]byte, error) {
	length, err := p.uint(n)
	if err != nil {
		return nil, err
	}
	if length > pickleLimit {
		return nil, fmt.Errorf("pickle of more than %d bytes", pickleLimit)
	}
	return p.bytes(int64(length))
}

// line takes the bytes up to the next line feed.
func (p *pickle) line() (string, error) {
	var line []byte
	for {
		b, err := p.bytes(1)
		if err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}
