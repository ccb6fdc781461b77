"""Loads adapters that we wrote with Python's PEFT, writes some of its own, and keeps what both give, for ../adapters.test.ts.

    bun packages/encoder/test/reference/adapters.ts /some/empty/directory
    python packages/encoder/test/reference/adapters.py /some/empty/directory

Written with torch 2.13.0, transformers 5.24.0, peft 0.21.2.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForTokenClassification

fixtures = Path(__file__).resolve().parent.parent / "fixtures"
ids = torch.tensor([[5, 40, 50, 60, 7, 9]])
# Every linear layer of an MPNet but the pooler, which is no part of ours.
everything = r".*layer.*(\.[qkvo]|dense)"
cases = {
    "roberta": ("roberta", None, ["query", "value"]),
    "mpnet": ("backbones/mpnet", None, everything),
    "bert-token-classification": ("bert-token-classification", "TOKEN_CLS", ["query", "intermediate.dense"]),
}


def load(base, task):
    kind = AutoModelForTokenClassification if task else AutoModel
    return kind.from_pretrained(fixtures / base).float().eval()


def run(model):
    with torch.no_grad():
        output = model.eval()(input_ids=ids)
    return (output.logits if "logits" in output else output.last_hidden_state).contiguous()


def ours(directory, base, task):
    """Every tensor of the file has to find its place, and to change what the base gives."""
    model = PeftModel.from_pretrained(load(base, task), directory)
    result = model.load_adapter(directory, "again")
    assert not result.unexpected_keys, result.unexpected_keys
    assert not [key for key in result.missing_keys if "again" in key], result.missing_keys
    output = run(model)
    assert (output - run(load(base, task))).abs().max() > 0.1
    return output


def theirs(name, base, task, targets):
    torch.manual_seed(6)
    config = LoraConfig(r=2, lora_alpha=7, target_modules=targets, task_type=task or "FEATURE_EXTRACTION")
    model = get_peft_model(load(base, task), config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.requires_grad and "lora_A" not in key:
                parameter.add_(torch.randn_like(parameter), alpha=0.3)
    directory = fixtures / "adapters" / name
    shutil.rmtree(directory, ignore_errors=True)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(directory)
    (directory / "README.md").unlink(missing_ok=True)
    return run(model)


def main(root):
    (fixtures / "adapters").mkdir(exist_ok=True)
    tensors, hashes = {"ids": ids.int()}, {}
    for name, (base, task, targets) in cases.items():
        tensors[f"{name} ours"] = ours(root / name, base, task)
        tensors[f"{name} theirs"] = theirs(name, base, task, targets)
        for file in ("adapter_model.safetensors", "adapter_config.json"):
            hashes[f"{name}/{file}"] = hashlib.sha256((root / name / file).read_bytes()).hexdigest()
    save_file(tensors, fixtures / "adapters" / "expected.safetensors", hashes)
    print({name: list(tensor.shape) for name, tensor in tensors.items()})


main(Path(sys.argv[1]))
