"""Writes golden.json, the reference values of this package's tests:

    python golden.py > golden.json

with the packages whose versions it records. Long columns are made by a formula that the
tests repeat; NaN becomes null.
"""
import json
import math
import sys
import warnings

import numpy as np
import pandas as pd
import pingouin
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn import metrics
from statsmodels import api as sm
from statsmodels.stats.contingency_tables import cochrans_q, mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.nonparametric import rank_compare_2indep
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
rng = np.random.default_rng(20260101)


def short(x):
    """Seven digits are enough for an input, and keep the file small."""
    return [float(f"{v:.7g}") for v in x]


def weyl(n, k):
    i = np.arange(n, dtype=np.uint64)
    return (i * np.uint64(2654435761) + np.uint64(k) * np.uint64(40503)) % np.uint64(2**32) / 2.0**32


# ---- inputs ----
a, b = rng.normal(size=(2, 40))
heavy = np.exp(rng.normal(10, 2.3, 100))
tied = rng.integers(0, 4, 30).astype(float)
large = weyl(20000, 1)
columns = {
    "random.x": short(a),
    "random.y": short(0.6 * a + b),
    "strong.y": short(3 * a - 2 + 0.01 * b),
    "tied.x": short(tied),
    "tied.y": short(np.maximum(0, tied + rng.integers(-2, 3, 30))),
    "tiny.x": [1.0, 2.5, 3.0],
    "tiny.y": [2.0, 1.0, 4.0],
    "four.x": [1.0, 2.0, 4.0, 4.5],
    "four.y": [0.1, 0.7, 0.5, 1.9],
    "heavy.x": short(heavy),
    "heavy.y": short(heavy**0.7 * np.exp(rng.normal(0, 1.5, 100))),
    "shifted.x": short(1e3 + a),
    "large.x": large,
    "large.y": large * large + weyl(20000, 2),
    "exact.a": short(rng.normal(0.8, 1, 7)),
    "exact.b": short(rng.normal(0, 1, 11)),
    "exact.c": short(rng.normal(0, 1, 300)),
    "exact.d": short(rng.normal(0.5, 1, 8)),
    "exact.e": short(rng.normal(0, 1, 9)),
    "faces.a": short(rng.poisson(1.2, 100)),
    "faces.b": short(rng.poisson(0.25, 100)),
    "faces.c": short(rng.poisson(0.14, 80)),
    "one": [3.25],
    "two": [1.0, 4.0],
    "constant": [0.1, 0.1, 0.1],
    "missing": [float("nan"), 1.5, 2.0, float("nan"), 7.0, 0.5],
}
columns["heavy.a"], columns["heavy.b"], columns["heavy.c"] = (columns["heavy.x"][i::3] for i in range(3))
columns["far.a"] = short(np.array(columns["random.x"]) + 40)
columns = {k: np.asarray(v, float) for k, v in columns.items()}
pairs = [("random.x", "random.y"), ("random.x", "strong.y"), ("tied.x", "tied.y"), ("tiny.x", "tiny.y"), ("four.x", "four.y"),
         ("heavy.x", "heavy.y"), ("shifted.x", "random.y"), ("large.x", "large.y")]
group_sets = [["random.x", "random.y", "four.x"], ["tied.x", "tied.y"], ["heavy.a", "heavy.b", "heavy.c"], ["faces.a", "faces.b", "faces.c"],
              ["exact.a", "exact.b", "exact.c"], ["exact.d", "exact.e", "exact.b"], ["exact.d", "exact.c"], ["exact.e", "exact.c"], ["large.x", "large.y", "random.x"], ["tiny.x", "tiny.y"], ["random.x", "random.y", "heavy.x"],
              ["far.a", "random.x", "random.y"]]

out = {
    "versions": {"python": sys.version.split()[0], **{m.__name__: m.__version__ for m in (np, scipy, pd, pingouin, sklearn, statsmodels)}},
    "columns": {k: v for k, v in columns.items() if not k.startswith("large")},
}

# ---- describe ----
out["describe"] = {}
for name, x in columns.items():
    s = pd.Series(x)
    d = s.describe()
    seen = s.dropna().to_numpy()
    out["describe"][name] = {
        "n": int(d["count"]), "missing": int(s.isna().sum()), "mean": d["mean"], "sd": d["std"], "min": d["min"], "q1": d["25%"],
        "median": d["50%"], "q3": d["75%"], "max": d["max"],
        "skew": stats.skew(seen, bias=False) if len(seen) > 2 and np.ptp(seen) > 0 else math.nan}

# ---- correlate, regress ----
out["correlate"], out["regress"] = [], []
for nx, ny in pairs:
    x, y = columns[nx], columns[ny]
    p, s = stats.pearsonr(x, y), stats.spearmanr(x, y)
    low, high = p.confidence_interval()
    s_low, s_high = stats.pearsonr(stats.rankdata(x), stats.rankdata(y)).confidence_interval()
    if len(x) > 4:  # the interval of Spearman is pingouin's, before it rounds
        assert np.allclose(pingouin.corr(x, y, method="spearman").iloc[0]["CI95"], [s_low, s_high], atol=0.006)
    out["correlate"].append({"x": nx, "y": ny, "pearson": [p.statistic, p.pvalue, low, high], "spearman": [s.statistic, s.pvalue, s_low, s_high]})

    model = sm.OLS(y, sm.add_constant(x))
    plain, hc3 = model.fit(), model.fit(cov_type="HC3", use_t=True)
    at = [float(x.min()), float(np.median(x)), float(x.max()) * 1.5 + 1]
    band = plain.get_prediction(sm.add_constant(np.array(at), has_constant="add")).summary_frame(alpha=0.05)
    table = lambda r: np.column_stack([r.params, r.bse, r.tvalues, r.pvalues, r.conf_int()]).tolist()
    out["regress"].append({
        "x": nx, "y": ny, "plain": table(plain), "hc3": table(hc3), "r2": plain.rsquared, "sigma": math.sqrt(plain.mse_resid),
        "at": at, "mean": band[["mean", "mean_ci_lower", "mean_ci_upper"]].to_numpy().tolist()})

# ---- compare ----
out["compare"] = []
for names in group_sets:
    groups = [columns[n] for n in names]
    frame = pd.DataFrame({"v": np.concatenate(groups), "g": np.repeat(names, [len(g) for g in groups])})
    h = stats.kruskal(*groups)
    pw, at = [], [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    for i, j in at:
        u = stats.mannwhitneyu(groups[i], groups[j])
        r = rank_compare_2indep(groups[i], groups[j])
        low, high = r.confint_lintransf()
        pw.append({"a": names[i], "b": names[j], "u": u.statistic, "p": u.pvalue,
                   "delta": [r.somersd1, max(-1, low) if r.var > 0 else math.nan, min(1, high) if r.var > 0 else math.nan]})
    for q, holm in zip(pw, multipletests([q["p"] for q in pw], method="holm")[1]):
        q["holm"] = holm
    if len(names) > 2:  # pingouin names the groups in alphabetical order
        table = pingouin.pairwise_tests(frame, dv="v", between="g", parametric=False, padjust="holm")
        for q in pw:
            row = table[((table.A == q["a"]) & (table.B == q["b"])) | ((table.A == q["b"]) & (table.B == q["a"]))].iloc[0]
            assert np.isclose(row["p_corr"], q["holm"], rtol=1e-12, atol=0)
    out["compare"].append({"groups": names, "kruskal": [h.statistic, h.pvalue], "pairs": pw})
ps = [0.01, 0.04, 0.03, 0.005, 0.03, 0.9, 0.5]
out["holm"] = {"p": ps, "adjusted": multipletests(ps, method="holm")[1]}

# ---- bootstrap: scipy's resampled values, and the intervals that it reads off them ----
out["bootstrap"] = []
for name, statistic in [("random.x", "mean"), ("four.x", "mean"), ("tied.x", "mean"), ("heavy.a", "median"), ("heavy.a", "sd")]:
    x = columns[name]
    f = {"mean": np.mean, "median": np.median, "sd": lambda v, axis: np.std(v, axis=axis, ddof=1)}[statistic]
    kw = dict(n_resamples=399, vectorized=True, rng=np.random.default_rng(7))
    p = stats.bootstrap((x,), f, method="percentile", **kw)
    bca = stats.bootstrap((x,), f, method="BCa", bootstrap_result=p, **{**kw, "n_resamples": 0})
    big = stats.bootstrap((x,), f, method="BCa", n_resamples=50000, vectorized=True, batch=1000, rng=np.random.default_rng(8))
    big_p = stats.bootstrap((x,), f, method="percentile", bootstrap_result=big, n_resamples=0, vectorized=True, rng=np.random.default_rng(8))
    out["bootstrap"].append({
        "x": name, "statistic": statistic, "value": float(f(x, axis=0)), "values": p.bootstrap_distribution.tolist(), "se": p.standard_error,
        "percentile": list(p.confidence_interval), "bca": list(bca.confidence_interval),
        "long": {"se": big.standard_error, "percentile": list(big_p.confidence_interval), "bca": list(big.confidence_interval)}})

# ---- classify ----
out["classify"] = []


def noisy(truth, k, right):
    return np.where(rng.random(len(truth)) < right, truth, rng.integers(0, k, len(truth)))


balanced = np.repeat(np.arange(3), 100)
skewed = rng.choice(5, 73, p=[0.6, 0.2, 0.1, 0.06, 0.04])
for truth, predicted, k in [(balanced, noisy(balanced, 3, 0.85), 3), (skewed, noisy(skewed, 5, 0.5), 5),
                            (np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 1, 0]), 3),  # 2 never predicted
                            (np.array([0, 0, 1]), np.array([2, 0, 1]), 4),  # 2 without a row, 3 in neither
                            (np.array([0, 1]), np.array([1, 0]), 2), (np.array([1]), np.array([1]), 2)]:
    labels = list(range(k))
    per = metrics.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    average = lambda how: list(metrics.precision_recall_fscore_support(truth, predicted, labels=labels, average=how, zero_division=0)[:3])
    out["classify"].append({
        "truth": truth.tolist(), "predicted": predicted.tolist(), "classes": k, "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted), "precision": per[0], "recall": per[1], "f1": per[2], "support": per[3].astype(int),
        "macro": average("macro"), "weighted": average("weighted")})

# ---- paired ----
out["proportion"] = [{"k": k, "n": n, "wilson": list(proportion_confint(k, n, method="wilson"))}
                     for k, n in [(0, 1), (1, 1), (0, 60), (60, 60), (259, 300), (272, 300), (1, 300), (150, 300), (2, 3), (99990, 100000)]]
out["mcnemar"] = []
for only_a, only_b, both, neither in [(0, 0, 5, 1), (1, 0, 0, 0), (5, 5, 80, 3), (8, 21, 240, 31), (21, 8, 240, 31), (3, 4, 250, 43), (120, 60, 100, 20), (900, 1100, 0, 0), (0, 30, 1, 1)]:
    exact = mcnemar([[both, only_a], [only_b, neither]], exact=True).pvalue
    point = stats.binom.pmf(min(only_a, only_b), only_a + only_b, 0.5)
    mid = 1.0 if only_a + only_b == 0 else 1 - point / 2 if only_a == only_b else exact - point  # Fagerland et al. 2013
    out["mcnemar"].append({"only_a": only_a, "only_b": only_b, "both": both, "neither": neither, "exact": exact, "mid_p": mid})

truth = np.repeat(np.arange(3), 20)
arms = [noisy(truth, 3, r) for r in (0.9, 0.75, 0.6, 0.8)]
q = cochrans_q(np.column_stack([p == truth for p in arms]).astype(int))
out["cochran"] = {"truth": truth.tolist(), "arms": [p.tolist() for p in arms], "q": q.statistic, "df": q.df, "p": q.pvalue}

f1 = lambda t, p: metrics.f1_score(t, p, average="macro")
difference = lambda i: f1(truth[i], arms[0][i]) - f1(truth[i], arms[1][i])
boot = stats.bootstrap((np.arange(len(truth)),), difference, n_resamples=5000, vectorized=False, method="BCa", rng=np.random.default_rng(9))
boot_p = stats.bootstrap((np.arange(len(truth)),), difference, n_resamples=0, bootstrap_result=boot, vectorized=False, method="percentile", rng=np.random.default_rng(9))
swap = stats.permutation_test((arms[0], arms[1]), lambda x, y: f1(truth, x) - f1(truth, y), permutation_type="samples", vectorized=False,
                              n_resamples=9999, rng=np.random.default_rng(10))
out["metric"] = {"a": f1(truth, arms[0]), "b": f1(truth, arms[1]), "se": boot.standard_error, "percentile": list(boot_p.confidence_interval),
                 "bca": list(boot.confidence_interval), "p": swap.pvalue}

out["corrected_t"] = []
for x, y, train, test in [([0.85, 0.9, 0.8667, 0.8333, 0.9167], [0.8833, 0.9, 0.9167, 0.9, 0.9333], 240, 60), ([1.0, 2.0], [0.5, 2.5], 9, 1), ([0.9, 0.8, 0.85], [0.5, 0.45, 0.52], 200, 100)]:
    d = np.subtract(x, y)
    t = d.mean() / math.sqrt((1 / len(d) + test / train) * d.var(ddof=1))
    out["corrected_t"].append({"a": x, "b": y, "train": train, "test": test, "t": t, "p": 2 * stats.t.sf(abs(t), len(d) - 1)})


def plain(v):
    if isinstance(v, dict):
        return {k: plain(w) for k, w in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [plain(w) for w in v]
    if isinstance(v, (np.integer, int)):
        return int(v)
    if isinstance(v, (np.floating, float)):
        return float(v) if math.isfinite(v) else None
    return v


json.dump(plain(out), sys.stdout, separators=(",", ":"))
print()
