"""Writes ../fixtures/reference.json: what seqeval 1.2.2 and scikit-learn say of random tag sequences, most of them malformed.

    pip install seqeval==1.2.2 scikit-learn && python make.py
"""
import json
import pathlib
import random
import warnings

from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB1, IOB2, IOBES, IOE1, IOE2, Tokens
from sklearn.metrics import precision_recall_fscore_support

warnings.filterwarnings("ignore")
random.seed(20240701)
SCHEMES = {"BIO": (IOB2, "BI"), "IOB1": (IOB1, "BI"), "IOE1": (IOE1, "IE"), "IOE2": (IOE2, "IE"), "IOBES": (IOBES, "BIES")}
TYPES = ["LOC", "PER", "creative-work"]


def random_tags(prefixes, length):
    """Any tag may follow any other."""
    return [random.choice(["O", *(f"{p}-{t}" for p in prefixes for t in random.sample(TYPES, 2))]) for _ in range(length)]


def strict(tags, scheme):
    return [[e.start, e.end, e.tag] for e in Tokens(tags, scheme).entities]


def conlleval(tags):
    return [[start, last + 1, type_] for type_, start, last in get_entities(tags)]


def pooled(gold, predicted):
    right = sum(len({tuple(e) for e in g} & {tuple(e) for e in p}) for g, p in zip(gold, predicted))
    guessed, all_ = sum(map(len, predicted)), sum(map(len, gold))
    precision, recall = (right / guessed if guessed else 0), (right / all_ if all_ else 0)
    return [precision, recall, 2 * precision * recall / (precision + recall) if right else 0]


def noisy(tags, prefixes):
    return [random_tags(prefixes, 1)[0] if random.random() < 0.2 else tag for tag in tags]


sequences = []
for name, (scheme, prefixes) in SCHEMES.items():
    for _ in range(120):
        tags = random_tags(prefixes, random.randint(1, 9))
        sequences.append({"scheme": name, "tags": tags, "strict": strict(tags, scheme), "conlleval": conlleval(tags)})

corpora = []
for name, (scheme, prefixes) in SCHEMES.items():
    gold = [random_tags(prefixes, random.randint(1, 12)) for _ in range(12)]
    predicted = [noisy(tags, prefixes) for tags in gold]
    flat_gold = [tag[2:] or "O" for tags in gold for tag in tags]
    flat_predicted = [tag[2:] or "O" for tags in predicted for tag in tags]
    labels = sorted({*flat_gold, *flat_predicted} - {"O"})
    words = precision_recall_fscore_support(flat_gold, flat_predicted, labels=labels, average=None)
    macro = precision_recall_fscore_support(flat_gold, flat_predicted, labels=labels, average="macro")
    micro = precision_recall_fscore_support(flat_gold, flat_predicted, labels=labels, average="micro")
    with_outside = precision_recall_fscore_support(flat_gold, flat_predicted, average="macro")
    corpora.append({
        "scheme": name,
        "gold": gold,
        "predicted": predicted,
        "strict": pooled([strict(t, scheme) for t in gold], [strict(t, scheme) for t in predicted]),
        "conlleval": pooled([conlleval(t) for t in gold], [conlleval(t) for t in predicted]),
        "words": {label: [float(column[i]) for column in words] for i, label in enumerate(labels)},
        "wordsMacro": [float(x) for x in macro[:3]],
        "wordsMicro": [float(x) for x in micro[:3]],
        "wordsMacroWithOutside": [float(x) for x in with_outside[:3]],
    })

path = pathlib.Path(__file__).parent.parent / "fixtures" / "reference.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"sequences": sequences, "corpora": corpora}, separators=(",", ":")) + "\n")
print(len(sequences), "sequences,", len(corpora), "corpora")
