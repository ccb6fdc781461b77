"""Our encoder as the text encoder of a new GLiNER (0.2): python gliner_recipe.py DIRECTORY

Give it the directory of an encoder (nuner export --encoder-only). The rest of the model starts at random: it has to be trained. Written after GLiNER's
documentation and not run: GLiNER could not be installed where it was written.
"""

import sys

from gliner import GLiNER, GLiNERConfig
from transformers import AutoConfig

directory = sys.argv[1]
encoder = AutoConfig.from_pretrained(directory)
model = GLiNER.from_config(
    GLiNERConfig(model_name=directory, hidden_size=encoder.hidden_size, max_len=encoder.max_position_embeddings // 2, max_width=8)
)
data = [{"tokenized_text": ["Marie", "Curie", "was", "born", "in", "Warsaw", "."], "ner": [[0, 1, "person"], [5, 5, "city"]]}] * 16
model.train_model(
    train_dataset=data,
    eval_dataset=data,
    output_dir="gliner-model",
    max_steps=100,
    learning_rate=1e-5,
    per_device_train_batch_size=8,
)
print(model.predict_entities("Marie Curie was born in Warsaw.", ["person", "city"]))
