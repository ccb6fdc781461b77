"""Our encoder in SpanMarker (1.8, with transformers 4): python span_marker_recipe.py DIRECTORY

Give it the directory of an encoder (nuner export --encoder-only). It tells the tokenizer itself that every word begins with a space.
"""

import json
import sys

import torch
from datasets import Dataset
from span_marker import SpanMarkerModel, Trainer
from transformers import AutoConfig, AutoTokenizer, TrainingArguments, set_seed

set_seed(0)

labels = ["O", "PER", "LOC"]
words = ["Marie", "Curie", "was", "born", "in", "Warsaw", "."]
data = Dataset.from_dict({"tokens": [words] * 16, "ner_tags": [[1, 1, 0, 0, 0, 2, 0]] * 16})
# The library pads to this; RoBERTa counts positions from 2 on.
longest = min(64, AutoConfig.from_pretrained(sys.argv[1]).max_position_embeddings - 2)
# A sentence of seven words has 28 spans: of the 128 places for spans that a row has by default most would be padding.
model = SpanMarkerModel.from_pretrained(
    sys.argv[1], labels=labels, model_max_length=longest, marker_max_length=32, entity_max_length=8
)
inputs = AutoTokenizer.from_pretrained(sys.argv[1])(words, is_split_into_words=True, return_tensors="pt")
with torch.no_grad():
    vector = model.encoder.eval()(**inputs).last_hidden_state[0, inputs.word_ids().index(5)]

arguments = TrainingArguments(output_dir="span-marker-model", learning_rate=5e-4, num_train_epochs=24, report_to="none")
Trainer(model=model, args=arguments, train_dataset=data).train()
entities = [[entity["span"], entity["label"]] for entity in model.predict("Marie Curie was born in Warsaw.")]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
