"""GLiNER's Python (0.2.29) with a BERT of 6 x 384, random weights: texts a second by the number of types.

Input: {"texts": [...], "types": [[...], ...], "processor": whether processor time is measured}
Output, one line: {"rates": [texts/s for each list of types]}, the median of three runs; with more than 25 types a row's, in groups of 25.
"""

import json
import logging
import os
import statistics
import sys
import tempfile
import time
import warnings

try:
    import torch
    from gliner import GLiNER
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, PreTrainedTokenizerFast
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
given = json.load(sys.stdin)
clock = time.process_time if given["processor"] else time.perf_counter
torch.set_num_threads(int(os.environ.get("NUNER_THREADS", os.cpu_count())))


def build(folder):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = given["texts"] + given["types"][-1]
    tokenizer.train_from_iterator(words, trainers.WordPieceTrainer(vocab_size=30000, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    base = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)
    base.save_pretrained(folder)
    size = dict(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
    BertConfig(vocab_size=len(base), **size).save_pretrained(folder)
    fields = dict(model_name=folder, max_len=384, max_types=25, span_mode="markerV0", max_width=12, hidden_size=384)
    return GLiNER.from_config(fields, backbone_from_pretrained=False).eval()


def predict(model, types):
    for at in range(0, len(types), 25):
        model.inference(given["texts"], types[at : at + 25], batch_size=32)


with tempfile.TemporaryDirectory() as folder:
    model = build(folder)
rates = []
with torch.inference_mode():
    for types in given["types"]:
        times = []
        # Forty passes of one size say enough of the last.
        for _ in range(3 if len(types) <= 100 else 1):
            start = clock()
            predict(model, types)
            times.append(clock() - start)
        rates.append(len(given["texts"]) / statistics.median(times))
print(json.dumps({"rates": rates}))
