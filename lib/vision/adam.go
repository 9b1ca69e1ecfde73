package vision

import (
	"errors"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// Adam is the optimizer of Kingma & Ba 2015 with β₁ = 0.9, β₂ = 0.999.
type Adam struct {
	Rate float64
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

// Apply updates vars of scope's store by their gradients, which are in the same order.
func (a Adam) Apply(scope *model.Scope, vars []*model.Variable, gradients []*Node) {
	const beta1, beta2 = 0.9, 0.999
	g, store := gradients[0].Graph(), scope.Store()
	state := func(name string, shape shapes.Shape) *model.Variable {
		path := model.JoinPath("/adam", name)
		v := store.GetVariable(path)
		if v == nil {
			v = store.VariableWithValue(path, tensors.FromShape(shape))
		}
		v.Trainable = false
		return v
	}
	count := state("steps", shapes.Make(dtypes.Float32))
	t := OnePlus(count.NodeValue(g))
	count.SetNodeValue(t)
	// 1 − βᵗ, which float32 would lose in the first steps of β₂.
	correction := func(beta float64) *Node { return Neg(Expm1(MulScalar(t, math.Log(beta)))) }
	c1, c2 := correction(beta1), Sqrt(correction(beta2))

	for i, v := range vars {
		m, s := state(v.Path()+"/m", v.Shape()), state(v.Path()+"/v", v.Shape())
		gradient := gradients[i]
		first := Add(MulScalar(m.NodeValue(g), beta1), MulScalar(gradient, 1-beta1))
		second := Add(MulScalar(s.NodeValue(g), beta2), MulScalar(Square(gradient), 1-beta2))
		m.SetNodeValue(first)
		s.SetNodeValue(second)
		var step *Node
		if a.Keras {
			step = Div(Mul(first, Div(MulScalar(c2, a.Rate), c1)), AddScalar(Sqrt(second), 1e-7))
		} else {
			step = Div(Mul(first, MulScalar(Reciprocal(c1), a.Rate)), AddScalar(Div(Sqrt(second), c2), 1e-8))
		}
		v.SetNodeValue(Sub(v.NodeValue(g), step))
	}
}
