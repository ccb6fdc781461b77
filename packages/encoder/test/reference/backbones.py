"""Writes ../fixtures/backbones: a tiny random model of each architecture by Python transformers, what it computes, and one step's gradients;
and, where NUNER_MODELS names a folder with real encoders, what those compute.

Written with torch 2.13, transformers 5.24, tokenizers 0.23. Run: python packages/encoder/test/reference/backbones.py [name ...]
"""

import json
import os
import shutil
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    DebertaV2Config,
    DebertaV2ForMaskedLM,
    DebertaV2Tokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertTokenizer,
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraTokenizer,
    ModernBertConfig,
    ModernBertForMaskedLM,
    MPNetConfig,
    MPNetForMaskedLM,
    MPNetTokenizer,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaTokenizer,
)

from make import corpus, randomise

fixtures = Path(__file__).resolve().parent.parent / "fixtures" / "backbones"
sizes = dict(hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=24)
long = " ".join(corpus)


def word_pieces(special, unknown):
    """A WordPiece vocabulary of the corpus, lower-cased."""
    t = Tokenizer(models.WordPiece(unk_token=unknown))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False))
    return t.get_vocab()


def mpnet():
    tokenizer = MPNetTokenizer(vocab=word_pieces(["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"], "[UNK]"))
    config = MPNetConfig(vocab_size=len(tokenizer), max_position_embeddings=280, layer_norm_eps=1e-5, **sizes)
    return tokenizer, MPNetForMaskedLM(config)


def bert_tokenizer(kind):
    return kind(vocab=word_pieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[UNK]"))


def electra():
    tokenizer = bert_tokenizer(ElectraTokenizer)
    config = ElectraConfig(vocab_size=len(tokenizer), embedding_size=12, max_position_embeddings=270, **sizes)
    return tokenizer, ElectraForMaskedLM(config)


def distilbert():
    tokenizer = bert_tokenizer(DistilBertTokenizer)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=16, n_layers=3, n_heads=4, hidden_dim=24, max_position_embeddings=270
    )
    return tokenizer, DistilBertForMaskedLM(config)


def xlm_roberta():
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False)
    t.train_from_iterator([*corpus, *other_scripts], trainer)
    pieces = json.loads(t.to_str())["model"]["vocab"]
    tokenizer = XLMRobertaTokenizer(vocab=[(piece, score) for piece, score in [*pieces, ("<mask>", 0.0)]])
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=280, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, **sizes
    )
    return tokenizer, XLMRobertaForMaskedLM(config)


def modernbert():
    """BERT's names of special tokens, byte-level BPE; layers 1 and 2 are local, of a window that the long text passes many times."""
    t = Tokenizer(models.BPE(unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(
        corpus, trainers.BpeTrainer(vocab_size=280, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    frame = [("[CLS]", 2), ("[SEP]", 3)]
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], special))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=t, **names)
    ids = dict(pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
    config = ModernBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=400, local_attention=24, global_attn_every_n_layers=3, **ids,
        **{**sizes, "num_hidden_layers": 4},
    )
    return tokenizer, ModernBertForMaskedLM(config)


def deberta_v2():
    """Half of the buckets are exact, the others logarithmic; the long text passes the last of them."""
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="[UNK]", show_progress=False)
    t.train_from_iterator(corpus, trainer)
    pieces = json.loads(t.to_str())["model"]["vocab"]
    tokenizer = DebertaV2Tokenizer(vocab=[(piece, score) for piece, score in [*pieces, ("[MASK]", 0.0)]], unk_id=3)
    config = DebertaV2Config(
        vocab_size=len(tokenizer), max_position_embeddings=280, position_buckets=32, relative_attention=True,
        pos_att_type=["p2c", "c2p"], share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, **sizes,
    )
    return tokenizer, DebertaV2ForMaskedLM(config)


other_scripts = ["Мария Кюри родилась в Варшаве.", "玛丽·居里出生于华沙。", "ولدت ماري كوري في وارسو."]
halves = {
    "mpnet": torch.float16, "electra": torch.bfloat16, "distilbert": torch.float16,
    "xlm-roberta": torch.bfloat16, "modernbert": torch.bfloat16, "deberta-v2": torch.float16,
}
makers = {"mpnet": mpnet, "electra": electra, "distilbert": distilbert, "xlm-roberta": xlm_roberta, "modernbert": modernbert, "deberta-v2": deberta_v2}


def compute(model, batch):
    """Hidden states of every layer, and the gradients of a loss in which padding has no part."""
    out = model.base_model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], output_hidden_states=True)
    kept = batch["attention_mask"][:, :, None].float()
    (((out.last_hidden_state + 0.5) ** 2) * kept).sum().div(100).backward()
    parameters = model.base_model.named_parameters()
    gradients = {f"gradient.{name}": one.grad.clone() for name, one in parameters if one.grad is not None}
    return torch.stack(out.hidden_states).detach(), gradients


def write(name):
    torch.manual_seed(1)
    tokenizer, model = makers[name]()
    model = randomise(model, 1)
    directory = fixtures / name
    shutil.rmtree(directory, ignore_errors=True)
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    text = " ".join([long, *other_scripts])
    batch = tokenizer([text, corpus[3][:30], "Elbe"], padding=True, return_tensors="pt")
    states, gradients = compute(model, batch)
    tensors = {"ids": batch["input_ids"].int(), "mask": batch["attention_mask"].int(), "hidden_states": states, **gradients}
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, directory / "expected.safetensors", {"text": text})
    print(name, list(states.shape), len(gradients), "gradients")


def write_stored(name):
    """The same model in half precision and in several files, and the last hidden state of what those hold, computed in 32 bits."""
    directory = fixtures / name
    dtype = halves[name]
    stored = directory / "stored"
    shutil.rmtree(stored, ignore_errors=True)
    AutoModelForMaskedLM.from_pretrained(directory, dtype=dtype).save_pretrained(stored, max_shard_size="12KB")
    model = AutoModel.from_pretrained(stored, dtype=torch.float32).eval()
    with safe_open(directory / "expected.safetensors", "pt") as expected, torch.no_grad():
        ids, mask = (expected.get_tensor(key).long() for key in ("ids", "mask"))
        state = model(input_ids=ids, attention_mask=mask).last_hidden_state
    for other in ("config.json", "generation_config.json"):
        (stored / other).unlink(missing_ok=True)
    save_file({"state": state.contiguous()}, stored / "expected.safetensors")
    print(name, dtype, len(list(stored.glob("model-*"))), "files")


def write_real(name, root):
    """Every 16th number of the last hidden state of two texts."""
    tokenizer, model = AutoTokenizer.from_pretrained(root / name), AutoModel.from_pretrained(root / name).eval()
    batch = tokenizer([long, corpus[1]], padding=True, return_tensors="pt")
    with torch.no_grad():
        state = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    tensors = {"ids": batch["input_ids"].int(), "mask": batch["attention_mask"].int(), "state": state[:, :, ::16].contiguous()}
    save_file(tensors, fixtures / f"real-{name}.safetensors")
    print(name, list(state.shape))


if __name__ == "__main__":
    fixtures.mkdir(exist_ok=True)
    for name in sys.argv[1:] or makers:
        write(name)
        write_stored(name)
    if "NUNER_MODELS" in os.environ:
        for name in ("minilm", "mpnet"):
            write_real(name, Path(os.environ["NUNER_MODELS"]))
