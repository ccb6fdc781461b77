"""Directories that `bun ours.ts <folder>` wrote, loaded by GLiNER's Python: its entities, from PyTorch and from the ONNX graph, beside ours."""

import json
import logging
import sys
import warnings
from pathlib import Path

from gliner import GLiNER

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


def listed(text, entities):
    """Offsets in UTF-16 units, as ours."""
    units = lambda at: len(text[:at].encode("utf-16-le")) // 2  # noqa: E731
    return {(units(e["start"]), units(e["end"]), e["label"]): e["score"] for e in entities}


for directory in sorted(Path(sys.argv[1]).iterdir()):
    ours = json.loads((directory / "entities.json").read_text())
    for kind, options in {"torch": {}, "onnx": {"load_onnx_model": True, "onnx_model_file": "onnx/model.onnx"}}.items():
        model = GLiNER.from_pretrained(str(directory), local_files_only=True, **options)
        found = model.inference(ours["texts"], ours["types"], threshold=0.45, batch_size=8)
        same = total = 0
        worst = 0.0
        for text, theirs, own in zip(ours["texts"], found, ours["entities"], strict=True):
            a = listed(text, theirs)
            b = {(e["start"], e["end"], e["type"]): e["score"] for e in own}
            total += len(a | b)
            same += len(a.keys() & b.keys())
            worst = max([worst, *(abs(a[k] - b[k]) for k in a.keys() & b.keys())])
        print(f"{directory.name:12} {kind:6} {same} of {total} entities the same, largest difference of a score {worst:.1e}")
