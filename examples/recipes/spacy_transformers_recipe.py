"""Our encoder under spaCy's NER (spaCy 3.8, spacy-transformers 1.4): python spacy_transformers_recipe.py DIRECTORY

Without spacy-transformers: spacy_recipe.py.
"""

import json
import sys

import spacy
from spacy.training import Example
from thinc.api import Adam

spacy.util.fix_random_seed(0)
nlp = spacy.blank("en")
nlp.add_pipe(
    "transformer",
    config={
        "model": {
            "@architectures": "spacy-transformers.TransformerModel.v3",
            "name": sys.argv[1],
            "tokenizer_config": {"use_fast": True},
            # Long documents in overlapping windows.
            "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
        }
    },
)
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
            "tok2vec": {
                "@architectures": "spacy-transformers.TransformerListener.v1",
                "grad_factor": 1.0,
                "pooling": {"@layers": "reduce_mean.v1"},
            },
        }
    },
)
text = "Marie Curie was born in Warsaw."
example = Example.from_dict(nlp.make_doc(text), {"entities": [(0, 11, "PER"), (24, 30, "LOC")]})
nlp.initialize(lambda: [example])
data = nlp.get_pipe("transformer")(nlp.make_doc(text))._.trf_data
states = data.model_output.last_hidden_state
vector = states.reshape(-1, states.shape[-1])[data.align[5].data[0, 0]]

optimizer = Adam(3e-4)
for _ in range(40):
    nlp.update([example], sgd=optimizer)
entities = [[entity.text, entity.label_] for entity in nlp(text).ents]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
