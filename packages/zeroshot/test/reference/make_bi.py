"""Tiny random models whose types have an encoder of their own, as make.py makes the others.

bun odd-texts.ts | .venv/bin/python make_bi.py
"""

import json
import tempfile
from pathlib import Path

from make import byte_level, here, randomised, reference, save, size, types, word_piece
from transformers import BertConfig, PreTrainedTokenizerFast, RobertaConfig

cases = {
    "bi-span": dict(span_mode="markerV0", max_width=3, hidden_size=12),
    "bi-token": dict(span_mode="token_level", hidden_size=16, num_rnn_layers=0),
}


def base(folder, make_tokenizer, config, longest):
    folder.mkdir()
    tokenizer, names = make_tokenizer()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest, add_prefix_space=True, **names)
    tokenizer.save_pretrained(folder)
    config(len(tokenizer)).save_pretrained(folder)
    return str(folder)


outputs = {"types": types, "models": {}}
for case, fields in cases.items():
    with tempfile.TemporaryDirectory() as folder:
        text = base(Path(folder) / "text", word_piece, lambda n: BertConfig(vocab_size=n, max_position_embeddings=512, **size), 512)
        # Another tokenizer, and another width than the head's.
        labels = base(
            Path(folder) / "labels", byte_level,
            lambda n: RobertaConfig(vocab_size=n, max_position_embeddings=514, pad_token_id=1, type_vocab_size=1, **size | {"hidden_size": 8}), 512,
        )
        model = randomised(dict(model_name=text, labels_encoder=labels, max_len=100, dropout=0.1, max_types=25, **fields), case)
        model.config.labels_encoder = "tiny"
        save(model, case, True)
    outputs["models"][case] = reference(model)
(here / "gliner-bi.json").write_text(json.dumps(outputs, ensure_ascii=True, separators=(",", ":")) + "\n")
