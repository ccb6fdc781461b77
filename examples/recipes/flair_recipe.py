"""Our encoder as Flair's word embeddings (Flair 0.15): python flair_recipe.py DIRECTORY

Ran with Flair 0.15.1, transformers 4.57.6, torch 2.13.0 and Python 3.11. It tells the tokenizer itself that every word begins with a space.
"""

import sys

from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import TransformerWordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer

embeddings = TransformerWordEmbeddings(model=sys.argv[1], layers="-1", subtoken_pooling="first", fine_tune=True)

sentence = Sentence("Marie Curie was born in Warsaw .")
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
ModelTrainer(tagger, corpus).fine_tune("flair-model", learning_rate=5e-5, max_epochs=20)
tagger.predict(unlabelled := Sentence("Marie Curie was born in Warsaw ."))
print(unlabelled.to_tagged_string())
