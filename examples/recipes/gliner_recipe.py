"""Our encoder as the text encoder of a new GLiNER (0.2): python gliner_recipe.py DIRECTORY

Give it the directory of an encoder (saveEncoder). The rest of the model starts at random: it has to be trained. Not run where it was written:
GLiNER could not be installed there.
"""

import sys

from gliner import GLiNER, GLiNERConfig
from gliner.data_processing.collator import DataCollator
from gliner.training import Trainer, TrainingArguments
from transformers import AutoConfig

directory = sys.argv[1]
config = GLiNERConfig(model_name=directory, hidden_size=AutoConfig.from_pretrained(directory).hidden_size, max_len=128, max_width=8)
model = GLiNER(config)
data = [{"tokenized_text": ["Marie", "Curie", "was", "born", "in", "Warsaw", "."], "ner": [[0, 1, "person"], [5, 5, "city"]]}] * 16
collator = DataCollator(model.config, data_processor=model.data_processor, prepare_labels=True)
arguments = TrainingArguments(output_dir="gliner-model", learning_rate=1e-5, others_lr=1e-4, num_train_epochs=10)
Trainer(model=model, args=arguments, train_dataset=data, data_collator=collator).train()
print(model.predict_entities("Marie Curie was born in Warsaw.", ["person", "city"]))
