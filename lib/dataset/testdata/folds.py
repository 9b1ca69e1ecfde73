"""Makes folds.json: drawn sets with groups, and how unevenly StratifiedGroupKFold deals them over five folds.

Unevenness is the sum over folds and genres of (share of the genre that the fold tests − 1/5)², here the mean over
ten seeds. Run here with Python 3.11, scikit-learn 1.9.1 and NumPy 2.4.6.
"""
import json

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

K = 5
rng = np.random.default_rng(5)


def uneven(y, test):
    n = np.bincount(y)
    return sum(((np.bincount(y[t], minlength=len(n)) / n - 1 / K) ** 2).sum() for t in test)


def draw(sizes, pairs, large=(), across=0):
    """sizes: of the genres; pairs: of near-duplicates; large: sizes of groups in one genre; across: groups of 2 to 4
    over genres."""
    y = np.repeat(np.arange(len(sizes)), sizes)
    group = np.arange(len(y))
    free = list(rng.permutation(len(y)))
    for n in large:
        g = int(rng.integers(len(sizes)))
        of = [i for i in free if y[i] == g][:n]
        group[of] = of[0]
        free = [i for i in free if i not in of]
    for _ in range(pairs):
        g = int(rng.integers(len(sizes)))
        of = [i for i in free if y[i] == g][:2]
        group[of] = of[0]
        free = [i for i in free if i not in of]
    for _ in range(across):
        of, free = free[: int(rng.integers(2, 5))], free[5:]
        group[of] = of[0]
    return y, group


sets = []
for name, arguments in {
    "ten pairs in 300": ((100, 100, 100), 10),
    "half in pairs": ((100, 100, 100), 75),
    "large groups": ((100, 100, 100), 10, (30, 15, 15, 10, 8)),
    "uneven genres": ((120, 50, 20), 12, (9, 7)),
    "groups across genres": ((60, 60, 60), 5, (), 20),
    "two small genres": ((12, 12), 3),
    "twenty genres": ((30,) * 20, 60, (6, 6, 5), 15),
    "all in groups of three and more": ((40, 40), 0, (3,) * 16, 6),
}.items():
    y, group = draw(*arguments)
    scores = [uneven(y, [t for _, t in StratifiedGroupKFold(K, shuffle=True, random_state=s).split(y, y, group)]) for s in range(10)]
    sets.append(dict(name=name, genre=y.tolist(), group=group.tolist(), sklearn=float(np.mean(scores))))
    print(name, np.mean(scores), np.min(scores))
with open("folds.json", "w") as f:
    json.dump(sets, f)
    f.write("\n")
