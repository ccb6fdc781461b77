"""The same words encoded, and the same sentences fine-tuned on, with PyTorch and transformers."""

import json
import statistics
import sys
import time

try:
    import torch
    import transformers
    from transformers import RobertaModel
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
model = RobertaModel.from_pretrained(task["directory"], add_pooling_layer=False).eval()


def batched(items):
    order = sorted(items, key=lambda item: -len(item["ids"]))
    batch = []
    for item in order:
        if batch and (len(batch) + 1) * len(batch[0]["ids"]) > 2048:
            yield batch
            batch = []
        batch.append(item)
    yield batch


def padded(batch):
    longest = max(len(item["ids"]) for item in batch)
    ids = torch.ones(len(batch), longest, dtype=torch.long)
    for row, item in enumerate(batch):
        ids[row, : len(item["ids"])] = torch.tensor(item["ids"])
    rows = torch.tensor([row for row, item in enumerate(batch) for _ in item["first"]])
    first = torch.tensor([token for item in batch for token in item["first"]])
    return ids, (ids != 1).long(), rows, first


def encode():
    out = []
    with torch.inference_mode():
        for batch in batched(task["test"]):
            ids, mask, rows, first = padded(batch)
            out.append(model(input_ids=ids, attention_mask=mask).last_hidden_state[rows, first].numpy())
    return out


def timed(body, repeats):
    body()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        body()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


encoding = timed(encode, task["repeats"])

width = model.config.hidden_size
drop = torch.nn.Dropout(0.1)
head = torch.nn.Sequential(drop, torch.nn.Linear(width, width), torch.nn.GELU(), drop, torch.nn.Linear(width, task["classes"]))
model.train()
optimizer = torch.optim.AdamW([
    {"params": model.parameters(), "lr": 5e-5},
    {"params": head.parameters(), "lr": 1e-3},
], weight_decay=0.01, fused=True)
parameters = [*model.parameters(), *head.parameters()]


def epoch():
    for at in range(0, len(task["train"]), 8):
        batch = task["train"][at : at + 8]
        ids, mask, rows, first = padded(batch)
        labels = torch.tensor([label for item in batch for label in item["labels"]])
        vectors = model(input_ids=ids, attention_mask=mask).last_hidden_state[rows, first]
        loss = torch.nn.functional.cross_entropy(head(vectors), labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()


print(json.dumps({
    "encoding": encoding,
    "epoch": timed(epoch, task["repeats"]),
    "version": f"torch {torch.__version__}, transformers {transformers.__version__}",
}))
