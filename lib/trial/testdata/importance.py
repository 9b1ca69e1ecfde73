"""Makes importance.json: permutation importance by scikit-learn, with the permutations it drew.

    python importance.py > importance.json

Made with scikit-learn and numpy in the versions that the file names.
"""

import json

import numpy as np
import sklearn
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

random = np.random.RandomState(3)
rows, columns, repeats = 40, 4, 6
y = random.randint(0, 3, rows)
x = random.normal(size=(rows, columns)).astype(np.float32)
x[:, 0] += y
x[:, 1] -= 0.7 * (y == 1)
x[:, 3] = 0.25  # constant: permuting it changes nothing
model = LogisticRegression().fit(x, y)
found = permutation_importance(model, x, y, scoring="accuracy", n_repeats=repeats, random_state=11)

# permutation_importance shuffles one index again and again, from the same state for every column, and
# applies it to the column as the repeat before left it.
source = np.random.RandomState(11).randint(np.iinfo(np.int32).max + 1)
state = np.random.RandomState(source)
index, all_before, permutations = np.arange(rows), np.arange(rows), []
for _ in range(repeats):
    state.shuffle(index)
    all_before = all_before[index]
    permutations.append(all_before.tolist())
for column in range(columns):  # that these are its permutations
    for r, p in enumerate(permutations):
        z = x.copy()
        z[:, column] = z[p, column]
        assert abs(model.score(x, y) - model.score(z, y) - found.importances[column, r]) < 1e-12

print(json.dumps({
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "rows": x.tolist(), "labels": y.tolist(),
    "weight": model.coef_.tolist(), "bias": model.intercept_.tolist(),
    "permutations": permutations, "importances": found.importances.tolist(),
    "mean": found.importances_mean.tolist(),
}))
