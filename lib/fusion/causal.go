package fusion

import (
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// The causal arms take the arms of Experiment 2 and change what the third word of their name says, so
// that each isolates one explanation of "metadata hurt the CNN" (chapter 7 of the thesis).

// Causal is one variation: what it changes, which explanation that isolates, and what its arms show
// where the explanation is right.
type Causal struct {
	Variation string   // third word of the arms' names; "" for the probe before training
	Arms      []string // of Experiment 2
	Against   []string // the arms they are compared with
	Changes   string
	Isolates  string
	Predicts  string
}

// CausalArms is the table of all causal arms.
func CausalArms() []Causal {
	both := func(variation string) Causal {
		return Causal{Variation: variation, Arms: []string{"cnn-hybrid-" + variation, "vit-hybrid-" + variation}, Against: []string{"cnn-hybrid", "vit-hybrid"}}
	}
	cnn := func(variation string) Causal {
		return Causal{
			Variation: variation, Arms: []string{"cnn-single-" + variation, "cnn-hybrid-" + variation},
			Against: []string{"cnn-single", "cnn-hybrid"},
		}
	}
	with := func(c Causal, changes, isolates, predicts string) Causal {
		c.Changes, c.Isolates, c.Predicts = changes, isolates, predicts
		return c
	}
	return []Causal{
		with(both("shuffled"),
			"the rows of metadata change places between pictures, once a fold and seed, training and test pictures apart",
			"what the numbers say about their own picture: their spread and the branch stay",
			"below hybrid where the network uses the metadata; as far below single as hybrid where any such numbers do the harm"),
		with(both("noise"),
			"a Gaussian number of mean 0 and deviation 1 in the place of each metadata number, drawn once a fold and seed",
			"the branch alone: neither the numbers' meaning nor their spread",
			"below single where any second input disturbs the backbone; at single where it is these numbers"),
		with(Causal{
			Variation: "cut", Arms: []string{"cnn-single-cut", "cnn-hybrid-cut", "vit-single-cut", "vit-hybrid-cut"},
			Against: []string{"cnn-single", "cnn-hybrid", "vit-single", "vit-hybrid"},
		},
			"the backbone learns from the picture's own loss, by a linear head of its own; the classifier, with the metadata or without, gets its features and sends no gradient back",
			"gradient contamination: the metadata's influence on the backbone's weights (7.1.1). The cut itself changes how the backbone learns: single-cut has that change and no metadata",
			"metadata do less harm between single-cut and hybrid-cut than between single and hybrid where the gradient contaminates; the same where it does not"),
		with(cnn("frozenbn"),
			"batch norm uses the pretrained running statistics and leaves them alone; its factors and offsets train",
			"the noise of small batches' statistics, which the ViT's LayerNorm does not have",
			"hybrid is no longer below single where batch statistics do the harm"),
		with(cnn("nodepth"),
			"no stochastic depth in the CNN: dropout of 0.2 behind the metadata and 0.3 in the classifier and nothing else, as the ViT has it",
			"the different regularisation of CNN and ViT",
			"hybrid is no longer below single where the CNN's own randomness does the harm"),
		with(both("log"),
			"likes, saves and comments as log₁₀(1+x) before they are standardised",
			"the spread of the engagement numbers, σ over five times μ in Table 4.2 (7.1.1)",
			"above hybrid where that spread disturbs"),
		with(both("notext"),
			"text_len, has_text and keyword_count are 0 after standardising",
			"the three text numbers, which section 6 blames",
			"the CNN above hybrid, at single or better, where they do the harm"),
		with(both("notextlen"), "text_len is 0 after standardising", "text_len among the three", "as notext where it is the one"),
		with(both("nohastext"), "has_text is 0 after standardising", "has_text among the three", "as notext where it is the one"),
		with(both("nokeywords"), "keyword_count is 0 after standardising", "keyword_count among the three", "as notext where it is the one"),
		with(both("late"),
			"the metadata's branch gives 0 for the first half of the epochs and joins then",
			"modality competition while the backbone adapts to the task (3.3.2)",
			"above hybrid, with a linear probe as good as single's, where joint training keeps the backbone from learning"),
		with(Causal{Variation: "ogm", Arms: []string{"cnn-logits-ogm", "vit-logits-ogm"}, Against: []string{"cnn-logits", "vit-logits"}},
			"OGM-GE (Peng et al. 2022): the gradient of the stronger branch's encoder is weakened and both get noise; defined where logits are a sum over modalities, so on the logits arms",
			"a remedy against one modality outrunning the other",
			"above logits where the branches compete"),
		with(both("blend"),
			"gradient blending (Wang et al. 2020): picture and metadata get linear heads of their own beside the joint one; the three losses are weighted by what each head generalised over its overfitting squared, measured on a fifth of the training pictures",
			"a remedy against modalities that overfit at different speeds",
			"above hybrid where they do"),
		{
			Arms: []string{"cnn-logistic", "vit-logistic"}, Against: []string{"cnn-single", "cnn-hybrid", "vit-single", "vit-hybrid"},
			Changes:  "logistic regression on the pretrained features at experiment 2's picture size",
			Isolates: "the linear probe before training: what the backbone knew already",
			Predicts: "probes after training, in the records of the other arms: contamination leaves a worse one in hybrid than in single, perhaps than before; competition leaves hybrid's between before and single",
		},
	}
}

// CausalNames lists all causal arms of an experiment, one backbone's side by side so that those which
// share a compiled program (see Compiled) follow each other. Experiment 1 has none: nothing reaches
// its backbone.
func CausalNames(experiment int) []string {
	if experiment != 2 {
		return nil
	}
	var names []string
	for _, c := range CausalArms() {
		names = append(names, c.Arms...)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		first, second := causalArm(a), causalArm(b)
		return strings.Compare(first.Compiled().String(), second.Compiled().String())
	})
	return names
}

// causalArm reads BACKBONE-FUSION-VARIATION.
func causalArm(name string) Arm {
	backbone, fusion, _ := strings.Cut(name, "-")
	fusion, variation, _ := strings.Cut(fusion, "-")
	return Arm{backbone, fusion, variation}
}

// Compiled is the arm whose compiled program this one runs: variations of the metadata alone change
// no graph.
func (a Arm) Compiled() Arm {
	switch a.Variation {
	case "shuffled", "noise", "log", "late":
		a.Variation = ""
	}
	if a.LeftOut() != nil {
		a.Variation = ""
	}
	return a
}

// LeftOut lists the metadata columns that the arm does without.
func (a Arm) LeftOut() []string {
	switch a.Variation {
	case "notext":
		return []string{"text_len", "has_text", "keyword_count"}
	case "notextlen":
		return []string{"text_len"}
	case "nohastext":
		return []string{"has_text"}
	case "nokeywords":
		return []string{"keyword_count"}
	}
	return nil
}

// FrozenBN says whether batch norm keeps its pretrained statistics while it trains.
func (m *Model) FrozenBN() bool { return m.Arm.Variation == "frozenbn" }

// Heads is the number of outputs that have a loss: 1, with a head of the picture's own 2, with one of
// the metadata's own too 3.
func (m *Model) Heads() int {
	switch m.Arm.Variation {
	case "cut":
		return 2
	case "blend":
		return 3
	}
	return 1
}

// Outputs are logits [batch, Genres]. Joint is the arm's answer. Picture and Metadata are what each
// says alone: the two terms of the joint one in the logits arms, heads of their own in cut and blend,
// else nil.
type Outputs struct{ Joint, Picture, Metadata *Node }

// Trained are the outputs that have a loss: Joint, Picture, Metadata as far as Model.Heads goes.
func (o Outputs) Trained(m *Model) []*Node {
	return []*Node{o.Joint, o.Picture, o.Metadata}[:m.Heads()]
}

// ogmAlpha is α of OGM-GE, which the paper leaves between 0 and 1 to the data set.
const ogmAlpha = 0.5

// OGMScores are what OGM-GE compares: the probability of the truth by each modality alone, summed over
// the batch (Peng et al. 2022). target is [batch, genres], the picture's weight at its genre,
// else 0; the same weight in all pictures leaves their ratio alone.
func OGMScores(o Outputs, target *Node) (picture, metadata *Node) {
	score := func(logits *Node) *Node { return ReduceAllSum(Mul(target, Softmax(logits, -1))) }
	return score(o.Picture), score(o.Metadata)
}

// OGMCoefficients are eq. 10 of the same paper: with ρ the ratio of a modality's score to the other's,
// k = 1 − tanh(α·ρ) where ρ > 1, else 1.
func OGMCoefficients(picture, metadata *Node) (kPicture, kMetadata *Node) {
	k := func(own, other *Node) *Node {
		ratio := Div(own, other)
		return Where(GreaterThan(ratio, ScalarOne(ratio.Graph(), ratio.DType())), OneMinus(Tanh(MulScalar(ratio, ogmAlpha))), OnesLike(ratio))
	}
	return k(picture, metadata), k(metadata, picture)
}

// OGMGE changes the gradients of vars: those of a modality's encoder become k·g + h, h Gaussian with the
// deviation of g's values (generalisation enhancement). The classifiers that turn an encoder's
// output into logits are left alone. random is a state of the graph's generator, three uint64.
//
// The authors' program modulates tensors of four axes only. That is every convolution of their two
// ResNets, but of a ViT the patch embedding and of an MLP nothing: here it is every tensor of the
// encoder, as the paper has it. They train with SGD; Adam divides a constant k out of a step, but not
// out of the ratio of k·g to h, so that k works here by the noise.
func OGMGE(vars []*model.Variable, gradients []*Node, picture, metadata, random *Node) []*Node {
	kPicture, kMetadata := OGMCoefficients(picture, metadata)
	changed := make([]*Node, len(gradients))
	for i, g := range gradients {
		k := kPicture
		switch modality(vars[i].Path()) {
		case "":
			changed[i] = g
			continue
		case "metadata":
			k = kMetadata
		}
		var noise *Node
		random, noise = gaussian(random, g.Shape())
		n := float64(g.Shape().Size())
		spread := Sqrt(DivScalar(ReduceAllSum(Square(Sub(g, ReduceAllMean(g)))), max(1, n-1)))
		changed[i] = Add(Mul(g, k), Mul(noise, spread))
	}
	return changed
}

// modality is the encoder that a parameter of a logits arm belongs to: "picture", "metadata" or "".
func modality(path string) string {
	switch {
	case strings.HasPrefix(path, "/backbone/"), strings.HasPrefix(path, "/head/hidden."):
		return "picture"
	case strings.HasPrefix(path, "/head/meta1."):
		return "metadata"
	}
	return ""
}

// gaussian draws by Box and Muller. GoMLX's RandomNormal takes the logarithm of a uniform number that it
// keeps from 0 by the smallest float32; that is a denormal, which XLA's CPU code takes for 0.
func gaussian(state *Node, shape shapes.Shape) (next, values *Node) {
	shape = shapes.Make(dtypes.Float32, shape.Dimensions...)
	state, u := RandomUniform(state, shape)
	state, angle := RandomUniform(state, shape)
	radius := Sqrt(MulScalar(Log(OneMinus(u)), -2)) // u is below 1
	return state, Mul(radius, Cos(MulScalar(angle, 2*math.Pi)))
}

// Generalised is how one head of gradient blending did between two checkpoints: mean losses over the
// pictures it was trained on and over pictures held out.
type Generalised struct {
	TrainBefore float64 `json:"train_before"`
	TrainAfter  float64 `json:"train_after"`
	HeldBefore  float64 `json:"held_before"`
	HeldAfter   float64 `json:"held_after"`
}

// Gain is G, how far the loss on pictures held out fell; it is negative where it rose.
func (g Generalised) Gain() float64 { return g.HeldBefore - g.HeldAfter }

// Overfitting is O, how far the gap between both losses grew.
func (g Generalised) Overfitting() float64 {
	return (g.HeldAfter - g.TrainAfter) - (g.HeldBefore - g.TrainBefore)
}

// leastOverfitting keeps a head whose gap happens not to have grown from taking all the weight.
const leastOverfitting = 1e-2

// BlendWeights are w ∝ G/O², summing to 1 (Wang et al. 2020, "What Makes Training Multi-Modal
// Classification Networks Hard?"). A head whose loss on pictures held out rose gets 0: its G keeps its
// sign, where taking |G| would reward it. Where all rose, weights are equal, which is no blending.
func BlendWeights(heads []Generalised) []float64 {
	w := make([]float64, len(heads))
	sum := 0.0
	for i, h := range heads {
		o := max(math.Abs(h.Overfitting()), leastOverfitting)
		w[i] = max(h.Gain(), 0) / (o * o)
		sum += w[i]
	}
	for i := range w {
		if sum == 0 {
			w[i] = 1 / float64(len(w))
		} else {
			w[i] /= sum
		}
	}
	return w
}

// ownHeads are the layers that cut and blend have beside the hybrid arm's.
func (m *Model) ownHeads(dense func(name string, in, out int), embedded int) {
	if m.Heads() > 1 {
		dense("picture", m.Backbone.Width(), m.Genres)
	}
	if m.Heads() > 2 {
		dense("metadata", embedded, m.Genres)
	}
}

// own builds them.
func (m *Model) own(head *model.Scope, features, embedded *Node) (picture, metadata *Node) {
	if m.Heads() > 1 {
		picture = vision.Dense(head, features, "picture")
	}
	if m.Heads() > 2 {
		metadata = vision.Dense(head, embedded, "metadata")
	}
	return picture, metadata
}
