"""Writes ../fixtures: tiny random RoBERTa and BERT checkpoints by Python transformers, and what it computes with them.

Written with torch 2.13, transformers 5.18. Run: python packages/encoder/test/reference/make.py
"""

import json
import math
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForTokenClassification,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
)

fixtures = Path(__file__).resolve().parent.parent / "fixtures"
transformers.logging.set_verbosity_error()

corpus = [
    "The river Elbe rises in the Giant Mountains and reaches the North Sea near Cuxhaven.",
    "Marie Curie shared the Nobel Prize in Physics with her husband Pierre in 1903.",
    "Zoë ordered a café crème and two croissants 🥐 at the corner of Rue de Rivoli.",
    "The bank raised its interest rate by a quarter of a point in March.",
]
texts = corpus + ["", " ", "Zoë 😀 naïve 👨‍👩‍👧 e\u0301 日本語  two  spaces", "<mask> [MASK] <s>", "a\tb\nc\u00a0d", "İstanbul ﬁx ŒUVRE ß"]


def byte_level():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    t.train_from_iterator(corpus, trainer)
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=t, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    )


def word_piece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=200, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False
    )
    t.train_from_iterator(corpus, trainer)
    vocab = sorted(t.get_vocab().items(), key=lambda item: item[1])
    path = fixtures / "vocab.txt"
    path.write_text("\n".join(token for token, _ in vocab) + "\n")
    tokenizer = BertTokenizerFast(vocab=str(path))
    path.unlink()
    return tokenizer


def randomise(model, seed):
    """Weights, biases and norms far from their initial values, so that a misplaced one shows."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = 1 + 0.2 * noise if "norm" in name.lower() and name.endswith("weight") else 0.25 * noise
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return model.eval()


def expect(directory, tokenizer, model):
    """Ids and offsets (in code points) of the texts; all hidden states (and logits) of a padded batch."""
    lines = []
    for text in texts:
        encoding = tokenizer(text, return_offsets_mapping=True)
        lines.append({"text": text, "ids": encoding["input_ids"], "offsets": encoding["offset_mapping"]})
    (directory / "expected.json").write_text(json.dumps(lines, ensure_ascii=False))
    batch = tokenizer([corpus[2][:30], corpus[3][:14], "Elbe"], padding=True, return_tensors="pt")
    with torch.no_grad():
        out = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], output_hidden_states=True)
    tensors = {
        "ids": batch["input_ids"].int(),
        "mask": batch["attention_mask"].int(),
        "hidden_states": torch.stack(out.hidden_states).float(),
    }
    if hasattr(model, "classifier"):
        tensors["logits"] = out.logits
    save_file(tensors, directory / "expected.safetensors")


def expect_long(directory, tokenizer, model, overlap=11):
    """A text longer than the model: windows, each token's vector from the one where its context is largest; both poolings."""
    text = " ".join(corpus)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    total, size = len(ids), model.config.max_position_embeddings - 2 - 2
    count = math.ceil((total - overlap) / (size - overlap))
    starts = [math.floor(i * (total - size) / (count - 1) + 0.5) for i in range(count)]
    outputs = []
    for start in starts:
        window = torch.tensor([[0, *ids[start : start + size], 2]])
        with torch.no_grad():
            states = model(input_ids=window, output_hidden_states=True).hidden_states
        outputs.append(torch.cat([states[-1], states[-3]], dim=-1)[0])

    def context(token, start):
        if not start <= token < start + size:
            return -1
        left = math.inf if start == 0 else token - start
        right = math.inf if start + size == total else start + size - 1 - token
        return min(left, right)

    owners = [max(range(count), key=lambda w: context(token, starts[w])) for token in range(total)]
    inner = torch.stack([outputs[w][1 + token - starts[w]] for token, w in enumerate(owners)])
    shares = torch.tensor([owners.count(w) / total for w in range(count)])
    tensors = {
        "none": torch.cat([outputs[0][:1], inner, outputs[-1][-1:]]),
        "mean": inner.mean(dim=0),
        "first": (shares[:, None] * torch.stack([output[0] for output in outputs])).sum(dim=0),
    }
    save_file(tensors, directory / "expected-long.safetensors", metadata={"text": text, "windows": str(count)})


def write(name, tokenizer, model, **options):
    directory = fixtures / name
    shutil.rmtree(directory, ignore_errors=True)
    model.save_pretrained(directory, **options)
    tokenizer.save_pretrained(directory)
    expect(directory, tokenizer, model.float())


def main():
    fixtures.mkdir(exist_ok=True)
    bpe, pieces = byte_level(), word_piece()
    sizes = dict(hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40, max_position_embeddings=48)
    roberta = RobertaConfig(vocab_size=len(bpe), type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, **sizes)
    bert = BertConfig(
        vocab_size=len(pieces), type_vocab_size=2, id2label={0: "O", 1: "B-PER", 2: "I-PER"},
        label2id={"O": 0, "B-PER": 1, "I-PER": 2}, **sizes,
    )
    model = randomise(RobertaModel(roberta, add_pooling_layer=True), 1)
    write("roberta", bpe, model)
    expect_long(fixtures / "roberta", bpe, model)
    for name, dtype in (("roberta-f16", torch.float16), ("roberta-bf16", torch.bfloat16)):
        write(name, bpe, model.to(dtype))
        model = randomise(model.float(), 1)
    write("roberta-mlm-sharded", bpe, randomise(RobertaForMaskedLM(roberta), 2), max_shard_size="30KB")
    write("bert-token-classification", pieces, randomise(BertForTokenClassification(bert), 3))
    assert len(load_file(fixtures / "roberta" / "model.safetensors")) > 50


if __name__ == "__main__":
    main()
