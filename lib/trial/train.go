package trial

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/bench"
	"thesis.example/lib/fusion"
	"thesis.example/lib/progress"
	"thesis.example/lib/vision"
)

// draws is the source of one purpose's random numbers, which the seed and the purpose alone decide.
func draws(seed uint64, purpose string) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, purpose))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])))
}

// draws are those of the trial's training, which a repeat has of its own.
func (t Trial) draws(purpose string) *rand.Rand {
	if t.Repeat != 0 {
		purpose = fmt.Sprintf("repeat %d %s", t.Repeat, purpose)
	}
	return draws(t.Seed, purpose)
}

// tally adds up what is said of pictures.
type tally struct {
	logits   [][]float64
	features [][]float32 // of a trained backbone, in tests
	correct  int
	sum      float64 // of cross-entropies
}

func (t *tally) add(logits []float64, label int) {
	t.logits = append(t.logits, logits)
	t.sum += fusion.CrossEntropy(logits, label)
	if largest(logits) == label {
		t.correct++
	}
}

func (t *tally) loss() float64     { return t.sum / float64(len(t.logits)) }
func (t *tally) accuracy() float64 { return float64(t.correct) / float64(len(t.logits)) }

// program is an arm as compiled graphs. A batch is four tensors with a row a picture: x, the pictures
// or the frozen features, [rows, size, size, 3] or [rows, width], or [rows, 1] of zeros without a
// backbone; the metadata, [rows, 16]; the target, [rows, genres], the picture's weight in the loss at
// its genre, else 0; and the factors of all random layers side by side.
type program struct {
	key     Config // of its jobs, Fold apart
	model   *fusion.Model
	exact   bool // batch norm: the rows are the batch, and a smaller last one is compiled for itself
	rows    int  // of the other programs, and of inference
	masks   []fusion.Mask
	store   *model.Store
	trained []*model.Variable

	step   *model.Exec // one update, or with several parts a batch the sum of a part's gradients
	update *model.Exec // from those sums; nil where step updates
	infer  *model.Exec // x and metadata to logits; where the backbone is trained, to its features behind them too

	// Of the causal arms.
	weigh  []float64   // weights of the outputs' losses; nil: 1 each
	joined bool        // the metadata take part; false in the late arms' first epochs
	apart  *model.Exec // infer without the metadata's branch
	heads  *model.Exec // infer's outputs that have a loss, side by side

	measuring float64 // CPU seconds that measuring took, since it was last looked at
}

// programFor compiles nothing yet: that happens at the first batch of a shape.
func (l *lab) programFor(j *job) (*program, error) {
	key := j.config
	key.Fold, key.Train, key.Test, key.Repeat = 0, 0, 0, 0
	key.Arm, key.Metadata, key.Share, key.Epochs, key.Joined = j.arm.Compiled().String(), "", 0, 0, 0 // numbers, not graphs
	key.Genres, key.Preprocess = nil, nil                                                             // the same in one lab wherever the rest is
	if l.program != nil && fmt.Sprint(l.program.key) == fmt.Sprint(key) {
		return l.program, nil
	}
	l.release()
	backend, err := vision.Backend()
	if err != nil {
		return nil, err
	}
	m := j.model
	p := &program{key: key, model: m, rows: j.settings.micro, store: model.NewStore(), masks: m.Masks(), joined: true}
	if _, ok := m.Backbone.(*vision.EfficientNet); ok && !j.config.Frozen {
		p.exact, p.rows = true, j.settings.batch
	}
	inParts := p.rows < j.settings.batch
	forward := func(scope *model.Scope, x, metadata *Node, pass vision.Pass) (features *Node, out fusion.Outputs) {
		switch {
		case m.Backbone == nil:
		case j.config.Frozen:
			features = x
		default:
			features = m.Features(scope, x, metadata, pass)
		}
		return features, m.Outputs(scope, features, metadata, pass)
	}
	adam := m.Adam()
	p.step, err = model.NewExec(backend, p.store, func(scope *model.Scope, in []*Node) *Node {
		x, metadata, target, factors := in[0], in[1], in[2], in[3]
		g := x.Graph()
		_, out := forward(scope, x, metadata, vision.Pass{Train: true, FrozenBN: m.FrozenBN(), Masks: p.split(factors)})
		logits := out.Joint
		loss := p.loss(out, target)
		p.trained = nil
		for v := range p.store.IterVariables() {
			if v.Trainable && v.InUseByGraph(g) {
				p.trained = append(p.trained, v)
			}
		}
		slices.SortFunc(p.trained, func(a, b *model.Variable) int { return cmp.Compare(a.Path(), b.Path()) })
		values := make([]*Node, len(p.trained))
		for i, v := range p.trained {
			values[i] = v.NodeValue(g)
		}
		gradients := Gradient(loss, values...)
		if !inParts {
			if p.modulated() {
				picture, metadata := fusion.OGMScores(out, target)
				gradients = fusion.OGMGE(p.trained, gradients, picture, metadata, in[4])
			}
			adam.Apply(scope, p.trained, gradients)
			return logits
		}
		if p.modulated() {
			p.addScores(out, target)
		}
		for i, v := range p.trained {
			sum := p.sum(v)
			sum.SetNodeValue(Add(sum.NodeValue(g), gradients[i]))
		}
		return logits
	})
	if err != nil {
		return nil, err
	}
	if inParts {
		p.update, err = model.NewExec(backend, p.store, func(scope *model.Scope, g *Graph, in []*Node) *Node {
			sums := make([]*Node, len(p.trained))
			for i, v := range p.trained {
				sums[i] = p.sum(v).NodeValue(g)
			}
			gradients := sums
			if p.modulated() {
				picture, metadata := p.takeScores(g)
				gradients = fusion.OGMGE(p.trained, sums, picture, metadata, in[0])
			}
			adam.Apply(scope, p.trained, gradients)
			for i, v := range p.trained {
				p.sum(v).SetNodeValue(ZerosLike(sums[i]))
			}
			return ScalarZero(g, sums[0].DType())
		})
		if err != nil {
			return nil, err
		}
	}
	p.infer, err = model.NewExec(backend, p.store, func(scope *model.Scope, x, metadata *Node) []*Node {
		features, out := forward(scope, x, metadata, vision.Pass{})
		if features == nil || j.config.Frozen {
			return []*Node{out.Joint}
		}
		return []*Node{out.Joint, features}
	})
	if err != nil {
		return nil, err
	}
	if err := p.compileVariations(forward); err != nil {
		return nil, err
	}
	l.program = p
	return p, nil
}

const sums = "/sums" // scope of the gradients added up

func (p *program) sum(v *model.Variable) *model.Variable {
	return p.zero(sums+v.Path(), v.Shape())
}

// zero is a variable that starts at 0 and that no optimizer trains.
func (p *program) zero(path string, shape shapes.Shape) *model.Variable {
	v := p.store.GetVariable(path)
	if v == nil {
		v = p.store.VariableWithValue(path, tensors.FromShape(shape))
		v.Trainable = false
	}
	return v
}

func (p *program) release() {
	for _, e := range []*model.Exec{p.step, p.update, p.infer, p.apart, p.heads} {
		if e != nil {
			e.Finalize()
		}
	}
	p.store.Finalize()
}

// split gives every random layer its factors.
func (p *program) split(factors *Node) map[string]*Node {
	split, at := map[string]*Node{}, 0
	for _, m := range p.masks {
		f := Slice(factors, AxisRange(), AxisRange(at, at+m.Width))
		if m.Width == 1 {
			f = Squeeze(f, 1)
		}
		split[m.Name] = f
		at += m.Width
	}
	return split
}

// factors draws those of one batch, layer by layer.
func (p *program) factors(random *rand.Rand, rows int) []float32 {
	width, column := 0, 0
	for _, m := range p.masks {
		width += m.Width
	}
	f := make([]float32, rows*width)
	for _, m := range p.masks {
		for at := range rows {
			for k := range m.Width {
				v := 0.0
				if random.Float64() >= m.Rate {
					v = 1 / (1 - m.Rate)
				}
				if !p.joined && m.Name == metadataMask {
					v = 0
				}
				f[at*width+column+k] = float32(v)
			}
		}
		column += m.Width
	}
	return f
}

// width of a row of factors; 1 where nothing is random, as no tensor is empty.
func (p *program) width() int {
	w := 0
	for _, m := range p.masks {
		w += m.Width
	}
	return max(1, w)
}

// restart sets everything to where training starts.
func (p *program) restart(j *job) error {
	p.weigh, p.joined = nil, true
	p.measuring = 0
	var values map[string]*tensors.Tensor
	if j.weights != nil {
		values = j.weights.Values
	}
	first := j.config.draws(fmt.Sprintf("fold %d head", j.config.Fold)).Uint64()
	if err := j.model.Init(p.store, values, first); err != nil {
		return err
	}
	for v := range p.store.IterVariables() {
		if !v.Trainable && !isStatistic(v) {
			if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
				return fmt.Errorf("resetting %s: %w", v.Path(), err)
			}
		}
	}
	return nil
}

// isStatistic tells what Init sets from the optimizer's own variables.
func isStatistic(v *model.Variable) bool {
	const backbone = "/backbone/"
	return len(v.Path()) > len(backbone) && v.Path()[:len(backbone)] == backbone
}

// source gives the numbers of pictures to a batch.
type source struct {
	shape []int                                      // of one picture's x
	fill  func(into []float32, sample int)           // pictures or frozen features
	epoch func(ctx context.Context, epoch int) error // called before each epoch; 0 before testing
}

// batch lays samples into rows rows; those behind them are 0.
func (s *source) batch(samples []int, rows int) *tensors.Tensor {
	length := 1
	for _, d := range s.shape {
		length *= d
	}
	x := make([]float32, rows*length)
	for at, i := range samples {
		s.fill(x[at*length:(at+1)*length], i)
	}
	return tensors.FromFlatDataAndDimensions(x, append([]int{rows}, s.shape...)...)
}

// train runs the epochs that no checkpoint holds.
func (l *lab) train(ctx context.Context, j *job) (*Record, error) {
	watch := startWatch()
	c := &j.config
	src, err := l.source(ctx, j)
	if err != nil {
		return nil, err
	}
	p, err := l.programFor(j)
	if err != nil {
		return nil, err
	}
	if err := p.restart(j); err != nil {
		return nil, err
	}
	state := &state{}
	checkpoint := beside(j.file, ".checkpoint")
	resumed, err := state.load(checkpoint, filepath.Base(j.file), p.store)
	if err != nil {
		return nil, err
	}
	if resumed {
		state.Resumed++
	}
	metadata := tableOf(l.standardised(j))
	labels := l.set.Labels()
	if j.arm.Variation == "blend" {
		if state.Blend == nil {
			if state.Blend, err = l.blend(ctx, j, p, src, metadata); err != nil {
				return nil, err
			}
			if err := state.save(checkpoint, filepath.Base(j.file), p.store, decides); err != nil {
				return nil, fmt.Errorf("keeping the weights of gradient blending: %w", err)
			}
		}
		p.weigh = state.Blend.Weights
	}

	bar := progress.New(c.Trial.String(), "pictures", (c.Epochs-len(state.History))*c.Train)
	defer bar.Done()
	var training float64 // seconds
	var trainedPictures int
	for epoch := len(state.History) + 1; epoch <= c.Epochs; epoch++ {
		if err := src.epoch(ctx, epoch); err != nil {
			return nil, err
		}
		order := slices.Clone(j.fold.Train)
		c.draws(fmt.Sprintf("fold %d epoch %d order", c.Fold, epoch)).Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		p.joined = epoch > c.Joined
		var train tally
		began := watch.seconds()
		for step, at := 1, 0; at < len(order); step, at = step+1, at+c.Batch {
			batch := order[at:min(at+c.Batch, len(order))]
			random := func() *rand.Rand { return c.draws(fmt.Sprintf("fold %d epoch %d step %d", c.Fold, epoch, step)) }
			if other, ok := j.sampled(epoch, at, order); !ok {
				err = p.train(ctx, src, metadata, labels, batch, random(), &train)
			} else {
				var s Step
				others := func() *rand.Rand {
					return c.draws(fmt.Sprintf("fold %d epoch %d step %d other", c.Fold, epoch, step))
				}
				if s, err = p.measure(ctx, src, metadata, labels, batch, other, random, others, &train); err == nil {
					s.Epoch, s.Step = epoch, step
					state.Steps = append(state.Steps, s)
				}
			}
			if err != nil {
				return nil, fmt.Errorf("epoch %d, step %d: %w", epoch, step, err)
			}
			if loss := train.loss(); math.IsNaN(loss) || math.IsInf(loss, 0) {
				return nil, fmt.Errorf("epoch %d, step %d: the loss is %g: training diverged; no record was written", epoch, step, loss)
			}
			bar.AddNote(len(batch), fmt.Sprintf("epoch %d of %d, loss %.4f, accuracy %.3f", epoch, c.Epochs, train.loss(), train.accuracy()))
		}
		if epoch > len(state.History)+1 || !resumed { // the first one compiled
			training += watch.seconds() - began
			trainedPictures += len(order)
		}
		if err := src.epoch(ctx, 0); err != nil {
			return nil, err
		}
		test, err := p.test(ctx, src, metadata, labels, j.fold.Test)
		if err != nil {
			return nil, fmt.Errorf("testing after epoch %d: %w", epoch, err)
		}
		if loss := test.loss(); math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("testing after epoch %d: the loss is %g: training diverged; no record was written", epoch, loss)
		}
		state.History = append(state.History, Epoch{epoch, train.loss(), train.accuracy(), test.loss(), test.accuracy()})
		asked := bench.CPUSeconds()
		use, shares, err := l.shares(ctx, j, p, src, metadata, epoch, test)
		if err != nil {
			return nil, fmt.Errorf("the shares of picture and metadata after epoch %d: %w", epoch, err)
		}
		if use != nil {
			state.Uses = append(state.Uses, *use)
		}
		state.Shares = shares
		if j.measured() {
			state.Measuring += p.measuring + bench.CPUSeconds() - asked
			p.measuring = 0
		}
		state.Last = l.predictions(j, epoch, test)
		if best := state.Best.Epoch; best == 0 || test.accuracy() > state.History[best-1].TestAccuracy {
			state.Best = state.Last
		}
		if epoch < c.Epochs {
			state.Seconds, state.CPUSeconds = state.Seconds+watch.lap(), state.CPUSeconds+watch.cpuLap()
			if err := state.save(checkpoint, filepath.Base(j.file), p.store, decides); err != nil {
				return nil, fmt.Errorf("keeping the state after epoch %d: %w", epoch, err)
			}
		}
	}
	r := &Record{Config: *c, Machine: j.machine, History: state.History, Last: state.Last, Best: state.Best, Blend: state.Blend}
	r.Steps, r.Uses, r.Shares = state.Steps, state.Uses, state.Shares
	if c.Probed {
		if r.Probe, err = l.probe(ctx, j, p, src, metadata); err != nil {
			return nil, err
		}
	}
	speed := 0.0
	if training > 0 {
		speed = float64(trainedPictures) / training
	}
	if r.Run, err = watch.stop(j, speed); err != nil {
		return nil, err
	}
	r.Run.Seconds, r.Run.CPUSeconds = state.Seconds+watch.lap(), state.CPUSeconds+watch.cpuLap()
	r.Run.Resumed, r.Run.MeasuringCPUSeconds = state.Resumed, state.Measuring
	return r, nil
}

// tableOf turns rows into a flat table of float32 and its number of columns.
func tableOf(x [][]float64) table {
	t := table{columns: len(x[0])}
	for _, row := range x {
		for _, v := range row {
			t.values = append(t.values, float32(v))
		}
	}
	return t
}

type table struct {
	values  []float32
	columns int
}

func (t table) batch(samples []int, rows int) *tensors.Tensor {
	x := make([]float32, rows*t.columns)
	for at, i := range samples {
		copy(x[at*t.columns:], t.values[i*t.columns:(i+1)*t.columns])
	}
	return tensors.FromFlatDataAndDimensions(x, rows, t.columns)
}

// train is one update by one batch, in parts where the program has fewer rows.
func (p *program) train(ctx context.Context, src *source, metadata table, labels, batch []int, random *rand.Rand, t *tally) error {
	genres, heads, width := p.model.Genres, p.model.Heads(), p.width()
	factors := p.factors(random, len(batch))
	noise := p.noise(random)
	for from := 0; from < len(batch); from += p.rows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part := batch[from:min(from+p.rows, len(batch))]
		rows := p.rows
		if p.exact {
			rows = len(part)
		}
		target, own := make([]float32, rows*heads*genres), make([]float32, rows*width)
		for at, i := range part {
			for head := range heads {
				target[(at*heads+head)*genres+labels[i]] = p.weight(head) / float32(len(batch))
			}
		}
		if len(factors) > 0 {
			copy(own, factors[from*width:(from+len(part))*width])
		}
		in := []any{
			src.batch(part, rows), metadata.batch(part, rows),
			tensors.FromFlatDataAndDimensions(target, rows, heads*genres), tensors.FromFlatDataAndDimensions(own, rows, width),
		}
		if p.update == nil {
			in = append(in, noise...)
		}
		out, err := p.step.Exec1(in...)
		if err != nil {
			return err
		}
		if err := count(out, labels, part, t); err != nil {
			return err
		}
	}
	if p.update != nil {
		out, err := p.update.Exec1(noise...)
		if err != nil {
			return err
		}
		return out.FinalizeAll()
	}
	return nil
}

// test classifies samples without learning from them.
func (p *program) test(ctx context.Context, src *source, metadata table, labels, samples []int) (t tally, err error) {
	for from := 0; from < len(samples); from += p.rows {
		if ctx.Err() != nil {
			return t, context.Cause(ctx)
		}
		part := samples[from:min(from+p.rows, len(samples))]
		if err := p.ask(src.batch(part, p.rows), metadata.batch(part, p.rows), labels, part, &t); err != nil {
			return t, err
		}
	}
	return t, nil
}

// ask runs a batch of inference whose first rows are of samples, and frees it.
func (p *program) ask(x, metadata *tensors.Tensor, labels, samples []int, t *tally) error {
	exec := p.infer
	if !p.joined {
		exec = p.apart
	}
	out, err := exec.Exec(x, metadata)
	if err != nil {
		return err
	}
	if len(out) > 1 {
		flat, err := tensors.CopyFlatData[float32](out[1])
		if err != nil {
			return err
		}
		width := out[1].Shape().Dimensions[1]
		for at := range samples {
			t.features = append(t.features, flat[at*width:(at+1)*width])
		}
		if err := out[1].FinalizeAll(); err != nil {
			return err
		}
	}
	return count(out[0], labels, samples, t)
}

// count adds the first rows of logits [rows, genres], which it frees, to t.
func count(logits *tensors.Tensor, labels, samples []int, t *tally) error {
	genres := logits.Shape().Dimensions[1]
	flat, err := tensors.CopyFlatData[float32](logits)
	if err != nil {
		return err
	}
	for at, i := range samples {
		row := make([]float64, genres)
		for c := range row {
			row[c] = float64(flat[at*genres+c])
		}
		t.add(row, labels[i])
	}
	return logits.FinalizeAll()
}
