"""Forward passes of RoBERTa-base (random weights) by PyTorch and transformers: median milliseconds of one shape."""

import json
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
now = time.process_time if task["clock"] == "processor" else time.perf_counter
config = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
model = RobertaModel(config, add_pooling_layer=False).eval()
with torch.inference_mode():
    ids = torch.randint(5, 50000, (task["rows"], task["tokens"]))
    mask = torch.ones_like(ids)
    times = []
    for _ in range(task["repeats"] + 1):
        start = now()
        model(input_ids=ids, attention_mask=mask).last_hidden_state.numpy()
        times.append(1000 * (now() - start))
version = f"torch {torch.__version__}, transformers {transformers.__version__}"
print(json.dumps({"milliseconds": statistics.median(times[1:]), "version": version}))
