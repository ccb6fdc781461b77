"""Writes ../fixtures/nervaluate.json: what nervaluate 1.2.1 says of random entities, flat ones and such that overlap.

    pip install nervaluate==1.2.1 && python nervaluate.py
"""
import json
import pathlib
import random
import sys

sys.path.pop(0)  # this file has the library's name
from nervaluate.evaluator import Evaluator

random.seed(20241128)
TYPES = ["LOC", "ORG", "PER"]
NAMES = {"strict": "strict", "exact": "boundary", "partial": "partial", "ent_type": "type"}


def entities(length, flat):
    """Distinct entities in order of place; flat ones share no word."""
    found, at = set(), 0
    while at < length:
        start = at + random.randint(0, 2)
        end = min(length, start + random.randint(1, 4))
        if start >= end:
            break
        found.add((start, end, random.choice(TYPES)))
        at = end if flat else start + random.randint(0, 2) + (1 if random.random() < 0.5 else 0)
    return sorted(found)


def noisy(gold, length, flat):
    moved = []
    for start, end, type_ in gold:
        chance = random.random()
        if chance < 0.15:
            continue
        if chance < 0.45:
            start, end = max(0, start + random.randint(-1, 1)), min(length, end + random.randint(-1, 1))
        if chance > 0.8:
            type_ = random.choice(TYPES)
        if start < end and not (flat and moved and start < moved[-1][1]):
            moved.append((start, end, type_))
    return sorted(set(moved))


def measured(result):
    fields = ["correct", "incorrect", "partial", "missed", "spurious", "precision", "recall", "f1"]
    return {name: {field: getattr(result[key], field) for field in fields} for key, name in NAMES.items()}


corpora = []
for flat in [True] * 6 + [False] * 6:
    lengths = [random.randint(1, 14) for _ in range(25)]
    gold = [entities(length, flat) for length in lengths]
    predicted = [noisy(one, length, flat) for one, length in zip(gold, lengths)]
    shown = lambda side: [[{"start": s, "end": e - 1, "label": t} for s, e, t in one] for one in side]
    result = Evaluator(shown(gold), shown(predicted), tags=TYPES, loader="dict").evaluate()
    corpora.append({
        "gold": gold,
        "predicted": predicted,
        "overall": measured(result["overall"]),
        "byType": {type_: measured(result["entities"][type_]) for type_ in sorted(result["entities"])},
    })

path = pathlib.Path(__file__).parent.parent / "fixtures" / "nervaluate.json"
path.write_text(json.dumps({"nervaluate": "1.2.1", "corpora": corpora}, separators=(",", ":")) + "\n")
print(len(corpora), "corpora")
