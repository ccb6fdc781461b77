"""Forward passes of RoBERTa-base (random weights) by PyTorch and transformers: seconds for each [rows, tokens] asked for."""

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
config = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
model = RobertaModel(config, add_pooling_layer=False).eval()
seconds = []
with torch.inference_mode():
    for rows, tokens in task["shapes"]:
        ids = torch.randint(5, 50000, (rows, tokens))
        mask = torch.ones_like(ids)
        times = []
        for _ in range(task["repeats"] + 1):
            start = time.perf_counter()
            model(input_ids=ids, attention_mask=mask).last_hidden_state.numpy()
            times.append(time.perf_counter() - start)
        seconds.append(statistics.median(times[1:]))
print(json.dumps({"seconds": seconds, "version": f"torch {torch.__version__}, transformers {transformers.__version__}"}))
