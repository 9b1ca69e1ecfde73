package ledger

import (
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/fusion"
	"thesis.example/lib/trial"
)

func TestArms(t *testing.T) {
	whole, part := summary(2, "vit-film", 270), summary(2, "cnn-logits", 260)
	part.Fold = part.Fold[:3]
	whole.Last.AccuracySD = 0.02
	for experiment, want := range map[int]map[string][]string{
		// Behind frozen features of 1280: 16·64+64 and 64·32+32 for the metadata, 1312·128+128, 128·3+3.
		1: {
			"cnn-single":   {"nowhere", "164,355", "–", "86.33 %", "not trained"}, // 1280·128+128 + 128·3+3
			"cnn-hybrid":   {"late, features", "171,619", "7,264", "90.67 %", "not trained"},
			"cnn-logits":   {"late, decisions", "167,622", "3,267", "–", "not trained"}, // 1088 + 2080 + 32·3+3
			"logistic":     {"alone", "51", "–", "–", "not trained"},                    // 3·(16+1)
			"cnn-logistic": {"nowhere", "3,843", "–", "–", "not trained"},               // 3·(1280+1)
		},
		// Lite0 has 4,652,008 parameters in timm, 1000·1281 of these for its classes; DINOv2's ViT-S/14
		// 22,056,192, its mask token apart. The head is 1280·256+256 or 384·256+256, and 256·3+3.
		2: {
			"cnn-hybrid": {"late, features", "3,717,187", "17,472", "86.00 %", "not trained"}, // 16·64+64 + 64·256
			"cnn-logits": {"late, decisions", "3,700,998", "1,283", "–", "not trained"},       // 1088 + 64·3+3
			"cnn-early":  {"early", "3,704,323", "4,608", "–", "not trained"},                 // 3·3·16·32
			"vit-film":   {"intermediate", "22,206,531", "51,008", "–", "90.00 ± 2.00 %"},     // 1088 + 64·768+768
			"vit-single": {"nowhere", "22,155,523", "–", "91.67 %", "not trained"},
		},
	} {
		header, rows, err := Arms(experiment, trial.Choice{Profile: "quick", Seed: 1}, 16, 3, []trial.Summary{whole, part})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range rows {
			names = append(names, r[0])
			if len(r) != len(header) || r[1] == "unknown" || r[2] == "" {
				t.Errorf("experiment %d: row %q", experiment, r)
			}
			if w := want[r[0]]; w != nil && !slices.Equal(slices.Concat(r[1:2], r[3:]), w) {
				t.Errorf("experiment %d: row %q, want %q", experiment, r, w)
			}
			delete(want, r[0])
		}
		if !slices.Equal(names, fusion.Arms(experiment, true)) || len(want) > 0 {
			t.Errorf("experiment %d has the arms %q", experiment, names)
		}
	}
	// The thesis' networks: B0 has 4,007,548 without its classes, ViT-B/16 85,798,656.
	_, rows, err := Arms(2, trial.Choice{Profile: "thesis", Seed: 1}, 16, 3, nil)
	if err != nil || rows[0][3] != "4,336,255" || rows[2][3] != "85,996,291" {
		t.Errorf("of the profile thesis: %q, %v", rows, err)
	}
	if _, _, err := Arms(2, trial.Choice{Profile: "slow"}, 16, 3, nil); err == nil || !strings.Contains(err.Error(), `no profile "slow"`) {
		t.Errorf("of a profile that is not there: %v", err)
	}
}
