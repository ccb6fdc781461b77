"""Adaptation of TadNER's two stages by PyTorch: seconds an episode and peak memory, for fixed numbers of updates on batches of the same shapes."""

import copy
import json
import resource
import statistics
import sys
import time

try:
    import torch
    import transformers
    from transformers import RobertaConfig, RobertaModel
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
torch.manual_seed(0)
now = time.process_time if task["clock"] == "processor" else time.perf_counter
hidden = task["hidden"]
config = RobertaConfig(
    vocab_size=task["vocabSize"], hidden_size=hidden, num_hidden_layers=task["layers"],
    num_attention_heads=task["heads"], intermediate_size=4 * hidden, max_position_embeddings=130,
)
sources = [RobertaModel(config, add_pooling_layer=False) for _ in range(2)]
states = [copy.deepcopy(source.state_dict()) for source in sources]
head = torch.nn.Linear(hidden, 5)
names = torch.randn(task["types"], hidden)

def batch(lengths):
    tokens = max(lengths)
    ids = torch.randint(5, task["vocabSize"], (len(lengths), tokens))
    mask = torch.tensor([[1] * length + [0] * (tokens - length) for length in lengths])
    return ids.masked_fill(mask == 0, 1), mask

support, query = batch(task["support"]), batch(task["query"])
real = support[1].bool()
tags = torch.randint(0, 5, (int(real.sum()),))
labels = torch.randint(0, task["types"], tags.shape)

def phi(model, inputs, last_four):
    ids, mask = inputs
    found = model(input_ids=ids, attention_mask=mask, output_hidden_states=last_four)
    return torch.stack(found.hidden_states[-4:]).mean(0) if last_four else found.last_hidden_state

def descend(model, parameters, loss):
    optimizer = torch.optim.Adam(parameters, lr=3e-5)
    model.train()
    for _ in range(task["steps"]):
        optimizer.zero_grad()
        value = loss()
        value.item()
        value.backward()
        optimizer.step()
    model.eval()

def episode():
    for source, state in zip(sources, states):
        source.load_state_dict(state)
    detector, classifier = sources
    descend(
        detector,
        [*detector.parameters(), *head.parameters()],
        lambda: torch.nn.functional.cross_entropy(
            head(torch.nn.functional.dropout(phi(detector, support, False)[real], 0.2)), tags
        ),
    )
    descend(
        classifier,
        classifier.parameters(),
        lambda: torch.nn.functional.cross_entropy(phi(classifier, support, True)[real] @ names.T, labels),
    )
    with torch.inference_mode():
        head(phi(detector, query, False)).argmax(-1).numpy()
        phi(classifier, support, True).numpy()
        phi(classifier, query, True).numpy()

times = []
for _ in range(task["repeats"] + 1):
    start = now()
    episode()
    times.append(now() - start)
print(
    json.dumps(
        {
            "seconds": statistics.median(times[1:]),
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": f"torch {torch.__version__}",
        }
    )
)
