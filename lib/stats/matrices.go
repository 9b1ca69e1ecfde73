package stats

import (
	"fmt"
	"iter"
)

// OneAgainstRest counts class g against all others in a confusion matrix [truth][predicted]: its own on the
// diagonal (tp), the rest of its column (fp) and of its row (fn), and all else (tn).
func OneAgainstRest(confusion [][]int, g int) (tp, fp, fn, tn float64) {
	for truth, row := range confusion {
		for predicted, n := range row {
			switch v := float64(n); {
			case truth == g && predicted == g:
				tp += v
			case predicted == g:
				fp += v
			case truth == g:
				fn += v
			default:
				tn += v
			}
		}
	}
	return tp, fp, fn, tn
}

// ConfusionsOfThree are all confusion matrices of three classes of n each that have so many errors. A matrix is
// valid until the next one.
func ConfusionsOfThree(n, errors int) iter.Seq[[][]int] {
	m := [][]int{make([]int, 3), make([]int, 3), make([]int, 3)}
	return func(yield func([][]int) bool) {
		for a := range errors + 1 {
			for b := range errors - a + 1 {
				for c := range errors - a - b + 1 {
					for d := range errors - a - b - c + 1 {
						for e := range errors - a - b - c - d + 1 {
							f := errors - a - b - c - d - e
							if a+b > n || c+d > n || e+f > n {
								continue
							}
							m[0][0], m[0][1], m[0][2] = n-a-b, a, b
							m[1][0], m[1][1], m[1][2] = c, n-c-d, d
							m[2][0], m[2][1], m[2][2] = e, f, n-e-f
							if !yield(m) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// F1Range is the smallest and the largest macro F1 that a confusion matrix of three classes of n each can
// have with so many errors: every one of them is looked at.
//
// Errors: ErrRange (n below 1, errors outside 0 to 3n).
func F1Range(n, errors int) (Range, error) {
	if n < 1 || errors < 0 || errors > 3*n {
		return Range{}, fmt.Errorf("range of macro F1: %d errors in 3 classes of %d: %w", errors, n, ErrRange)
	}
	r := emptyRange
	for m := range ConfusionsOfThree(n, errors) {
		r.add(MacroF1(m))
	}
	return r, nil
}

// MeanF1Range is the same for the mean of the macro F1 of so many folds, each of three classes of n, with so
// many errors in all of them together, however they fall on the folds. The F1 of one fold with e errors lies
// in F1Range(n, e); the best and the worst way to share the errors out is found fold by fold.
//
// Errors: ErrRange (n or folds below 1, errors outside 0 to 3n a fold).
func MeanF1Range(n, errors, folds int) (Range, error) {
	if n < 1 || folds < 1 || errors < 0 || errors > 3*n*folds {
		return Range{}, fmt.Errorf("range of the mean macro F1: %d errors in %d folds of 3 classes of %d: %w", errors, folds, n, ErrRange)
	}
	var one []Range // by the errors of a fold
	for e := range min(errors, 3*n) + 1 {
		r, err := F1Range(n, e)
		if err != nil {
			return Range{}, err
		}
		one = append(one, r)
	}
	sums := []Range{{}} // of the folds so far, by their errors together; emptyRange where so many do not fit
	for range folds {
		next := make([]Range, min(errors, len(sums)-1+len(one)-1)+1)
		for i := range next {
			next[i] = emptyRange
		}
		for before, sum := range sums {
			for e, r := range one {
				if before+e < len(next) {
					next[before+e].add(sum.Low + r.Low)
					next[before+e].add(sum.High + r.High)
				}
			}
		}
		sums = next
	}
	all := sums[errors]
	return Range{all.Low / float64(folds), all.High / float64(folds)}, nil
}
