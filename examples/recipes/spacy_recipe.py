"""Our encoder under spaCy's NER, fine-tuned with it, through thinc alone: python spacy_recipe.py DIRECTORY

With spacy-transformers: spacy_transformers_recipe.py.
"""

import json
import sys

import spacy
import torch
from spacy.training import Example
from thinc.api import Adam, ArgsKwargs, PyTorchWrapper, torch2xp, xp2torch
from transformers import AutoModel, AutoTokenizer


class WordVectors(torch.nn.Module):
    """Each word's mean over its sub-tokens, [words, hidden]; long documents in overlapping windows."""

    def __init__(self, directory):
        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(directory)
        self.encoder = AutoModel.from_pretrained(directory, add_pooling_layer=False)

    def forward(self, texts, words):
        longest = self.tokenizer.model_max_length
        batch = self.tokenizer(
            texts,
            truncation=True,
            max_length=longest,
            stride=longest // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            padding=True,
            return_tensors="pt",
        )
        states = self.encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
        first = [0]
        for spans in words:
            first.append(first[-1] + len(spans))
        sums = states.new_zeros(first[-1], states.shape[-1])
        counts = states.new_zeros(first[-1], 1)
        offsets, special = batch["offset_mapping"].tolist(), batch["special_tokens_mask"].tolist()
        for window, text in enumerate(batch["overflow_to_sample_mapping"].tolist()):
            tokens, places = [], []
            for token, (start, end) in enumerate(offsets[window]):
                if special[window][token]:
                    continue
                overlapping = (w for w, (a, b) in enumerate(words[text]) if start < b and end > a)
                for word in overlapping:
                    tokens.append(token)
                    places.append(first[text] + word)
            index = torch.tensor(places, dtype=torch.long)
            sums = sums.index_add(0, index, states[window, tokens])
            counts = counts.index_add(0, index, torch.ones(len(places), 1))
        return sums / counts.clamp(min=1)


def to_torch(model, docs, is_train):
    spans = [[(token.idx, token.idx + len(token)) for token in doc] for doc in docs]
    return ArgsKwargs(args=([doc.text for doc in docs], spans), kwargs={}), lambda _: []


def from_torch(model, inputs_and_output, is_train):
    docs, output = inputs_and_output
    vectors = model.ops.unflatten(torch2xp(output), model.ops.asarray1i([len(doc) for doc in docs]))
    backward = lambda gradients: ArgsKwargs((output,), {"grad_tensors": xp2torch(model.ops.flatten(gradients))})
    return vectors, backward


@spacy.registry.architectures("nuner.Encoder.v1")
def encoder(directory: str):
    network = WordVectors(directory)
    model = PyTorchWrapper(network, convert_inputs=to_torch, convert_outputs=from_torch)
    model.set_dim("nO", network.encoder.config.hidden_size)
    return model


spacy.util.fix_random_seed(0)
nlp = spacy.blank("en")
text = "Marie Curie was born in Warsaw."
[vectors] = encoder(sys.argv[1]).predict([nlp.make_doc(text)])
nlp.add_pipe(
    "ner",
    config={
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": False,
            "tok2vec": {"@architectures": "nuner.Encoder.v1", "directory": sys.argv[1]},
        }
    },
)
examples = [
    Example.from_dict(nlp.make_doc(text), {"entities": entities})
    for text, entities in [
        (text, [(0, 11, "PER"), (24, 30, "LOC")]),
        ("The Rhine flows through Basel.", [(4, 9, "LOC"), (24, 29, "LOC")]),
    ]
]
nlp.initialize(lambda: examples)
optimizer = Adam(3e-4)
for _ in range(40):
    nlp.update(examples, sgd=optimizer)
entities = [[entity.text, entity.label_] for entity in nlp(text).ents]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vectors[5][:8].tolist()]}))
