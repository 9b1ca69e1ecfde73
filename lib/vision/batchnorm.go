package vision

import (
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// batchNorm is Ioffe & Szegedy 2015 with the activation behind it: act(γ·(x−μ)/√(σ²+ε) + β).
// momentum is PyTorch's: the weight of the new value in the running one.
type batchNorm struct {
	epsilon, momentum float64
}

func (batchNorm) params(name string, channels int) []Param {
	c := []int{channels}
	return []Param{
		{Name: name + ".weight", Shape: c}, {Name: name + ".bias", Shape: c},
		{Name: name + ".running_mean", Shape: c, Stat: true}, {Name: name + ".running_var", Shape: c, Stat: true},
	}
}

// convolution is a bias-free convolution of x [batch, height, width, channels] by a kernel whose
// last axis is the output channel.
type convolution func(x, kernel *Node) *Node

// apply convolves x by the parameter kernel and normalises over batch, height and width.
func (b batchNorm) apply(scope *model.Scope, pass Pass, x *Node, conv convolution, kernel, name string, act activation) *Node {
	g := x.Graph()
	weight := Weight(scope, g, kernel)
	gamma, beta := Weight(scope, g, name+".weight"), Weight(scope, g, name+".bias")
	mean, variance := variable(scope, name+".running_mean"), variable(scope, name+".running_var")
	if pass.Train && !pass.FrozenBN {
		x = conv(x, weight)
		d := x.Shape().Dimensions
		n := float64(d[0] * d[1] * d[2])
		mu := StopGradient(DivScalar(channelSums(x), n))
		sigma2 := StopGradient(DivScalar(channelSums(Square(Sub(x, overAll(mu, d)))), n))
		// The running variance is the unbiased one; from a single value PyTorch refuses, we keep σ² = 0.
		move := func(v *model.Variable, to *Node) {
			v.SetNodeValue(Add(MulScalar(v.NodeValue(g), 1-b.momentum), MulScalar(to, b.momentum)))
		}
		move(mean, mu)
		move(variance, MulScalar(sigma2, n/max(n-1, 1)))
		return b.live(x, mu, sigma2, gamma, beta, act)
	}
	// With fixed statistics the norm is a factor and an offset a channel: the factor goes into the kernel.
	factor := Div(gamma, Sqrt(AddScalar(variance.NodeValue(g), b.epsilon)))
	offset := Sub(beta, Mul(mean.NodeValue(g), factor))
	x = conv(x, Mul(weight, overAll(factor, weight.Shape().Dimensions)))
	return act.apply(Add(x, overAll(offset, x.Shape().Dimensions)))
}

// live normalises by the batch's own mean and variance. The gradient goes through both; with
// x̂ = (x−μ)/√(σ²+ε), u = γx̂+β, dy = dz·act'(u) and n values a channel it is
// dβ = Σdy, dγ = Σdy·x̂, dx = γ/√(σ²+ε)·(dy − (dβ + x̂·dγ)/n).
func (b batchNorm) live(x, mu, sigma2, gamma, beta *Node, act activation) *Node {
	d := x.Shape().Dimensions
	inv := Reciprocal(Sqrt(AddScalar(sigma2, b.epsilon)))
	normal := Mul(Sub(x, overAll(mu, d)), overAll(inv, d))
	u := Add(Mul(normal, overAll(gamma, d)), overAll(beta, d))
	return withGradient([]*Node{x, gamma, beta},
		func([]*Node) *Node { return act.apply(u) },
		func(dz *Node) []*Node {
			dy := Mul(dz, act.slope(u))
			dBeta, dGamma := channelSums(dy), channelSums(Mul(dy, normal))
			n := float64(d[0] * d[1] * d[2])
			shared := Add(overAll(DivScalar(dBeta, n), d), Mul(normal, overAll(DivScalar(dGamma, n), d)))
			return []*Node{Mul(Sub(dy, shared), overAll(Mul(gamma, inv), d)), dGamma, dBeta}
		})
}

// activation is a function of one number with its derivative.
type activation int

const (
	linear activation = iota // x
	silu                     // x·σ(x), "swish"
	relu6                    // min(max(x, 0), 6)
)

func (a activation) apply(x *Node) *Node {
	switch a {
	case silu:
		return Mul(x, Sigmoid(x))
	case relu6:
		return ClipScalar(x, 0, 6)
	}
	return x
}

func (a activation) slope(x *Node) *Node {
	switch a {
	case silu:
		s := Sigmoid(x)
		return Mul(s, OnePlus(Mul(x, OneMinus(s))))
	case relu6:
		inside := LogicalAnd(GreaterThan(x, ScalarZero(x.Graph(), x.DType())), LessThan(x, Scalar(x.Graph(), x.DType(), 6)))
		return ConvertDType(inside, x.DType())
	}
	return OnesLike(x)
}
