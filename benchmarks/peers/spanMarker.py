"""Fine-tunes SpanMarker (https://github.com/tomaarsen/SpanMarkerNER) on labelled sentences and predicts: JSON in, a line of JSON out. The file is
not called span_marker.py, which the import would find.

Ran with span-marker 1.8.1, transformers 4.57.6, torch 2.13.0, datasets 5.0.1, accelerate 1.15.0 and Python 3.11, on one thread.
"""

import json
import resource
import sys
import tempfile
import time

try:
    import torch
    import transformers
    from datasets import Dataset
    from importlib.metadata import version
    from span_marker import SpanMarkerModel, Trainer
    from transformers import AutoTokenizer
except ImportError as error:
    print(f"{error.name} is not installed", file=sys.stderr)
    sys.exit(3)

given = json.load(sys.stdin)
torch.set_num_threads(1)
transformers.set_seed(given["seed"])

labels = ["O", *sorted({kind for sentence in given["train"] for _, _, kind in sentence["entities"]})]


def tagged(sentence):
    """BIO tags: neighbours of one type stay apart."""
    tags = ["O"] * len(sentence["words"])
    for start, end, kind in sentence["entities"]:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


scheme = ["O", *(f"{prefix}-{kind}" for kind in labels[1:] for prefix in "BI")]
data = Dataset.from_dict(
    {
        "tokens": [sentence["words"] for sentence in given["train"]],
        "ner_tags": [[scheme.index(tag) for tag in tagged(sentence)] for sentence in given["train"]],
    }
)
# A row is a text and a number of spans, two tokens each, and is padded to the longest of both: as short as the sentences allow, and even, without which SpanMarker
# fails on a text that fills its row; spans no longer than the entities it learns from; and as many a row as make the fewest tokens in all.
tokenizer = AutoTokenizer.from_pretrained(given["base"])


def longest(*parts):
    texts = (sentence["words"] for part in parts for sentence in given[part])
    tokens = max(len(tokenizer(text, is_split_into_words=True)["input_ids"]) for text in texts)
    return tokens + tokens % 2


words = max(end - start for sentence in given["train"] for start, end, _ in sentence["entities"])


def tokens(markers):
    """Of all rows."""
    spans = (sum(min(words, len(s["words"]) - start) for start in range(len(s["words"]))) for s in given["train"])
    return (longest("train") + 2 * markers) * sum(-(-count // markers) for count in spans)


markers = min(range(16, 129, 16), key=tokens)
model = SpanMarkerModel.from_pretrained(
    given["base"], labels=scheme, model_max_length=longest("train"), marker_max_length=markers, entity_max_length=words
)
arguments = transformers.TrainingArguments(
    output_dir=tempfile.mkdtemp(),
    learning_rate=given["rate"],
    num_train_epochs=given["epochs"],
    per_device_train_batch_size=given["batch"],
    warmup_ratio=0.1,
    save_strategy="no",
    report_to="none",
    use_cpu=True,
    seed=given["seed"],
)
started = time.process_time()
trainer = Trainer(model=model, args=arguments, train_dataset=data)
trainer.train()
fitted = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def found(part):
    sentences = model.predict([sentence["words"] for sentence in given[part]], batch_size=16)
    return [[[e["word_start_index"], e["word_end_index"], e["label"]] for e in entities] for entities in sentences]


model.tokenizer.model_max_length = longest("train", "dev", "test")
test = found("test")
predicted = time.process_time()
print(
    json.dumps(
        {
            "found": test,
            "foundDev": found("dev") if given["dev"] else [],
            "updates": trainer.state.global_step,
            "secondsToFit": fitted - started,
            "sentencesPerSecond": len(test) / (predicted - fitted),
            "gigabytes": peak,
            "versions": {name: version(name) for name in ["span-marker", "transformers", "torch"]},
        }
    )
)
