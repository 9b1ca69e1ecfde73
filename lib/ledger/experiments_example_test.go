package ledger

import (
	"fmt"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
	"thesis.example/lib/vision"
)

// The examples' arms have five folds of three pictures, one a genre: what a chapter's cells pass on.

// made is an arm whose answer to picture i is right where right[i] is 1, and the next genre otherwise.
// After a first epoch, which is its best, a second one follows, which is its last.
func made(experiment int, arm, right string) trial.Summary {
	genres := []string{"dance", "gourmet", "travel"}
	var records []*trial.Record
	for fold := range 5 {
		r := &trial.Record{}
		r.Trial = trial.Trial{Experiment: experiment, Arm: arm, Fold: fold + 1, Choice: trial.Choice{Profile: "quick", Seed: 1}}
		r.Folds, r.Genres, r.Train, r.Test, r.Epochs, r.Batch, r.Rate = 5, genres, 12, 3, 2, 4, 0.001
		r.Architecture, r.Weights, r.Optimizer, r.Parameters = "net", "net-weights", "Adam", 1234
		r.Preprocess = &vision.Preprocess{Crop: 96}
		correct := 0
		for i, truth := range genres {
			k := 3*fold + i
			p := trial.Prediction{File: fmt.Sprintf("%02d.png", k), Truth: truth, Predicted: genres[(i+1)%3], Probabilities: []float64{0.25, 0.25, 0.25}}
			if right[k] == '1' {
				p.Predicted = truth
				correct++
			}
			r.Last.Pictures = append(r.Last.Pictures, p)
		}
		accuracy := float64(correct) / 3
		r.History = []trial.Epoch{
			{Epoch: 1, TrainLoss: 1, TrainAccuracy: 0.5, TestLoss: 1.1, TestAccuracy: accuracy},
			{Epoch: 2, TrainLoss: 0.6, TrainAccuracy: 0.75, TestLoss: 0.9, TestAccuracy: accuracy},
		}
		r.Best.Pictures, r.Best.Epoch, r.Last.Epoch = r.Last.Pictures, 1, 2
		r.Probe = &trial.Probe{Fit: trial.Epoch{Epoch: 1, TestAccuracy: accuracy}, Test: trial.Predictions{Epoch: 1, Pictures: r.Last.Pictures}}
		addMeasured(r, correct)
		records = append(records, r)
	}
	summaries, err := trial.Summarise(records)
	if err != nil {
		panic(err)
	}
	return summaries[0]
}

// addMeasured adds what a trial of experiment 2 measures of an arm with metadata.
func addMeasured(r *trial.Record, correct int) {
	r.Steps = []trial.Step{{Epoch: 1, Step: 1, Blocks: []trial.BlockGradient{
		{Block: trial.Backbone, Norm: 1, Alone: 1, AloneDot: 0.8, Other: 2, OtherDot: 1},
		{Block: trial.ClassifierBlock, Norm: 2, Alone: 1, AloneDot: 1, Other: 1, OtherDot: 1.5},
	}}}
	c := trial.Coalitions[int]{Both: correct, Picture: correct - 1, Metadata: 1, None: 1}
	r.Uses = []trial.Use{{Epoch: 2, Correct: c}}
	r.Shares = &trial.Shares{
		Test:      3,
		Baselines: []trial.Baseline{{Name: trial.TrainingMean, Donors: 1, Correct: c}},
		EMAP:      &trial.EMAP{Correct: correct, Loss: 0.9, ProjectedCorrect: correct - 1, ProjectedLoss: 1},
		Importance: &trial.Importance{Repeats: 2, Right: []int{1, 1, 0}, Loss: 0.9, Numbers: []trial.Number{
			{Name: "likes", Right: []int{1, 2, 0}, Loss: 1}, {Name: "face_count", Right: []int{2, 2, 0}, Loss: 0.9}}},
	}
}

// experiment1 and experiment2 are the arms of both experiments.
func experiment1() []trial.Summary {
	return []trial.Summary{made(1, "cnn-single", "110110110110110"), made(1, "cnn-hybrid", "111111110111111")}
}

func experiment2() []trial.Summary {
	return []trial.Summary{made(2, "cnn-single", "111111110110110"), made(2, "cnn-hybrid", "110110110110110"),
		made(2, "vit-single", "111111111111110"), made(2, "vit-hybrid", "111111111111111")}
}

func printTable(header []string, rows [][]string) {
	for _, row := range append([][]string{header}, rows...) {
		fmt.Println(strings.TrimSpace(strings.Join(row, " | ")))
	}
}

func printTableOr(header []string, rows [][]string, err error) {
	if err != nil {
		fmt.Println(err)
	}
	printTable(header, rows)
}

func ExampleProgramTable() {
	printTable(ProgramTable(experiment1()))
	// Output:
	// | thesis | here
	// network | EfficientNet-B0, ImageNet weights of Keras | net, weights net-weights
	// picture | 224 × 224 | 96 × 96
	// epochs, batch | 15, 32 | 2, 4
	// trials | 5 | 5 stratified folds, 12 pictures to train and 3 to test
	// optimizer | Adam, 0.001 (Keras) | Adam, 0.001
}

func ExampleNetworksTable() {
	printTable(NetworksTable(experiment2()))
	// Output:
	// arm | network | weights | pixels | epochs | batch | rate | parameters
	// cnn-single | net | net-weights | 96 | 2 | 4 | 0.00100 | 1,234
	// cnn-hybrid | net | net-weights | 96 | 2 | 4 | 0.00100 | 1,234
	// vit-single | net | net-weights | 96 | 2 | 4 | 0.00100 | 1,234
	// vit-hybrid | net | net-weights | 96 | 2 | 4 | 0.00100 | 1,234
}

func ExampleBestEpochTable() {
	printTable(BestEpochTable(experiment1()))
	// Output:
	// arm | accuracy, last epoch, % | best epoch, % | difference, points | loss, last epoch | best epoch
	// cnn-single | 66.67 | 66.67 | +0.00 | 0.9000 | 1.1000
	// cnn-hybrid | 93.33 | 93.33 | +0.00 | 0.9000 | 1.1000
}

func ExampleAveragesTable() {
	printTable(AveragesTable(experiment2()))
	// Output:
	// arm | accuracy | sd over folds | macro F1, mean of folds | macro F1, pooled | accuracy, best epoch | F1, best epoch
	// cnn-single | 80.00 | 16.33 | 73.33 | 78.02 | 80.00 | 73.33
	// cnn-hybrid | 66.67 | 0.00 | 55.56 | 55.56 | 66.67 | 55.56
	// vit-single | 93.33 | 13.33 | 91.11 | 93.27 | 93.33 | 91.11
	// vit-hybrid | 100.00 | 0.00 | 100.00 | 100.00 | 100.00 | 100.00
}

func ExampleRightTable() {
	printTableOr(RightTable(experiment1()))
	// Output:
	// arm | right | accuracy, % | 95 %, Wilson | macro F1
	// cnn-single | 10 of 15 | 66.67 | 41.7 to 84.8 | 0.556
	// cnn-hybrid | 14 of 15 | 93.33 | 70.2 to 98.8 | 0.911
}

func ExampleChapter5() {
	entries, err := Chapter5(experiment1(), "made")
	fmt.Println(len(entries), err)
	printTable(Table(entries, "Table 5.1"))
	// Output:
	// 10 <nil>
	// |  | mean accuracy | sd of accuracy | mean loss | sd of loss | pictures right of 300
	// CNN single | published | 0.8633 | 0.0287 | 0.3441 | 0.0421 | 259
	// | ours | 0.6667 | 0.0000 | 0.9000 | 0.0000 | –
	// | difference | −0.1966 ✗ | −0.0287 ✗ | +0.5559 ✗ | −0.0421 ✗ | –
	// CNN hybrid | published | 0.9067 | 0.0271 | 0.2400 | 0.0277 | 272
	// | ours | 0.9333 | 0.1333 | 0.9000 | 0.0000 | –
	// | difference | +0.0266 | +0.1062 ✗ | +0.6600 ✗ | −0.0277 ✗ | –
}

func ExampleChapter6() {
	entries, err := Chapter6(experiment2(), "made")
	fmt.Println(len(entries), err)
	printTable(Table(entries, "Table 6.1"))
	fmt.Println(WhyNot(entries, "Table 6.1"))
	// Output:
	// 14 <nil>
	// |  | accuracy | F1 | pictures right of 300
	// CNN single | published | 0.8733 | 0.8325 | 262
	// | ours | 0.8000 | 0.7333 | –
	// | difference | −0.0733 ✗ | −0.0992 ✗ | –
	// CNN hybrid | published | 0.8600 | 0.7680 | 258
	// | ours | 0.6667 | 0.5556 | –
	// | difference | −0.1933 ✗ | −0.2124 ✗ | –
	// ViT single | published | 0.9167 | 0.8995 | 275
	// | ours | 0.9333 | 0.9111 | –
	// | difference | +0.0166 | +0.0116 | –
	// ViT hybrid | published | 0.9200 | 0.9333 | 276
	// | ours | 1.0000 | 1.0000 | –
	// | difference | +0.0800 ✗ | +0.0667 ✗ | –
	// ✗: further from the published number than 0.03 for accuracy, 0.05 for F1, 9 pictures. Not compared: counts are out of 300 pictures, and these data have 15.
}

func ExampleLossBars() {
	bars, err := LossBars(experiment1())
	fmt.Println(err)
	for _, b := range bars {
		fmt.Printf("%s %.3f, published %.3f\n", b.Name, b.Value, b.Published)
	}
	// Output:
	// <nil>
	// cnn-single [0.667 0.900], published [0.863 0.344]
	// cnn-hybrid [0.933 0.900], published [0.907 0.240]
}

func ExampleScoreBars() {
	arms, accuracy, f1, err := ScoreBars(experiment2())
	fmt.Println(arms, err)
	fmt.Printf("%s %.3f\n%s %.3f\n", accuracy.Name, accuracy.Value, f1.Name, f1.Value)
	// Output:
	// [cnn-single cnn-hybrid vit-single vit-hybrid] <nil>
	// accuracy [0.800 0.667 0.933 1.000]
	// macro F1 [0.733 0.556 0.911 1.000]
}

func ExampleEpochCurves() {
	for _, c := range EpochCurves(experiment1()[:1]) {
		fmt.Printf("%s: epochs %g, accuracies %.3f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// cnn-single training: epochs [1 2], accuracies [0.500 0.750]
	// cnn-single test: epochs [1 2], accuracies [0.667 0.667]
}

func ExampleMatrices() {
	for _, m := range Matrices(experiment2()[:1]) {
		fmt.Println(m.Name, m.Counts)
	}
	// Output:
	// cnn-single [[5 0 0] [0 5 0] [3 0 2]]
}

func ExampleDiffering() {
	s := experiment2()
	set := &dataset.Set{}
	for _, file := range s[0].Last.Files {
		set.Samples = append(set.Samples, dataset.Sample{File: file})
	}
	fmt.Println(Differing(set, s[0], s[1], 2))
	// Output:
	// [2 5] [cnn-single: travel, cnn-hybrid: dance cnn-single: travel, cnn-hybrid: dance]
}

func ExamplePicturesTest() {
	s := experiment1()
	fmt.Println(PicturesTest(s[1], s[0]))
	// Output:
	// cnn-hybrid alone is right on 4 pictures, cnn-single alone on 0: McNemar p = 0.125 (exact), 0.0625 (mid-p). Difference in accuracy +26.7 points, 95 % interval +0.8 to +52.0 (Tango 1998). The difference is not larger than chance gives at 5 %: whether the arms differ cannot be told from these runs. <nil>
}

func ExampleArmsTest() {
	fmt.Println(ArmsTest(experiment2()...))
	// Output:
	// All 4 arms together, Cochran's Q = 10.41 with 3 degrees of freedom, p = 0.015: at least two arms differ at 5 %. <nil>
}

func ExampleFoldsTest() {
	s := experiment2()
	fmt.Println(FoldsTest(s[3], s[0]))
	// Output:
	// Over the 5 folds, corrected for their common training pictures (Nadeau & Bengio 2003), vit-hybrid − cnn-single has t = 1.63 with 4 degrees of freedom, p = 0.18: no difference is shown at 5 %. <nil>
}

func ExamplePairsTable() {
	printTableOr(PairsTable(experiment2()))
	// Output:
	// arms | right in the first alone | in the second alone | points | 95 % | McNemar mid-p | at 5 %
	// cnn-hybrid − cnn-single | 0 | 2 | -13.3 | -37.9 to +9.8 | 0.25 | no difference shown
	// vit-hybrid − vit-single | 1 | 0 | +6.7 | -15.1 to +29.8 | 0.5 | no difference shown
	// vit-single − cnn-single | 2 | 0 | +13.3 | -9.8 to +37.9 | 0.25 | no difference shown
	// vit-hybrid − cnn-hybrid | 5 | 0 | +33.3 | +6.1 to +58.3 | 0.031 | differ
}

func ExampleOverlapTable() {
	printTableOr(OverlapTable())
	// Output:
	// if | right in hybrid alone | right in single alone | McNemar mid-p
	// errors nested | 13 | 0 | 0.00012
	// errors apart | 41 | 28 | 0.12
}

func ExamplePublishedPairsTable() {
	printTableOr(PublishedPairsTable())
	// Output:
	// arms | right of 300 | p, strongest case | p, weakest case | at 5 %
	// cnn-single – cnn-hybrid | 262 – 258 | 0.0625 | 0.657 | cannot be told from chance, whatever the overlap
	// vit-hybrid – vit-single | 276 – 275 | 0.5 | 0.888 | cannot be told from chance, whatever the overlap
	// vit-single – cnn-single | 275 – 262 | 0.000122 | 0.103 | depends on the overlap
	// vit-hybrid – cnn-hybrid | 276 – 258 | 3.81e-06 | 0.0271 | differ, whatever the overlap
}

func ExampleNeedTable() {
	printTableOr(NeedTable())
	// Output:
	// arms | published difference, points | pictures needed at 5 of 100 | at 10 of 100
	// cnn-single − cnn-hybrid | 1.33 | 2,206 | 4,413
	// vit-hybrid − vit-single | 0.33 | 35,318 | 70,638
	// vit-single − cnn-single | 4.33 | 207 | 416
	// vit-hybrid − cnn-hybrid | 6.00 | – | 216
}

func ExampleTravelForDance() {
	s := experiment2()
	q, err := TravelForDance(s[1], s[0])
	fmt.Println(err)
	printTable(EvidenceTable([]Claim{{ID: "C6", Questions: []Question{q}}}))
	// Output:
	// <nil>
	// | more than 0? |  | difference | 95 % | p | verdict | note
	// C6 | travel taken for dance by cnn-hybrid − cnn-single, experiment 2 | published | – | – | – | not measured | the thesis prints no counts of figure 6.3 for this
	// |  | here | +40.00 points | -20.83 to +76.93 | 0.25 | cannot be told from this much data | 5 against 3 of 5 travel pictures, 2 by the first alone and 0 by the second alone
}

func ExampleGradientCurves() {
	for _, c := range GradientCurves(experiment2()) {
		fmt.Printf("%s: updates %g, cosines %.2f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// cnn-hybrid, picture alone: updates [0], cosines [0.80]
	// cnn-hybrid, another batch: updates [0], cosines [0.50]
	// vit-hybrid, picture alone: updates [0], cosines [0.80]
	// vit-hybrid, another batch: updates [0], cosines [0.50]
}

func ExampleGradientTable() {
	printTable(GradientTable(experiment2()))
	// Output:
	// arm | block | cosine with the picture alone | with another batch | norm over the picture alone's | over another batch's | turned than by another batch
	// cnn-hybrid | backbone | 0.800 | 0.500 | 1.00 | 0.50 | no further
	// cnn-hybrid | classifier | 0.500 | 0.750 | 2.00 | 2.00 | further
	// vit-hybrid | backbone | 0.800 | 0.500 | 1.00 | 0.50 | no further
	// vit-hybrid | classifier | 0.500 | 0.750 | 2.00 | 2.00 | further
}

func ExampleCausalTable() {
	header, rows := CausalTable()
	printTable(header, rows[:1])
	// Output:
	// arms | what is changed | isolates | predicts
	// cnn-hybrid-shuffled, vit-hybrid-shuffled | the rows of metadata change places between pictures, once a fold and seed, training and test pictures apart | what the numbers say about their own picture: their spread and the branch stay | below hybrid where the network uses the metadata; as far below single as hybrid where any such numbers do the harm
}

func ExampleCausalResults() {
	header, rows, missing, err := CausalResults(append(experiment2(), made(2, "cnn-hybrid-cut", "111111110110110")))
	fmt.Println(len(missing) > 0, err)
	printTable(header, rows)
	// Output:
	// true <nil>
	// arm | right | against | right | difference, points | 95 % | McNemar mid-p
	// cnn-hybrid-cut | 12 of 15 | cnn-hybrid | 10 of 15 | +13.33 | -9.77 to +37.88 | 0.25
}

func ExampleProbeTable() {
	printTableOr(ProbeTable(experiment2()))
	// Output:
	// backbone | after training | probe right | 95 % | against single, points | 95 % | McNemar mid-p
	// cnn | cnn-single | 12 of 15 | 54.8 to 93.0 % | – | – | –
	// cnn | cnn-hybrid | 10 of 15 | 41.7 to 84.8 % | -13.33 | -37.88 to +9.77 | 0.25
	// vit | vit-single | 14 of 15 | 70.2 to 98.8 % | – | – | –
	// vit | vit-hybrid | 15 of 15 | 79.6 to 100.0 % | +6.67 | -15.08 to +29.82 | 0.5
}

func ExampleShapleyTable() {
	printTable(ShapleyTable(experiment2()))
	// Output:
	// arm | replaced by | accuracy with both, % | picture alone | metadata alone | neither | picture's share | metadata's share | cooperation
	// cnn-hybrid | training mean | 66.7 | 33.3 | 33.3 | 33.3 | 16.7 | 16.7 | 33.3
	// vit-hybrid | training mean | 100.0 | 66.7 | 33.3 | 33.3 | 50.0 | 16.7 | 33.3
}

func ExampleEMAPTable() {
	printTable(EMAPTable(experiment2()))
	// Output:
	// arm | right | right, projected | loss | loss, projected
	// cnn-hybrid | 10 of 15 | 5 of 15 | 0.9000 | 1.0000
	// vit-hybrid | 15 of 15 | 10 of 15 | 0.9000 | 1.0000
}

func ExampleImportanceTable() {
	printTableOr(ImportanceTable(experiment2()))
	// Output:
	// number | cnn-hybrid, points lost | 95 % | vit-hybrid, points lost | 95 %
	// likes | +16.67 | +6.67 to +30.00 | +16.67 | +6.67 to +30.00
	// face_count | +0.00 | +0.00 to +0.00 | +0.00 | +0.00 to +0.00
}

func ExampleBalanceTable() {
	printTable(BalanceTable(experiment2()))
	// Output:
	// arm | growth of the gap test − training loss | fall of the test loss | accuracy that goes with the picture | with the metadata | discrepancy ratio ρ
	// cnn-single | +0.200 | +0.200 | – | – | –
	// cnn-hybrid | +0.200 | +0.200 | 0.500 | 0.500 | –
	// vit-single | +0.200 | +0.200 | – | – | –
	// vit-hybrid | +0.200 | +0.200 | 0.667 | 0.333 | –
}

func ExampleSizeTable() {
	printTableOr(SizeTable(experiment2()))
	// Output:
	// arm | trained values | right | 95 % | against vit-single, points | 95 % | McNemar mid-p
	// cnn-single | 1,234 | 12 of 15 | 54.8 to 93.0 % | -13.33 | -37.88 to +9.77 | 0.25
	// tiny-single | not trained | – | – | – | – | –
	// vit-single | 1,234 | 14 of 15 | 70.2 to 98.8 % | – | – | –
}

func ExampleSizeCurves() {
	curves, err := SizeCurves(experiment1())
	fmt.Println(err)
	for _, c := range curves {
		fmt.Printf("%s: %g pictures, accuracy %.3f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// <nil>
	// cnn-single: [12] pictures, accuracy [0.667]
	// cnn-hybrid: [12] pictures, accuracy [0.933]
}

func ExampleLearningNeed() {
	var points []stats.LearningPoint
	for i, accuracy := range []float64{0.75, 0.82, 0.845, 0.86} {
		points = append(points, stats.LearningPoint{N: 60 * (i + 1), Accuracy: []float64{accuracy - 0.01, accuracy, accuracy + 0.01}})
	}
	fmt.Println(LearningNeed(points))
	// Output:
	// fitted 86.0 % at 240 training pictures, at most 91.4 % with any number; half of the errors less (93.0 %) is beyond the curve; of curves through accuracies drawn anew 62 % never reach it <nil>
}

func ExampleClaim_Say() {
	claims, err := ExperimentClaims(append(experiment1(), experiment2()...))
	if err != nil {
		fmt.Println(err)
	}
	c, err := FindClaim(claims, "C7")
	fmt.Println(c.Say(), err)
	// Output:
	// C7, "Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning": cannot be told from this much data. accuracy of cnn-single − cnn-hybrid, experiment 2: +13.33 points (-9.77 to +37.88, p = 0.25): cannot be told from this much data. accuracy of cnn-hybrid-cut − cnn-hybrid, experiment 2: experiment 2, cnn-hybrid-cut is not measured yet: `go run ./lib/cmd/thesis trial -exp 2 -arm cnn-hybrid-cut` trains it. linear probe of the backbone after cnn-single − after cnn-hybrid, experiment 2: +13.33 points (-9.77 to +37.88, p = 0.25): cannot be told from this much data. <nil>
}

func ExampleVerdictTable() {
	claims, err := ExperimentClaims(append(experiment1(), experiment2()...))
	if err != nil {
		fmt.Println(err)
	}
	printTable(VerdictTable(claims))
	// Output:
	// | section | the thesis claims | its published numbers | these data
	// C3 | 5.2 | With a frozen backbone, metadata raises CNN accuracy by about 4.3 points and lowers the loss | cannot be told from this much data | cannot be told from this much data
	// C4 | 6.2 | With full fine-tuning, metadata lowers CNN accuracy (87.33 to 86.00) and F1 | cannot be told from this much data | cannot be told from this much data
	// C5 | 6.2 | With full fine-tuning, metadata raises ViT accuracy (91.67 to 92.00) and F1 | cannot be told from this much data | cannot be told from this much data
	// C4–C5 | 6.2, 7.4 | Metadata hurts the CNN and helps the ViT: what it does depends on the network | cannot be told from this much data | cannot be told from this much data
	// C6 | 6.3 | CNN hybrid mistakes travel for dance; the three text dimensions are the cause, not the number of dimensions | not measured | cannot be told from this much data
	// C7 | 7.1 | Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning | cannot be told from this much data | cannot be told from this much data
	// C8 | 7.2 | ViT features and metadata have a semantic affinity, so simple late fusion works for ViT | cannot be told from this much data | cannot be told from this much data
	// C9 | 7.3 | Model size may explain part of the gap | cannot be told from this much data | cannot be told from this much data
}

func ExampleSayVerdicts() {
	fmt.Println(SayVerdicts([]Claim{{Published: Supported}, {Published: Open}, {Published: Open}}))
	// Output:
	// Of 3 claims the published numbers support 1 and contradict 0; 2 cannot be told from 300 pictures.
}

func ExampleAccuracyBars() {
	arms, bars, err := AccuracyBars(experiment1(), "here")
	fmt.Println(arms, err)
	for _, b := range bars {
		fmt.Printf("%s %.3f from %.3f to %.3f\n", b.Name, b.Value, b.Low, b.High)
	}
	// Output:
	// [1 cnn-single 1 cnn-hybrid] <nil>
	// published [0.863 0.907] from [0.820 0.868] to [0.898 0.935]
	// here [0.667 0.933] from [0.417 0.702] to [0.848 0.988]
}

func ExampleClaims() {
	claims, err := Claims(rows(9, "dance", "gourmet", "travel"), experiment2())
	fmt.Println(len(claims), err)
	for _, c := range claims {
		fmt.Println(c.ID, c.Ours)
	}
	// Output:
	// 11 <nil>
	// C1 cannot be asked of these data
	// C2 cannot be asked of these data
	// 4.5-3 contradicted
	// C3 not measured
	// C4 cannot be told from this much data
	// C5 cannot be told from this much data
	// C4–C5 cannot be told from this much data
	// C6 cannot be told from this much data
	// C7 cannot be told from this much data
	// C8 cannot be told from this much data
	// C9 cannot be told from this much data
}

func ExampleFindClaim() {
	c, err := FindClaim([]Claim{{ID: "C7", Where: "7.1"}, {ID: "C8", Where: "7.2"}}, "C8")
	fmt.Println(c.ID, c.Where, err)
	// Output:
	// C8 7.2 <nil>
}
