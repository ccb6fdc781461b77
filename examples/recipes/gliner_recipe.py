"""Our encoder as the text encoder of a new GLiNER (0.2): python gliner_recipe.py DIRECTORY

Give it the directory of an encoder (nuner export --encoder-only). The rest of the model starts at random: it has to be trained. Ran with GLiNER 0.2.29,
transformers 5.16.1, torch 2.13.0 and Python 3.11.
"""

import sys

from gliner import GLiNER
from transformers import AutoConfig, AutoModel, AutoTokenizer

# GLiNER hands over words: each of them has to begin with a space, as within a text, which a copy of the tokenizer is told here.
directory = "gliner-encoder"
AutoTokenizer.from_pretrained(sys.argv[1], add_prefix_space=True).save_pretrained(directory)
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
data = [{"tokenized_text": ["Marie", "Curie", "was", "born", "in", "Warsaw", "."], "ner": [[0, 1, "person"], [5, 5, "city"]]}] * 16
model.train_model(
    train_dataset=data,
    eval_dataset=data,
    output_dir="gliner-model",
    max_steps=120,
    learning_rate=2e-4,
    per_device_train_batch_size=4,
    report_to="none",
)
print(model.predict_entities("Marie Curie was born in Warsaw.", ["person", "city"]))
