package explain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
)

// squares are pictures of noise with a square of stripes somewhere; the class is how they run: across, down
// or both. They are as many pixels wide as the picture has hundreds along its side, and one at least: too fine to
// survive Perturb's blur. The metadata is noise.
func squares(n, size, side int, seed uint64) (inputs []Input, labels []int, regions [][]Region) {
	random, wide := rand.New(rand.NewPCG(seed, 1)), 1+size/100
	for i := range n {
		in := Input{make([]float32, size*size*3), make([]float32, 16)}
		for at := range in.Pixels {
			in.Pixels[at] = float32(random.NormFloat64() / 2)
		}
		for at := range in.Metadata {
			in.Metadata[at] = float32(random.NormFloat64())
		}
		x0, y0 := random.IntN(size-side+1), random.IntN(size-side+1)
		for y := y0; y < y0+side; y++ {
			for x := x0; x < x0+side; x++ {
				stripe := []int{x, y, x + y}[i%3]/wide%2*4 - 2
				for c := range 3 {
					in.Pixels[(y*size+x)*3+c] += float32(stripe)
				}
			}
		}
		s := float64(size)
		inputs, labels = append(inputs, in), append(labels, i%3)
		regions = append(regions, []Region{{Dish, float64(x0) / s, float64(y0) / s, float64(x0+side) / s, float64(y0+side) / s}})
	}
	return inputs, labels, regions
}

// trainedOnSquares is an arm that has learnt them from nothing.
func trainedOnSquares(t *testing.T, name string, n vision.Network, size, side, steps int) *Arm {
	t.Helper()
	const batch = 24
	arm, err := fusion.ParseArm(2, name)
	if err != nil {
		t.Fatal(err)
	}
	m := &fusion.Model{Experiment: 2, Arm: arm, Backbone: n, Metadata: 16, Genres: 3}
	store := model.NewStore()
	if err := m.Init(store, vision.RandomParams(n, 1), 1); err != nil {
		t.Fatal(err)
	}
	a, err := NewArm(m, store, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	step, err := model.NewExec(a.backend, store, func(scope *model.Scope, x, metadata, target *Node) *Node {
		pass := vision.Pass{Train: true, Masks: map[string]*Node{}}
		loss := Neg(ReduceAllMean(ReduceSum(Mul(target, LogSoftmax(a.logits(scope, x, metadata, pass), -1)), -1)))
		vision.Adam{Rate: 2e-3}.Step(scope, loss)
		return loss
	})
	if err != nil {
		t.Fatal(err)
	}
	defer step.Finalize()
	for s := range steps {
		inputs, labels, _ := squares(batch, size, side, uint64(100+s))
		var x, metadata []float32
		target := make([]float32, batch*3)
		for i, in := range inputs {
			x, metadata = append(x, in.Pixels...), append(metadata, in.Metadata...)
			target[i*3+labels[i]] = 1
		}
		if _, err := step.Exec(tensors.FromFlatDataAndDimensions(x, batch, size, size, 3), tensors.FromFlatDataAndDimensions(metadata, batch, 16), tensors.FromFlatDataAndDimensions(target, batch, 3)); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// On networks that have learnt to look for a square, maps show the square: their maximum falls into it more
// often than chance, pixels that they mark carry the answer more than those of random maps as
// coarse, the picture's share is the greater one; and they are lost with the network's weights.
func TestMapsShowWhatWasLearnt(t *testing.T) {
	for _, c := range []struct {
		arm               string
		network           vision.Network
		size, side, steps int
	}{
		{"cnn-hybrid", &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.1, Lite: true, Epsilon: 1e-3, Momentum: 0.3}, 128, 32, 60},
		{"vit-hybrid", &vision.ViT{ID: "small ViT", Layers: 2, Dim: 32, Heads: 2, Patch: 8, Size: 48, Epsilon: 1e-6}, 48, 16, 200},
	} {
		t.Run(c.arm, func(t *testing.T) {
			a := trainedOnSquares(t, c.arm, c.network, c.size, c.side, c.steps)
			inputs, labels, regions := squares(24, c.size, c.side, 7)
			predicted, err := a.Predict(t.Context(), inputs)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, p := range predicted {
				if p == labels[i] {
					right++
				}
			}
			if right < 22 {
				t.Fatalf("%d of 24 right: nothing to explain", right)
			}
			answers, err := a.Answers(t.Context(), inputs, labels)
			if err != nil {
				t.Fatal(err)
			}
			picture, metadata := 0.0, 0.0
			for _, answer := range answers {
				i, m := answer.Logit.Of()
				picture, metadata = picture+i/24, metadata+m/24
			}
			if !(picture > 3*math.Abs(metadata)) {
				t.Errorf("the picture, which alone has the answer, has a mean share of %.2f, the metadata of %.2f", picture, metadata)
			}
			before, err := a.Logits(t.Context(), inputs)
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range a.Methods() {
				inputs, labels, regions := inputs, labels, regions
				if method == Integrated {
					inputs, labels, regions = inputs[:4], labels[:4], regions[:4]
				}
				few := min(8, len(inputs)) // for the curves, of 42 answers each
				maps, err := a.Maps(t.Context(), method, inputs, labels)
				if err != nil {
					t.Fatal(err)
				}
				game := PointingGame(Dish, maps, regions)
				var del, ins [2]float64
				for k, of := range [][]Map{maps, RandomMaps(maps, 1)} {
					curves, err := a.Perturb(t.Context(), inputs[:few], labels[:few], of[:few])
					if err != nil {
						t.Fatal(err)
					}
					for _, p := range curves {
						d, i := p.Areas()
						del[k] += d / float64(few)
						ins[k] += i / float64(few)
					}
				}
				said := fmt.Sprintf("%s: %d of %d hits, %.1f by chance, %d empty; mass %.2f on %.2f of the area; deletion %.3f, random %.3f; insertion %.3f, random %.3f",
					method, game.Hits, game.Maps, game.Chance, game.Empty, game.Mass, game.Area, del[0], del[1], ins[0], ins[1])
				t.Log(said)
				// Pixels put back at random places all over the picture show the stripes wherever they are, long
				// before the surest pixels do: single pixels are not held to the insertion.
				if float64(game.Hits) < 2*game.Chance || game.Mass < 1.2*game.Area || !(del[0] < del[1]) || !(ins[0] > ins[1]) && method != Integrated {
					t.Error("no better than chance: ", said)
				}
			}
			method := a.Methods()[0]
			steps, err := a.Randomise(t.Context(), method, inputs[:8], labels[:8], 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(steps) != 1+len(c.network.Blocks()) || steps[0].Layer != "head" || steps[len(steps)-1].Layer != c.network.Blocks()[0] {
				t.Fatalf("randomised %+v", steps)
			}
			last := steps[len(steps)-1]
			sum := 0.0
			for _, r := range last.Spearman {
				sum += r
			}
			if n := len(last.Spearman); n+last.Constant != 8 || n > 0 && sum/float64(n) > 0.5 {
				t.Errorf("%s: with all weights lost the maps are still %v (%d constant)", method, last.Spearman, last.Constant)
			}
			after, err := a.Logits(t.Context(), inputs)
			if err != nil || !slices.EqualFunc(before, after, slices.Equal) {
				t.Errorf("after Randomise the arm is another one (%v)", err)
			}
		})
	}
}

// Rows of the product of all layers sum to 1; without keeping the axis of the sum they would not.
func TestRolloutRowsSumToOne(t *testing.T) {
	a := noisyArm(t, "vit-hybrid", smallViT(), 32)
	out, err := a.run(t.Context(), "whole rollout", noisyInputs("small ViT", 3, 32), nil, a.rollout)
	if err != nil {
		t.Fatal(err)
	}
	for i, nodes := range out {
		if len(nodes[0]) != 17*17 {
			t.Fatalf("%d values, want 17×17", len(nodes[0]))
		}
		for row := range slices.Chunk(nodes[0], 17) {
			sum := 0.0
			for _, v := range row {
				sum += float64(v)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("picture %d: a row sums to %g", i, sum)
			}
		}
	}
}

// Shares add up, attributions add up, whatever the arm; one that sees no metadata gives it nothing.
func TestSharesAddUp(t *testing.T) {
	inputs := noisyInputs("small ViT", 3, 32)
	for _, name := range []string{"vit-single", "vit-hybrid", "vit-film", "vit-cross", "vit-early"} {
		a := noisyArm(t, name, smallViT(), 32)
		answers, err := a.Answers(t.Context(), inputs, []int{0, 1, 2})
		if err != nil {
			t.Fatal(name, err)
		}
		parts, err := a.Integrate(t.Context(), inputs[:1], []int{0})
		if err != nil {
			t.Fatal(name, err)
		}
		for i, answer := range answers {
			for _, s := range []Share{answer.Logit, answer.Probability} {
				p, m := s.Of()
				if math.Abs(p+m-(s.Both-s.None)) > 1e-12*max(1, math.Abs(s.Both)) {
					t.Errorf("%s, picture %d: %g and %g do not add up to %g", name, i, p, m, s.Both-s.None)
				}
				if name == "vit-single" && m != 0 {
					t.Errorf("metadata that the arm does not see has a share of %g", m)
				}
			}
		}
		if d := parts[0].To - answers[0].Logit.Both; math.Abs(d) > 1e-4 {
			t.Errorf("%s: integrated gradients end at another logit, by %g", name, d)
		}
		if p, m := parts[0].Sums(); math.Abs(parts[0].Error()) > 0.1*(math.Abs(p)+math.Abs(m)) {
			t.Errorf("%s: the attributions %g and %g miss %g by %g", name, p, m, parts[0].To-parts[0].From, parts[0].Error())
		}
		if name == "vit-single" && slices.ContainsFunc(parts[0].Metadata, func(v float64) bool { return v != 0 }) {
			t.Errorf("metadata that the arm does not see has attributions %v", parts[0].Metadata)
		}
	}
}

func TestShareByHand(t *testing.T) {
	s := Share{None: 1, Picture: 4, Metadata: 2, Both: 8}
	if p, m := s.Of(); p != 4.5 || m != 2.5 || s.Cooperation() != 3 {
		t.Errorf("%g, %g, %g", p, m, s.Cooperation())
	}
}

// Map and regions on a picture of 2×2 cells.
func TestMapsByHand(t *testing.T) {
	m := Map{2, 2, []float64{-4, 1, 0, 3}}
	if got := m.Display(); !slices.Equal(got, []float64{0, 1. / 3, 0, 1}) {
		t.Errorf("shown as %v", got)
	}
	lower := []Region{{Face, 0.5, 0.5, 1, 1}, {Caption, 0, 0, 0.5, 0.5}}
	if !m.PointsAt(lower, Face) || m.PointsAt(lower, Caption) || m.PointsAt(lower, Dish) {
		t.Error("the largest value is in the lower right cell")
	}
	even := Map{2, 2, []float64{1, 1, 1, 1}}
	if mass, area := even.On(lower, Face); math.Abs(mass-0.25) > 1e-9 || math.Abs(area-0.25) > 1e-9 {
		t.Errorf("of an even map %g falls on a quarter (%g)", mass, area)
	}
	if mass, area := even.On(append(lower, Region{Face, 0.5, 0, 1, 1}), Face); math.Abs(mass-0.5) > 1e-9 || math.Abs(area-0.5) > 1e-9 {
		t.Errorf("what two regions share counts once: %g of %g", mass, area)
	}
	// All negative: nothing to show, and no number that is not one.
	empty := Map{2, 2, []float64{-1, -2, -3, -4}}
	if !empty.Empty() || empty.PointsAt(lower, Face, Caption) || !slices.Equal(empty.Display(), []float64{0, 0, 0, 0}) {
		t.Errorf("an empty map is shown as %v", empty.Display())
	}
	if mass, _ := empty.On(lower, Face); mass != 0 {
		t.Errorf("%g of an empty map lies on a face", mass)
	}
	if n := Empties([]Map{m, empty, {1, 1, []float64{0}}}); n != 2 {
		t.Errorf("%d empty maps of 2", n)
	}
	game := PointingGame(Face, []Map{m, empty, m}, [][]Region{lower, lower, {{Dish, 0, 0, 1, 1}}})
	if game.Maps != 2 || game.Hits != 1 || game.Empty != 1 || math.Abs(game.Chance-0.5) > 1e-9 || math.Abs(game.Area-0.25) > 1e-9 {
		t.Errorf("%+v", game)
	}
	// Between cells' centres linear, beyond them constant.
	ramp := Map{1, 2, []float64{0, 1}}.Pixels(4)[:4]
	if !slices.Equal(ramp, []float64{0, 0.25, 0.75, 1}) {
		t.Errorf("a ramp of two cells becomes %v", ramp)
	}
	if got := blur([]float64{5, 5, 5, 5, 5, 5}, 2, 3, 1, 2); slices.ContainsFunc(got, func(v float64) bool { return math.Abs(v-5) > 1e-12 }) {
		t.Errorf("an even picture blurred is %v", got)
	}
	if got := (Perturbed{Deletion: []float64{1, 0.5, 0}, Insertion: []float64{0, 1, 1}}); true {
		if d, i := got.Areas(); d != 0.5 || i != 0.75 {
			t.Errorf("areas %g and %g", d, i)
		}
	}
}
