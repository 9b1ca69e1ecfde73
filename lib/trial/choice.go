package trial

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
	"thesis.example/lib/weights"
)

// Choice is what the reader chooses for every trial of a chapter or a command.
type Choice struct {
	Profile string `json:"profile"` // "quick" or "thesis"
	Seed    uint64 `json:"seed"`    // of folds, initial weights and all that is drawn while training
	// Repeat counts further trainings on the same folds and views of the pictures: other first weights,
	// orders and dropout. 0 is the first training; another seed has other folds too.
	Repeat int `json:"repeat,omitempty"`
	// CNN and ViT are weights (data/weights.json) in the place of the profile's, "" for those. A record
	// says which weights were asked for, whoever chose them.
	CNN string `json:"-"`
	ViT string `json:"-"`
}

// Current is the choice of the environment: $PROFILE, $SEED, $CNN and $VIT, which `make report` and
// `make lab` take as PROFILE=thesis SEED=2 CNN=NAME VIT=NAME. Without them it is the profile quick with
// seed 1 and its own weights.
func Current() (Choice, error) {
	c := Choice{Profile: "quick", Seed: 1, CNN: os.Getenv("CNN"), ViT: os.Getenv("VIT")}
	if p := os.Getenv("PROFILE"); p != "" {
		c.Profile = p
	}
	if s := os.Getenv("SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return c, fmt.Errorf("SEED=%s: want a whole number from 0", s)
		}
		c.Seed = seed
	}
	return c, c.Check()
}

// Check says what is wrong with the choice, and what there is.
func (c Choice) Check() error {
	if _, err := settingsOf(profiles, c, 1); err != nil {
		return err
	}
	for _, w := range []struct {
		what, name string
		isViT      bool
	}{{"CNN", c.CNN, false}, {"VIT", c.ViT, true}} {
		if w.name == "" {
			continue
		}
		known, err := backbones(w.isViT)
		if err != nil {
			return err
		}
		if !slices.Contains(known, w.name) {
			return fmt.Errorf("%s=%s: want weights of such a network, one of %s", w.what, w.name, strings.Join(known, ", "))
		}
	}
	return nil
}

// backbones are the names of the weights in data/weights.json of ViTs, or of the other networks.
func backbones(isViT bool) (names []string, err error) {
	entries, err := weights.Catalogue()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Architecture == "" { // no backbone
			continue
		}
		n, _, err := vision.Describe(e)
		if err != nil {
			return nil, err
		}
		if _, is := n.(*vision.ViT); is == isViT {
			names = append(names, e.Name)
		}
	}
	return names, nil
}

// String is the choice as make takes it.
func (c Choice) String() string {
	s := fmt.Sprintf("PROFILE=%s SEED=%d", c.Profile, c.Seed)
	if c.CNN != "" {
		s += " CNN=" + c.CNN
	}
	if c.ViT != "" {
		s += " VIT=" + c.ViT
	}
	return s
}

// Arms are the arms of an experiment beyond the thesis' own that $ARMS names, with commas between them:
// chapters 5 and 6 show them beside the others. A name belongs to the experiments that have such an arm.
func Arms(experiment int) ([]string, error) {
	var own []string
	for _, name := range strings.FieldsFunc(os.Getenv("ARMS"), func(r rune) bool { return r == ',' || r == ' ' }) {
		known := false
		for e := 1; e <= 2; e++ {
			if _, err := fusion.ParseArm(e, name); err == nil {
				known = true
				if e == experiment && !slices.Contains(own, name) && !slices.Contains(fusion.Arms(e, false), name) {
					own = append(own, name)
				}
			}
		}
		if !known {
			_, err := fusion.ParseArm(2, name)
			return nil, fmt.Errorf("ARMS=%s: %w", os.Getenv("ARMS"), err)
		}
	}
	return own, nil
}

// settingsOf are those of an experiment in a profile, with the weights of the choice.
func settingsOf(profiles map[string]map[int]settings, c Choice, experiment int) (settings, error) {
	byExperiment, ok := profiles[c.Profile]
	if !ok {
		return settings{}, fmt.Errorf("no profile %q: there are quick and thesis (PROFILE=, -profile)", c.Profile)
	}
	s, ok := byExperiment[experiment]
	if !ok {
		return settings{}, fmt.Errorf("experiment is %d: want 1 or 2", experiment)
	}
	s.use = maps.Clone(s.use)
	if c.CNN != "" {
		s.use["cnn"] = c.CNN
	}
	if c.ViT != "" {
		s.use["vit"], s.use["tiny"] = c.ViT, c.ViT
	}
	return s, nil
}

// Networks are the weights that a choice asks for, and the size at which the networks see pictures.
type Networks struct {
	CNN, ViT string
	Size     int // height and width in pixels; a ViT sees vision.WholePatches of it
}

// Frozen are the networks of experiment 1.
func (c Choice) Frozen() (Networks, error) {
	s, err := settingsOf(profiles, c, 1)
	return Networks{s.use["cnn"], s.use["vit"], s.size}, err
}
