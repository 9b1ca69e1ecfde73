package stats

import "fmt"

// ConfusionMatrix counts how often each class (row) was predicted as each class (column);
// truth and predicted hold class indices from 0. Checked against
// sklearn.metrics.confusion_matrix.
//
// Errors: ErrLength, ErrTooFew (no row), ErrRange (an index outside 0 to classes−1).
func ConfusionMatrix(truth, predicted []int, classes int) ([][]int, error) {
	if err := checkLabels(truth, predicted); err != nil {
		return nil, fmt.Errorf("confusion matrix: %w", err)
	}
	if classes < 1 {
		return nil, fmt.Errorf("confusion matrix: %d classes: %w: need at least 1", classes, ErrRange)
	}
	m := make([][]int, classes)
	for i := range m {
		m[i] = make([]int, classes)
	}
	for i, t := range truth {
		p := predicted[i]
		if t < 0 || t >= classes {
			return nil, fmt.Errorf("confusion matrix: truth %d at index %d: %w: need 0 to %d", t, i, ErrRange, classes-1)
		}
		if p < 0 || p >= classes {
			return nil, fmt.Errorf("confusion matrix: prediction %d at index %d: %w: need 0 to %d", p, i, ErrRange, classes-1)
		}
		m[t][p]++
	}
	return m, nil
}

// Score holds the three measures of one class or one average.
type Score struct {
	Precision float64 // eq. 2.5: TP/(TP+FP)
	Recall    float64 // eq. 2.6: TP/(TP+FN)
	F1        float64 // eq. 2.4: 2·precision·recall/(precision+recall) = 2TP/(2TP+FP+FN)
}

// ClassScore is the score of one class.
type ClassScore struct {
	Class string
	Score
	Support int // rows that truly belong to the class
}

// Evaluation is what a confusion matrix says about a classifier.
type Evaluation struct {
	Confusion [][]int // row: truth, column: prediction
	N         int
	Accuracy  float64 // eq. 2.3: share of rows predicted right
	PerClass  []ClassScore
	Macro     Score // plain mean over classes
	Weighted  Score // mean over classes, weighted by support
	// Undefined names each measure that is 0/0 and counted as 0: a class that was never
	// predicted has no precision, one without a row has no recall.
	Undefined []string
}

// Evaluate computes the metrics of a confusion matrix (row: truth, column: prediction),
// such as ConfusionMatrix returns or a paper prints. A measure that is 0/0 counts as 0, in
// the averages too, which is scikit-learn's zero_division=0, and is listed in Undefined.
// Equal to sklearn.metrics.precision_recall_fscore_support bit for bit up to 7 classes;
// numpy sums longer lists in another order.
//
// Errors: ErrLength (matrix not square or not of len(classes)), ErrRange (a negative
// count), ErrTooFew (all counts 0).
func Evaluate(confusion [][]int, classes []string) (Evaluation, error) {
	k := len(classes)
	if len(confusion) != k {
		return Evaluation{}, fmt.Errorf("evaluate: %w: %d rows for %d classes", ErrLength, len(confusion), k)
	}
	e := Evaluation{Confusion: confusion, PerClass: make([]ClassScore, k)}
	predicted := make([]int, k)
	right := 0
	for i, row := range confusion {
		if len(row) != k {
			return Evaluation{}, fmt.Errorf("evaluate: class %q: %w: %d columns for %d classes", classes[i], ErrLength, len(row), k)
		}
		for j, count := range row {
			if count < 0 {
				return Evaluation{}, fmt.Errorf("evaluate: class %q predicted as %q %d times: %w: need 0 or more", classes[i], classes[j], count, ErrRange)
			}
			e.PerClass[i].Support += count
			predicted[j] += count
			e.N += count
		}
		right += row[i]
	}
	if e.N == 0 {
		return Evaluation{}, fmt.Errorf("evaluate: %w: all counts are 0", ErrTooFew)
	}
	e.Accuracy = float64(right) / float64(e.N)

	var weighted Score
	for i, class := range classes {
		c := &e.PerClass[i]
		c.Class = class
		tp := float64(confusion[i][i])
		ratio := func(what string, over, under float64) float64 {
			if under == 0 {
				e.Undefined = append(e.Undefined, what+" of "+class)
				return 0
			}
			return over / under
		}
		c.Precision = ratio("precision", tp, float64(predicted[i]))
		c.Recall = ratio("recall", tp, float64(c.Support))
		c.F1 = ratio("F1", 2*tp, float64(c.Support+predicted[i]))

		w := float64(c.Support)
		e.Macro = e.Macro.plus(c.Score, 1)
		weighted = weighted.plus(c.Score, w)
	}
	e.Macro = e.Macro.over(float64(k))
	e.Weighted = weighted.over(float64(e.N))
	return e, nil
}

func (s Score) plus(t Score, w float64) Score {
	// The conversions forbid a fused multiply-add, which would round differently.
	return Score{s.Precision + float64(t.Precision*w), s.Recall + float64(t.Recall*w), s.F1 + float64(t.F1*w)}
}

func (s Score) over(n float64) Score { return Score{s.Precision / n, s.Recall / n, s.F1 / n} }

// Metric is one number from a square confusion matrix (row: truth, column: prediction), such as
// Accuracy or MacroF1.
type Metric func(confusion [][]int) float64

// Accuracy is the Metric of eq. 2.3, the share of rows predicted right; 0 of no row.
func Accuracy(confusion [][]int) float64 {
	right, n := 0, 0
	for i, row := range confusion {
		right += row[i]
		for _, count := range row {
			n += count
		}
	}
	if n == 0 {
		return 0
	}
	return float64(right) / float64(n)
}

// MacroF1 is the Metric that Evaluate calls Macro.F1: the mean of eq. 2.4 over classes, a
// class that is neither true nor predicted counting as 0.
func MacroF1(confusion [][]int) float64 {
	var sum float64
	for i, row := range confusion {
		n := 0 // 2TP + FP + FN
		for j, count := range row {
			n += count + confusion[j][i]
		}
		if n > 0 {
			sum += float64(2*row[i]) / float64(n)
		}
	}
	return sum / float64(len(confusion))
}

// checkLabels checks that each of the predictions has a label for each row of truth.
func checkLabels(truth []int, predictions ...[]int) error {
	if len(truth) == 0 {
		return fmt.Errorf("truth: %w: no row", ErrTooFew)
	}
	for i, p := range predictions {
		if len(p) != len(truth) {
			return fmt.Errorf("prediction %d: %w: %d for %d rows", i+1, ErrLength, len(p), len(truth))
		}
	}
	return nil
}

// Table lays out the measures over all classes.
func (e Evaluation) Table() (header []string, rows [][]string) {
	return []string{"measure", "value"}, [][]string{
		{"accuracy", fmt.Sprintf("%.4f", e.Accuracy)},
		{"F1, macro: mean over genres", fmt.Sprintf("%.4f", e.Macro.F1)},
		{"F1, weighted by the genre's pictures", fmt.Sprintf("%.4f", e.Weighted.F1)},
	}
}
