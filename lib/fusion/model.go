package fusion

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// Model is an arm with its sizes. Its graph methods panic with an error, as GoMLX's do: call them
// inside a model.Exec, whose Exec method returns it.
type Model struct {
	Experiment int // 1 or 2
	Arm        Arm
	Backbone   vision.Network // nil where Arm.Backbone is ""
	Metadata   int            // length of the metadata vector, 16 in the thesis
	Genres     int            // k, the number of classes
	Rate       float64        // of Adam in the backbone of Experiment 2, 0 where it is the head's
}

// recipe is what the two programs of the appendix build behind the features.
type recipe struct {
	keras      bool    // Keras' initializers and Adam, else PyTorch's
	meta       []int   // widths of the metadata's layers, ReLU behind each
	metaDrop   float64 // dropout behind them
	joinedDrop float64 // dropout behind the concatenation
	hidden     int     // width of the layer before the last, ReLU behind it
	hiddenDrop float64 // dropout behind that
}

func (m *Model) recipe() recipe {
	switch {
	case m.Experiment == 2: // 10.2, MultiModalClassifier
		return recipe{meta: []int{64}, metaDrop: 0.2, hidden: 256, hiddenDrop: 0.3}
	case m.Arm.Fusion == "single" || m.Arm.Fusion == "logits": // 10.1, build_cnn_single_model
		return recipe{keras: true, meta: []int{64, 32}, hidden: 128, hiddenDrop: 0.3}
	}
	return recipe{keras: true, meta: []int{64, 32}, joinedDrop: 0.5, hidden: 128} // 10.1, build_hybrid_model
}

// Adam is the experiment's optimizer: Keras' with its default rate of 0.001, or PyTorch's with 0.0001.
func (m *Model) Adam() vision.Adam {
	if m.recipe().keras {
		return vision.Adam{Rate: 1e-3, Keras: true}
	}
	a := vision.Adam{Rate: 1e-4}
	if m.Rate != 0 {
		a.Rates = map[string]float64{"/backbone/": m.Rate}
	}
	return a
}

// Param is a trained tensor of the head, below the scope "head". It starts uniform in ±Limit.
type Param struct {
	Name  string
	Shape []int // [in, out] for the weight of a dense layer
	Limit float64
}

// Params lists the head's parameters. Weights of dense layers start as Keras' Dense (Glorot uniform,
// ±√(6/(in+out)), bias 0) in Experiment 1, as PyTorch's Linear (Kaiming uniform with a = √5: weight
// and bias in ±1/√in) in Experiment 2. What changes the backbone from inside starts at 0, so that
// training starts from the pretrained network.
func (m *Model) Params() []Param {
	r := m.recipe()
	var ps []Param
	dense := func(name string, in, out int) {
		weight, bias := 1/math.Sqrt(float64(in)), 1/math.Sqrt(float64(in))
		if r.keras {
			weight, bias = math.Sqrt(6/float64(in+out)), 0
		}
		ps = append(ps, Param{name + ".weight", []int{in, out}, weight}, Param{name + ".bias", []int{out}, bias})
	}
	zero := func(name string, shape ...int) { ps = append(ps, Param{name, shape, 0}) }

	embedded := 0
	if f := m.Arm.Fusion; f == "hybrid" || f == "logits" || f == "film" || f == "meta" {
		embedded = m.Metadata
		for i, width := range r.meta {
			dense(fmt.Sprintf("meta%d", i+1), embedded, width)
			embedded = width
		}
	}
	switch m.Arm.Fusion {
	case "logits":
		dense("meta", embedded, m.Genres)
	case "early":
		if v, ok := m.Backbone.(*vision.ViT); ok {
			zero("planes", v.Patch, v.Patch, m.Metadata, v.Dim)
		}
	case "film":
		zero("film.weight", embedded, 2*m.channels(m.middle()))
		zero("film.bias", 2*m.channels(m.middle()))
	case "cross":
		d := m.Backbone.Width()
		limit := 1 / math.Sqrt(float64(m.Metadata))
		ps = append(ps, Param{"tokens.weight", []int{m.Metadata, d}, limit}, Param{"tokens.bias", []int{m.Metadata, d}, limit})
		dense("query", d, d)
		dense("key", d, d)
		dense("value", d, d)
		zero("attended.weight", d, d)
		zero("attended.bias", d)
	}
	dense("hidden", m.joined(), r.hidden)
	dense("output", r.hidden, m.Genres)
	m.ownHeads(dense, embedded)
	return ps
}

// Size is the number of values.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Trained is the number of values that training changes: the head's, and in Experiment 2 the
// backbone's too, its stem as wide as early fusion makes it.
func (m *Model) Trained() int {
	if m.Arm.Fusion == "logistic" {
		columns := m.Metadata
		if m.Backbone != nil {
			columns = m.Backbone.Width()
		}
		return m.Genres * (columns + 1)
	}
	n := 0
	for _, p := range m.Params() {
		n += p.Size()
	}
	if m.Backbone == nil || m.Experiment == 1 {
		return n
	}
	for _, p := range m.Backbone.Params() {
		if p.Name == stemWeight && m.Arm.Fusion == "early" {
			n += p.Size() / p.Shape[2] * m.Metadata
		}
	}
	return n + vision.BackboneSize(m.Backbone)
}

// joined is the width of what the classifier gets.
func (m *Model) joined() int {
	width, meta := 0, m.recipe().meta
	if m.Backbone != nil {
		width = m.Backbone.Width()
	}
	if m.Arm.Fusion == "hybrid" || m.Arm.Fusion == "meta" {
		width += meta[len(meta)-1]
	}
	return width
}

// middle is the block where intermediate fusion happens.
func (m *Model) middle() string {
	blocks := m.Backbone.Blocks()
	return blocks[len(blocks)/2]
}

// channels is the last dimension of a block's output.
func (m *Model) channels(block string) int {
	out := m.Backbone.Width()
	for _, p := range m.Backbone.Params() { // a block's last 1×1 convolution comes last
		if strings.HasPrefix(p.Name, block+".") && p.Layout == vision.Pointwise && !strings.Contains(p.Name, ".se.") {
			out = p.Shape[1]
		}
	}
	return out
}

// Mask is a random layer: a factor of 0 with probability Rate, else 1/(1−Rate), for each of Width
// values of a picture.
type Mask struct {
	Name  string
	Width int
	Rate  float64
}

// Masks lists the random layers of training, under the names by which vision.Pass.Masks has their
// factors: where the backbone is trained, stochastic depth in it, and dropout in the head. Those that
// single and hybrid arms have in common come first, so that both draw the same factors for them. The
// dropout before the backbone's own classifier went with that classifier.
func (m *Model) Masks() []Mask {
	r := m.recipe()
	var masks []Mask
	add := func(name string, width int, rate float64) {
		if rate > 0 {
			masks = append(masks, Mask{name, width, rate})
		}
	}
	if e, ok := m.Backbone.(*vision.EfficientNet); ok && m.Experiment == 2 && m.Arm.Variation != "nodepth" {
		blocks := e.Blocks()
		blocks = blocks[1 : len(blocks)-1] // without stem and head
		for i, b := range blocks {
			add(b, 1, e.DropPath*float64(i)/float64(len(blocks)))
		}
	}
	add("hidden", r.hidden, r.hiddenDrop)
	if f := m.Arm.Fusion; f == "hybrid" || f == "logits" || f == "film" || f == "meta" {
		add("meta", r.meta[len(r.meta)-1], r.metaDrop)
	}
	add("joined", m.joined(), r.joinedDrop)
	return masks
}

// Init gives the head its first values, which seed and each parameter's name decide, and with a
// backbone that is trained puts values, by canonical name, below the scope "backbone". It is called
// on a new store, or again to start over on a store that has been trained. The values are copied.
func (m *Model) Init(store *model.Store, values map[string]*tensors.Tensor, seed uint64) error {
	if m.Experiment == 2 && m.Backbone != nil {
		copies, err := vision.Copies(values)
		if err != nil {
			return err
		}
		scope := store.RootScope().At("backbone")
		if err := vision.SetParams(scope, m.Backbone, copies); err != nil {
			return err
		}
		if stem := scope.GetVariable(stemWeight); m.Arm.Fusion == "early" && stem != nil {
			if err := m.widenStem(stem, values[stemWeight]); err != nil {
				return err
			}
		}
	}
	scope := store.RootScope().At("head")
	for _, p := range m.Params() {
		v := make([]float32, p.Size())
		if p.Limit > 0 {
			h := sha256.Sum256(fmt.Append(nil, seed, p.Name))
			random := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])))
			for i := range v {
				v[i] = float32((2*random.Float64() - 1) * p.Limit)
			}
		}
		t := tensors.FromFlatDataAndDimensions(v, p.Shape...)
		var err error
		if old := scope.GetVariable(p.Name); old != nil {
			err = old.SetValue(t)
		} else {
			_, err = scope.CreateVariable(p.Name, t)
		}
		if err != nil {
			return fmt.Errorf("setting %s of the head: %w", p.Name, err)
		}
	}
	return nil
}

// stemWeight is EfficientNet's first convolution, [3, 3, colours, channels].
const stemWeight = "conv_stem.weight"

// widenStem gives the first convolution an input channel for each number of the metadata, with weight 0.
func (m *Model) widenStem(stem *model.Variable, colours *tensors.Tensor) error {
	d := colours.Shape().Dimensions
	old, err := tensors.CopyFlatData[float32](colours)
	if err != nil {
		return err
	}
	wide := make([]float32, d[0]*d[1]*(d[2]+m.Metadata)*d[3])
	for at := range d[0] * d[1] {
		copy(wide[at*(d[2]+m.Metadata)*d[3]:], old[at*d[2]*d[3]:(at+1)*d[2]*d[3]])
	}
	return stem.SetValue(tensors.FromFlatDataAndDimensions(wide, d[0], d[1], d[2]+m.Metadata, d[3]))
}

// Features is the backbone's output for normalised pictures [batch, height, width, 3], early and
// intermediate fusion included: [batch, Backbone.Width()]. Scope is the store's root; metadata is
// [batch, Metadata], standardised.
func (m *Model) Features(scope *model.Scope, pictures, metadata *Node, pass vision.Pass) *Node {
	head, backbone := scope.At("head"), scope.At("backbone")
	// at changes what comes out of a block, before the pass' own tap sees it.
	at := func(block string, change func(x *Node) *Node) {
		tap := pass.Tap
		pass.Tap = func(b string, x *Node) *Node {
			if b == block {
				x = change(x)
			}
			if tap != nil {
				x = tap(b, x)
			}
			return x
		}
	}
	switch m.Arm.Fusion {
	case "early":
		if _, ok := m.Backbone.(*vision.ViT); ok {
			at("embed", func(z *Node) *Node { return planes(head, z, metadata) })
			break
		}
		d := pictures.Shape().Dimensions
		constant := BroadcastToDims(Reshape(metadata, d[0], 1, 1, m.Metadata), d[0], d[1], d[2], m.Metadata)
		pictures = Concatenate([]*Node{pictures, constant}, -1)
	case "film":
		at(m.middle(), func(x *Node) *Node { return film(head, x, m.embed(head, metadata, pass)) })
	case "cross":
		at(m.middle(), func(z *Node) *Node { return attend(head, z, metadata, m.Backbone.(*vision.ViT).Heads) })
	}
	return m.Backbone.Features(backbone, pictures, pass)
}

// Logits classifies features [batch, Backbone.Width()], nil where there is no backbone, and metadata
// [batch, Metadata], standardised, which single arms leave alone: [batch, Genres]. Without
// pass.Masks there is no dropout.
func (m *Model) Logits(scope *model.Scope, features, metadata *Node, pass vision.Pass) *Node {
	return m.Outputs(scope, features, metadata, pass).Joint
}

// Outputs is Logits with what each modality says alone, where the arm has that.
func (m *Model) Outputs(scope *model.Scope, features, metadata *Node, pass vision.Pass) Outputs {
	head := scope.At("head")
	joined := features
	if m.Arm.Variation == "cut" {
		joined = StopGradient(features)
	}
	var o Outputs
	switch m.Arm.Fusion {
	case "single":
		o.Picture, _ = m.own(head, features, nil)
	case "hybrid":
		embedded := m.embed(head, metadata, pass)
		o.Picture, o.Metadata = m.own(head, features, embedded)
		joined = Concatenate([]*Node{joined, embedded}, 1)
	case "meta":
		joined = m.embed(head, metadata, pass)
	case "logits":
		o.Metadata = vision.Dense(head, m.embed(head, metadata, pass), "meta")
	}
	x := pass.Drop(joined, "joined")
	x = pass.Drop(relu(vision.Dense(head, x, "hidden")), "hidden")
	o.Joint = vision.Dense(head, x, "output")
	if m.Arm.Fusion == "logits" {
		o.Picture, o.Joint = o.Joint, Add(o.Joint, o.Metadata)
	}
	return o
}

// embed is the metadata's own layers: [batch, 64] or [batch, 32].
func (m *Model) embed(head *model.Scope, metadata *Node, pass vision.Pass) *Node {
	x := metadata
	for i := range m.recipe().meta {
		x = relu(vision.Dense(head, x, fmt.Sprintf("meta%d", i+1)))
	}
	return pass.Drop(x, "meta")
}

// planes adds to every patch token of z [batch, tokens, D] what the metadata's planes give in the
// patch embedding. As a plane is constant, that is its value times the sum of its kernel.
func planes(head *model.Scope, z, metadata *Node) *Node {
	d := z.Shape().Dimensions
	kernel := ReduceSum(vision.Weight(head, z.Graph(), "planes"), 0, 1)
	patch := BroadcastToDims(InsertAxes(Dot(metadata, kernel).Product(), 1), d[0], d[1]-1, d[2])
	class := Zeros(z.Graph(), shapes.Make(z.DType(), d[0], 1, d[2]))
	return Add(z, Concatenate([]*Node{class, patch}, 1))
}

// film is x·(1+γ) + β, γ and β linear in the embedded metadata; x is [batch, …, channels].
func film(head *model.Scope, x, embedded *Node) *Node {
	d := x.Shape().Dimensions
	channels := d[len(d)-1]
	both := vision.Dense(head, embedded, "film")
	part := func(from int) *Node {
		ones := slices.Clone(d)
		for axis := 1; axis < len(d)-1; axis++ {
			ones[axis] = 1
		}
		return BroadcastToDims(Reshape(Slice(both, AxisRange(), AxisRange(from, from+channels)), ones...), d...)
	}
	return Add(Mul(x, OnePlus(part(0))), part(channels))
}

// attend adds to the tokens z [batch, tokens, D] what they read from the metadata: multi-head
// attention with z, normalised, as queries, and as keys and values a token for each number,
// number·weight + bias.
func attend(head *model.Scope, z, metadata *Node, heads int) *Node {
	g, d := z.Graph(), z.Shape().Dimensions
	b, n, width := d[0], metadata.Shape().Dimensions[1], d[2]
	whole := []int{b, n, width}
	number := BroadcastToDims(InsertAxes(metadata, -1), whole...)
	over := func(name string) *Node {
		return BroadcastToDims(InsertAxes(vision.Weight(head, g, name), 0), whole...)
	}
	tokens := Add(Mul(number, over("tokens.weight")), over("tokens.bias"))

	normal := vision.Standardise(z, 1e-6)
	split := func(x *Node, name string) *Node { // [batch, heads, tokens, D/heads]
		d := x.Shape().Dimensions
		return TransposeAllAxes(Reshape(vision.Dense(head, x, name), d[0], d[1], heads, width/heads), 0, 2, 1, 3)
	}
	q, k, v := split(normal, "query"), split(tokens, "key"), split(tokens, "value")
	_, read := vision.Attention(q, k, v)
	return Add(z, vision.Dense(head, read, "attended"))
}

func relu(x *Node) *Node { return Max(x, ZerosLike(x)) }

// Shorten is the ViT of its first layers that has at least as many parameters as the target, heads
// apart on both sides, and its weights: a ViT of the CNN's size (section 7.5). A network with no
// more than one and a half times the target's parameters is left as it is.
func Shorten(v *vision.ViT, values map[string]*tensors.Tensor, target vision.Network) (*vision.ViT, map[string]*tensors.Tensor) {
	want := vision.BackboneSize(target)
	if vision.BackboneSize(v)*2 <= want*3 {
		return v, values
	}
	short := *v
	for short.Layers = 1; short.Layers < v.Layers && vision.BackboneSize(&short) < want; short.Layers++ {
	}
	short.ID = fmt.Sprintf("%s, first %d of %d layers", v.ID, short.Layers, v.Layers)
	kept := map[string]*tensors.Tensor{}
	for _, p := range short.Params() {
		kept[p.Name] = values[p.Name]
	}
	return &short, kept
}
