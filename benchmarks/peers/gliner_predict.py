"""The same model in GLiNER's Python: milliseconds for all texts, the median of several passes."""

import json
import statistics
import sys
import time
import warnings

try:
    import gliner
    import torch
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
now = time.process_time if task["clock"] == "processor" else time.perf_counter
model = gliner.GLiNER.from_pretrained(task["directory"], local_files_only=True)
model.eval()
times = []
for round in range(task["repeats"] + 1):
    started = now()
    model.inference(task["texts"], task["labels"], threshold=task["threshold"], batch_size=task["batch"])
    if round > 0:
        times.append(1000 * (now() - started))
print(json.dumps({"milliseconds": statistics.median(times), "version": f"gliner {gliner.__version__}, torch {torch.__version__}"}))
