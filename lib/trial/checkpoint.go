package trial

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/renameio/v2"
)

// state is where a trial stands after an epoch, without the variables' values. Random numbers need no
// state: see draws.
type state struct {
	Record     string // the record's file name: the checkpoint of another configuration is none
	History    []Epoch
	Last, Best Predictions
	Seconds    float64
	CPUSeconds float64
	Resumed    int
	Variables  []variable
}

// variable is a model's parameter, a batch norm's statistic or a moment of the optimizer, float32.
type variable struct {
	Path  string
	Shape []int
}

// A checkpoint is the length of the state's JSON (8 bytes), the JSON, the variables' values one behind
// the other, and a CRC-32 (Castagnoli, which processors compute) of all that.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// save replaces the checkpoint, with the variables that are to be kept, whole.
func (s *state) save(file, record string, store *model.Store, kept func(*model.Variable) bool) error {
	var vars []*model.Variable
	for v := range store.IterVariables() {
		if kept(v) {
			vars = append(vars, v)
		}
	}
	slices.SortFunc(vars, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	s.Record, s.Variables = record, nil
	var values [][]byte
	for _, v := range vars {
		t, err := v.Value()
		if err != nil {
			return err
		}
		if v.DType() != dtypes.Float32 {
			return fmt.Errorf("%s is of type %s, want Float32", v.Path(), v.DType())
		}
		s.Variables = append(s.Variables, variable{v.Path(), v.Shape().Dimensions})
		if err := t.ConstBytes(func(b []byte) { values = append(values, bytes.Clone(b)) }); err != nil {
			return err
		}
	}
	head, err := json.Marshal(s)
	if err != nil {
		return err
	}
	parts := append([][]byte{binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head}, values...)
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return replace(file, append(parts, binary.LittleEndian.AppendUint32(nil, sum))...)
}

// replace puts a file in the place of another when all its parts are on the disk.
func replace(file string, parts ...[]byte) error {
	f, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	for _, p := range parts {
		if _, err := f.Write(p); err != nil {
			return err
		}
	}
	return f.CloseAtomicallyReplace()
}

// decides says whether a variable decides how training goes on: the sums are zero between batches.
func decides(v *model.Variable) bool { return !strings.HasPrefix(v.Path(), sums) }

// load sets state and variables to the checkpoint's. It says false, and changes nothing, where there
// is none for the record: the trial then starts at its first epoch, as it does from a damaged one.
func (s *state) load(file, record string, store *model.Store) (bool, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the checkpoint: %w", err)
	}
	end := len(b) - 4
	if end < 8 || crc32.Checksum(b[:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		fmt.Fprintf(os.Stderr, "the checkpoint %s is damaged: starting at the first epoch\n", file)
		return false, nil
	}
	head := binary.LittleEndian.Uint64(b)
	var read state
	if err := json.Unmarshal(b[8:8+head], &read); err != nil {
		return false, fmt.Errorf("reading the checkpoint %s: %w", file, err)
	}
	if read.Record != record {
		return false, nil
	}
	at := 8 + int(head)
	for _, v := range read.Variables {
		t := tensors.FromShape(shapes.Make(dtypes.Float32, v.Shape...))
		n := 0
		if err := t.MutableBytes(func(into []byte) { n = copy(into, b[at:end]) }); err != nil {
			return false, err
		}
		at += n
		if old := store.GetVariable(v.Path); old != nil {
			err = old.SetValue(t)
		} else {
			var made *model.Variable
			if made, err = store.CreateVariable(v.Path, t); err == nil {
				made.Trainable = false // the optimizer's: all others are there before training
			}
		}
		if err != nil {
			return false, fmt.Errorf("restoring %s: %w", v.Path, err)
		}
	}
	*s = read
	return true, nil
}

// lock takes the file for this process until unlock is called or the process ends, however it ends. A
// file that another process holds is waited for; without wait, unlock is nil then.
func lock(ctx context.Context, file string, wait bool) (unlock func(), err error) {
	for {
		l := flock.New(file, flock.SetPermissions(0o644))
		held := false
		if wait {
			held, err = l.TryLockContext(ctx, 200*time.Millisecond)
		} else {
			held, err = l.TryLock()
		}
		if err != nil {
			return nil, fmt.Errorf("locking %s: %w", file, err)
		}
		if !held {
			return nil, l.Close()
		}
		// The holder before may have removed the file after this process opened it.
		now, err := os.Stat(file)
		mine, err2 := l.Stat()
		if err == nil && err2 == nil && os.SameFile(now, mine) {
			return func() {
				os.Remove(file) // what stays behind is taken over
				l.Close()
			}, nil
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
}
