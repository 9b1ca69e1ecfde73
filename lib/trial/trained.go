package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// Network is an arm as its training on one fold left it after the last epoch, to be asked what its
// record does not say.
type Network struct {
	Record      *Record
	Model       *fusion.Model
	Store       *model.Store // the backbone, a frozen one too, below the scope "backbone", the head below "head"
	Train, Test []int        // the fold: indices into the set's samples

	standardise func(row []float64) []float64
	metadata    [][]float64 // standardised, a row a sample
	pixels      [][]uint8   // nil without a backbone
	rows        int         // of a batch
	infer       *model.Exec
}

// Trained gives the network behind the trial's record. Its values are kept in the cache: for the first
// fold when the trial is trained, for another fold when it is first asked for. Where they are not there
// the trial is trained again, which must give the record's predictions again. Call Release when done.
func Trained(ctx context.Context, set *dataset.Set, table *features.Table, t Trial) (*Network, error) {
	l, err := labOf(set, table)
	if err != nil {
		return nil, err
	}
	return l.trained(ctx, t)
}

func (l *lab) trained(ctx context.Context, t Trial) (*Network, error) {
	defer l.release()
	j, err := l.ask(t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	if j.arm.Fusion == "logistic" {
		return nil, fmt.Errorf("%s: a logistic regression is no network", t)
	}
	records, err := l.runAll(ctx, []Trial{t})
	if err != nil {
		return nil, err
	}
	if err := l.prepare(ctx, j); err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	n, err := l.network(ctx, j, records[0])
	if err != nil {
		return nil, fmt.Errorf("the network of %s: %w", t, err)
	}
	return n, nil
}

// keptFile is where the network of a record lies.
func keptFile(record string) (string, error) {
	return setup.CacheFile("network", filepath.Base(record))
}

// keeps says whether the network of a trial is kept unasked: of the arms that chapters explain.
func keeps(j *job) bool {
	return j.config.Fold == 1 && j.config.Share == 0 && j.config.Repeat == 0 && j.arm.Variation == "" && j.arm.Fusion != "logistic"
}

// keep puts the values that the program has after training the job into the cache.
func (l *lab) keep(j *job) error {
	file, err := keptFile(j.file)
	if err != nil {
		return err
	}
	s := &state{}
	return s.save(file, filepath.Base(j.file), l.program.store, func(v *model.Variable) bool { return v.Trainable || isStatistic(v) })
}

func (l *lab) network(ctx context.Context, j *job, r *Record) (*Network, error) {
	file, err := keptFile(r.File)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		if r, err = l.again(ctx, j, r); err != nil {
			return nil, err
		}
		if file, err = keptFile(r.File); err != nil {
			return nil, err
		}
	}
	n := &Network{Record: r, Model: j.model, Store: model.NewStore(), Train: j.fold.Train, Test: j.fold.Test, rows: j.settings.micro}
	n.standardise, n.metadata = l.standardiser(j), l.standardised(j)
	var values map[string]*tensors.Tensor
	if j.weights != nil {
		values = j.weights.Values
		if n.pixels, err = l.pixels(ctx, *j.config.Preprocess); err != nil {
			return nil, err
		}
	}
	if err := n.Model.Init(n.Store, values, 0); err != nil {
		return nil, err
	}
	if j.config.Frozen && j.weights != nil {
		copies, err := vision.Copies(values)
		if err != nil {
			return nil, err
		}
		if err := vision.SetParams(n.Store.RootScope().At("backbone"), n.Model.Backbone, copies); err != nil {
			return nil, err
		}
	}
	var kept state
	if ok, err := kept.load(file, filepath.Base(r.File), n.Store); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("%s is not what was kept of the training: delete it and ask again", file)
	}
	backend, err := vision.Backend()
	if err != nil {
		return nil, err
	}
	n.infer, err = model.NewExec(backend, n.Store, func(scope *model.Scope, x, metadata *Node) *Node {
		var features *Node
		if n.Model.Backbone != nil {
			features = n.Model.Features(scope, x, metadata, vision.Pass{})
		}
		return n.Model.Logits(scope, features, metadata, vision.Pass{})
	})
	return n, err
}

// again trains for the network alone. On the machine of the record it must come to the same answers; a
// record of another machine gives way to one of this, which is not written.
func (l *lab) again(ctx context.Context, j *job, r *Record) (*Record, error) {
	if err := os.MkdirAll(l.records, 0o755); err != nil {
		return nil, fmt.Errorf("the folder of records: %w", err)
	}
	unlock, err := lock(ctx, beside(j.file, ".lock"), true)
	if err != nil {
		return nil, err
	}
	defer unlock()
	own, err := l.train(ctx, j)
	if err != nil {
		return nil, err
	}
	own.File = j.file
	if r.File == j.file && !reflect.DeepEqual(own.Last, r.Last) {
		return nil, fmt.Errorf("training again gave other answers than %s: delete it to train with what is here now", r.File)
	}
	if err := l.keep(j); err != nil {
		return nil, fmt.Errorf("keeping it: %w", err)
	}
	return own, removeIfThere(beside(j.file, ".checkpoint"))
}

// Size is the height and width of the pictures that the network sees; 0 without a backbone.
func (n *Network) Size() int {
	if n.Record.Preprocess == nil {
		return 0
	}
	return n.Record.Preprocess.Crop
}

// View is a picture as large as the network sees it, not normalised.
func (n *Network) View(m *picture.Image) *picture.Image { return n.Record.Preprocess.Pixels(m) }

// SampleView is the View of sample i of the set.
func (n *Network) SampleView(i int) *picture.Image {
	return &picture.Image{W: n.Size(), H: n.Size(), Pix: n.pixels[i]}
}

// Normalise gives the network's input for a view: [size, size, 3], flattened.
func (n *Network) Normalise(view *picture.Image) []float32 {
	x := make([]float32, n.Size()*n.Size()*3)
	n.Record.Preprocess.Normalise(x, view)
	return x
}

// Metadata is the metadata vector of sample i as the network gets it: standardised by the training
// pictures of the fold, whose mean is 0, and with a causal arm's variation.
func (n *Network) Metadata(i int) []float64 { return n.metadata[i] }

// Standardise prepares the metadata of a picture that is not in the set: as training pictures', but that
// there is nothing to shuffle them with and no noise in their place.
func (n *Network) Standardise(row []float64) []float64 { return n.standardise(row) }

// Logits asks the network about pictures, each as Normalise gives it and with its standardised metadata:
// [picture][genre]. Without a backbone pictures is nil.
func (n *Network) Logits(ctx context.Context, pictures [][]float32, metadata [][]float64) ([][]float64, error) {
	length, shape := 1, []int{n.rows, 1}
	if n.Model.Backbone != nil {
		length, shape = n.Size()*n.Size()*3, []int{n.rows, n.Size(), n.Size(), 3}
		if len(pictures) != len(metadata) {
			return nil, fmt.Errorf("%d pictures with %d rows of metadata", len(pictures), len(metadata))
		}
	}
	var t tally
	for from := 0; from < len(metadata); from += n.rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		part := metadata[from:min(from+n.rows, len(metadata))]
		x, m := make([]float32, n.rows*length), make([]float32, n.rows*n.Model.Metadata)
		for at, row := range part {
			if len(row) != n.Model.Metadata {
				return nil, fmt.Errorf("row %d of the metadata has %d numbers, want %d", from+at, len(row), n.Model.Metadata)
			}
			for c, v := range row {
				m[at*n.Model.Metadata+c] = float32(v)
			}
			if n.Model.Backbone != nil {
				copy(x[at*length:(at+1)*length], pictures[from+at])
			}
		}
		out, err := n.infer.Exec1(tensors.FromFlatDataAndDimensions(x, shape...), tensors.FromFlatDataAndDimensions(m, n.rows, n.Model.Metadata))
		if err != nil {
			return nil, err
		}
		if err := count(out, make([]int, len(part)), indices(len(part)), &t); err != nil {
			return nil, err
		}
	}
	return t.logits, nil
}

func indices(n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = i
	}
	return x
}

// Release frees what lies on the device.
func (n *Network) Release() {
	n.infer.Finalize()
	n.Store.Finalize()
}
