// Package fusion holds what joins a picture with its metadata: the heads of the
// thesis' two experiments (appendix 10.1 and 10.2) and the other places where the
// two can meet, from the input planes to the logits.
//
// An Arm says in two words which: its backbone and its fusion. A Model is an arm
// with its sizes; it lists its parameters and random layers and builds its graph
// behind (or, for early and intermediate fusion, around) a vision.Network.
//
// A tree ensemble on the metadata is not among the arms: no Go library for it is
// both maintained and reproducible from a seed. Logistic regression is there.
package fusion

import (
	"fmt"
	"slices"
	"strings"
)

// Arm is one way to classify, named BACKBONE-FUSION, or FUSION where there is no picture, with the
// variation behind it in the causal arms.
type Arm struct {
	// Backbone is "cnn" (EfficientNet), "vit", "tiny" (a ViT with about as many parameters
	// as the CNN, section 7.5) or "" (metadata alone).
	Backbone string
	// Fusion is where metadata enters:
	//
	//	single    nowhere
	//	hybrid    embedded, beside the features, before the classifier (late fusion of features, the
	//	          thesis)
	//	logits    a classifier of its own; the logits of both are added (late fusion of decisions)
	//	early     as further planes of the picture, constant over it (early fusion)
	//	film      a factor and an offset for every channel of the middle block (intermediate
	//	          fusion; Perez et al. 2018, "FiLM")
	//	cross     the middle block's tokens attend to a token for each number (intermediate
	//	          fusion; ViT only)
	//	meta      the hybrid arm without the picture
	//	logistic  multinomial logistic regression on the frozen features, or with no
	//	          backbone on the metadata
	Fusion string
	// Variation is what a causal arm changes, "" in all others: see CausalArms.
	Variation string
}

func (a Arm) String() string {
	name := a.Fusion
	if a.Backbone != "" {
		name = a.Backbone + "-" + a.Fusion
	}
	if a.Variation != "" {
		name += "-" + a.Variation
	}
	return name
}

// HasMetadata says whether the arm sees the metadata at all.
func (a Arm) HasMetadata() bool {
	return a.Fusion != "single" && !(a.Fusion == "logistic" && a.Backbone != "")
}

// Enters says where the metadata enters, in the words of the thesis' section 3.3.1, and how.
func (a Arm) Enters() (where, how string) {
	switch {
	case a.Fusion == "single":
		return "nowhere", "the picture alone"
	case a.Fusion == "logistic" && a.Backbone != "":
		return "nowhere", "logistic regression on the frozen features"
	case a.Fusion == "logistic":
		return "alone", "logistic regression on the numbers"
	case a.Fusion == "meta":
		return "alone", "the hybrid arm without the picture"
	case a.Fusion == "hybrid":
		return "late, features", "embedded, beside the picture's features"
	case a.Fusion == "logits":
		return "late, decisions", "a classifier of its own, whose logits are added"
	case a.Fusion == "early":
		return "early", "further planes of the picture"
	case a.Fusion == "film":
		return "intermediate", "scales and shifts the middle block's channels (FiLM)"
	case a.Fusion == "cross":
		return "intermediate", "the middle block's tokens attend to the numbers"
	}
	return "unknown", a.Fusion
}

// arms by experiment: the thesis' own first, then the further ones. With the frozen backbone of
// Experiment 1 nothing can meet before the features.
var arms = map[int]struct{ own, further []string }{
	1: {
		[]string{"cnn-single", "cnn-hybrid"},
		[]string{"meta", "logistic", "cnn-logistic", "cnn-logits", "vit-single", "vit-hybrid", "vit-logistic", "vit-logits"},
	},
	2: {
		[]string{"cnn-single", "cnn-hybrid", "vit-single", "vit-hybrid"},
		[]string{
			"meta", "logistic", "cnn-logits", "vit-logits", "cnn-early", "vit-early", "cnn-film", "vit-film", "vit-cross",
			"tiny-single", "tiny-hybrid",
		},
	},
}

// Arms lists the arms of experiment 1 or 2 that the thesis reports, and with further all others
// behind them; nil for another experiment.
func Arms(experiment int, further bool) []string {
	a := arms[experiment]
	if !further {
		return slices.Clone(a.own)
	}
	return slices.Concat(a.own, a.further)
}

// ParseArm reads the name of one of the experiment's arms, causal ones included.
func ParseArm(experiment int, name string) (Arm, error) {
	if experiment != 1 && experiment != 2 {
		return Arm{}, fmt.Errorf("experiment is %d: want 1 or 2", experiment)
	}
	known := slices.Concat(Arms(experiment, true), CausalNames(experiment))
	if !slices.Contains(known, name) {
		return Arm{}, fmt.Errorf("experiment %d has no arm %q: it has %s", experiment, name, strings.Join(known, ", "))
	}
	if strings.Contains(name, "-") {
		return causalArm(name), nil
	}
	return Arm{Fusion: name}, nil
}
