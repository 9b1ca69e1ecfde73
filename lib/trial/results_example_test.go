package trial_test

import (
	"fmt"
	"os"

	"thesis.example/lib/bench"
	"thesis.example/lib/trial"
)

// choose sets what make hands to a chapter; the environment of before comes back with the function.
func choose(values map[string]string) (back func()) {
	set := func(name, value string) {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	before := map[string]string{}
	for _, name := range []string{"PROFILE", "SEED", "CNN", "VIT", "ARMS"} {
		before[name] = os.Getenv(name)
		set(name, values[name])
	}
	return func() {
		for name, value := range before {
			set(name, value)
		}
	}
}

func ExampleChosen() {
	defer choose(map[string]string{"PROFILE": "thesis", "SEED": "2", "ARMS": "cnn-logits"})()
	fmt.Println(trial.Chosen())
	// Output:
	// Chosen: profile thesis, seed 2, the profile's weights, in experiment 1 also cnn-logits, in experiment 2 also cnn-logits. <nil>
}

func ExampleCurrent() {
	defer choose(map[string]string{"SEED": "3"})()
	fmt.Println(trial.Current())
	// Output:
	// PROFILE=quick SEED=3 <nil>
}

func ExampleCurve() {
	trials := trial.Curve(1, "cnn-single", trial.Choice{Profile: "quick", Seed: 1})
	fmt.Println(len(trials), "trials, the first of", trials[0].Share, "per cent:", trials[0])
	// Output:
	// 20 trials, the first of 25 per cent: experiment 1, cnn-single, fold 1, 25 % of its pictures
}

func ExampleNotes() {
	var s trial.Summary
	for _, processor := range []string{"A", "B", "B"} {
		s.Records = append(s.Records, &trial.Record{Machine: bench.Machine{Processor: processor}})
	}
	fmt.Println(trial.Notes([]trial.Summary{s}))
	// Output:
	// [these records come from different machines, on which the same trial may end differently by a picture or so: 1 on A (, , plug-in , GoMLX , go-xla , ); 2 on B (, , plug-in , GoMLX , go-xla , )]
}

func ExampleLearningPoints() {
	s := trial.Summary{}
	s.Experiment, s.Arm = 1, "cnn-single"
	for _, accuracy := range []float64{0.8, 0.9} {
		r := &trial.Record{History: []trial.Epoch{{Epoch: 1, TestAccuracy: accuracy}}, Last: trial.Predictions{Epoch: 1}}
		r.Train = 60
		s.Records = append(s.Records, r)
	}
	fmt.Println(trial.LearningPoints([]trial.Summary{s}, 1, "cnn-single"))
	// Output:
	// [{60 [0.8 0.9]}]
}

func ExampleChoice_Frozen() {
	fmt.Println(trial.Choice{Profile: "quick", ViT: "augreg-vit-b16"}.Frozen())
	// Output:
	// {lite0 augreg-vit-b16 112} <nil>
}
