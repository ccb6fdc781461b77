"""Loads directories that we wrote with Python's Auto classes and keeps what they give, for ../export.test.ts.

    bun packages/encoder/test/reference/exported.ts /some/empty/directory
    python packages/encoder/test/reference/check_export.py /some/empty/directory

Written with torch 2.13, transformers 5.18.
"""

import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

fixtures = Path(__file__).resolve().parent.parent / "fixtures"
texts = ["Marie Curie shared the Nobel Prize", "Zoë 🥐", ""]


def load(kind, directory):
    """Loads and insists that every weight came from the file."""
    model, report = kind.from_pretrained(directory, output_loading_info=True)
    missing = [key for key in report["missing_keys"] if "pooler" not in key]
    assert not missing and not report["unexpected_keys"] and not report["mismatched_keys"], report
    return model.float().eval()


def main(root):
    for architecture in ("roberta", "bert"):
        tokenizer = AutoTokenizer.from_pretrained(root / architecture)
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        encoder = load(AutoModel, root / architecture)
        half = load(AutoModel, root / f"{architecture}-f16")
        classifier = load(AutoModelForTokenClassification, root / f"{architecture}-token-classification")
        assert classifier.config.id2label == {0: "O", 1: "B-PER", 2: "I-PER"}
        with torch.no_grad():
            tensors = {
                "ids": batch["input_ids"].int(),
                "mask": batch["attention_mask"].int(),
                "last_hidden_state": encoder(**batch).last_hidden_state,
                "half": half(**batch).last_hidden_state,
                "logits": classifier(**batch).logits,
            }
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, fixtures / f"exported-{architecture}.safetensors")
        print(architecture, {name: list(tensor.shape) for name, tensor in tensors.items()})


def check_backbones(root):
    """What ../fixtures/backbones holds, loaded and saved by us, is still that to Python."""
    for directory in sorted(root.iterdir()):
        with safe_open(fixtures / "backbones" / directory.name / "expected.safetensors", "pt") as expected:
            ids, mask = expected.get_tensor("ids").long(), expected.get_tensor("mask").long()
            assert AutoTokenizer.from_pretrained(directory)(expected.metadata()["text"])["input_ids"] == ids[0].tolist()
            with torch.no_grad():
                state = load(AutoModel, directory)(input_ids=ids, attention_mask=mask).last_hidden_state
            difference = (state - expected.get_tensor("hidden_states")[-1]).abs().max()
            assert difference < 1e-6, difference
            print(directory.name, "differs by", float(difference))


main(Path(sys.argv[1]))
check_backbones(Path(sys.argv[1]) / "backbones")
