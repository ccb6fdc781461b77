"""A model of `nuner fit` whose head Python's transformers has no class for (several layers, or a hidden one): python head_recipe.py DIRECTORY

DIRECTORY is what `nuner fit` or `nuner export` wrote. Ran with transformers 5.24.0, torch 2.13.0, safetensors 0.8.0 and Python 3.11.
"""

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

text = "Clara Voss reads from her novel The Salt Road in Norwich."
inputs = tokenizer(text, return_tensors="pt")
with torch.no_grad():
    states = encoder(**inputs, output_hidden_states=True).hidden_states
    x = torch.cat([states[layer][0] for layer in settings["layers"]], dim=-1)
    if "dense.weight" in head:
        x = torch.nn.functional.gelu(x @ head["dense.weight"].T + head["dense.bias"])
    scores = ((x @ head["classifier.weight"].T + head["classifier.bias"]) / settings["temperature"]).softmax(-1)

# Each sub-token's best class; here words are the mean over their sub-tokens (or the first), then decoded by what may follow what.
found = [
    f"{token}: {settings['classes'][best]} ({score:.2f})"
    for token, score, best in zip(tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]), *scores.max(-1))
    if settings["classes"][best] != "O" and token not in tokenizer.all_special_tokens
]
print(", ".join(found))
