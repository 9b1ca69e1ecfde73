// Package trial trains one arm of Experiment 1 or 2 on one fold and keeps what came
// of it as a record.
//
// A trial is a fold: the published accuracies are multiples of 1/300 and the
// confusion matrices count 100 a genre, so the thesis' five trials are taken to be
// five stratified folds of 60 pictures. Its programs do not print how they split.
//
// Data, metadata, weights, settings and seed decide a record, and its file's name.
// All random numbers (shuffles, dropout, stochastic depth, augmentation) come from
// seed, fold, epoch and step, never from what the process did before, so that a
// trial that was killed and continued gives the same record, bit for bit on a CPU.
// Records of many machines are merged by copying their files into data/records.
package trial

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
	"thesis.example/lib/weights"
)

// Folds is the number of folds, the thesis' NUM_TRIALS.
const Folds = 5

// Trial names one training run.
type Trial struct {
	Experiment int    `json:"experiment"` // 1: frozen backbone (appendix 10.1); 2: all weights trained (10.2)
	Arm        string `json:"arm"`        // see fusion.Arms
	Fold       int    `json:"fold"`       // 1 to Folds
	Choice
	// Share is how many per cent of the fold's training pictures are used, 0 for all: see subset.
	Share int `json:"share,omitempty"`
}

func (t Trial) String() string {
	s := fmt.Sprintf("experiment %d, %s, fold %d", t.Experiment, t.Arm, t.Fold)
	if t.Share != 0 {
		s += fmt.Sprintf(", %d %% of its pictures", t.Share)
	}
	if t.Repeat != 0 {
		s += fmt.Sprintf(", repeat %d", t.Repeat)
	}
	return s
}

// settings are what a profile changes in an experiment.
type settings struct {
	size   int // height and width of the picture
	epochs int
	vit    struct{ size, epochs int } // the ViT's, where they are others
	batch  int                        // pictures an update
	micro  int                        // pictures at a time in arms without batch norm; their gradients are added up
	use    map[string]string          // weights by backbone

	// measure is k: in Experiment 2 the gradients of every k-th update are measured (measure.go), and the
	// shares of picture and metadata after the epochs (shares.go). 0: nothing is. It decides nothing else
	// in a record, and is no part of its name.
	measure int
}

var (
	packaged = map[string]string{"cnn": "lite0", "vit": "dinov2-s14-imgfocus", "tiny": "dinov2-s14-imgfocus"}

	// profiles: thesis is what the programs of the appendix state: 5 trials of 15 epochs in batches of
	// 32, pictures of 224 pixels (10.2 prints no size; its ViT-B/16 takes 224), the networks, heads and
	// optimizers, Experiment 1's augmentation. In the rest it departs from them or fills in what they
	// do not print:
	//
	//   - Splits: neither program prints them. Here trials are stratified folds.
	//   - Pictures: 10.1 imports image_dataset_from_directory, which squeezes a picture to the square
	//     bilinearly, by default without antialiasing, and keeps fractions of grey levels; 10.2 prints
	//     no transforms. Here a picture is squeezed with Pillow's antialiased filter, the one that the
	//     weights' entry names (bicubic for B0, bilinear for ViT-B/16), to whole grey levels, and
	//     normalised by ImageNet's mean and deviation, as Keras' EfficientNetB0 does inside.
	//   - Metadata: 10.1 imports StandardScaler and does not print its use, 10.2 prints no preparation.
	//     Both are standardised here by the training pictures of the fold.
	//   - Frozen backbone: while the head trains, Keras 3 goes on dropping the backbone's blocks at
	//     random (stochastic depth, rates to 0.175) in both arms of 10.1, although the single arm calls
	//     it with training=False: two training passes over the same pictures differ (Keras 3.8, 3.10
	//     and 3.12). Here frozen features have no randomness but augmentation's.
	//   - Augmentation: all folds share the view of a picture in an epoch, so that features are
	//     computed once.
	//   - Epoch: 10.2 keeps the best accuracy on its validation pictures, 10.1 the whole history. Here
	//     the last epoch is the result, and the best stands beside it.
	//   - Batches: in Experiment 2 networks without batch norm take the 32 pictures in parts of 8, whose
	//     gradients are added up: the same update but for rounding.
	//   - Weights: Keras' are read from timm's copy (tf-b0). What is out of reach has its entry's
	//     fallback (Record.Note), with a rate of its own (rates). A CNN trained in Experiment 2 has
	//     PyTorch's momentum of batch norm, whichever it is, and its own epsilon.
	//   - Seeds: the programs set none.
	//
	// quick is a miniature: it departs in the same ways, and further in what stands here, smaller
	// pictures, packaged weights of smaller networks and in Experiment 2 fewer epochs and smaller
	// batches. With 16 pictures a batch the 240 of a fold leave no smaller last batch, which would be
	// compiled for itself, and the few epochs have twice the updates. The ViT, whose epoch takes five times as
	// long as the CNN's, has two epochs of 56 pixels: on the stand-in data it
	// had 237 of 300 right with them (hybrid 246), and 247 (252) after three of 70 at half the rate, in twice
	// the time. The CNN would lose 14 by smaller pictures, 10 by a missing epoch.
	profiles = map[string]map[int]settings{
		"quick": {
			1: {size: 112, epochs: 15, batch: 32, micro: 32, use: packaged},
			2: {size: 84, epochs: 4, vit: struct{ size, epochs int }{56, 2}, batch: 16, micro: 16, use: packaged, measure: 15},
		},
		"thesis": {
			1: {size: 224, epochs: 15, batch: 32, micro: 32, use: map[string]string{"cnn": "tf-b0", "vit": "torchvision-vit-b16"}},
			2: {size: 224, epochs: 15, batch: 32, micro: 8, use: map[string]string{"cnn": "torchvision-b0", "vit": "torchvision-vit-b16", "tiny": "dinov2-s14-imgfocus"}, measure: 15},
		},
	}
)

// rates are those of backbones for which Experiment 2's 0.0001 is too fast; the head behind them, which
// begins at random, keeps that. The packaged ViT was trained without labels: when the rate was chosen, on
// one fold of the stand-in data of that time, four epochs at 0.0001 left 57 % right and at 0.00001 83 %,
// where a linear classifier on the frozen features had 91 %; for quick's two epochs twice that rate has 237 of
// 300 right (hybrid 246), three times that rate 246 (237). Its first layers alone (arm tiny) know less
// and stand 0.0001 better.
var rates = map[string]float64{"dinov2-s14-imgfocus": 2e-5}

// Plan lists the trials of a choice: both experiments, every arm of the thesis, with further all
// other arms behind them, every fold.
func Plan(c Choice, further bool) []Trial {
	var trials []Trial
	for experiment := 1; experiment <= 2; experiment++ {
		for _, arm := range fusion.Arms(experiment, further) {
			trials = append(trials, All(experiment, arm, c)...)
		}
	}
	return trials
}

// All lists one arm's folds.
func All(experiment int, arm string, c Choice) []Trial {
	var trials []Trial
	for fold := 1; fold <= Folds; fold++ {
		trials = append(trials, Trial{Experiment: experiment, Arm: arm, Fold: fold, Choice: c})
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

// Run gives the trial's record: an existing one where it answers the trial (see answers), else by
// training, which goes on where an earlier call was interrupted. table is the metadata of set, a row a
// sample. Another process at the same trial is waited for. When ctx ends, Run returns its error within a
// step.
func Run(ctx context.Context, set *dataset.Set, table *features.Table, t Trial) (*Record, error) {
	records, err := RunAll(ctx, set, table, []Trial{t})
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// RunAll is Run for many trials; their records are in the order of trials. Programs are compiled once
// for the folds of an arm. What another process is at comes last, so that two can share the work.
// Weights are loaded for what is to be trained alone.
func RunAll(ctx context.Context, set *dataset.Set, table *features.Table, trials []Trial) ([]*Record, error) {
	l, err := labOf(set, table)
	if err != nil {
		return nil, err
	}
	return l.runAll(ctx, trials)
}

// Existing gives the records that answer some of the trials, and trains nothing. It reads records
// alone: neither weights nor a network.
func Existing(set *dataset.Set, table *features.Table, trials []Trial) ([]*Record, error) {
	l, err := labOf(set, table)
	if err != nil {
		return nil, err
	}
	return l.existing(trials)
}

func (l *lab) existing(trials []Trial) ([]*Record, error) {
	var records []*Record
	for _, t := range trials {
		j, err := l.ask(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
		r, err := l.answer(j, true)
		if err != nil {
			return nil, err
		}
		if r != nil {
			records = append(records, r)
		}
	}
	return note(records), nil
}

func labOf(set *dataset.Set, table *features.Table) (*lab, error) {
	records, err := setup.Place("records")
	if err != nil {
		return nil, err
	}
	return &lab{set: set, table: table, profiles: profiles, load: vision.Load, entry: weights.Find, records: records}, nil
}

// lab is what trials on one set share.
type lab struct {
	set      *dataset.Set
	table    *features.Table
	profiles map[string]map[int]settings
	load     func(ctx context.Context, name string) (*vision.Loaded, error)
	entry    func(name string) (weights.Entry, error)
	records  string // folder

	weights    map[string]*vision.Loaded
	pictures   map[vision.Preprocess][][]uint8
	folds      map[uint64][]dataset.Fold
	extractors map[*vision.Loaded]*extractor
	program    *program // of the last trained arm
	made       int      // records that were trained here, not found
}

// job is a trial with all that decides it.
type job struct {
	config   Config
	arm      fusion.Arm
	settings settings
	fold     dataset.Fold
	model    *fusion.Model
	machine  bench.Machine

	// These come with prepare.
	weights *vision.Loaded // nil without a backbone
	file    string         // the record's
}

func (l *lab) runAll(ctx context.Context, trials []Trial) ([]*Record, error) {
	defer l.release()
	jobs, records := make([]*job, len(trials)), make([]*Record, len(trials))
	for i, t := range trials {
		var err error
		if jobs[i], err = l.ask(t); err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
		if records[i], err = l.answer(jobs[i], false); err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
	}
	missing := 0
	for i, j := range jobs {
		if records[i] == nil {
			if err := l.prepare(ctx, j); err != nil {
				return nil, fmt.Errorf("%s: %w", trials[i], err)
			}
			missing++
		}
	}
	bar := progress.New("training", "trials", missing)
	defer bar.DoneAs("trained")
	for _, wait := range []bool{false, true} {
		for i, j := range jobs {
			if err := collect(jobs, records, bar); err != nil {
				return nil, err
			}
			if records[i] != nil {
				continue
			}
			made := l.made
			var err error
			if records[i], err = l.run(ctx, j, wait); err != nil {
				return nil, fmt.Errorf("%s: %w", trials[i], err)
			}
			if l.made > made {
				bar.Add(1)
			} else if records[i] != nil { // another process was at it
				bar.Drop(1)
			}
		}
	}
	return note(records), nil
}

// collect reads the records that other processes have made meanwhile.
func collect(jobs []*job, records []*Record, bar *progress.Bar) error {
	for i, j := range jobs {
		if records[i] != nil {
			continue
		}
		r, err := readRecord(j.file)
		switch {
		case err == nil:
			records[i] = r
			bar.Drop(1)
		case !errors.Is(err, os.ErrNotExist):
			return err
		}
	}
	return nil
}

// run gives the prepared job's own record, or nil where another process is at it and wait is false.
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
	l.made++
	if keeps(j) {
		if err := l.keep(j); err != nil {
			return nil, fmt.Errorf("the record is written; keeping its network: %w", err)
		}
	}
	return r, removeIfThere(beside(j.file, ".checkpoint"))
}

// answer is the record that answers a job, nil where there is none. Of several it prefers those with
// the weights asked for, then those of this machine, then the first by name. A record with weights
// that stand in answers a reader; what is to be run it answers only while the weights asked for are
// not on this machine, so that fetching them leads to training with them.
func (l *lab) answer(j *job, reading bool) (*Record, error) {
	names, err := filepath.Glob(filepath.Join(escapeGlob(l.records), j.config.Trial.prefix()+"*"+recordSuffix))
	if err != nil {
		return nil, fmt.Errorf("the folder of records: %w", err)
	}
	var found []*Record
	for _, name := range names {
		r, err := readRecord(name)
		if errors.Is(err, errFormat) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok, err := l.answers(r, j, reading); err != nil {
			return nil, err
		} else if ok {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	rank := func(r *Record) int { // lower is better
		n := 0
		if r.Weights != r.Asked {
			n += 2
		}
		if r.Machine != j.machine {
			n++
		}
		return n
	}
	return slices.MinFunc(found, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.File, b.File))
	}), nil
}

// answers says whether a record is of what the job asks, on whichever machine it was made: the same
// trial on the same data with the same settings, and the weights asked for or those that stand in.
func (l *lab) answers(r *Record, j *job, reading bool) (bool, error) {
	want := j.config
	want.Weights, want.WeightsSHA256, want.Architecture, want.Parameters = r.Weights, r.WeightsSHA256, r.Architecture, r.Parameters
	want.Preprocess = r.Preprocess
	want.BackboneRate = j.backboneRate(r.Weights)
	if !bytes.Equal(want.line(), r.Config.line()) {
		return false, nil
	}
	if r.Asked == "" {
		return true, nil
	}
	e, err := l.entry(r.Asked)
	if err != nil {
		return false, err
	}
	if r.Weights == r.Asked {
		sum, err := e.Expected() // of another file since: fetched or entered anew
		return strings.HasPrefix(r.WeightsSHA256, sum), err
	}
	_, err = os.Stat(e.Path())
	return reading || errors.Is(err, os.ErrNotExist), nil
}

// escapeGlob makes a folder's name mean itself in a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
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

// ask works out all that decides the trial but the weights, which it does not load.
func (l *lab) ask(t Trial) (*job, error) {
	arm, err := fusion.ParseArm(t.Experiment, t.Arm)
	if err != nil {
		return nil, err
	}
	s, err := settingsOf(l.profiles, t.Choice, t.Experiment)
	if err != nil {
		return nil, err
	}
	if arm.Backbone == "vit" {
		s.size, s.epochs = cmp.Or(s.vit.size, s.size), cmp.Or(s.vit.epochs, s.epochs)
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
	if t.Repeat < 0 {
		return nil, fmt.Errorf("repeat is %d: want 0 for the first training, or a number from 1", t.Repeat)
	}
	j := &job{arm: arm, settings: s, fold: l.folds[t.Seed][t.Fold-1]}
	if t.Share != 0 {
		if t.Share < 1 || t.Share > 99 {
			return nil, fmt.Errorf("share is %d: want 1 to 99 per cent, or 0 for all pictures", t.Share)
		}
		j.fold.Train = l.subset(j.fold.Train, t.Share, draws(t.Seed, fmt.Sprintf("fold %d share", t.Fold)))
		s.epochs = (s.epochs*100 + t.Share - 1) / t.Share // at least as many updates as with all
	}
	if j.machine, err = bench.ThisMachine(); err != nil {
		return nil, err
	}
	j.model = &fusion.Model{Experiment: t.Experiment, Arm: arm, Genres: len(l.set.Genres)}
	j.config = Config{
		Format: format, Trial: t, Folds: Folds,
		Data: l.set.Fingerprint(), StandIn: l.set.StandIn, Genres: l.set.Genres,
		Train: len(j.fold.Train), Test: len(j.fold.Test),
		Epochs: s.epochs, Batch: s.batch, Micro: s.micro, Optimizer: "PyTorch's Adam", Rate: j.model.Adam().Rate,
	}
	c := &j.config
	faces, texts := l.set.CorrectedByHand()
	c.Corrected = faces + texts
	names, metadata := l.metadata(t.Experiment)
	j.model.Metadata = len(names)
	if arm.HasMetadata() && arm.Variation != "noise" {
		if c.Metadata, err = fingerprint(l.set, names, metadata); err != nil {
			return nil, err
		}
	}
	if arm.Backbone != "" {
		c.Asked, c.Size = s.use[arm.Backbone], s.size
		c.Frozen = t.Experiment == 1 || arm.Fusion == "logistic"
		c.Probed = !c.Frozen
		c.Augmented = t.Experiment == 1 && arm.Fusion == "single"
	}
	if j.model.Adam().Keras {
		c.Optimizer = "Keras' Adam"
	}
	if arm.Fusion == "logistic" {
		c.Epochs, c.Batch, c.Micro, c.Optimizer, c.Rate = 1, 0, 0, "L-BFGS", 0
	}
	if arm.Variation == "late" {
		c.Joined = c.Epochs / 2
	}
	return j, nil
}

// backboneRate is the learning rate of a backbone with those weights, 0 where it is that of all.
func (j *job) backboneRate(weights string) float64 {
	if j.config.Frozen || j.arm.Backbone != "vit" {
		return 0
	}
	return rates[weights]
}

// prepare loads the job's weights, which decide the rest.
func (l *lab) prepare(ctx context.Context, j *job) (err error) {
	c := &j.config
	if j.arm.Backbone != "" {
		if j.weights, err = l.backbone(ctx, j.settings, j.arm.Backbone); err != nil {
			return err
		}
		j.model.Backbone = j.weights.Network
		if e, ok := j.weights.Network.(*vision.EfficientNet); ok && c.Experiment == 2 {
			// The program's batch norm is PyTorch's, whichever weights stand in.
			own := *e
			own.Momentum = 0.1
			j.model.Backbone = &own
		}
		c.Weights, c.WeightsSHA256 = j.weights.Name, j.weights.Hash
		c.Architecture = j.weights.Network.Name()
		// The whole picture, whatever its shape, as the program's image_dataset_from_directory takes it.
		p := j.weights.Preprocess.At(vision.WholePatches(j.weights.Network, j.settings.size))
		p.Short = 0
		c.Preprocess = &p
	}
	c.BackboneRate = j.backboneRate(c.Weights)
	j.model.Rate = c.BackboneRate
	c.Parameters = j.model.Trained()
	j.file = filepath.Join(l.records, c.file(j.machine))
	return nil
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

// release frees what lies on the device: compiled programs, weights, and the frozen backbones.
func (l *lab) release() {
	if l.program != nil {
		l.program.release()
		l.program = nil
	}
	for _, e := range l.extractors {
		e.release()
	}
	l.extractors = nil
}

// standardised is the metadata of every sample, scaled by the fold's training pictures, as the arm's
// variation has them.
func (l *lab) standardised(j *job) [][]float64 {
	standardise := l.standardiser(j)
	_, x := l.metadata(j.config.Experiment)
	z := make([][]float64, len(x))
	for i, row := range x {
		z[i] = standardise(row)
	}
	return replaced(j, z)
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
	train, test, err := l.fit(j, x)
	if err != nil {
		return nil, err
	}
	r := &Record{Config: j.config, Machine: j.machine, History: []Epoch{{1, train.loss(), train.accuracy(), test.loss(), test.accuracy()}}}
	r.Last = l.predictions(j, 1, test)
	r.Best = r.Last
	r.Run, err = watch.stop(j, 0)
	return r, err
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
