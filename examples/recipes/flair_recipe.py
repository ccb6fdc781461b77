"""Our encoder as Flair's word embeddings (Flair 0.15): python flair_recipe.py DIRECTORY

It tells the tokenizer itself that every word begins with a space.
"""

import json
import sys

from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import TransformerWordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer

embeddings = TransformerWordEmbeddings(model=sys.argv[1], layers="-1", subtoken_pooling="first", fine_tune=True)

text = "Marie Curie was born in Warsaw ."
embeddings.eval()
embeddings.embed(before := Sentence(text))
vector = before[5].embedding

sentence = Sentence(text)
sentence[0:2].add_label("ner", "PER")
sentence[5:6].add_label("ner", "LOC")
data = FlairDatapointDataset([sentence])
corpus = Corpus(train=data, dev=data, test=data)

tagger = SequenceTagger(
    embeddings=embeddings,
    tag_dictionary=corpus.make_label_dictionary("ner", add_unk=False),
    tag_type="ner",
    use_rnn=False,
    use_crf=False,
    reproject_embeddings=False,
)
# A small encoder learns at a higher rate than the 5e-5 of a base.
ModelTrainer(tagger, corpus).fine_tune("flair-model", learning_rate=2e-4, max_epochs=40)
tagger.predict(unlabelled := Sentence(text))
entities = [[span.text, span.tag] for span in unlabelled.get_spans("ner")]
print(json.dumps({"entities": entities, "vector of Warsaw": [round(x, 5) for x in vector[:8].tolist()]}))
