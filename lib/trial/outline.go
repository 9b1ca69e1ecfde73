package trial

import (
	"fmt"

	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
	"thesis.example/lib/weights"
)

// Outline is the model of an arm in a choice, with the backbone that its weights' entry describes. No
// weights are loaded: it is there to be counted, not to run. metadata and genres are how many numbers a
// picture comes with, and how many classes.
func Outline(experiment int, arm string, c Choice, metadata, genres int) (*fusion.Model, error) {
	a, err := fusion.ParseArm(experiment, arm)
	if err != nil {
		return nil, err
	}
	s, err := settingsOf(profiles, c, experiment)
	if err != nil {
		return nil, err
	}
	m := &fusion.Model{Experiment: experiment, Arm: a, Metadata: metadata, Genres: genres}
	network := func(backbone string) (vision.Network, error) {
		e, err := weights.Find(s.use[backbone])
		if err != nil {
			return nil, err
		}
		n, _, err := vision.Describe(e)
		return n, err
	}
	if a.Backbone == "" {
		return m, nil
	}
	if m.Backbone, err = network(a.Backbone); err != nil || a.Backbone != "tiny" {
		return m, err
	}
	v, ok := m.Backbone.(*vision.ViT)
	if !ok {
		return nil, fmt.Errorf("the arm %s is of %s, want a ViT", arm, m.Backbone.Name())
	}
	cnn, err := network("cnn")
	if err != nil {
		return nil, err
	}
	m.Backbone, _ = fusion.Shorten(v, nil, cnn)
	return m, nil
}
