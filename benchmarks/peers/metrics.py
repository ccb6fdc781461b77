"""The plain Python way of scoring: entities from tags as seqeval gets them, sets of tuples, and a bootstrap over counts a sentence."""
import json
import random
import statistics
import sys
import time


def ends(previous, previous_type, tag, type_):
    if previous in "ES":
        return True
    if previous in "BI" and tag in "BSO":
        return True
    return previous != "O" and previous_type != type_


def starts(previous, previous_type, tag, type_):
    if tag in "BS":
        return True
    if previous in "ESO" and tag in "EI":
        return True
    return tag != "O" and previous_type != type_


def get_entities(sequence):
    previous, previous_type, begin, chunks = "O", "", 0, []
    for i, chunk in enumerate(sequence + ["O"]):
        tag, type_ = chunk[0], chunk[2:]
        if ends(previous, previous_type, tag, type_):
            chunks.append((previous_type, begin, i - 1))
        if starts(previous, previous_type, tag, type_):
            begin = i
        previous, previous_type = tag, type_
    return chunks


def f1(right, guessed, all_):
    precision = right / guessed if guessed else 0
    recall = right / all_ if all_ else 0
    return 2 * precision * recall / (precision + recall) if right else 0


def counts(gold, predicted):
    rows = []
    for g, p in zip(gold, predicted):
        a, b = set(get_entities(g)), set(get_entities(p))
        rows.append((len(a & b), len(b), len(a)))
    return rows


def micro(rows):
    return f1(sum(r[0] for r in rows), sum(r[1] for r in rows), sum(r[2] for r in rows))


def entity_f1(gold, predicted):
    return micro(counts(gold, predicted))


def token_f1(gold, predicted):
    right, guessed, all_ = {}, {}, {}
    for g, p in zip(gold, predicted):
        for x, y in zip(g, p):
            x, y = x[2:], y[2:]
            if x:
                all_[x] = all_.get(x, 0) + 1
            if y:
                guessed[y] = guessed.get(y, 0) + 1
            if x and x == y:
                right[x] = right.get(x, 0) + 1
    types = set(all_) | set(guessed)
    return sum(f1(right.get(t, 0), guessed.get(t, 0), all_.get(t, 0)) for t in types) / len(types)


def bootstrap(rows, resamples):
    values = sorted(micro(random.choices(rows, k=len(rows))) for _ in range(resamples))
    return [micro(rows), values[int(0.025 * resamples)], values[int(0.975 * resamples)]]


def paired(a, b, resamples):
    both = list(zip(a, b))
    values = []
    for _ in range(resamples):
        sample = random.choices(both, k=len(both))
        values.append(micro([x for x, _ in sample]) - micro([y for _, y in sample]))
    values.sort()
    return [micro(a) - micro(b), values[int(0.025 * resamples)], values[int(0.975 * resamples)]]


def timed(body, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = body()
        times.append((time.perf_counter() - start) * 1000)
    return {"ms": statistics.median(times), "result": result}


task = json.load(sys.stdin)
gold, a, b, resamples = task["gold"], task["a"], task["b"], task["resamples"]
random.seed(1)
rows_a, rows_b = counts(gold, a), counts(gold, b)
print(json.dumps({
    "entity": timed(lambda: entity_f1(gold, a), 5),
    "token": timed(lambda: token_f1(gold, a), 5),
    "bootstrap": timed(lambda: bootstrap(rows_a, resamples), 3),
    "paired": timed(lambda: paired(rows_a, rows_b, resamples), 3),
}))
