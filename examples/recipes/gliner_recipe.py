"""Our encoder as the text encoder of a new GLiNER (0.2): python gliner_recipe.py DIRECTORY

Give it the directory of an encoder (nuner export --encoder-only). The rest of the model starts at random: it has to be trained.
"""

import json
import sys

import torch
from gliner import GLiNER
from transformers import AutoConfig, AutoModel, AutoTokenizer, set_seed

set_seed(0)

# GLiNER hands over words: each of them has to begin with a space, as within a text, which a copy of the tokenizer is told here.
directory = "gliner-encoder"
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], add_prefix_space=True)
tokenizer.save_pretrained(directory)
AutoModel.from_pretrained(sys.argv[1], add_pooling_layer=False).save_pretrained(directory)
encoder = AutoConfig.from_pretrained(directory)

config = {
    "model_name": directory,
    "hidden_size": encoder.hidden_size,
    # In words; types and sub-tokens have to fit into the encoder's window as well.
    "max_len": encoder.max_position_embeddings // 2,
    "max_width": 8,
}
model = GLiNER.from_config(config, backbone_from_pretrained=True)
words = ["Marie", "Curie", "was", "born", "in", "Warsaw", "."]
inputs = tokenizer(words, is_split_into_words=True, return_tensors="pt")
with torch.no_grad():
    states = model.model.token_rep_layer.bert_layer.model.eval()(**inputs).last_hidden_state
vector = states[0, inputs.word_ids().index(5)]

data = [{"tokenized_text": words, "ner": [[0, 1, "person"], [5, 5, "city"]]}] * 16
model.train_model(
    train_dataset=data,
    eval_dataset=data,
    output_dir="gliner-model",
    # Types stand in random order before a text: for fifty steps nothing tells them apart, then the model begins to read their names.
    max_steps=120,
    learning_rate=3e-4,
    per_device_train_batch_size=4,
    dataloader_num_workers=0,
    report_to="none",
)
found = model.predict_entities("Marie Curie was born in Warsaw.", ["person", "city"])
entities = [[entity["text"], entity["label"]] for entity in found]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
