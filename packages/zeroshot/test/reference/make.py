"""Tiny random models of every head, saved by GLiNER's Python, with its logits and entities of odd texts.

python -m venv .venv && .venv/bin/pip install -r requirements.txt
bun odd-texts.ts | .venv/bin/python make.py
"""

import json
import logging
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from gliner import GLiNER
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, DebertaV2Config, PreTrainedTokenizerFast, RobertaConfig

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
here = Path(__file__).parent.parent / "fixtures"
texts = json.load(sys.stdin)
types = ["person", "city", "Film title", "award", "person"]


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=260, special_tokens=special, limit_alphabet=80))
    frame = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    names = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    return tokenizer, names


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    names = dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>")
    return tokenizer, names


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=280, special_tokens=special, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    names = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    return tokenizer, names


size = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
deberta = dict(
    relative_attention=True, pos_att_type=["p2c", "c2p"], share_att_key=True, norm_rel_ebd="layer_norm",
    position_biased_input=False, max_relative_positions=-1, type_vocab_size=0, position_buckets=16,
    max_position_embeddings=64 * 8, layer_norm_eps=1e-7,
)
cases = {
    # name: (tokenizer, encoder's config, tokens of a row, fields of GLiNER's config, safetensors?)
    "width-1": (word_piece, lambda n: BertConfig(vocab_size=n, max_position_embeddings=128, **size), 128,
                dict(span_mode="marker", max_width=1, hidden_size=12), False),
    "marker": (byte_level, lambda n: RobertaConfig(vocab_size=n, max_position_embeddings=514, pad_token_id=1, type_vocab_size=1, **size), 512,
               dict(span_mode="marker", max_width=4, hidden_size=16), True),
    "marker-v0": (unigram, lambda n: DebertaV2Config(vocab_size=n, pad_token_id=0, **size, **deberta), 512,
                  dict(span_mode="markerV0", max_width=3, hidden_size=12), False),
    "token-level": (word_piece, lambda n: BertConfig(vocab_size=n, max_position_embeddings=512, **size), 512,
                    dict(span_mode="token_level", hidden_size=16, num_rnn_layers=0), True),
}


def build(case, folder):
    make_tokenizer, encoder, longest, fields, safe = cases[case]
    tokenizer, names = make_tokenizer()
    base = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest, add_prefix_space=True, **names)
    base.save_pretrained(folder)
    config = encoder(len(base))
    config.save_pretrained(folder)
    return randomised(dict(model_name=str(folder), max_len=100, dropout=0.1, max_types=25, **fields), case), safe


def randomised(fields, case):
    torch.manual_seed(sum(map(ord, case)))
    model = GLiNER.from_config(fields, backbone_from_pretrained=False)
    with torch.no_grad():
        for name, weight in model.model.named_parameters():
            if "LayerNorm" in name and name.endswith("weight"):
                weight.copy_(1 + 0.1 * torch.randn_like(weight))
            elif name.endswith("bias") or "bias_" in name:
                weight.copy_(0.1 * torch.randn_like(weight))
            else:
                weight.copy_(torch.randn_like(weight) * (0.5 if "word_embeddings" in name else 1.0 / weight.shape[-1] ** 0.5))
    model.eval()
    model.config.model_name = "tiny"
    return model


def main():
    outputs = {"types": types, "sentences": sentences, "models": {}}
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            model, safe = build(case, Path(folder))
            save(model, case, safe)
        outputs["models"][case] = reference(model) | {"training": training(model)}
    (here / "gliner.json").write_text(json.dumps(outputs, ensure_ascii=True, separators=(",", ":")) + "\n")


def save(model, case, safe):
    target = here / case
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target, safe_serialization=safe)
    (target / "README.md").unlink(missing_ok=True)
    config = target / "gliner_config.json"
    config.write_text(re.sub(r'("_name_or_path": ")[^"]*', r"\1", config.read_text()))


sentences = [
    (["Marie", "Curie", "was", "born", "in", "Warsaw"], [(0, 1, "person"), (5, 5, "city")], ["city", "person", "award"]),
    (["O", "'", "Neil", "saw", "Oslo"], [(0, 2, "person"), (4, 4, "city")], ["person", "city"]),
    (["Ada", "won", "the", "Turing", "Award"], [(0, 0, "person"), (3, 4, "award")], ["award", "person", "river"]),
    (["Rome"], [(0, 0, "city"), (0, 0, "award")], ["city", "award"]),
]


def training(model):
    """Losses of five steps over the same four sentences: AdamW, no decay, no dropout, head five times as fast as the encoder."""
    single = getattr(model.config, "max_width", 12) == 1 and model.config.span_mode != "token_level"
    spread = lambda ner: [(w, w, t) for s, e, t in ner for w in range(s, e + 1)] if single else ner  # noqa: E731
    rows = [{"tokenized_text": words, "ner": spread(ner), "ner_labels": labels} for words, ner, labels in sentences]
    collator = model.data_collator_class(model.config, data_processor=model.data_processor, prepare_labels=True)
    batch = {k: v for k, v in collator(rows).items() if torch.is_tensor(v)}
    network = model.model
    network.eval()  # no dropout
    encoder = list(network.token_rep_layer.bert_layer.parameters())
    own = {id(p) for p in encoder}
    head = [p for p in network.parameters() if id(p) not in own]
    optimizer = torch.optim.AdamW([{"params": encoder, "lr": 1e-3}, {"params": head, "lr": 5e-3}], eps=1e-8, weight_decay=0)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = network(**batch, alpha=0.75, gamma=1.5, reduction="sum").loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def reference(model):
    sample = ["Marie Curie was born in Warsaw.", "O'Neil paid 10.5% to J. R. R. Tolkien"]
    tokens = [[word for word, _, _ in model.data_processor.words_splitter(text)] for text in sample]
    names = list(dict.fromkeys(types))
    collator = model.data_collator_class(
        model.config, data_processor=model.data_processor, return_tokens=True, return_entities=True,
        return_id_to_classes=True, prepare_labels=False,
    )
    batch = collator([{"tokenized_text": words, "ner": None} for words in tokens], entity_types=names)
    with torch.no_grad():
        logits = model.model(**{k: v for k, v in batch.items() if torch.is_tensor(v)}).logits
    entities = {}
    share = 0.6 if model.config.span_mode == "token_level" else 0.9
    threshold = round(torch.quantile(torch.sigmoid(logits), share).item(), 2)
    hows = {"flat": {}, "nested": {"flat_ner": False}, "multi": {"multi_label": True}}
    for how, options in hows.items():
        found = model.inference(texts, types, threshold=threshold, batch_size=8, **{"flat_ner": True, **options})
        entities[how] = [
            [[e["start"], e["end"], names.index(e["label"]), round(e["score"], 5)] for e in one] for one in found
        ]
    return {
        "sample": sample,
        "threshold": threshold,
        "shape": list(logits.shape),
        "logits": [round(x, 7) for x in logits.flatten().tolist()],
        "entities": entities,
    }


if __name__ == "__main__":
    main()
