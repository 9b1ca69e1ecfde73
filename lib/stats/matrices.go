package stats

import "iter"

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
