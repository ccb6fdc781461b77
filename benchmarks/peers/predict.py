"""Token probabilities of texts by a token classifier in transformers on PyTorch: median milliseconds of all texts together."""

import json
import statistics
import sys
import time

try:
    import torch
    import transformers
    from transformers import AutoModelForTokenClassification, AutoTokenizer
except ImportError as error:
    print(error.name, "is not installed (PYTHON names another python3)", file=sys.stderr)
    sys.exit(3)

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
now = time.process_time if task["clock"] == "processor" else time.perf_counter
tokenizer = AutoTokenizer.from_pretrained(task["directory"])
model = AutoModelForTokenClassification.from_pretrained(task["directory"]).eval()
times = []
with torch.inference_mode():
    for _ in range(task["repeats"] + task["warmups"]):
        start = now()
        inputs = tokenizer(task["texts"], padding=True, return_tensors="pt")
        model(**inputs).logits.softmax(-1).numpy()
        times.append(1000 * (now() - start))
        assert inputs["input_ids"].shape[1] == task["tokens"]
version = f"torch {torch.__version__}, transformers {transformers.__version__}"
print(json.dumps({"milliseconds": statistics.median(times[task["warmups"] :]), "version": version}))
