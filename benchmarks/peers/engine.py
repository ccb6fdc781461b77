"""The engine's peer: the same encoder, head, loss and AdamW in PyTorch. Input: one JSON object; output: one JSON line."""
import json
import resource
import signal
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    print("no module torch", file=sys.stderr)
    sys.exit(3)

run = json.load(sys.stdin)
device = "cpu"
if run.get("onCard"):
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
    if device is None:
        print("no card that torch sees", file=sys.stderr)
        sys.exit(3)
torch.set_num_threads(run["threads"])
torch.set_default_device(device)
torch.manual_seed(1)
hidden, heads, layers, inner = run["hidden"], run["heads"], run["layers"], run["feedForward"]
rows, tokens, concepts, frozen = run["rows"], run["tokens"], run["concepts"], run["frozen"]
rate = run["dropout"]


def dropped(x):
    return F.dropout(x, rate, training=torch.is_grad_enabled()) if rate > 0 else x


def attend(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=rate if torch.is_grad_enabled() else 0)
    return dropped(torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)) @ v


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(hidden, hidden) for _ in range(4))
        self.up, self.down = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)

    def forward(self, x):
        b, t, _ = x.shape
        split = lambda y: y.view(b, t, heads, hidden // heads).transpose(1, 2)
        y = attend(split(self.q(x)), split(self.k(x)), split(self.v(x))).transpose(1, 2).reshape(b, t, hidden)
        x = self.norm1(x + dropped(self.o(y)))
        return self.norm2(x + dropped(self.down(F.gelu(self.up(x)))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(run["vocabSize"], hidden), nn.Embedding(run["positions"], hidden)
        self.norm = nn.LayerNorm(hidden)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.concepts = nn.Parameter(torch.randn(concepts, hidden) * 0.2)

    def forward(self, ids):
        training = torch.is_grad_enabled()
        with torch.set_grad_enabled(training and frozen == 0):
            x = dropped(self.norm(self.words(ids) + self.positions(torch.arange(ids.shape[1]))))
        # Layers below the frozen line keep nothing for a backward pass.
        for i, layer in enumerate(self.layers):
            with torch.set_grad_enabled(training and i >= frozen):
                x = layer(x)
        return x


model = Encoder()
if frozen:
    below = [model.words, model.positions, model.norm, *model.layers[:frozen]]
    for module in below:
        module.requires_grad_(False)
ids = torch.tensor(run["ids"]).view(rows, tokens)
targets = torch.zeros(rows * tokens, concepts)
targets[torch.arange(rows * tokens), torch.arange(rows * tokens) % concepts] = 1
trained = [p for p in model.parameters() if p.requires_grad]
try:
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01, fused=True)
except (TypeError, RuntimeError):
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)


clock = time.process_time if run["clock"] == "processor" else time.perf_counter


def timed(step):
    def f():
        step()
        if device != "cpu":
            getattr(torch, device).synchronize()

    for _ in range(run["warmups"]):
        f()
    times = []
    for _ in range(run["repeats"]):
        start = clock()
        f()
        times.append((clock() - start) * 1e3)
    return times


def measure(encoder, bf16):
    def forward():
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=bf16):
            encoder(ids)

    def step():
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            logits = encoder(ids).view(rows * tokens, hidden) @ model.concepts.t()
        F.binary_cross_entropy_with_logits(logits.float(), targets).backward()
        optimizer.step()

    return {"forward": timed(forward), "step": timed(step)}


def give_up(_signal, _frame):
    raise TimeoutError(f"no result within {run['patience']} s")


signal.signal(signal.SIGALRM, give_up)
signal.alarm(run["patience"])
result = {"version": torch.__version__}
try:
    encoder = torch.compile(model) if run["variant"] == "torch.compile" else model
    result.update(measure(encoder, run["variant"] == "bf16 autocast"))
except Exception as error:  # no C++ compiler, an older torch, out of patience
    result["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
result["peakMegabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if device == "cuda":
    result["cardMegabytes"] = torch.cuda.max_memory_allocated() / 2**20
    result["card"] = torch.cuda.get_device_name()
print(json.dumps(result))
