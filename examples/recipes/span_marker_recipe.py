"""Our encoder in SpanMarker (1.8, with transformers 4): python span_marker_recipe.py DIRECTORY

Give it the directory of an encoder (nuner export --encoder-only). Ran with SpanMarker 1.8.1, transformers 4.57.6, torch 2.13.0 and Python 3.11. It tells the
tokenizer itself that every word begins with a space.
"""

import sys

from datasets import Dataset
from span_marker import SpanMarkerModel, Trainer
from transformers import AutoConfig, TrainingArguments

labels = ["O", "PER", "LOC"]
data = Dataset.from_dict(
    {"tokens": [["Marie", "Curie", "was", "born", "in", "Warsaw", "."]] * 16, "ner_tags": [[1, 1, 0, 0, 0, 2, 0]] * 16}
)
# The library pads to this; RoBERTa counts positions from 2 on.
longest = min(64, AutoConfig.from_pretrained(sys.argv[1]).max_position_embeddings - 2)
# A sentence of seven words has 28 spans: of the 128 places for spans that a row has by default most would be padding.
model = SpanMarkerModel.from_pretrained(
    sys.argv[1], labels=labels, model_max_length=longest, marker_max_length=32, entity_max_length=8
)
arguments = TrainingArguments(output_dir="span-marker-model", learning_rate=5e-4, num_train_epochs=12, report_to="none")
Trainer(model=model, args=arguments, train_dataset=data).train()
print(model.predict("Marie Curie was born in Warsaw."))
