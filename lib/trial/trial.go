// Package trial trains one arm of Experiment 1 or 2 on one fold and keeps what came
// of it as a record.
//
// A trial is a fold: the published accuracies are multiples of 1/300 and the
// confusion matrices count 100 a genre, so the thesis' five trials are five
// stratified folds of 60 pictures.
//
// Data, metadata, weights, settings and seed decide a record, and its file's name.
// All random numbers (shuffles, dropout, stochastic depth, augmentation) come from
// seed, fold, epoch and step, never from what the process did before, so that a
// trial that was killed and continued gives the same record, bit for bit on a CPU.
// Records of many machines are merged by copying their files into data/records.
package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// Folds is the number of folds, the thesis' NUM_TRIALS.
const Folds = 5

// Trial names one training run.
type Trial struct {
	Experiment int    `json:"experiment"` // 1: frozen backbone (appendix 10.1); 2: all weights trained (10.2)
	Arm        string `json:"arm"`        // see fusion.Arms
	Fold       int    `json:"fold"`       // 1 to Folds
	Profile    string `json:"profile"`    // "quick" or "thesis"
	Seed       uint64 `json:"seed"`       // of folds, initial weights and all that is drawn while training
}

func (t Trial) String() string {
	return fmt.Sprintf("experiment %d, %s, fold %d", t.Experiment, t.Arm, t.Fold)
}

// settings are what a profile changes in an experiment.
type settings struct {
	size   int // height and width of the picture
	epochs int
	batch  int               // pictures an update
	micro  int               // pictures at a time in arms without batch norm; their gradients are added up
	use    map[string]string // weights by backbone
}

var (
	packaged = map[string]string{"cnn": "lite0", "vit": "dinov2-s14-imgfocus", "tiny": "dinov2-s14-imgfocus"}

	// profiles: thesis is the protocol of the appendix; quick is its miniature. With 16 pictures a
	// batch the 240 of a fold leave no smaller last batch, which would be compiled for itself, and
	// the few epochs have twice the updates.
	profiles = map[string]map[int]settings{
		"quick": {
			1: {size: 112, epochs: 15, batch: 32, micro: 32, use: packaged},
			2: {size: 98, epochs: 4, batch: 16, micro: 16, use: packaged},
		},
		"thesis": {
			1: {size: 224, epochs: 15, batch: 32, micro: 32, use: map[string]string{"cnn": "tf-b0", "vit": "torchvision-vit-b16"}},
			2: {size: 224, epochs: 15, batch: 32, micro: 8, use: map[string]string{"cnn": "torchvision-b0", "vit": "torchvision-vit-b16", "tiny": "dinov2-s14-imgfocus"}},
		},
	}
)

// rates are those of weights for which Experiment 2's 0.0001 is too fast. The packaged ViT was trained
// without labels: at 0.0001 four epochs take a fold of the stand-in data from 91 % (a linear classifier
// on the frozen features) to 57 %, at 0.00001 to 83 %. Its first layers alone (arm tiny) know less and
// stand 0.0001 better.
var rates = map[string]float64{"dinov2-s14-imgfocus": 1e-5}

// Plan lists the trials of a profile: both experiments, every arm of the thesis, with further all
// other arms behind them, every fold.
func Plan(profile string, seed uint64, further bool) []Trial {
	var trials []Trial
	for experiment := 1; experiment <= 2; experiment++ {
		for _, arm := range fusion.Arms(experiment, further) {
			trials = append(trials, All(experiment, arm, profile, seed)...)
		}
	}
	return trials
}

// All lists one arm's folds.
func All(experiment int, arm, profile string, seed uint64) []Trial {
	var trials []Trial
	for fold := 1; fold <= Folds; fold++ {
		trials = append(trials, Trial{experiment, arm, fold, profile, seed})
	}
	return trials
}

// Shard is part i of n, counted from 0: every trial is in exactly one, and the arms spread over them.
func Shard(trials []Trial, i, n int) []Trial {
	var part []Trial
	for at := i; at < len(trials); at += n {
		part = append(part, trials[at])
	}
	return part
}

// Run gives the trial's record: from data/records where it is there, else by training, which goes on
// where an earlier call was interrupted. table is the metadata of set, a row a sample. Another
// process at the same trial is waited for. When ctx ends, Run returns its error within a step.
func Run(ctx context.Context, set *dataset.Set, table *features.Table, t Trial) (*Record, error) {
	records, err := RunAll(ctx, set, table, []Trial{t})
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// RunAll is Run for many trials; their records are in the order of trials. Programs are compiled once
// for the folds of an arm. What another process is at comes last, so that two can share the work.
func RunAll(ctx context.Context, set *dataset.Set, table *features.Table, trials []Trial) ([]*Record, error) {
	l, err := labOf(set, table)
	if err != nil {
		return nil, err
	}
	return l.runAll(ctx, trials)
}

// Existing gives the records of those of the trials that have been run as RunAll would run them now,
// on the same data with the same weights and settings, and trains nothing.
func Existing(ctx context.Context, set *dataset.Set, table *features.Table, trials []Trial) ([]*Record, error) {
	l, err := labOf(set, table)
	if err != nil {
		return nil, err
	}
	return l.existing(ctx, trials)
}

func (l *lab) existing(ctx context.Context, trials []Trial) ([]*Record, error) {
	var records []*Record
	for _, t := range trials {
		j, err := l.job(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
		r, err := readRecord(j.file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func labOf(set *dataset.Set, table *features.Table) (*lab, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	return &lab{
		set: set, table: table, profiles: profiles, load: vision.Load,
		records: filepath.Join(root, "data", "records"), cache: filepath.Join(root, "data", "cache"),
	}, nil
}

// lab is what trials on one set share.
type lab struct {
	set            *dataset.Set
	table          *features.Table
	profiles       map[string]map[int]settings
	load           func(ctx context.Context, name string) (*vision.Loaded, error)
	records, cache string // folders

	weights    map[string]*vision.Loaded
	pictures   map[vision.Preprocess][][]uint8
	folds      map[uint64][]dataset.Fold
	extractors map[*vision.Loaded]*extractor
	program    *program // of the last trained arm
}

// job is a trial with all that decides it.
type job struct {
	config   Config
	arm      fusion.Arm
	settings settings
	fold     dataset.Fold
	weights  *vision.Loaded // nil without a backbone
	model    *fusion.Model
	file     string // the record's
}

func (l *lab) runAll(ctx context.Context, trials []Trial) ([]*Record, error) {
	defer l.release()
	jobs := make([]*job, len(trials))
	for i, t := range trials {
		var err error
		if jobs[i], err = l.job(ctx, t); err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
	}
	records := make([]*Record, len(trials))
	for _, wait := range []bool{false, true} {
		for i, j := range jobs {
			if records[i] != nil {
				continue
			}
			var err error
			if records[i], err = l.run(ctx, j, wait); err != nil {
				return nil, fmt.Errorf("%s: %w", trials[i], err)
			}
		}
	}
	return records, nil
}

// run gives the job's record, or nil where another process is at it and wait is false.
func (l *lab) run(ctx context.Context, j *job, wait bool) (*Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	r, err := readRecord(j.file)
	if !errors.Is(err, os.ErrNotExist) {
		return r, err
	}
	if err := os.MkdirAll(l.records, 0o755); err != nil {
		return nil, fmt.Errorf("the folder of records: %w", err)
	}
	unlock, err := lock(ctx, beside(j.file, ".lock"), wait)
	if unlock == nil || err != nil {
		return nil, err
	}
	defer unlock()
	if r, err = readRecord(j.file); !errors.Is(err, os.ErrNotExist) { // another process was at it
		return r, err
	}
	if j.arm.Fusion == "logistic" {
		r, err = l.regress(ctx, j)
	} else {
		r, err = l.train(ctx, j)
	}
	if err != nil {
		return nil, err
	}
	if err := r.write(j.file); err != nil {
		return nil, fmt.Errorf("writing the record: %w", err)
	}
	return r, removeIfThere(beside(j.file, ".checkpoint"))
}

// beside names a hidden file that goes with a record.
func beside(record, suffix string) string {
	return filepath.Join(filepath.Dir(record), "."+strings.TrimSuffix(filepath.Base(record), recordSuffix)+suffix)
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// job works out what decides the trial.
func (l *lab) job(ctx context.Context, t Trial) (*job, error) {
	byExperiment, ok := l.profiles[t.Profile]
	if !ok {
		return nil, fmt.Errorf("no profile %q: there are quick and thesis", t.Profile)
	}
	arm, err := fusion.ParseArm(t.Experiment, t.Arm)
	if err != nil {
		return nil, err
	}
	if t.Fold < 1 || t.Fold > Folds {
		return nil, fmt.Errorf("fold is %d: want 1 to %d", t.Fold, Folds)
	}
	if len(l.table.Rows) != len(l.set.Samples) {
		return nil, fmt.Errorf("the metadata table has %d rows, the set %d pictures: measure it again", len(l.table.Rows), len(l.set.Samples))
	}
	for i, row := range l.table.Rows {
		if row.File != l.set.Samples[i].File {
			return nil, fmt.Errorf("row %d of the metadata table is of %s, picture %d of the set is %s: measure it again", i+1, row.File, i+1, l.set.Samples[i].File)
		}
	}
	if l.folds[t.Seed] == nil {
		folds, err := l.set.Folds(Folds, t.Seed)
		if err != nil {
			return nil, err
		}
		if l.folds == nil {
			l.folds = map[uint64][]dataset.Fold{}
		}
		l.folds[t.Seed] = folds
	}
	s := byExperiment[t.Experiment]
	j := &job{arm: arm, settings: s, fold: l.folds[t.Seed][t.Fold-1]}
	j.model = &fusion.Model{Experiment: t.Experiment, Arm: arm, Genres: len(l.set.Genres)}
	j.config = Config{
		Format: format, Trial: t, Folds: Folds,
		Data: l.set.Fingerprint(), StandIn: l.set.StandIn, Genres: l.set.Genres,
		Train: len(j.fold.Train), Test: len(j.fold.Test),
		Epochs: s.epochs, Batch: s.batch, Micro: s.micro, Optimizer: "PyTorch's Adam",
	}
	c := &j.config
	names, metadata := l.metadata(t.Experiment)
	j.model.Metadata = len(names)
	if arm.HasMetadata() {
		if c.Metadata, err = fingerprint(l.set, names, metadata); err != nil {
			return nil, err
		}
	}
	if arm.Backbone != "" {
		if j.weights, err = l.backbone(ctx, s, arm.Backbone); err != nil {
			return nil, err
		}
		j.model.Backbone = j.weights.Network
		if e, ok := j.weights.Network.(*vision.EfficientNet); ok && t.Experiment == 2 {
			// The program's batch norm is PyTorch's, whichever weights stand in.
			own := *e
			own.Momentum = 0.1
			j.model.Backbone = &own
		}
		if t.Experiment == 2 && arm.Backbone == "vit" {
			j.model.Rate = rates[j.weights.Name]
		}
		c.Weights, c.WeightsSHA256, c.Asked = j.weights.Name, j.weights.Hash, j.weights.Asked
		c.Architecture = j.weights.Network.Name()
		// The whole picture, whatever its shape, as the program's image_dataset_from_directory takes it.
		p := j.weights.Preprocess.At(s.size)
		p.Short = 0
		c.Preprocess = &p
		c.Frozen = t.Experiment == 1
		c.Augmented = t.Experiment == 1 && arm.Fusion == "single"
	}
	adam := j.model.Adam()
	c.Rate = adam.Rate
	if adam.Keras {
		c.Optimizer = "Keras' Adam"
	}
	if arm.Fusion == "logistic" {
		c.Epochs, c.Batch, c.Micro, c.Rate, c.Optimizer = 1, 0, 0, 0, "L-BFGS"
		columns := j.model.Metadata
		if j.model.Backbone != nil {
			columns = j.model.Backbone.Width()
		}
		c.Parameters = len(c.Genres) * (columns + 1)
	} else {
		for _, p := range j.model.Params() {
			c.Parameters += p.Size()
		}
		if j.model.Backbone != nil && !c.Frozen {
			c.Parameters += fusion.BackboneSize(j.model.Backbone)
		}
	}
	j.file = filepath.Join(l.records, c.file())
	return j, nil
}

// metadata is the experiment's vector of every sample (Table 4.1), unscaled.
func (l *lab) metadata(experiment int) (names []string, x [][]float64) {
	if experiment == 1 {
		return l.table.Experiment1()
	}
	return l.table.Experiment2()
}

// backbone loads the weights that the settings name for it, once.
func (l *lab) backbone(ctx context.Context, s settings, backbone string) (*vision.Loaded, error) {
	name := s.use[backbone]
	key := name
	if backbone == "tiny" {
		key += " shortened"
	}
	if w := l.weights[key]; w != nil {
		return w, nil
	}
	w, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	if backbone == "tiny" {
		cnn, err := l.backbone(ctx, s, "cnn")
		if err != nil {
			return nil, err
		}
		v, ok := w.Network.(*vision.ViT)
		if !ok {
			return nil, fmt.Errorf("the weights %s are of %s, want a ViT", name, w.Network.Name())
		}
		short := *w
		short.Network, short.Values = fusion.Shorten(v, w.Values, cnn.Network)
		w = &short
	}
	if l.weights == nil {
		l.weights = map[string]*vision.Loaded{}
	}
	l.weights[key] = w
	return w, nil
}

// release frees the compiled programs.
func (l *lab) release() {
	if l.program != nil {
		l.program.release()
		l.program = nil
	}
}

// standardised is the metadata of every sample, scaled by the fold's training pictures.
func (l *lab) standardised(j *job) [][]float64 {
	_, x := l.metadata(j.config.Experiment)
	return scaled(x, j.fold.Train)
}

func scaled(x [][]float64, train []int) [][]float64 {
	rows := make([][]float64, len(train))
	for at, i := range train {
		rows[at] = x[i]
	}
	s := fusion.FitScaler(rows)
	z := make([][]float64, len(x))
	for i := range x {
		z[i] = s.Apply(x[i])
	}
	return z
}

// regress fits a logistic regression: an arm without epochs.
func (l *lab) regress(ctx context.Context, j *job) (*Record, error) {
	watch := startWatch()
	var x [][]float64
	if j.model.Backbone == nil {
		x = l.standardised(j)
	} else {
		frozen, err := l.view(ctx, j, 0)
		if err != nil {
			return nil, err
		}
		for i := range l.set.Samples {
			row := make([]float64, frozen.width)
			for c, v := range frozen.row(i) {
				row[c] = float64(v)
			}
			x = append(x, row)
		}
		x = scaled(x, j.fold.Train)
	}
	labels := l.set.Labels()
	rows := make([][]float64, len(j.fold.Train))
	truth := make([]int, len(rows))
	for at, i := range j.fold.Train {
		rows[at], truth[at] = x[i], labels[i]
	}
	fitted, err := fusion.FitLogistic(rows, truth, len(l.set.Genres))
	if err != nil {
		return nil, err
	}
	score := func(samples []int) tally {
		var t tally
		for _, i := range samples {
			t.add(fitted.Logits(x[i]), labels[i])
		}
		return t
	}
	train, test := score(j.fold.Train), score(j.fold.Test)
	r := &Record{Config: j.config, History: []Epoch{{1, train.loss(), train.accuracy(), test.loss(), test.accuracy()}}}
	r.Last = l.predictions(j, 1, test)
	r.Best = r.Last
	r.Run = watch.stop(j, 0)
	return r, nil
}

// predictions names what a tally over the fold's test pictures holds.
func (l *lab) predictions(j *job, epoch int, t tally) Predictions {
	p := Predictions{Epoch: epoch}
	for at, i := range j.fold.Test {
		probabilities := fusion.Probabilities(t.logits[at])
		p.Pictures = append(p.Pictures, Prediction{
			File: l.set.Samples[i].File, Truth: l.set.Samples[i].Genre,
			Predicted: l.set.Genres[largest(t.logits[at])], Probabilities: probabilities,
		})
	}
	return p
}

// largest is the index of the largest value, the first of equals, as argmax in both libraries.
func largest(x []float64) int { return slices.Index(x, slices.Max(x)) }
