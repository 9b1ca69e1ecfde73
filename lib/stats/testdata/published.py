"""Writes published.json, the reference values of published_test.go, with scipy:

    python published.py > published.json
"""
import json
import numpy as np
import scipy
from scipy import stats

out = {"scipy": scipy.__version__, "welch": [], "correlations": [], "corrected": []}
for a, b in [((1.18, 1.02, 100), (0.25, 0.91, 100)), ((0.36, 0.16, 100), (0.29, 0.09, 37)), ((-2.0, 0.0, 5), (1.0, 3.0, 2)), ((1e6, 2e5, 12), (1.1e6, 9e5, 300))]:
    # Samples that have exactly these moments, so that ttest_ind's interval is theirs.
    def sample(mean, sd, n):
        z = np.arange(n, dtype=float)
        z = (z - z.mean()) / z.std(ddof=1)
        return mean + sd * z
    t = stats.ttest_ind(sample(*a), sample(*b), equal_var=False)
    s = stats.ttest_ind_from_stats(*a, *b, equal_var=False)
    assert np.isclose(t.pvalue, s.pvalue, rtol=1e-9)
    ci = t.confidence_interval(0.95)
    out["welch"].append({"a": a, "b": b, "value": a[0] - b[0], "low": ci.low, "high": ci.high, "p": s.pvalue})
for r1, n1, r2, n2 in [(np.sqrt(0.758), 100, 0.3, 100), (-0.5, 20, 0.5, 15), (0.2, 4, 0.2, 4)]:
    d, se = np.arctanh(r1) - np.arctanh(r2), np.hypot(1 / np.sqrt(n1 - 3), 1 / np.sqrt(n2 - 3))
    z = stats.norm.ppf(0.975)
    out["correlations"].append({"r1": r1, "n1": n1, "r2": r2, "n2": n2, "value": d, "low": d - z * se, "high": d + z * se, "p": 2 * stats.norm.sf(abs(d / se))})
for order in (1, -1):  # scores that rise together, and against each other
    z = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    a, b = 0.34 + 0.04 * z / z.std(), 0.24 + 0.02 * order * z / z.std()
    d, k, train, test = a - b, 5, 240, 60
    t = d.mean() / np.sqrt((1 / k + test / train) * d.var(ddof=1))
    half = stats.t.ppf(0.975, k - 1) * d.mean() / t
    out["corrected"].append({"value": d.mean(), "low": d.mean() - half, "high": d.mean() + half, "p": 2 * stats.t.sf(abs(t), k - 1)})
json.dump(out, __import__("sys").stdout, indent=1)
