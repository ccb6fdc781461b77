"""Probabilities of scikit-learn's logistic regression: ../fixtures/logistic.json. Run: python logistic.py (scikit-learn, numpy)."""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

random = numpy.random.default_rng(7)
rows, width, classes = 150, 12, 5
labels = random.choice(classes, rows, p=[0.6, 0.2, 0.1, 0.06, 0.04])
centres = random.normal(0, 1, (classes, width))
# Features of very different scale and offset, one that never varies: standardisation has something to do.
features = (centres[labels] + random.normal(0, 1.5, (rows, width))) * random.uniform(0.01, 30, width) + random.normal(0, 5, width)
features[:, 3] = 2.5
features = features.astype("float32")

cases = []
for c in [0.01, 0.1, 1, 10]:
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(scaler.transform(features.astype("float64")), labels)
    probabilities = model.predict_proba(scaler.transform(features.astype("float64")))
    cases.append({"c": c, "probabilities": probabilities.round(7).ravel().tolist()})

fixture = {
    "sklearn": sklearn.__version__,
    "width": width,
    "classes": classes,
    "labels": labels.tolist(),
    "features": [float(f"{value:.9g}") for value in features.ravel()],
    "cases": cases,
}
path = Path(__file__).parent.parent / "fixtures" / "logistic.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
