"""A model of `nuner fit` whose head Python's transformers has no class for (several layers, or a hidden one): python head_recipe.py DIRECTORY

DIRECTORY is what `nuner fit` or `nuner export` wrote.
"""

import itertools
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

directory = pathlib.Path(sys.argv[1])
settings = json.loads((directory / "nuner.json").read_text())
# A plain head stands in model.safetensors, as AutoModelForTokenClassification has it; any other in a file of its own.
head = load_file(directory / ("model.safetensors" if settings["head"] == "model" else "head.safetensors"))
tokenizer = AutoTokenizer.from_pretrained(directory)
encoder = AutoModel.from_pretrained(directory, add_pooling_layer=False)

text = "Marie Curie was born in Warsaw."
inputs = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
offsets = inputs.pop("offset_mapping")[0].tolist()
with torch.no_grad():
    states = encoder(**inputs, output_hidden_states=True).hidden_states
    x = torch.cat([states[layer][0] for layer in settings["layers"]], dim=-1)
    if "dense.weight" in head:
        x = torch.nn.functional.gelu(x @ head["dense.weight"].T + head["dense.bias"])
    scores = ((x @ head["classifier.weight"].T + head["classifier.bias"]) / settings["temperature"]).softmax(-1)

# Each sub-token's best class, neighbours together; here words are the mean over their sub-tokens (or the first), then decoded by what may follow what.
types = [settings["classes"][best].removeprefix("B-").removeprefix("I-") for best in scores.argmax(-1).tolist()]
entities = []
for kind, run in itertools.groupby(zip(types, offsets), key=lambda token: token[0]):
    places = [place for _, (start, end) in run if start < end for place in (start, end)]
    if kind != "O" and places:
        entities.append([text[min(places) : max(places)], kind])
vector = states[-1][0][inputs.char_to_token(text.index("Warsaw"))]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
