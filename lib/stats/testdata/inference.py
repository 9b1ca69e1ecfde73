"""Writes inference.json, the reference values of interaction.go, equivalence.go, power.go,
components.go and learningcurve.go:

    python inference.py > inference.json

with the packages whose versions it records.
"""
import itertools
import json
import math
import sys
import warnings
from fractions import Fraction
from importlib.metadata import version

import baycomp
import numpy as np
import pandas as pd
import pingouin
from scipy import optimize, stats
from statsmodels.formula.api import mixedlm, ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.weightstats import ttost_paired

warnings.simplefilter("ignore")
rng = np.random.default_rng(20260112)
out = {"versions": {"python": sys.version.split()[0], **{p: version(p) for p in ("baycomp", "numpy", "pandas", "pingouin", "scipy", "statsmodels")}}}


# ---- the sign-flip test, by dynamic programming over the sums, in whole numbers ----
def sign_flip(ds):
    ds = [abs(d) for d in ds if d]
    ways = {0: 1}
    for d in ds:
        new = {}
        for s, w in ways.items():
            for t in (s - d, s + d):
                new[t] = new.get(t, 0) + w
        ways = new
    return ways, 2 ** len(ds)


def p_values(n1, n2, total):
    if n1 == n2 == 0:  # no sign to draw: as for McNemar's test without a discordant row
        return Fraction(1), Fraction(1)
    ways, all_ = sign_flip([1] * n1 + [2] * n2)
    p = Fraction(sum(w for s, w in ways.items() if abs(s) >= abs(total)), all_)
    point = Fraction(sum(w for s, w in ways.items() if abs(s) == abs(total)), all_)
    return p, p - point / 2


out["interaction"] = []
cases = [[0, 0, 5, 0, 0], [0, 0, 3, 1, 0], [1, 0, 2, 0, 0], [1, 2, 4, 3, 1], [0, 3, 1, 3, 0], [0, 1, 2, 6, 2], [2, 0, 0, 0, 3], [0, 0, 295, 5, 0],
         [1, 20, 250, 27, 2], [3, 40, 190, 60, 7], [0, 0, 0, 300, 0], [0, 0, 0, 0, 300], [30, 70, 100, 70, 30], [1, 4, 1985, 9, 1]]
for counts in cases:
    d = np.repeat([-2, -1, 0, 1, 2], counts)
    n1, n2, total = counts[1] + counts[3], counts[0] + counts[4], int(d.sum())
    p, mid = p_values(n1, n2, total)
    moved = d[d != 0]  # flipping the sign of 0 changes nothing
    if 0 < len(moved) <= 14:
        by_hand = np.mean([abs(np.dot(s, moved)) >= abs(total) for s in itertools.product([-1, 1], repeat=len(moved))])
        assert by_hand == float(p), counts
    if 2 <= len(moved) <= 14:
        r = stats.permutation_test((moved,), np.sum, permutation_type="samples", n_resamples=np.inf)
        assert math.isclose(r.pvalue, float(p), rel_tol=1e-12), counts
    out["interaction"].append({"counts": counts, "mean": d.mean(), "p": float(p), "mid_p": float(mid)})

out["mcnemar_bounds"] = []
for a, b, n in [(262, 258, 300), (275, 276, 300), (272, 259, 300), (5, 5, 5), (0, 3, 3), (2, 1, 4), (150, 150, 300), (7, 7, 9)]:
    ps = []
    for s in range(abs(a - b), min(a + b, 2 * n - a - b) + 1, 2):
        m = (s - abs(a - b)) // 2
        tail = Fraction(2 * sum(math.comb(s, i) for i in range(m + 1)), 2**s)
        point = Fraction(math.comb(s, m), 2**s)
        ps.append((s, float(min(Fraction(1), tail)), float(1 - point / 2 if a == b and s else min(Fraction(1), tail - point) if s else 1)))
    last = lambda k: max([p[0] for p in ps if p[k] < 0.05], default=-1)
    out["mcnemar_bounds"].append({"a": a, "b": b, "n": n, "exact": [min(p[1] for p in ps), max(p[1] for p in ps)], "mid_p": [min(p[2] for p in ps), max(p[2] for p in ps)],
                                  "least": ps[0][0], "most": ps[-1][0], "exact_up_to": last(1), "mid_p_up_to": last(2)})

# ---- bounds of the interaction: every overlap of four classifiers, row by row ----
cells = list(itertools.product([0, 1], repeat=4))  # aWith, aWithout, bWith, bWithout


def all_overlaps(n):
    """The pairs (n1, n2) that each four counts allow."""
    found = {}
    for rows in itertools.combinations_with_replacement(cells, n):
        d = [w - x - y + z for w, x, y, z in rows]
        key = tuple(int(v) for v in np.sum(rows, axis=0))
        found.setdefault(key, set()).add((sum(abs(v) == 1 for v in d), sum(abs(v) == 2 for v in d)))
    return found


def bounds_of(key, pairs):
    total = key[0] - key[1] - key[2] + key[3]
    ps = [tuple(map(float, p_values(n1, n2, total))) for n1, n2 in pairs]
    return [min(p[0] for p in ps), max(p[0] for p in ps), min(p[1] for p in ps), max(p[1] for p in ps)]


out["interaction_bounds"] = []
for n in (1, 2, 3, 4, 6):
    found = all_overlaps(n)
    keys = sorted(found)
    if n == 4:
        assert len(keys) == 5**4
    if len(keys) > 150:
        keys = [keys[i] for i in sorted(rng.choice(len(keys), 150, replace=False))]
    out["interaction_bounds"] += [{"right": key, "n": n, "p": bounds_of(key, found[key])} for key in keys]
# The published counts, by integer programming over the 16 cells.
key, n = (276, 275, 258, 262), 300  # ViT hybrid, ViT single, CNN hybrid, CNN single of Table 6.1
d = np.array([w - x - y + z for w, x, y, z in cells])
pairs = []
for n2 in range(0, 66):
    for n1 in range(1, 131 - 2 * n2, 2):
        a = np.vstack([np.array(cells).T, np.ones(16), np.abs(d) == 1, np.abs(d) == 2]).astype(float)
        b = np.array([*key, n, n1, n2], float)
        if optimize.milp(np.zeros(16), constraints=optimize.LinearConstraint(a, b, b), integrality=np.ones(16)).success:
            pairs.append((n1, n2))
out["interaction_bounds"].append({"right": key, "n": n, "p": bounds_of(key, pairs)})

# ---- equivalence ----
out["tost"] = []
short = lambda x: [float(f"{v:.6g}") for v in x]
for a, b, margin in [((4, 7, 8, 6, 3, 2), (6, 8, 7, 10, 11, 9), 0.5), ((4, 7, 8, 6, 3, 2), (6, 8, 7, 10, 11, 9), 7.0),
                     (short(rng.normal(0.85, 0.03, 25)), short(rng.normal(0.85, 0.03, 25)), 0.02), (short(rng.normal(0.9, 0.03, 5)), short(rng.normal(0.8, 0.03, 5)), 0.3),
                     ((1, 0), (0.5, 0.25), 1.0), ([1, 0, 1, 1, 0] * 20, [1, 0, 1, 1, 0] * 18 + [0, 0, 1, 1, 1] * 2, 0.05)]:
    p, low, high = ttost_paired(np.array(a, float), np.array(b, float), -margin, margin)
    assert math.isclose(pingouin.tost(a, b, bound=margin, paired=True)["pval"].iloc[0], p, rel_tol=1e-10)
    d = np.subtract(a, b)
    se, df = d.std(ddof=1) / math.sqrt(len(d)), len(d) - 1
    out["tost"].append({"a": a, "b": b, "margin": margin, "mean": d.mean(), "p": p, "low": low[1], "high": high[1], "df": df,
                        "ci90": list(stats.t.interval(0.9, df, d.mean(), se))})

# Tango's interval from the likelihood: the constrained estimate by root finding on its derivative.
out["tango"] = []


def tango_z(x, y, n, delta):
    # The shares are of a alone t + max(0, delta), of b alone t + max(0, -delta).
    more_a, more_b, room = max(0.0, delta), max(0.0, -delta), (1 - abs(delta)) / 2

    def slope(t):
        return (x / (t + more_a) if x else 0) + (y / (t + more_b) if y else 0) - ((n - x - y) / (room - t) if n > x + y else 0)
    eps = room * 1e-13
    if not (x or y) or slope(eps) <= 0:
        t = 0.0
    elif n == x + y:
        t = room
    else:
        t = optimize.brentq(slope, eps, room - eps, xtol=1e-300, rtol=8.9e-16, maxiter=2000)
    return (x - y - n * delta) / math.sqrt(n * (2 * t + abs(delta) - delta**2))


for x, y, n in [(1, 7, 21), (6, 16, 161), (0, 0, 300), (4, 0, 300), (0, 1, 300), (13, 0, 300), (25, 12, 300), (40, 20, 160), (30, 30, 60), (1, 0, 2), (0, 5, 5), (150, 86, 1600)]:
    row = {"x": x, "y": y, "n": n}
    for name, z in (("ci", stats.norm.ppf(0.975)), ("ci90", stats.norm.ppf(0.95))):
        at = (x - y) / n
        f = lambda target: lambda delta: tango_z(x, y, n, delta) - target
        low = -1.0 if at == -1 else optimize.brentq(f(z), -1 + 1e-6, at - 1e-9, xtol=1e-16, rtol=8.9e-16)
        high = 1.0 if at == 1 else optimize.brentq(f(-z), at + 1e-9, 1 - 1e-6, xtol=1e-16, rtol=8.9e-16)
        row[name] = [low, high]
    if x == y == 0:
        z2 = stats.norm.ppf(0.975) ** 2
        assert math.isclose(row["ci"][1], z2 / (n + z2), rel_tol=1e-9)
    row["tost"] = [max(stats.norm.sf(tango_z(x, y, n, -m)), stats.norm.cdf(tango_z(x, y, n, m))) for m in (0.02, 0.1)]
    out["tango"].append(row)

# ---- baycomp, whose difference is second less first ----
out["bayes"] = []
for x, y, rope, runs in [((4, 2, 6), (5, 7, 3), 0, 1), ((4, 2, 6), (5, 7, 3), 1, 1), ((4, 2, 6, 4), (5, 7, 3, 5), 0, 2), (short(rng.normal(0.87, 0.03, 5)), short(rng.normal(0.86, 0.03, 5)), 0.01, 1),
                         (short(rng.normal(0.86, 0.03, 25)), short(rng.normal(0.90, 0.03, 25)), 0.01, 5), (short(rng.normal(0.9, 0.001, 20)), short(rng.normal(0.9, 0.001, 20)), 0.01, 2)]:
    x, y = np.array(x, float), np.array(y, float)
    post = baycomp.CorrelatedTTest(x, y, rope, runs)
    probs = post.probs()
    out["bayes"].append({"a": y, "b": x, "rope": rope, "runs": runs, "mean": post.mean, "variance": post.var, "df": post.df,
                         "probs": probs if rope else [probs[0], 0, probs[1]], "ci": list(stats.t.interval(0.95, post.df, post.mean, math.sqrt(post.var)))})

# ---- power ----
z = stats.norm.ppf


def connor(d, s, power):
    return ((z(0.975) * math.sqrt(s) + z(power) * math.sqrt(s - d * d)) / d) ** 2


out["connor"] = [{"difference": d, "discordance": s, "power": power, "n": connor(d, s, power)}
                 for d, s, power in [(0.4, 0.5, 0.8), (4 / 300, 0.05, 0.8), (4 / 300, 0.1, 0.8), (13 / 300, 0.1, 0.9), (0.05, 0.05, 0.8), (0.2, 0.9, 0.5)]]
out["detectable"] = [{"n": n, "discordance": s, "power": power, "difference": optimize.brentq(lambda d: connor(d, s, power) - n, 1e-9, s, xtol=1e-16, rtol=8.9e-16)}
                     for n, s, power in [(300, 0.05, 0.8), (300, 0.1, 0.8), (300, 0.15, 0.8), (300, 0.2, 0.8), (60, 0.3, 0.9), (5000, 0.02, 0.8)]]
out["equivalence_n"] = [{"margin": m, "discordance": s, "power": power, "n": optimize.brentq(lambda n: 2 * stats.norm.cdf(m * math.sqrt(n / s) - z(0.95)) - 1 - power, 1, 1e7, xtol=1e-9, rtol=8.9e-16)}
                        for m, s, power in [(0.03, 0.05, 0.8), (0.03, 0.1, 0.8), (0.05, 0.05, 0.8), (0.05, 0.1, 0.8), (0.01, 0.3, 0.95)]]
out["power"] = []
for d, s, n in [(0.4, 0.5, 22), (0.05, 0.1, 300), (-0.05, 0.1, 300), (0.0, 0.1, 300), (4 / 300, 0.05, 300), (0.1, 0.1, 60), (0.3, 1.0, 30), (0.02, 0.02, 40)]:
    win, exact, mid = (s + abs(d)) / (2 * s), 0.0, 0.0
    for m in range(n + 1):
        k = np.arange(m + 1)
        small = np.minimum(k, m - k)
        p = np.minimum(1, 2 * stats.binom.cdf(small, m, 0.5))
        mp = np.where(2 * k == m, 1, p - stats.binom.pmf(small, m, 0.5))
        w = stats.binom.pmf(m, n, s) * stats.binom.pmf(k, m, win)
        exact += w[p < 0.05].sum()
        mid += w[mp < 0.05].sum()
    root = math.sqrt(max(0, s - d * d))
    out["power"].append({"difference": d, "discordance": s, "n": n, "exact": exact, "mid_p": mid, "normal": stats.norm.cdf((abs(d) * math.sqrt(n) - z(0.975) * math.sqrt(s)) / root)})

# ---- variance components ----
out["components"] = []


def crossed(a, b, fold, seed, rest):
    return np.round(0.85 + rng.normal(0, fold, b)[None, :] + rng.normal(0, seed, a)[:, None] + rng.normal(0, rest, (a, b)), 4)


for y, converges in [(crossed(5, 5, 0.03, 0.02, 0.01), True), (crossed(3, 10, 0.02, 0.001, 0.03), False), (crossed(10, 5, 0.03, 0.01, 0.01), True), (crossed(2, 2, 0.02, 0.02, 0.02), False),
                     (crossed(20, 5, 0.0, 0.0, 0.02), False)]:
    a, b = y.shape
    frame = pd.DataFrame({"y": y.ravel(), "seed": np.repeat(np.arange(a), b), "fold": np.tile(np.arange(b), a)})
    table = anova_lm(ols("y ~ C(seed) + C(fold)", frame).fit())
    ms = table["sum_sq"] / table["df"]
    r, df_r = ms["Residual"], table["df"]["Residual"]
    low, high = 0.025, 0.975
    row = {"y": y, "mean": y.mean(), "rest": {"df": df_r, "ms": r, "variance": r, "ci": [df_r * r / stats.chi2.ppf(high, df_r), df_r * r / stats.chi2.ppf(low, df_r)]}}
    for name, times in (("seed", b), ("fold", a)):
        m, df = ms[f"C({name})"], table["df"][f"C({name})"]
        est = (m - r) / times
        g1, h1 = 1 - df / stats.chi2.ppf(high, df), df / stats.chi2.ppf(low, df) - 1
        g2, h2 = 1 - df_r / stats.chi2.ppf(high, df_r), df_r / stats.chi2.ppf(low, df_r) - 1
        fh, fl = stats.f.ppf(high, df, df_r), stats.f.ppf(low, df, df_r)
        g12, h12 = ((fh - 1) ** 2 - g1**2 * fh**2 - h2**2) / fh, ((1 - fl) ** 2 - h1**2 * fl**2 - g2**2) / fl
        ci = [max(0, est - math.sqrt(max(0, g1**2 * m**2 + h2**2 * r**2 + g12 * m * r)) / times), max(0, est + math.sqrt(max(0, h1**2 * m**2 + g2**2 * r**2 + h12 * m * r)) / times)]
        row[name] = {"df": df, "ms": m, "variance": est, "ci": ci, "f": table["F"][f"C({name})"], "p": table["PR(>F)"][f"C({name})"]}
    if converges:  # restricted maximum likelihood: the same where no estimate is negative
        frame["one"] = 1
        fit = mixedlm("y ~ 1", frame, groups="one", vc_formula={"fold": "0 + C(fold)", "seed": "0 + C(seed)"}, re_formula="0").fit(reml=True, method=["lbfgs", "powell"])
        got = dict(zip(fit.model.exog_vc.names, fit.vcomp), rest=fit.scale)
        row["reml"] = [got["fold"], got["seed"], got["rest"]]
    out["components"].append(row)

# ---- learning curves ----
out["curves"] = []
law = lambda n, a, b, c: a - b * n ** (-c)
for ns, folds, a, b, c, sd in [((30, 60, 120, 180, 240), 5, 0.93, 1.5, 0.6, 0.005), ((40, 80, 160, 240), 5, 0.9, 3.0, 0.9, 0.01), ((30, 60, 120, 240), 1, 0.95, 2.0, 0.7, 0.0), ((60, 120, 180, 240), 5, 1.1, 1.1, 0.2, 0.004)]:
    y = [[min(1.0, float(f"{law(n, a, b, c) + rng.normal(0, sd):.5f}")) for _ in range(folds)] for n in ns]
    x, flat = np.repeat(np.array(ns, float), folds), np.ravel(y)
    tight = dict(ftol=1e-15, xtol=1e-15, gtol=1e-15, maxfev=100000)
    free, _ = optimize.curve_fit(law, x, flat, p0=(0.95, 1.5, 0.6), **tight)
    best = free
    if free[0] > 1:  # then a is 1, and two parameters are left
        two, _ = optimize.curve_fit(lambda n, b, c: law(n, 1.0, b, c), x, flat, p0=(1.0, 0.3), **tight)
        best = np.array([1.0, *two])
        boxed, _ = optimize.curve_fit(law, x, flat, p0=(0.95, 1.5, 0.6), bounds=([0, 0, 1e-3], [1, np.inf, 10]), **tight)
        assert np.allclose(boxed, best, rtol=1e-3), (boxed, best)
    out["curves"].append({"n": ns, "accuracy": y, "params": best, "bounded": bool(free[0] > 1), "sigma": math.sqrt(((flat - law(x, *best)) ** 2).sum() / (len(x) - 3)) if len(x) > 3 else 0})


def plain(v):
    if isinstance(v, dict):
        return {k: plain(w) for k, w in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [plain(w) for w in v]
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (np.integer, int)):
        return int(v)
    if isinstance(v, (np.floating, float)):
        return float(v) if math.isfinite(v) else None
    return v


json.dump(plain(out), sys.stdout, separators=(",", ":"))
print()
