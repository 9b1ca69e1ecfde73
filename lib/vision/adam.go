package vision

import (
	"errors"
	"math"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// Adam is the optimizer of Kingma & Ba 2015 with β₁ = 0.9, β₂ = 0.999.
type Adam struct {
	Rate float64
	// Rates are those of the variables whose path begins with the key, where it is not Rate: a backbone
	// that must not forget, below a head that has everything to learn.
	Rates map[string]float64
	// Keras adds its ε of 1e-7 to √v before the correction for the first steps (the paper's
	// section 2, last remark); PyTorch adds 1e-8 after it (Algorithm 1).
	Keras bool
}

// Step builds one update of every trainable variable below scope that loss, a scalar, depends on.
// The moments and the count of steps are variables of the same store, below "adam" in its root.
// It panics with an error where there is nothing to train, as GoMLX's graph functions do.
func (a Adam) Step(scope *model.Scope, loss *Node) {
	g := loss.Graph()
	var vars []*model.Variable
	var values []*Node
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			vars = append(vars, v)
			values = append(values, v.NodeValue(g))
		}
	}
	if len(vars) == 0 {
		panic(errors.New("Adam: the loss depends on no trainable variable"))
	}
	a.Apply(scope, vars, Gradient(loss, values...))
}

const (
	// joinedBelow is the size from which a variable has moments of its own: a network has hundreds of
	// smaller ones, and XLA compiles three loops for each, so they are joined into one vector.
	joinedBelow = 1 << 16
	beta1       = 0.9
	beta2       = 0.999
)

// Moments are the first moments of vars, in their order, flattened; zeros before the first Apply. The
// same vars as in Apply have to come.
func (a Adam) Moments(store *model.Store, vars []*model.Variable) ([][]float32, error) {
	read := func(name string, size int) ([]float32, error) {
		v := store.GetVariable(model.JoinPath("/adam", name+"/m"))
		if v == nil || !v.HasValue() {
			return make([]float32, size), nil
		}
		t, err := v.Value()
		if err != nil {
			return nil, err
		}
		return tensors.CopyFlatData[float32](t)
	}
	moments, joined := make([][]float32, len(vars)), 0
	for i, v := range vars {
		size := v.Shape().Size()
		if size < joinedBelow {
			joined += size
			continue
		}
		var err error
		if moments[i], err = read(v.Path(), size); err != nil {
			return nil, err
		}
	}
	small, err := read("small", joined)
	if err != nil {
		return nil, err
	}
	for i, v := range vars {
		if size := v.Shape().Size(); size < joinedBelow {
			moments[i], small = small[:size], small[size:]
		}
	}
	return moments, nil
}

// Gradient puts the gradient that moved the first moment from before to after into after.
func (a Adam) Gradient(before, after []float32) {
	decay, rest := float64(float32(beta1)), float64(float32(1-beta1))
	for i, m := range after {
		after[i] = float32((float64(m) - decay*float64(before[i])) / rest)
	}
}

// Apply updates vars of scope's store by their gradients, which are in the same order. The same
// variables have to come at every call.
func (a Adam) Apply(scope *model.Scope, vars []*model.Variable, gradients []*Node) {
	g, store := gradients[0].Graph(), scope.Store()
	state := func(name string, shape shapes.Shape) *model.Variable {
		v := store.VariableWithShape(model.JoinPath("/adam", name), shape, func(g *Graph, shape shapes.Shape) *Node { return Zeros(g, shape) })
		v.Trainable = false
		return v
	}
	count := state("steps", shapes.Make(dtypes.Float32))
	t := OnePlus(count.NodeValue(g))
	count.SetNodeValue(t)

	// step moves the moments called name and returns what to subtract.
	step := func(name string, gradient *Node) *Node {
		m, v := state(name+"/m", gradient.Shape()), state(name+"/v", gradient.Shape())
		first := Add(MulScalar(m.NodeValue(g), beta1), MulScalar(gradient, 1-beta1))
		second := Add(MulScalar(v.NodeValue(g), beta2), MulScalar(Square(gradient), 1-beta2))
		m.SetNodeValue(first)
		v.SetNodeValue(second)
		// 1 − βᵗ, of which float32 would lose half in the first steps.
		correction := func(beta float64) *Node { return Neg(Expm1(MulScalar(t, math.Log(beta)))) }
		c1, c2 := correction(beta1), Sqrt(correction(beta2))
		if a.Keras {
			return Div(Mul(first, Div(MulScalar(c2, a.Rate), c1)), AddScalar(Sqrt(second), 1e-7))
		}
		return Div(Mul(first, MulScalar(Reciprocal(c1), a.Rate)), AddScalar(Div(Sqrt(second), c2), 1e-8))
	}

	move := func(v *model.Variable, by *Node) {
		for below, rate := range a.Rates {
			if strings.HasPrefix(v.Path(), below) && rate != a.Rate {
				by = MulScalar(by, rate/a.Rate)
			}
		}
		v.SetNodeValue(Sub(v.NodeValue(g), by))
	}
	var small []*model.Variable
	var joined []*Node
	for i, v := range vars {
		if v.Shape().Size() < joinedBelow {
			small, joined = append(small, v), append(joined, Reshape(gradients[i], -1))
		} else {
			move(v, step(v.Path(), gradients[i]))
		}
	}
	if len(small) == 0 {
		return
	}
	steps, at := step("small", Concatenate(joined, 0)), 0
	for _, v := range small {
		n := v.Shape().Size()
		move(v, Reshape(Slice(steps, AxisRange(at, at+n)), v.Shape().Dimensions...))
		at += n
	}
}
