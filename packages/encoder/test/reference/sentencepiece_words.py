"""A small SentencePiece model with a normalisation of its own, and what SentencePiece makes of words. `pip install sentencepiece==0.2.0`, then run it here.

    bun -e 'import { oddTexts } from "@nuner/testing"; console.log(JSON.stringify(oddTexts))' | python sentencepiece_words.py
"""

import json
import sys
import tempfile
from pathlib import Path

import sentencepiece as spm

here = Path(__file__).parent.parent / "fixtures" / "sentencepiece"
here.mkdir(exist_ok=True)
texts = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    rules = Path(folder) / "rules.tsv"
    rules.write_text("FB01\t66 69\n2019\t27\n41\t61\n1D7D9\t31\n200B\t20\n")
    corpus = Path(folder) / "corpus.txt"
    corpus.write_text("\n".join(text.replace("\n", " ").replace("\0", "") for text in texts))
    spm.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=f"{folder}/spm", vocab_size=320, character_coverage=0.98, minloglevel=2,
        normalization_rule_tsv=str(rules), pad_id=0, bos_id=1, eos_id=2, unk_id=3,
        pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
    )
    model = Path(f"{folder}/spm.model").read_bytes()
(here / "spm.model").write_bytes(model)
processor = spm.SentencePieceProcessor(model_proto=model)
words = sorted({word for text in texts for word in text.replace("\0", "").split()})[:400]
ids = [processor.encode(word) for word in words]
(here / "words.json").write_text(json.dumps([words, ids], ensure_ascii=True, separators=(",", ":")) + "\n")
print(len(model), len(words), sum(3 in one for one in ids))
