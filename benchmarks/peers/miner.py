"""The plain Python way of few-shot sampling, after Few-NERD's sampler: draw a sentence, reject it if it does not fit, until every type has
enough. Two things are better than there: chosen sentences are a set, and a search that is stuck starts anew."""
import json
import random
import statistics
import sys
import time

STUCK = 10_000  # draws without a sentence that fits, about as many as there are sentences


def count(sentence):
    counts = {}
    for type_ in sentence:
        counts[type_] = counts.get(type_, 0) + 1
    return counts


def fill(counts, candidates, types, k, taken=()):
    """Indexes of sentences with k to 2k entities of every type."""
    while True:
        chosen, totals, rejected = set(), dict.fromkeys(types, 0), 0
        while any(totals[t] < k for t in types) and rejected < STUCK:
            i = random.choice(candidates)
            own = counts[i]
            if (
                i in chosen
                or i in taken
                or any(totals[t] + n > 2 * k for t, n in own.items())
                or all(totals[t] >= k for t in own)
            ):
                rejected += 1
                continue
            rejected = 0
            for t, n in own.items():
                totals[t] += n
            chosen.add(i)
        if rejected < STUCK:
            return sorted(chosen)


def sets(counts, k, number):
    types = sorted({t for own in counts for t in own})
    candidates = [i for i, own in enumerate(counts) if own]
    return [fill(counts, candidates, types, k) for _ in range(number)]


def episodes(counts, n, k, number):
    types = sorted({t for own in counts for t in own})
    out = []
    for _ in range(number):
        candidates = []
        while not candidates:
            drawn = random.sample(types, n)
            wanted = set(drawn)
            candidates = [i for i, own in enumerate(counts) if own and wanted.issuperset(own)]
        support = fill(counts, candidates, drawn, k)
        query = fill(counts, candidates, drawn, k, set(support))
        out.append({"types": drawn, "support": support, "query": query})
    return out


def timed(body, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = body()
        times.append((time.perf_counter() - start) * 1000)
    return {"ms": statistics.median(times), "result": result}


task = json.load(sys.stdin)
random.seed(1)
index = timed(lambda: [count(s) for s in task["data"]], 3)
counts = index.pop("result")
answers = []
for case in task["cases"]:
    if case["kind"] == "sets":
        answers.append(timed(lambda: sets(counts, case["k"], case["number"]), 3))
    else:
        answers.append(timed(lambda: episodes(counts, case["n"], case["k"], case["number"]), 3))
print(json.dumps({"index": index, "answers": answers}))
