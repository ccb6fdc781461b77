"""Our encoder in SpanMarker (1.7): python span_marker_recipe.py DIRECTORY

Give it the directory of an encoder (saveEncoder). Not run where it was written: SpanMarker could not be installed there.
"""

import sys

from datasets import Dataset
from span_marker import SpanMarkerModel, Trainer
from transformers import TrainingArguments

labels = ["O", "PER", "LOC"]
data = Dataset.from_dict(
    {"tokens": [["Marie", "Curie", "was", "born", "in", "Warsaw", "."]] * 16, "ner_tags": [[1, 1, 0, 0, 0, 2, 0]] * 16}
)
model = SpanMarkerModel.from_pretrained(sys.argv[1], labels=labels, model_max_length=128, entity_max_length=8)
arguments = TrainingArguments(output_dir="span-marker-model", learning_rate=5e-5, num_train_epochs=10)
Trainer(model=model, args=arguments, train_dataset=data).train()
print(model.predict("Marie Curie was born in Warsaw."))
