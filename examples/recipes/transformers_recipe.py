"""Our model in Python transformers: python transformers_recipe.py DIRECTORY

DIRECTORY holds a plain head, as `nuner fit --mode probe --layers -1` makes it; head_recipe.py reads any other.
"""

import json
import sys

import torch
from transformers import AutoModel, AutoTokenizer, pipeline

directory = sys.argv[1]
text = "Marie Curie was born in Warsaw."

# A token classifier: its entities.
recognise = pipeline("token-classification", model=directory, aggregation_strategy="simple")
found = recognise(text)

# The encoder in it: token vectors of the last layer; output_hidden_states=True gives the earlier ones as well.
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModel.from_pretrained(directory, add_pooling_layer=False)
inputs = tokenizer(text, return_tensors="pt")
with torch.no_grad():
    states = model(**inputs).last_hidden_state[0]
vector = states[inputs.char_to_token(text.index("Warsaw"))]

entities = [[text[entity["start"] : entity["end"]], entity["entity_group"]] for entity in found]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
