package stats

// How many rows it takes: to find a difference that there is, and to show that there is
// none.

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// SampleSizeMcNemar is the number of rows with which McNemar finds a difference between two
// accuracies with that power at the level 1 − Level, where the discordance is the share of
// rows that only one of the classifiers gets right (Connor 1987):
//
//	n = ((z_α√s + z_β√(s − d²))/d)²,
//
// with d the difference, s the discordance, z_α = 1.96. The sign of the difference does not
// matter. n is not rounded. It is that of the normal approximation; PowerMcNemar says what
// the exact test really has, which is less. Checked against the formula with scipy's normal
// quantiles, and against the 22 rows that R's MESS::power_mcnemar_test has in its tests for
// shares of 0.45 and 0.05.
//
// Errors: ErrRange (a difference of 0 or beyond the discordance, a discordance beyond 1, a
// power outside 0.5 to 1).
func SampleSizeMcNemar(difference, discordance, power float64) (float64, error) {
	if err := checkPower(discordance, power); err != nil {
		return 0, fmt.Errorf("sample size of mcnemar: %w", err)
	}
	d := math.Abs(difference)
	if !(d > 0 && d <= discordance) {
		return 0, fmt.Errorf("sample size of mcnemar: difference: %g is %w: need one other than 0 and at most the discordance %g", difference, ErrRange, discordance)
	}
	return connor(d, discordance, power), nil
}

func connor(d, s, power float64) float64 {
	return sq((zCritical*math.Sqrt(s) + zUpper(1-power)*math.Sqrt(s-d*d)) / d)
}

// zUpper is the z that a standard normal variable exceeds with probability p.
func zUpper(p float64) float64 { return math.Sqrt2 * math.Erfcinv(2*p) }

func checkPower(discordance, power float64) error {
	if !(discordance > 0 && discordance <= 1) {
		return fmt.Errorf("discordance: %g is %w: need a share above 0", discordance, ErrRange)
	}
	if !(power >= 0.5 && power < 1) {
		return fmt.Errorf("power: %g is %w: need 0.5 to 1, such as 0.8", power, ErrRange)
	}
	return nil
}

// DetectableDifference is the smallest difference between two accuracies that McNemar finds
// with that power in n rows: the one of which SampleSizeMcNemar is n.
//
// Errors: ErrTooFew (not even a difference as large as the discordance is found in n rows),
// ErrRange (n < 1, discordance or power as for SampleSizeMcNemar).
func DetectableDifference(n int, discordance, power float64) (float64, error) {
	if err := checkPower(discordance, power); err != nil {
		return 0, fmt.Errorf("detectable difference: %w", err)
	}
	if n < 1 {
		return 0, fmt.Errorf("detectable difference: n: %d is %w: need at least 1", n, ErrRange)
	}
	if need := connor(discordance, discordance, power); need > float64(n) {
		return 0, fmt.Errorf("detectable difference: %w: have %d rows, need at least %.0f where %g of them tell the classifiers apart",
			ErrTooFew, n, math.Ceil(need), discordance)
	}
	low, high := 0.0, discordance
	for range 100 { // halves down to the last bit; the need falls as the difference grows
		if mid := (low + high) / 2; connor(mid, discordance, power) > float64(n) {
			low = mid
		} else {
			high = mid
		}
	}
	return high, nil
}

// McNemarPower is the probability that McNemar finds a difference.
type McNemarPower struct {
	Exact, MidP float64 // p < 1 − Level of the exact and of the mid-p test
	Normal      float64 // Connor's approximation
}

// PowerMcNemar is the power of McNemar's tests in n rows. A row is right with the first
// classifier alone with probability (discordance + difference)/2, with the second alone with
// (discordance − difference)/2. Exact and MidP sum over every number of such rows and what
// either test says of them (unconditional power, as R's exact2x2::powerPaired2x2); a p-value
// below 1 − Level counts whichever of the two is better. A difference of 0 gives the tests'
// size. Normal is Connor's Φ((d√n − z_α√s)/√(s − d²)), which leaves out the wrong side.
// Checked against enumeration with scipy.stats.binom.
//
// Errors: ErrRange (n < 1, a discordance outside 0 to 1, a difference beyond it).
func PowerMcNemar(difference, discordance float64, n int) (McNemarPower, error) {
	d, s := math.Abs(difference), discordance
	if n < 1 {
		return McNemarPower{}, fmt.Errorf("power of mcnemar: n: %d is %w: need at least 1", n, ErrRange)
	}
	if !(s > 0 && s <= 1) {
		return McNemarPower{}, fmt.Errorf("power of mcnemar: discordance: %g is %w: need a share above 0", s, ErrRange)
	}
	if !(d <= s) {
		return McNemarPower{}, fmt.Errorf("power of mcnemar: difference: %g is %w: at most the discordance %g", difference, ErrRange, s)
	}
	var p McNemarPower
	switch root := math.Sqrt(s - d*d); {
	case root > 0:
		p.Normal = zTail((zCritical*math.Sqrt(s) - d*math.Sqrt(float64(n))) / root)
	case d*math.Sqrt(float64(n)) > zCritical*math.Sqrt(s): // every row tells the two apart
		p.Normal = 1
	}
	rows := distuv.Binomial{N: float64(n), P: s}
	exact, mid := -1, -1 // the most wins of the loser at which the tests reject
	for m := range n + 1 {
		fair := distuv.Binomial{N: float64(m), P: 0.5}
		// From m−1 to m rows the critical number stays or grows by 1.
		rejects := func(k int) (exact, midP bool) {
			if 2*k >= m {
				return false, false
			}
			e := 2 * fair.CDF(float64(k))
			return e < 1-Level, e-fair.Prob(float64(k)) < 1-Level
		}
		if yes, _ := rejects(exact + 1); yes {
			exact++
		}
		if _, yes := rejects(mid + 1); yes {
			mid++
		}
		weight := rows.Prob(float64(m))
		if s == 1 { // gonum's logarithm of 1−P
			weight = 0
			if m == n {
				weight = 1
			}
		}
		if weight < 1e-300 {
			continue
		}
		win := (s + d) / (2 * s)
		reject := func(k int) float64 {
			if k < 0 {
				return 0
			}
			return binomialCDF(k, m, win) + binomialCDF(k, m, 1-win)
		}
		p.Exact += weight * reject(exact)
		p.MidP += weight * reject(mid)
	}
	p.Exact, p.MidP = min(1, p.Exact), min(1, p.MidP)
	return p, nil
}

// binomialCDF is P(X ≤ k) for X ~ Binomial(n, p), p = 0 and p = 1 included.
func binomialCDF(k, n int, p float64) float64 {
	switch {
	case k >= n || p == 0:
		return 1
	case p == 1:
		return 0
	}
	return distuv.Binomial{N: float64(n), P: p}.CDF(float64(k))
}

// SampleSizeEquivalence is the number of rows with which two classifiers that are equally
// accurate are shown to differ by less than the margin, with that power, by two one-sided
// tests at the level 1 − Level, where the discordance is the share of rows that only one of
// them gets right:
//
//	n = ((z_{0.95} + z_{(1+power)/2})/margin)²·s
//
// (the normal approximation to the paired TOST at no difference, see Liu, Hsueh, Hsieh & Chen
// 2002). n is not rounded. Checked by solving 2Φ(margin·√(n/s) − z_{0.95}) − 1 = power for n
// with scipy.
//
// Errors: ErrRange (a margin not above 0, discordance or power as for SampleSizeMcNemar).
func SampleSizeEquivalence(margin, discordance, power float64) (float64, error) {
	if err := checkPower(discordance, power); err != nil {
		return 0, fmt.Errorf("sample size of equivalence: %w", err)
	}
	if err := checkMargin(margin); err != nil {
		return 0, fmt.Errorf("sample size of equivalence: %w", err)
	}
	return discordance * sq((zUpper(1-Level)+zUpper((1-power)/2))/margin), nil
}
