"""A forward pass and a step of an architecture (random weights, no dropout) by PyTorch and transformers: median milliseconds of one shape."""

import json
import statistics
import sys
import time

try:
    import torch
    import transformers
    from transformers import AutoConfig, AutoModel
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
now = time.process_time if task["clock"] == "processor" else time.perf_counter
config = task["config"]
model = AutoModel.from_config(AutoConfig.for_model(**config)).eval()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
ids = torch.tensor(task["ids"]).view(task["rows"], task["tokens"])
mask = torch.ones_like(ids)


def states():
    return model(input_ids=ids, attention_mask=mask).last_hidden_state


def forward():
    with torch.inference_mode():
        states().numpy()


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = states().square().mean()
    loss.backward()
    optimizer.step()
    loss.item()


def median(body):
    times = []
    for _ in range(task["warmups"] + task["repeats"]):
        start = now()
        body()
        times.append(1000 * (now() - start))
    return statistics.median(times[task["warmups"] :])


version = f"torch {torch.__version__}, transformers {transformers.__version__}"
print(json.dumps({"forward": median(forward), "step": median(step), "version": version}))
