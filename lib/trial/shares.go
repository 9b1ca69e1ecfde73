package trial

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
)

// What the picture and what the metadata bring to a trained arm's answers on the test pictures of its
// fold. An arm is asked with both, with one of them replaced, and with both replaced; what replaces is a
// Baseline, and no answer is taken for granted, that to nothing neither.
//
// In the late arms (fusion.Model.Late) the backbone runs once a picture and the head, in plain Go, joins
// any features with any metadata. Where the metadata enter the backbone every pair is a pass of its own:
// there Uses, EMAP and Importance are left out, and "permuted" has one donor a picture.

// Coalitions hold a value of an arm (right answers, mean loss) with both modalities, with one, with none.
type Coalitions[T int | float64] struct {
	Both     T `json:"both"`
	Picture  T `json:"picture"`  // the metadata replaced
	Metadata T `json:"metadata"` // the picture replaced
	None     T `json:"none"`     // both replaced
}

// Shapley splits Both − None between the modalities, exactly: each gets the mean of what it adds to none
// and to the other (Shapley 1953; for modalities Hu, Li & Zhou 2022, "SHAPE"),
//
//	φ_M = ½[v(IM) − v(I) + v(M) − v(∅)],  φ_I = ½[v(IM) − v(M) + v(I) − v(∅)].
//
// Of a loss, a negative share is the useful one.
func (c Coalitions[T]) Shapley() (picture, metadata float64) {
	return float64(c.Both-c.Metadata+c.Picture-c.None) / 2, float64(c.Both-c.Picture+c.Metadata-c.None) / 2
}

// Cooperation is what both together add beyond the sum of what each adds alone: v(IM) − v(I) − v(M) + v(∅).
func (c Coalitions[T]) Cooperation() float64 {
	return float64(c.Both - c.Picture - c.Metadata + c.None)
}

// Utilisation is the conditional utilisation rate of Wu et al. 2022 ("Characterizing and Overcoming the
// Greedy Nature of Learning in Multi-modal Deep Neural Networks"): the part of the accuracy with both that
// goes when a modality goes, u(M|I) = [A(IM) − A(I)]/A(IM) and u(I|M). Their u(M|I) − u(I|M) is the
// imbalance. A modality that is missing is here at its baseline; the paper trains a classifier on the
// branch alone. NaN where nothing is right with both.
func (c Coalitions[T]) Utilisation() (picture, metadata float64) {
	both := float64(c.Both)
	return (both - float64(c.Metadata)) / both, (both - float64(c.Picture)) / both
}

func (c Coalitions[T]) plus(d Coalitions[T]) Coalitions[T] {
	return Coalitions[T]{c.Both + d.Both, c.Picture + d.Picture, c.Metadata + d.Metadata, c.None + d.None}
}

// Names of baselines.
const (
	TrainingMean = "training mean" // the mean of the fold's training pictures, and their mean metadata
	Zero         = "zero"          // every normalised colour 0, ImageNet's mean; and every number 0 before standardising, a post without likes, faces or text
	Permuted     = "permuted"      // those of other test pictures, both of the same one where both are replaced
)

// Baseline is an arm's worth with what is missing replaced in one way. Standardised metadata have mean 0:
// zeros there would be TrainingMean again, so Zero is of the numbers themselves.
type Baseline struct {
	Name    string              `json:"name"`
	Donors  int                 `json:"donors"`  // replacements of every test picture: the counts are of Test·Donors answers
	Correct Coalitions[int]     `json:"correct"` // right answers
	Loss    Coalitions[float64] `json:"loss"`    // mean cross-entropy
}

// Use is what the modalities of a late arm were worth after an epoch, with TrainingMean in their place.
type Use struct {
	Epoch   int             `json:"epoch"`
	Correct Coalitions[int] `json:"correct"`
	// Discrepancy is ρ of OGM-GE (Peng et al. 2022), Σ softmax(picture's logits)[truth] over
	// Σ softmax(metadata's logits)[truth], above 1 where the picture is ahead. It is taken over the test
	// pictures and without dropout, where the paper takes the training batch, and with each branch's own
	// bias, where the paper halves a common one. 0: not defined, as in the thesis' head, whose logits are no
	// sum over modalities behind a hidden ReLU.
	Discrepancy float64 `json:"discrepancy,omitempty"`
}

// EMAP compares an arm with its empirical multimodally-additive projection (Hessel & Lee 2020, "Does my
// multimodal model learn cross-modal interactions?"): the best model of the form picture + metadata.
type EMAP struct {
	Correct          int     `json:"correct"` // of the arm
	Loss             float64 `json:"loss"`
	ProjectedCorrect int     `json:"projected_correct"`
	ProjectedLoss    float64 `json:"projected_loss"`
	Largest          float64 `json:"largest"` // absolute difference of any logit: 0 up to rounding in an additive arm
}

// Importance is by permutation (Breiman 2001): one number at a time changes places between the test
// pictures, Repeats times, by the same permutations for every number, as
// sklearn.inspection.permutation_importance does it.
type Importance struct {
	Repeats int      `json:"repeats"`
	Right   []int    `json:"right"` // of each test picture, in the record's order: 1 where answered right as it is
	Loss    float64  `json:"loss"`
	Numbers []Number `json:"numbers"`
}

// Number is one of the metadata.
type Number struct {
	Name  string  `json:"name"`
	Right []int   `json:"right"` // of each test picture: in how many repeats it was answered right
	Loss  float64 `json:"loss"`  // mean over pictures and repeats
}

// Drop is what the accuracy loses when the number changes places, mean over the repeats.
func (m *Importance) Drop(n Number) float64 {
	drop := 0.0
	for i, right := range m.Right {
		drop += (float64(right) - float64(n.Right[i])/float64(m.Repeats)) / float64(len(m.Right))
	}
	return drop
}

// Shares is what picture and metadata bring after the last epoch. The arm meta has Importance alone.
type Shares struct {
	Test       int         `json:"test"` // pictures
	Baselines  []Baseline  `json:"baselines,omitempty"`
	EMAP       *EMAP       `json:"emap,omitempty"`       // of late arms
	Importance *Importance `json:"importance,omitempty"` // of late arms with metadata
}

// Baseline gives the one of that name, false where there is none.
func (s *Shares) Baseline(name string) (Baseline, bool) {
	i := slices.IndexFunc(s.Baselines, func(b Baseline) bool { return b.Name == name })
	if i < 0 {
		return Baseline{}, false
	}
	return s.Baselines[i], true
}

// repeats of every permutation. A number's drop on one fold has a standard error of about
// √(share of changed answers/(60·20)).
const repeats = 20

// shares asks the arm after an epoch, whose test is given. Use is nil where the arm is not late or has no
// backbone, and before the metadata have joined; Shares is nil before the last epoch.
func (l *lab) shares(ctx context.Context, j *job, p *program, src *source, metadata table, epoch int, test tally) (*Use, *Shares, error) {
	if !j.measured() || !p.joined {
		return nil, nil, nil
	}
	last := epoch == j.config.Epochs
	q := &questions{p: p, src: src, test: j.fold.Test, columns: metadata.columns, train: j.fold.Train}
	for _, i := range q.test {
		q.labels = append(q.labels, l.set.Labels()[i])
		q.metadata = append(q.metadata, metadata.row(i))
	}
	names, _ := l.metadata(j.config.Experiment)
	mean, zero := make([]float32, metadata.columns), make([]float32, metadata.columns)
	for c, v := range l.standardiser(j)(make([]float64, len(names))) {
		zero[c] = float32(v)
	}
	permutations := make([][]int, repeats)
	random := draws(j.config.Seed, fmt.Sprintf("fold %d permutations", j.config.Fold))
	for r := range permutations {
		permutations[r] = random.Perm(len(q.test))
	}
	if !j.model.Late() {
		if !last {
			return nil, nil, nil
		}
		s, err := q.early(ctx, test, mean, zero, permutations[0])
		return nil, s, err
	}
	head, err := j.model.Head(p.store)
	if err != nil {
		return nil, nil, err
	}
	table := &pairs{head: head, labels: q.labels}
	for _, row := range q.metadata {
		table.metadata = append(table.metadata, head.Metadata(row))
	}
	if j.model.Backbone == nil {
		table.pictures = make([]fusion.Half, len(q.test))
		if !last {
			return nil, nil, nil
		}
		return nil, &Shares{Test: len(q.test), Importance: table.importance(names, q.metadata, permutations)}, nil
	}
	for _, f := range test.features {
		table.pictures = append(table.pictures, head.Picture(f))
	}
	blank, err := q.blank(ctx)
	if err != nil {
		return nil, nil, err
	}
	meanPicture, zeroPicture := head.Picture(blank[0]), head.Picture(blank[1])
	missing := table.baseline(TrainingMean, meanPicture, head.Metadata(mean))
	use := &Use{Epoch: epoch, Correct: missing.Correct, Discrepancy: table.discrepancy()}
	if !last {
		return use, nil, nil
	}
	s := &Shares{Test: len(q.test), Baselines: []Baseline{missing, table.baseline(Zero, zeroPicture, head.Metadata(zero))}}
	answers := table.all()
	if len(q.test) > 1 {
		s.Baselines = append(s.Baselines, permuted(answers, q.labels))
	}
	s.EMAP = emapOf(answers, q.labels)
	if j.arm.HasMetadata() {
		s.Importance = table.importance(names, q.metadata, permutations)
	}
	return use, s, nil
}

func (t table) row(i int) []float32 { return t.values[i*t.columns : (i+1)*t.columns] }

// score counts answers of one kind.
type score struct {
	correct, n int
	loss       float64 // sum
}

func (s *score) add(logits []float64, label int) {
	s.n++
	s.loss += fusion.CrossEntropy(logits, label)
	if largest(logits) == label {
		s.correct++
	}
}

func baselineOf(name string, donors int, both, picture, metadata, none score) Baseline {
	mean := func(s score) float64 { return s.loss / float64(s.n) }
	return Baseline{
		Name: name, Donors: donors,
		Correct: Coalitions[int]{both.correct, picture.correct, metadata.correct, none.correct},
		Loss:    Coalitions[float64]{mean(both), mean(picture), mean(metadata), mean(none)},
	}
}

// pairs joins the halves of the test pictures.
type pairs struct {
	head               *fusion.Head
	labels             []int
	pictures, metadata []fusion.Half
}

// baseline asks with one replacement for all.
func (t *pairs) baseline(name string, picture, metadata fusion.Half) Baseline {
	var both, withPicture, withMetadata, none score
	nothing := t.head.Join(picture, metadata)
	for i, label := range t.labels {
		both.add(t.head.Join(t.pictures[i], t.metadata[i]), label)
		withPicture.add(t.head.Join(t.pictures[i], metadata), label)
		withMetadata.add(t.head.Join(picture, t.metadata[i]), label)
		none.add(nothing, label)
	}
	return baselineOf(name, 1, both, withPicture, withMetadata, none)
}

// discrepancy is Use.Discrepancy.
func (t *pairs) discrepancy() float64 {
	var picture, metadata float64
	for i, label := range t.labels {
		a, b, ok := t.head.Own(t.pictures[i], t.metadata[i])
		if !ok {
			return 0
		}
		picture += fusion.Probabilities(a)[label]
		metadata += fusion.Probabilities(b)[label]
	}
	return picture / metadata
}

// all are the answers to every picture with everyone's metadata: [picture][metadata][genre].
func (t *pairs) all() [][][]float64 {
	f := make([][][]float64, len(t.pictures))
	for i, p := range t.pictures {
		for _, m := range t.metadata {
			f[i] = append(f[i], t.head.Join(p, m))
		}
	}
	return f
}

// permuted replaces by every other test picture in turn, which is the mean over all permutations that
// leave no picture in its place.
func permuted(f [][][]float64, labels []int) Baseline {
	var both, picture, metadata, none score
	for i, label := range labels {
		for d := range labels {
			if d != i {
				both.add(f[i][i], label)
				picture.add(f[i][d], label)
				metadata.add(f[d][i], label)
				none.add(f[d][d], label)
			}
		}
	}
	return baselineOf(Permuted, len(labels)-1, both, picture, metadata, none)
}

// project is the empirical multimodally-additive projection of f(I_i, M_j), [i][j][genre], at the pairs
// (I_i, M_i): f̂_i = mean over j of f(I_i, M_j) + mean over j of f(I_j, M_i) − mean over all.
func project(f [][][]float64) [][]float64 {
	n, genres := float64(len(f)), len(f[0][0])
	rows, columns, grand := make([][]float64, len(f)), make([][]float64, len(f)), make([]float64, genres)
	for i := range f {
		rows[i], columns[i] = make([]float64, genres), make([]float64, genres)
	}
	for i := range f {
		for j := range f {
			for c, v := range f[i][j] {
				rows[i][c] += v / n
				columns[j][c] += v / n
				grand[c] += v / (n * n)
			}
		}
	}
	for i := range rows {
		for c := range grand {
			rows[i][c] += columns[i][c] - grand[c]
		}
	}
	return rows
}

func emapOf(f [][][]float64, labels []int) *EMAP {
	var own, projected score
	e := &EMAP{}
	for i, g := range project(f) {
		own.add(f[i][i], labels[i])
		projected.add(g, labels[i])
		for c, v := range g {
			e.Largest = max(e.Largest, math.Abs(v-f[i][i][c]))
		}
	}
	n := float64(len(labels))
	e.Correct, e.Loss, e.ProjectedCorrect, e.ProjectedLoss = own.correct, own.loss/n, projected.correct, projected.loss/n
	return e
}

// importance permutes the numbers of the rows.
func (t *pairs) importance(names []string, rows [][]float32, permutations [][]int) *Importance {
	return importance(names, rows, t.labels, permutations, func(i int, row []float32) []float64 {
		return t.head.Join(t.pictures[i], t.head.Metadata(row))
	})
}

func importance(names []string, rows [][]float32, labels []int, permutations [][]int, answer func(i int, row []float32) []float64) *Importance {
	n := len(rows)
	m := &Importance{Repeats: len(permutations), Right: make([]int, n)}
	right := func(i int, row []float32, loss *float64, weight int) int {
		logits := answer(i, row)
		*loss += fusion.CrossEntropy(logits, labels[i]) / float64(weight)
		if largest(logits) == labels[i] {
			return 1
		}
		return 0
	}
	for i, row := range rows {
		m.Right[i] = right(i, row, &m.Loss, n)
	}
	for c, name := range names {
		number := Number{Name: name, Right: make([]int, n)}
		for _, permutation := range permutations {
			for i, row := range rows {
				changed := slices.Clone(row)
				changed[c] = rows[permutation[i]][c]
				number.Right[i] += right(i, changed, &number.Loss, n*len(permutations))
			}
		}
		m.Numbers = append(m.Numbers, number)
	}
	return m
}

// questions are put to the whole arm.
type questions struct {
	p           *program
	src         *source
	train, test []int
	labels      []int       // of test
	metadata    [][]float32 // of test, standardised
	columns     int
}

// ask runs inference on n inputs, of which x and metadata fill in number at.
func (q *questions) ask(ctx context.Context, n int, x func(into []float32, at int), metadata func(at int) []float32) (t tally, err error) {
	length := 1
	for _, d := range q.src.shape {
		length *= d
	}
	rows := q.p.rows
	for from := 0; from < n; from += rows {
		if ctx.Err() != nil {
			return t, context.Cause(ctx)
		}
		part := min(rows, n-from)
		xs, ms := make([]float32, rows*length), make([]float32, rows*q.columns)
		for at := range part {
			x(xs[at*length:(at+1)*length], from+at)
			copy(ms[at*q.columns:], metadata(from+at))
		}
		err := q.p.ask(tensors.FromFlatDataAndDimensions(xs, append([]int{rows}, q.src.shape...)...),
			tensors.FromFlatDataAndDimensions(ms, rows, q.columns), make([]int, part), indices(part), &t)
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// meanPicture is that of the training pictures, normalised.
func (q *questions) meanPicture() []float32 {
	length := 1
	for _, d := range q.src.shape {
		length *= d
	}
	sum, one := make([]float64, length), make([]float32, length)
	for _, i := range q.train {
		q.src.fill(one, i)
		for at, v := range one {
			sum[at] += float64(v)
		}
	}
	for at, v := range sum {
		one[at] = float32(v / float64(len(q.train)))
	}
	return one
}

// blank gives a late arm's features of the mean training picture and of zeros.
func (q *questions) blank(ctx context.Context) ([][]float32, error) {
	mean := q.meanPicture()
	t, err := q.ask(ctx, 2, func(into []float32, at int) {
		if at == 0 {
			copy(into, mean)
		}
	}, func(int) []float32 { return nil })
	return t.features, err
}

// early is Shares of an arm whose metadata enter the backbone.
func (q *questions) early(ctx context.Context, test tally, meanRow, zeroRow []float32, permutation []int) (*Shares, error) {
	n := len(q.test)
	picture := func(into []float32, at int) { q.src.fill(into, q.test[at]) }
	metadata := func(at int) []float32 { return q.metadata[at] }
	mean := q.meanPicture()
	donor := make([]int, n) // the next in the permutation, so that no picture is its own
	for k, i := range permutation {
		donor[i] = permutation[(k+1)%n]
	}
	s := &Shares{Test: n}
	for _, b := range []struct {
		name     string
		picture  func(into []float32, at int)
		metadata func(at int) []float32
	}{
		{TrainingMean, func(into []float32, _ int) { copy(into, mean) }, func(int) []float32 { return meanRow }},
		{Zero, func([]float32, int) {}, func(int) []float32 { return zeroRow }},
		{Permuted, func(into []float32, at int) { picture(into, donor[at]) }, func(at int) []float32 { return metadata(donor[at]) }},
	} {
		if b.name == Permuted && n < 2 {
			continue
		}
		var scores [4]score
		for i, logits := range test.logits {
			scores[0].add(logits, q.labels[i])
		}
		for k, way := range []struct {
			x func(into []float32, at int)
			m func(at int) []float32
		}{{picture, b.metadata}, {b.picture, metadata}, {b.picture, b.metadata}} {
			asked := n
			if k == 2 && b.name != Permuted {
				asked = 1 // one answer for all
			}
			t, err := q.ask(ctx, asked, way.x, way.m)
			if err != nil {
				return nil, err
			}
			for i, label := range q.labels {
				scores[k+1].add(t.logits[i%asked], label)
			}
		}
		s.Baselines = append(s.Baselines, baselineOf(b.name, 1, scores[0], scores[1], scores[2], scores[3]))
	}
	return s, nil
}

// GradientCurve is a measurement of one block over the updates of a training, folds apart.
type GradientCurve struct {
	Block  string
	Update []int             // updates before the measurement, ascending
	Folds  [][]BlockGradient // [update][fold], folds in the order of Summary.Fold
}

// X are the updates as the axis of a figure.
func (c GradientCurve) X() []float64 {
	x := make([]float64, len(c.Update))
	for i, u := range c.Update {
		x[i] = float64(u)
	}
	return x
}

// Mean is the mean over the folds of one number of a curve's gradients, by update: NaN where a fold has
// none.
func (c GradientCurve) Mean(of func(BlockGradient) float64) []float64 {
	mean := make([]float64, len(c.Update))
	for u, folds := range c.Folds {
		for _, g := range folds {
			mean[u] += of(g) / float64(len(folds))
		}
	}
	return mean
}

// Gradients are the curves of all blocks, the whole backbone first, then from the picture to the logits; nil where a fold's record was
// not measured.
func (s *Summary) Gradients() []GradientCurve {
	var curves []GradientCurve
	for _, r := range s.Records {
		if len(r.Steps) == 0 {
			return nil
		}
		for _, step := range r.Steps {
			updates := (r.Train + r.Batch - 1) / r.Batch
			update := (step.Epoch-1)*updates + step.Step - 1
			for _, g := range step.Blocks {
				at := slices.IndexFunc(curves, func(c GradientCurve) bool { return c.Block == g.Block })
				if at < 0 {
					at = len(curves)
					curves = append(curves, GradientCurve{Block: g.Block})
				}
				c := &curves[at]
				u, found := slices.BinarySearch(c.Update, update)
				if !found {
					c.Update, c.Folds = slices.Insert(c.Update, u, update), slices.Insert(c.Folds, u, nil)
				}
				c.Folds[u] = append(c.Folds[u], g)
			}
		}
	}
	return curves
}

// Residuals are the sampled updates' mean residuals, by update, averaged over the folds.
func (s *Summary) Residuals() (own, alone []float64) {
	for _, r := range s.Records {
		if len(r.Steps) != len(s.Records[0].Steps) {
			return nil, nil
		}
		if own == nil {
			own, alone = make([]float64, len(r.Steps)), make([]float64, len(r.Steps))
		}
		for i, step := range r.Steps {
			own[i] += step.Residual / float64(len(s.Records))
			alone[i] += step.AloneResidual / float64(len(s.Records))
		}
	}
	return own, alone
}

// Uses are the folds' Use added up, by epoch; Discrepancy is their mean. nil where a fold has none.
func (s *Summary) Uses() []Use {
	var uses []Use
	for _, r := range s.Records {
		if len(r.Uses) == 0 {
			return nil
		}
		for i, u := range r.Uses {
			if i == len(uses) {
				uses = append(uses, Use{Epoch: u.Epoch})
			}
			uses[i].Correct = uses[i].Correct.plus(u.Correct)
			uses[i].Discrepancy += u.Discrepancy / float64(len(s.Records))
		}
	}
	return uses
}

// Pooled are the values of an arm over all folds with one baseline, as shares of the test pictures: the
// accuracy and the mean loss.
type Pooled struct {
	Name           string
	Accuracy, Loss Coalitions[float64]
}

// Shapley pools the folds' baselines; nil where a fold has none.
func (s *Summary) Shapley() []Pooled {
	var pooled []Pooled
	total := 0
	for _, r := range s.Records {
		if r.Shares == nil || len(r.Shares.Baselines) == 0 || len(pooled) > 0 && len(pooled) != len(r.Shares.Baselines) {
			return nil
		}
		total += r.Shares.Test
		for i, b := range r.Shares.Baselines {
			if i == len(pooled) {
				pooled = append(pooled, Pooled{Name: b.Name})
			}
			p, n, d := &pooled[i], float64(r.Shares.Test), float64(b.Donors)
			c := b.Correct
			p.Accuracy = p.Accuracy.plus(Coalitions[float64]{float64(c.Both) / d, float64(c.Picture) / d, float64(c.Metadata) / d, float64(c.None) / d})
			p.Loss = p.Loss.plus(Coalitions[float64]{n * b.Loss.Both, n * b.Loss.Picture, n * b.Loss.Metadata, n * b.Loss.None})
		}
	}
	over := func(c *Coalitions[float64]) {
		n := float64(total)
		*c = Coalitions[float64]{c.Both / n, c.Picture / n, c.Metadata / n, c.None / n}
	}
	for i := range pooled {
		over(&pooled[i].Accuracy)
		over(&pooled[i].Loss)
	}
	return pooled
}

// EMAP pools the folds'; nil where a fold has none.
func (s *Summary) EMAP() *EMAP {
	e, n := &EMAP{}, 0.0
	for _, r := range s.Records {
		if r.Shares == nil || r.Shares.EMAP == nil {
			return nil
		}
		f, m := r.Shares.EMAP, float64(r.Shares.Test)
		e.Correct, e.ProjectedCorrect, e.Largest = e.Correct+f.Correct, e.ProjectedCorrect+f.ProjectedCorrect, max(e.Largest, f.Largest)
		e.Loss, e.ProjectedLoss, n = e.Loss+m*f.Loss, e.ProjectedLoss+m*f.ProjectedLoss, n+m
	}
	e.Loss, e.ProjectedLoss = e.Loss/n, e.ProjectedLoss/n
	return e
}

// Important is a number's importance over all folds.
type Important struct {
	Name string
	Drop float64 // of the accuracy when the number changes places between test pictures
	// Interval is the bootstrap's over the pictures of all folds, each with its mean over the repeats: how
	// far the drop depends on which pictures these are. That another training would rank the numbers
	// otherwise is in Folds. [0, 0] where no answer ever changed.
	Interval stats.Interval
	Folds    []float64 // each fold's drop
	Loss     float64   // mean rise of the loss
}

// Importance pools the folds', in the order of the vector; nil where a fold has none.
func (s *Summary) Importance(seed uint64) ([]Important, error) {
	var found []Important
	drops := map[string][]float64{}
	total := 0
	for _, r := range s.Records {
		if r.Shares == nil || r.Shares.Importance == nil {
			return nil, nil
		}
		m := r.Shares.Importance
		total += r.Shares.Test
		for k, number := range m.Numbers {
			if k == len(found) {
				found = append(found, Important{Name: number.Name})
			}
			found[k].Folds = append(found[k].Folds, m.Drop(number))
			found[k].Loss += (number.Loss - m.Loss) * float64(r.Shares.Test)
			for i, right := range m.Right {
				drops[number.Name] = append(drops[number.Name], float64(right)-float64(number.Right[i])/float64(m.Repeats))
			}
		}
	}
	mean := func(x []float64) float64 {
		sum := 0.0
		for _, v := range x {
			sum += v
		}
		return sum / float64(len(x))
	}
	for k := range found {
		f := &found[k]
		f.Loss /= float64(total)
		d := drops[f.Name]
		f.Drop = mean(d)
		if slices.Min(d) == slices.Max(d) {
			f.Interval = stats.Interval{Low: f.Drop, High: f.Drop}
			continue
		}
		b, err := stats.Bootstrap(d, mean, seed)
		if err != nil {
			return nil, fmt.Errorf("the interval of %s: %w", f.Name, err)
		}
		f.Interval = b.Percentile
	}
	return found, nil
}

// Overfit is overfitting against generalisation between two epochs (Wang, Tran & Feiszli 2020, "What makes
// training multi-modal classification networks hard?"): O is how much the gap test − training
// loss grew, G how much the test loss fell, and the paper's OGR is |O/G|. Both keep their signs here: with
// G at or below 0 nothing was generalised, and the ratio says nothing. The paper's validation loss is the
// test fold's; the training loss is the epoch's mean, taken while training with dropout, so that the gap
// starts below 0.
type Overfit struct{ O, G float64 }

// Ratio is |O/G|, NaN where G is not above 0.
func (o Overfit) Ratio() float64 {
	if o.G <= 0 {
		return math.NaN()
	}
	return math.Abs(o.O / o.G)
}

// OverfitBetween compares the epochs from and to, counted from 1.
func (r *Record) OverfitBetween(from, to int) Overfit {
	a, b := r.History[from-1], r.History[to-1]
	return Overfit{O: (b.TestLoss - b.TrainLoss) - (a.TestLoss - a.TrainLoss), G: a.TestLoss - b.TestLoss}
}

// Overfit is the mean over the folds of O and of G, from the first epoch to each.
func (s *Summary) Overfit() []Overfit {
	mean := make([]Overfit, s.Epochs)
	for _, r := range s.Records {
		for e := range mean {
			o := r.OverfitBetween(1, e+1)
			mean[e].O += o.O / float64(len(s.Records))
			mean[e].G += o.G / float64(len(s.Records))
		}
	}
	return mean
}
