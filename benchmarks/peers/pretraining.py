"""Pre-training's peer: the same batches, both encoders, loss, telemetry, clipping and AdamW with PyTorch and transformers."""

import json
import sys
import time

try:
    import torch
    import torch.nn.functional as F
    from transformers import AutoModel, RobertaConfig, RobertaModel
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

run = json.load(sys.stdin)
torch.set_num_threads(run["threads"])
torch.manual_seed(1)
config = run["config"]
pad = config["padId"]


def encoder():
    if run["name"] == "minilm":
        return AutoModel.from_pretrained(run["directory"], add_pooling_layer=False)
    shape = RobertaConfig(
        vocab_size=config["vocabSize"], hidden_size=config["hidden"], num_hidden_layers=config["layers"],
        num_attention_heads=config["heads"], intermediate_size=config["feedForward"],
        max_position_embeddings=config["positions"], pad_token_id=pad, type_vocab_size=1,
        hidden_dropout_prob=run["dropout"], attention_probs_dropout_prob=run["dropout"],
    )
    return RobertaModel(shape, add_pooling_layer=False)


text, concept = encoder().train(), encoder().train()
named = [*text.named_parameters(), *concept.named_parameters()]
optimizer = torch.optim.AdamW(
    [
        {"params": [p for _, p in named if p.dim() >= 2], "weight_decay": 0.01},
        {"params": [p for _, p in named if p.dim() < 2], "weight_decay": 0.0},
    ],
    lr=3e-5, eps=1e-6, fused=True,
)
parameters = [p for _, p in named]


def padded(sequences):
    longest = max(map(len, sequences))
    ids = torch.full((len(sequences), longest), pad)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
    return ids, (ids != pad).long()


def step(batch):
    ids, mask = padded(batch["text"])
    names, name_mask = padded(batch["names"])
    counts = torch.tensor(batch["counts"], dtype=torch.float32)
    tokens, concepts = (torch.tensor(numbers) for numbers in batch["positives"])
    targets = torch.zeros(ids.numel(), len(names))
    targets[tokens, concepts] = 1
    optimizer.zero_grad()
    h = text(input_ids=ids, attention_mask=mask).last_hidden_state.flatten(0, 1)
    u = concept(input_ids=names, attention_mask=name_mask).last_hidden_state[:, 0]
    z = h @ u.t() / 5
    cells = F.binary_cross_entropy_with_logits(z, targets, reduction="none") * counts[:, None]
    loss = cells.sum() / (counts.sum() * len(names))
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters, run["clip"])
    optimizer.step()
    with torch.no_grad():
        counted = counts.sum() * len(names)
        positive = (z * targets).sum()
        negative = (z * counts[:, None]).sum() - positive
        saturated = ((z.abs() > 10) * counts[:, None]).sum()
        return [number.item() for number in (loss, norm, positive / len(tokens), negative / counted, saturated / counted)]


clock = time.process_time if run["clock"] == "processor" else time.perf_counter
times, counted = [], []
for number, batch in enumerate(run["batches"]):
    start = clock()
    step(batch)
    if number >= run["warmups"]:
        times.append((clock() - start) * 1e3)
        counted.append(sum(batch["counts"]))
print(json.dumps({"version": torch.__version__, "threads": run["threads"], "ms": times, "tokens": counted}))
