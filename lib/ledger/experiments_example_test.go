package ledger

import (
	"fmt"
	"strings"
	"testing"

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
	// cnn-single | net | net-weights | 96 | 2 | 4 | 0.001 | 1,234
	// cnn-hybrid | net | net-weights | 96 | 2 | 4 | 0.001 | 1,234
	// vit-single | net | net-weights | 96 | 2 | 4 | 0.001 | 1,234
	// vit-hybrid | net | net-weights | 96 | 2 | 4 | 0.001 | 1,234
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
	// arm | accuracy | sd over folds, points | macro F1, mean of folds | macro F1, pooled | accuracy, best epoch | F1, best epoch
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
	// accuracy [80.000 66.667 93.333 100.000]
	// macro F1 [73.333 55.556 91.111 100.000]
}

func ExampleEpochCurves() {
	for _, c := range EpochCurves(experiment1()[:1]) {
		fmt.Printf("%s: epochs %g, accuracies %.3f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// cnn-single training: epochs [1 2], accuracies [50.000 75.000]
	// cnn-single test: epochs [1 2], accuracies [66.667 66.667]
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
	// cnn-hybrid alone is right on 4 pictures, cnn-single alone on 0: McNemar p = 0.125 (exact), p = 0.063 (mid-p). Difference in accuracy +26.7 points, 95 % interval +0.8 to +52.0 (Tango 1998). The difference is not larger than chance gives at 5 %: whether the arms differ cannot be told from these runs. <nil>
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
	// Over the 5 folds, corrected for their common training pictures (Nadeau & Bengio 2003), vit-hybrid − cnn-single has t = 1.63 with 4 degrees of freedom, p = 0.178: no difference is shown at 5 %. <nil>
}

func ExamplePairsTable() {
	printTableOr(PairsTable(experiment2()))
	// Output:
	// arms | right in the first alone | in the second alone | points | 95 % | McNemar mid-p | p, Holm | at 5 %
	// cnn-hybrid − cnn-single | 0 | 2 | −13.3 | −37.9 to +9.8 | 0.250 | 0.750 | no difference shown
	// vit-hybrid − vit-single | 1 | 0 | +6.7 | −15.1 to +29.8 | 0.500 | 0.750 | no difference shown
	// vit-single − cnn-single | 2 | 0 | +13.3 | −9.8 to +37.9 | 0.250 | 0.750 | no difference shown
	// vit-hybrid − cnn-hybrid | 5 | 0 | +33.3 | +6.1 to +58.3 | 0.031 | 0.187 | no difference shown
	// vit-hybrid − cnn-single | 3 | 0 | +20.0 | −4.5 to +45.2 | 0.125 | 0.500 | no difference shown
	// vit-single − cnn-hybrid | 4 | 0 | +26.7 | +0.8 to +52.0 | 0.063 | 0.313 | no difference shown
}

func ExampleOverlapTable() {
	printTableOr(OverlapTable())
	// Output:
	// if | right in hybrid alone | right in single alone | McNemar mid-p
	// errors nested | 13 | 0 | < 0.001
	// errors apart | 41 | 28 | 0.120
}

func ExamplePublishedPairsTable() {
	printTableOr(PublishedPairsTable())
	// Output:
	// arms | right of 300 | pictures that may tell them apart | mid-p, strongest case | mid-p, weakest case | at 5 %
	// cnn-single − cnn-hybrid | 262 and 258 | 4 to 80 | 0.063 | 0.657 | cannot be told from chance, whatever the overlap
	// vit-hybrid − vit-single | 276 and 275 | 1 to 49 | 0.500 | 0.888 | cannot be told from chance, whatever the overlap
	// vit-single − cnn-single | 275 and 262 | 13 to 63 | < 0.001 | 0.103 | differ if at most 43 pictures tell them apart
	// vit-hybrid − cnn-hybrid | 276 and 258 | 18 to 66 | < 0.001 | 0.027 | differ, whatever the overlap
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
	// | more than 0? | difference | 95 % | p | verdict
	// C6 | travel taken for dance by cnn-hybrid − cnn-single, experiment 2, in points |  |  |  |
	// | published: the thesis prints no counts of figure 6.3 for this | – | – | – | not published
	// | here: 5 against 3 of 5 travel pictures, 2 by the first alone and 0 by the second alone | +40.00 | −20.83 to +76.93 | 0.250 | cannot be told
}

func ExampleGradientCurves() {
	for _, c := range GradientCurves(experiment2()) {
		fmt.Printf("%s: updates %g, cosines %.2f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// cnn-hybrid: updates [0], cosines [0.80]
	// vit-hybrid: updates [0], cosines [0.80]
}

func ExampleGradientTable() {
	printTableOr(GradientTable(experiment2()))
	// Output:
	// arm | block | cosine with the picture alone | lowest to highest fold | with another batch | along the picture's own | 95 % over the folds | change over another batch's
	// cnn-hybrid | backbone | 0.800 | 0.800 to 0.800 | 0.500 | 0.800 | – | 0.37
	// cnn-hybrid | classifier | 0.500 | 0.500 to 0.500 | 0.750 | 1.000 | – | 1.22
	// vit-hybrid | backbone | 0.800 | 0.800 to 0.800 | 0.500 | 0.800 | – | 0.37
	// vit-hybrid | classifier | 0.500 | 0.500 to 0.500 | 0.750 | 1.000 | – | 1.22
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
	// arm | right | against | right | difference, points | 95 % | McNemar mid-p | p over the folds
	// cnn-hybrid-cut | 12 of 15 | cnn-hybrid | 10 of 15 | +13.33 | −9.77 to +37.88 | 0.250 | 0.338
}

func ExampleProbeTable() {
	printTableOr(ProbeTable(experiment2()))
	// Output:
	// backbone | after training | arm right | probe right | 95 % | against single, points | 95 % | McNemar mid-p
	// cnn | cnn-single | 12 of 15 | 12 of 15 | 54.8 to 93.0 % | – | – | –
	// cnn | cnn-hybrid | 10 of 15 | 10 of 15 | 41.7 to 84.8 % | −13.33 | −37.88 to +9.77 | 0.250
	// vit | vit-single | 14 of 15 | 14 of 15 | 70.2 to 98.8 % | – | – | –
	// vit | vit-hybrid | 15 of 15 | 15 of 15 | 79.6 to 100.0 % | +6.67 | −15.08 to +29.82 | 0.500
}

func ExampleShapleyTable() {
	printTableOr(ShapleyTable(experiment2()))
	// Output:
	// arm | replaced by | both | picture | metadata | neither | picture's share | metadata's | 95 % over the folds | cooperation
	// cnn-hybrid | training mean | 66.7 | 33.3 | 33.3 | 33.3 | +16.7 | +16.7 | – | +33.3
	// vit-hybrid | training mean | 100.0 | 66.7 | 33.3 | 33.3 | +50.0 | +16.7 | – | +33.3
}

func ExampleEMAPTable() {
	printTable(EMAPTable(experiment2()))
	// Output:
	// arm | right | right, projected | loss, nats | loss, projected, nats
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
	// arm | growth of the gap test − training loss, nats | fall of the test loss, nats | accuracy that goes with the picture, % | with the metadata, %
	// cnn-single | +0.200 | +0.200 | – | –
	// cnn-hybrid | +0.200 | +0.200 | 50.0 | 50.0
	// vit-single | +0.200 | +0.200 | – | –
	// vit-hybrid | +0.200 | +0.200 | 66.7 | 33.3
}

// sized are arms of networks that are in the catalogue.
func sized() []trial.Summary {
	s := append(experiment2(), made(2, "tiny-single", "110110110110100"))
	for i := range s {
		s[i].Weights = "dinov2-s14-imgfocus"
		if strings.HasPrefix(s[i].Arm, "cnn") {
			s[i].Weights = "lite0"
		}
	}
	return s
}

func ExampleSizeTable() {
	printTableOr(SizeTable(sized()))
	// Output:
	// arm | weights | layers | trained values | rate | right | 95 % | against vit-single, points | 95 % | McNemar mid-p
	// cnn-single | lite0 | 16 | 1,234 | 0.001 | 12 of 15 | 54.8 to 93.0 % | −13.33 | −37.88 to +9.77 | 0.250
	// tiny-single | dinov2-s14-imgfocus | 2 | 1,234 | 0.001 | 9 of 15 | 35.7 to 80.2 % | −33.33 | −58.29 to −6.15 | 0.031
	// vit-single | dinov2-s14-imgfocus | 12 | 1,234 | 0.001 | 14 of 15 | 70.2 to 98.8 % | – | – | –
}

func ExampleSizeCurves() {
	curves, err := SizeCurves(experiment1())
	fmt.Println(err)
	for _, c := range curves {
		fmt.Printf("%s: %g pictures, accuracy %.3f\n", c.Name, c.X, c.Y)
	}
	// Output:
	// <nil>
	// cnn-single: [12] pictures, accuracy [66.667]
	// cnn-hybrid: [12] pictures, accuracy [93.333]
}

func ExampleLearningNeed() {
	for _, accuracies := range [][]float64{{0.75, 0.82, 0.845, 0.86}, {0.8, 0.79, 0.86, 0.87}} {
		var points []stats.LearningPoint
		for i, accuracy := range accuracies {
			points = append(points, stats.LearningPoint{N: 60 * (i + 1), Accuracy: []float64{accuracy - 0.01, accuracy, accuracy + 0.01}})
		}
		printSaid(LearningNeed(points))
	}
	// Output:
	// The fitted curve has 86.0 % at 240 training pictures and levels off at 91.4 %. Half of the errors less would be 93.0 %, which it does not reach; 62 % of the curves through accuracies drawn anew never reach it.
	// The fitted curve has 85.9 % at 240 training pictures and levels off at 100.0 %, the bound that was set to it: where it levels off, the accuracies do not tell. From 60 to 120 pictures the accuracy falls (80.0 to 79.0 %), which no such curve does. Half of the errors less, 93.0 %, takes about 2,460 pictures (95 %: 1,600 to 4,380); 0 % of the curves through accuracies drawn anew never reach it.
}

func ExampleClaim_Say() {
	claims, err := ExperimentClaims(append(experiment1(), experiment2()...))
	if err != nil {
		fmt.Println(err)
	}
	c, err := FindClaim(claims, "C7")
	fmt.Println(c.Say(), err)
	// Output:
	// C7, “Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning”: not measured. Accuracy of (cnn-hybrid-cut − cnn-single-cut) − (cnn-hybrid − cnn-single), experiment 2: not measured (not trained: experiment 2, cnn-hybrid-cut, cnn-single-cut). Linear probe of the backbone after cnn-single − after cnn-hybrid, experiment 2: not measured (not trained: experiment 2, cnn-logistic). <nil>
}

func ExampleVerdictTable() {
	claims, err := ExperimentClaims(append(experiment1(), experiment2()...))
	if err != nil {
		fmt.Println(err)
	}
	printTable(VerdictTable(claims))
	// Output:
	// | the thesis claims (section) | its published numbers | these data
	// C3 | With a frozen backbone, metadata raises CNN accuracy by about 4.3 points and lowers the loss (5.2) | cannot be told | cannot be asked of these data (1 of 2 questions)
	// C4 | With full fine-tuning, metadata lowers CNN accuracy (87.33 to 86.00) and F1 (6.2) | cannot be told | cannot be told
	// C5 | With full fine-tuning, metadata raises ViT accuracy (91.67 to 92.00) and F1 (6.2) | cannot be told | cannot be told
	// C4–C5 | What metadata does depends on the network: more good, or less harm, to the ViT than to the CNN (6.2, 7.4) | cannot be told | cannot be told
	// C6 | CNN hybrid mistakes travel for dance; the three text dimensions are the cause, not the number of dimensions (6.3) | not published | cannot be told
	// C7 | Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning (7.1) | not published | not measured
	// C8 | ViT features and metadata have a semantic affinity, so simple late fusion works for ViT (7.2) | not published (1 of 2 questions) | cannot be told
	// C9 | Model size may explain part of the gap between CNN and ViT (7.3) | not published (1 of 2 questions) | cannot be asked of these data
	// C10 | The ViT with metadata is more accurate than the CNN with metadata (92.00 against 86.00) (7.4) | supported | supported
	// C11 | Metadata does more good, or less harm, to the CNN with a frozen backbone than with full fine-tuning (5.2, 7.1.1) | cannot be told | cannot be told
	// C12 | Metadata raises what the ViT gets right of gourmet (96 to 98 of 100) (6.3) | cannot be told | cannot be told
	// C13 | The metadata carries no consistent signal of the genre (7.1.1) | not published | not measured
}

func ExampleSayVerdicts() {
	fmt.Println(SayVerdicts([]Claim{{Published: Supported}, {Published: Open}, {Published: Open}}))
	// Output:
	// Of 3 claims, on the published numbers: 1 supported, 0 contradicted, 2 cannot be told. On these data: 0 supported, 0 contradicted.
}

func ExampleAccuracyBars() {
	arms, bars, err := AccuracyBars(experiment1(), "here")
	fmt.Println(arms, err)
	for _, b := range bars {
		fmt.Printf("%s %.3f from %.3f to %.3f\n", b.Name, b.Value, b.Low, b.High)
	}
	// Output:
	// [1: cnn-single 1: cnn-hybrid] <nil>
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
	// 15 <nil>
	// C1 cannot be asked of these data
	// C2 cannot be asked of these data
	// 4.5-3 contradicted
	// C3 not measured
	// C4 cannot be told
	// C5 cannot be told
	// C4–C5 cannot be told
	// C6 cannot be told
	// C7 not measured
	// C8 cannot be told
	// C9 cannot be asked of these data
	// C10 supported
	// C11 not measured
	// C12 cannot be told
	// C13 not measured
}

func ExampleFindClaim() {
	c, err := FindClaim([]Claim{{ID: "C7", Where: "7.1"}, {ID: "C8", Where: "7.2"}}, "C8")
	fmt.Println(c.ID, c.Where, err)
	// Output:
	// C8 7.2 <nil>
}

func printSaid(said string, err error) {
	fmt.Println(said)
	if err != nil {
		fmt.Println(err)
	}
}

// repeated are experiment 1's arms trained three times.
func repeated() []trial.Summary {
	s := experiment1()
	for i, right := range []string{"110110110110110", "111111110111110", "110111110110110", "111110110111111"} {
		again := made(1, []string{"cnn-single", "cnn-hybrid"}[i%2], right)
		again.Repeat = 1 + i/2
		s = append(s, again)
	}
	return s
}

func ExamplePublishedF1Table() {
	printTableOr(PublishedF1Table())
	// Output:
	// arm | pictures right | published F1, % | possible of all pictures together, % | possible as the folds' mean, %
	// cnn-single | 262 | 83.25 | 86.40 to 87.68 ✗ | 82.76 to 88.07
	// cnn-hybrid | 258 | 76.80 | 84.80 to 86.39 ✗ | 80.66 to 86.87 ✗
	// vit-single | 275 | 89.95 | 91.32 to 91.85 ✗ | 88.93 to 92.04
	// vit-hybrid | 276 | 93.33 | 91.68 to 92.17 ✗ | 89.29 to 92.35 ✗
}

func ExampleEquivalenceTable() {
	printTableOr(EquivalenceTable(experiment2(), 2))
	// Output:
	// arms | margin, points | difference, points | 90 % | p, both sides | pictures that it takes | folds: worse, % | within, % | better, %
	// cnn-hybrid − cnn-single | 2.00 | −13.33 | −33.36 to +3.98 | 0.902 | 2,855 | 80 | 6 | 14
	// cnn-hybrid − cnn-single | 0.67 | −13.33 | −33.36 to +3.98 | 0.915 | 25,692 | 82 | 2 | 16
	// vit-hybrid − vit-single | 2.00 | +6.67 | −9.63 to +25.08 | 0.796 | 1,428 | 22 | 12 | 67
	// vit-hybrid − vit-single | 0.17 | +6.67 | −9.63 to +25.08 | 0.838 | 205,533 | 27 | 1 | 72
}

func ExampleSayEquivalence() {
	printSaid(SayEquivalence(experiment2(), 40))
	// Output:
	// cnn-hybrid − cnn-single: the difference in accuracy is within ±40.00 points (p = 0.018); their losses differ alike in every picture. vit-hybrid − vit-single: the difference in accuracy is within ±40.00 points (p = 0.004); their losses differ alike in every picture.
}

func ExamplePowerTable() {
	printTableOr(PowerTable(experiment2()))
	// Output:
	// arms | pictures that tell them apart | shown with 80 % power from, points | published difference, points | power for it, % | pictures it takes
	// cnn-single − cnn-hybrid | 2 of 15 | – | 1.33 | 0 | 5,885
	// vit-hybrid − vit-single | 1 of 15 | – | 0.33 | 0 | 47,091
	// vit-single − cnn-single | 2 of 15 | – | 4.33 | 0 | 555
	// vit-hybrid − cnn-hybrid | 5 of 15 | – | 6.00 | 4 | 725
}

func ExampleSayPairs() {
	printSaid(SayPairs(experiment2()))
	// Output:
	// Cochran's Q asks whether all arms are equally accurate, not which are not. Pairs that differ at 5 %: 1 of 6 each by itself, 0 once the p-values are corrected for their number (Holm); the clearest is vit-hybrid − cnn-hybrid with +33.3 points (p = 0.031, corrected p = 0.187).
}

func ExampleSayDisagreements() {
	printSaid(SayDisagreements(experiment2(), "cnn"))
	// Output:
	// cnn-single and cnn-hybrid disagree on 2 of 15 pictures. With the mean metadata in the place of the pictures' own cnn-hybrid gets 33.3 % right instead of 66.7. What is left to single is what training with metadata did to the weights, or merely training again: these runs cannot tell the two apart.
}

func ExampleSayGourmet() {
	printSaid(SayGourmet())
	// Output:
	// The published 96 and 98 of 100 gourmet pictures are 2 pictures apart: McNemar's mid-p lies between 0.250 and 0.453, so whatever the overlap of their errors, that cannot be told from chance.
}

func ExampleSayGradients() {
	printSaid(SayGradients(experiment2()))
	// Output:
	// cnn-hybrid: the backbone's gradient has a cosine of 0.800 with the picture's own and goes 0.800 of its way, alike in every fold; the residual that both branches share goes from 0.000 at the first measured update to 0.000 at the last, and without the metadata from 0.000 to 0.000. vit-hybrid: the backbone's gradient has a cosine of 0.800 with the picture's own and goes 0.800 of its way, alike in every fold; the residual that both branches share goes from 0.000 at the first measured update to 0.000 at the last, and without the metadata from 0.000 to 0.000.
}

// What is said of the picture's own progress follows the folds, and can come out either way.
func TestSayGradients(t *testing.T) {
	for want, dots := range map[string][]float64{
		"take from the picture's own progress": {0.8, 0.82, 0.79, 0.81, 0.8},
		"add to the picture's own progress":    {1.2, 1.22, 1.19, 1.21, 1.2},
		"cannot be told from 5 folds":          {0.8, 1.2, 0.9, 1.1, 1},
	} {
		s := made(2, "cnn-hybrid", "110110110110110")
		for i, r := range s.Records {
			r.Steps[0].Blocks[0].AloneDot, r.Steps[0].Blocks[0].Norm = dots[i], 1.3
		}
		says, err := SayGradients([]trial.Summary{s})
		if err != nil || !strings.Contains(says, want) {
			t.Errorf("%v: %s, want %s; %v", dots, says, want, err)
		}
	}
}

func ExampleSayMetadataAlone() {
	printSaid(SayMetadataAlone([]trial.Summary{made(2, "meta", "110110100110110")}))
	// Output:
	// By the 16 numbers alone experiment 2's arm meta is right on 9 of 15 pictures, 60.0 % (95 %: 35.7 to 80.2), where guessing gives 33.3 %: metadata do carry a signal of the genre, whatever the R² of likes on saves.
}

func ExampleSayChosenArms() {
	fmt.Println(SayChosenArms())
	// Output:
	// Chapter 7 trains by itself, besides the thesis' four arms, those that the claims of 7.1 and 7.3 cannot do without: cnn-single-cut, cnn-hybrid-cut, tiny-single, meta, vit-logistic, cnn-logistic.
}

func ExampleSayCausal() {
	printSaid(SayCausal(append(experiment2(), made(2, "cnn-hybrid-cut", "000000000000110"))))
	// Output:
	// Differences at 5 % over the pictures, uncorrected: 1 of 1, where chance alone would make 0.1. cnn-hybrid-cut − cnn-hybrid: −53.33 points (p = 0.004 over the pictures, 0.056 over the folds; 75.0 % and 75.0 % right of their training pictures).
}

func ExampleSayProbes() {
	printSaid(SayProbes(append(experiment2(), made(2, "cnn-logistic", "110110100110110"), made(2, "vit-logistic", "111111111111111"))))
	// Output:
	// cnn: the linear probe is right on 9 pictures before training, 12 after single and 10 after hybrid training. Whether hybrid training leaves another probe than single training cannot be told (−13.33 points, p = 0.250). vit: the linear probe is right on 15 pictures before training, 14 after single and 15 after hybrid training. Training on the picture alone did not raise it (−6.67 points, p = 0.500), so that neither contamination nor competition predicts anything here.
}

func ExampleSayShares() {
	printSaid(SayShares(experiment2()))
	// Output:
	// cnn-hybrid: with the mean metadata the accuracy changes by −33.3 points; the metadata's share is +16.7 points. vit-hybrid: with the mean metadata the accuracy changes by −33.3 points; the metadata's share is +16.7 points.
}

func ExampleSayEMAP() {
	fmt.Println(SayEMAP(experiment2()))
	// Output:
	// The arm that loses most by being projected is cnn-hybrid, with 5 of 15 pictures: so much of its accuracy rests on picture and metadata together.
}

func ExampleSayImportance() {
	printSaid(SayImportance(experiment2()))
	// Output:
	// Intervals that leave out 0: 2 of 4, where chance alone would make 0.2: likes in cnn-hybrid (+16.67 points), likes in vit-hybrid (+16.67 points).
}

func ExampleSaySizes() {
	printSaid(SaySizes(sized()))
	// Output:
	// tiny-single is dinov2-s14-imgfocus cut after 2 of its 12 layers and trained at a rate of 0.001; vit-single is dinov2-s14-imgfocus uncut, at 0.001. With 9 right it stands below both others. Here the ViT is not shown to be ahead of the CNN (+13.33 points, p = 0.250): there is no lead that size would have to explain.
}

func ExampleSayOverfit() {
	fmt.Println(SayOverfit(experiment2()))
	// Output:
	// From the first epoch to the last, of cnn-single (1,234 values): the gap between test and training loss changed by +0.200 nats while the test loss fell by 0.200; of vit-single (1,234 values): the gap between test and training loss changed by +0.200 nats while the test loss fell by 0.200. The networks differ in their rates, epochs, pictures and pretraining too: that it is their size which makes the gap, these numbers cannot say.
}

func ExampleNoiseTable() {
	printTableOr(NoiseTable(repeated()))
	// Output:
	// experiment, arm | trainings | source | sd, points | 95 % | share of the variance, % | p
	// 1 cnn-single | 3 | fold | 0.00 | 0.00 to 13.31 | 0 | 0.461
	// |  | training | 0.00 | 0.00 to 23.83 | 0 | 0.410
	// |  | rest | 8.61 | 5.81 to 16.49 | 100 | –
	// 1 cnn-hybrid | 3 | fold | 11.39 | 0.00 to 38.32 | 44 | 0.069
	// |  | training | 0.00 | 0.00 to 23.39 | 0 | 0.656
	// |  | rest | 12.91 | 8.72 to 24.73 | 56 | –
}

func ExampleSayNoise() {
	printSaid(SayNoise(repeated()))
	// Output:
	// Trained again on the same folds, cnn-single of experiment 1 changes its accuracy over all pictures by 3.85 points (standard deviation). Trained again on the same folds, cnn-hybrid of experiment 1 changes its accuracy over all pictures by 5.77 points (standard deviation). Over 3 trainings of 5 folds, cnn-hybrid − cnn-single of experiment 1 is +20.00 points (95 % of the posterior: −5.44 to +45.44): worse by more than 2.17, half of the published difference, with a probability of 4 %, within it with 4 %, better by more with 92 %.
}

func ExampleSayPublishedF1() {
	printSaid(SayPublishedF1())
	// Output:
	// Of 4 published F1, 0 can be that of all pictures together, and 2 the mean over five stratified folds; possible in neither way (✗ in both columns), if accuracy and F1 are of one epoch and the tests five stratified folds: cnn-hybrid and vit-hybrid.
}
