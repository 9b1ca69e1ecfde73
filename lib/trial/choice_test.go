package trial

import (
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/vision"
)

func TestCurrent(t *testing.T) {
	set := func(profile, seed, cnn, vit string) {
		for name, value := range map[string]string{"PROFILE": profile, "SEED": seed, "CNN": cnn, "VIT": vit} {
			t.Setenv(name, value)
		}
	}
	for _, tt := range []struct {
		profile, seed, cnn, vit string
		want                    Choice
		says                    string
	}{
		{"", "", "", "", Choice{Profile: "quick", Seed: 1}, "PROFILE=quick SEED=1"},
		{"thesis", "2", "", "", Choice{Profile: "thesis", Seed: 2}, "PROFILE=thesis SEED=2"},
		{"", "", "timm-b0", "augreg-vit-b16", Choice{Profile: "quick", Seed: 1, CNN: "timm-b0", ViT: "augreg-vit-b16"}, "PROFILE=quick SEED=1 CNN=timm-b0 VIT=augreg-vit-b16"},
	} {
		set(tt.profile, tt.seed, tt.cnn, tt.vit)
		c, err := Current()
		if err != nil || c != tt.want || c.String() != tt.says {
			t.Errorf("%v gave %+v, %q, %v; want %+v, %q", tt, c, c, err, tt.want, tt.says)
		}
	}
	for _, tt := range []struct{ profile, seed, cnn, vit, want string }{
		{"slow", "", "", "", `no profile "slow": there are quick and thesis`},
		{"", "-1", "", "", "SEED=-1: want a whole number"},
		{"", "", "b0", "", "lite0"},
		{"", "", "", "b16", "dinov2-s14-imgfocus"},
		{"", "", "augreg-vit-b16", "", "lite0, torchvision-b0"},
		{"", "", "", "timm-b0", "dinov2-s14-imgfocus, torchvision-vit-b16"},
	} {
		set(tt.profile, tt.seed, tt.cnn, tt.vit)
		if _, err := Current(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt, err, tt.want)
		}
	}
}

func TestArms(t *testing.T) {
	t.Setenv("ARMS", "cnn-film, meta,cnn-single")
	for experiment, want := range map[int][]string{1: {"meta"}, 2: {"cnn-film", "meta"}} {
		if got, err := Arms(experiment); err != nil || !slices.Equal(got, want) {
			t.Errorf("experiment %d: %v, %v; want %v", experiment, got, err, want)
		}
	}
	t.Setenv("ARMS", "cnn-magic")
	if _, err := Arms(1); err == nil || !strings.Contains(err.Error(), "cnn-hybrid") {
		t.Errorf("an unknown arm: %v, want the known ones", err)
	}
}

// TestChosenWeights holds that chosen weights are asked for in both experiments and by the shortened ViT,
// and that a ViT's picture is made of whole patches.
func TestChosenWeights(t *testing.T) {
	for experiment := 1; experiment <= 2; experiment++ {
		s, err := settingsOf(profiles, Choice{Profile: "quick", CNN: "timm-b0", ViT: "augreg-vit-b16"}, experiment)
		if err != nil || s.use["cnn"] != "timm-b0" || s.use["vit"] != "augreg-vit-b16" || s.use["tiny"] != "augreg-vit-b16" {
			t.Errorf("experiment %d: %v, %v", experiment, s.use, err)
		}
	}
	if profiles["quick"][2].use["cnn"] != packaged["cnn"] {
		t.Error("the choice changed the profile")
	}
	if got := vision.WholePatches(&vision.ViT{Patch: 16}, 84); got != 80 {
		t.Errorf("a ViT of patches of 16 sees %d pixels of 84, want 80", got)
	}
	if got := vision.WholePatches(&vision.ViT{Patch: 14}, 84); got != 84 {
		t.Errorf("a ViT of patches of 14 sees %d pixels of 84", got)
	}
}
