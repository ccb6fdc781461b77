"""Our model in Python transformers: python transformers_recipe.py DIRECTORY

Ran with transformers 5.24.0, torch 2.13.0 and Python 3.11.
"""

import sys

import torch
from transformers import AutoModel, AutoTokenizer, pipeline

directory = sys.argv[1]

# A token classifier: its entities.
recognise = pipeline("token-classification", model=directory, aggregation_strategy="simple")
for entity in recognise("Marie Curie was born in Warsaw."):
    print(entity["entity_group"], entity["word"], round(float(entity["score"]), 2))

# The encoder in it: token vectors of the last layer beside an earlier one, as NuNER's model cards advise (layer -7 of a base model).
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModel.from_pretrained(directory)
with torch.no_grad():
    states = model(**tokenizer("Marie Curie was born in Warsaw.", return_tensors="pt"), output_hidden_states=True).hidden_states
earlier = -7 if len(states) >= 7 else 0
print(torch.cat([states[-1], states[earlier]], dim=-1).shape)
