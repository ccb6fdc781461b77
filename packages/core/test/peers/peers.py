"""Other people's readers over the files that we write, and files that they write for ours.

    pip install spacy==3.8.18 datasets==5.2.0 gliner==0.2.29 label-studio-sdk==2.1.2 doccano-transformer==1.0.2 bioc==2.1

peers.py read FOLDER   reads FOLDER/written.*, prints {peer: [[text, [[covered, type], ..]], ..]} as one line of JSON
peers.py make FOLDER   writes made.spacy (spaCy), made.parquet and made.datasets.csv (datasets, numbered classes, a null), made.lists.csv and
                       made.triples.csv (its pandas), made.label-studio.csv and .tsv (label-studio-sdk), made.bioc.xml, made.bioc.json and
                       made.pubtator (bioc)
"""

import json
import os
import sys
import tempfile
import types
import warnings
from urllib.parse import unquote

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")
mode, folder = sys.argv[1:3]


LABELS = '<View><Labels name="label" toName="text"><Label value="any"/></Labels><Text name="text" value="$text"/></View>'


def path(name):
    return os.path.join(folder, name)


def spacy_bin():
    import spacy
    from spacy.tokens import DocBin

    docs = DocBin().from_disk(path("written.spacy")).get_docs(spacy.blank("xx").vocab)
    return [[d.text, [[e.text, e.label_] for e in d.ents]] for d in docs]


def spacy_json():
    import spacy

    found = []
    for text, annotations in json.load(open(path("written.spacy.json"), encoding="utf8")):
        doc = spacy.blank("xx").make_doc(text)
        # "strict" finds no span where the offsets are off.
        spans = [doc.char_span(s, e, label=label, alignment_mode="expand") for s, e, label in annotations["entities"]]
        covered = [[text[s:e], label] for s, e, label in annotations["entities"]]
        assert all(span is not None for span in spans)
        found.append([text, covered])
    return found


def bio(tokens, tags):
    found, open_ = [], None
    for i, tag in enumerate(tags):
        if tag.startswith("B-"):
            open_ = [i, i + 1, tag[2:]]
            found.append(open_)
        elif tag.startswith("I-") and open_:
            open_[1] = i + 1
        else:
            open_ = None
    return [[" ".join(tokens[s:e]), label] for s, e, label in found]


def datasets_(kind, name):
    import datasets

    rows = datasets.load_dataset(kind, data_files=path(name), split="train", cache_dir=path("cache"))
    if "tokens" in rows.column_names:
        return [[" ".join(r["tokens"]), bio(r["tokens"], r["ner_tags"])] for r in rows]
    return [
        # Our own form counts in UTF-16.
        [r["text"], [[utf16(r["text"], e["start"], e["end"]), e["type"]] for e in r["entities"]]]
        for r in rows
    ]


def utf16(text, start, end):
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def gliner():
    from gliner.data_processing.processor import UniEncoderSpanProcessor

    config = types.SimpleNamespace(max_width=12, max_len=384)
    processor = UniEncoderSpanProcessor.__new__(UniEncoderSpanProcessor)
    processor.config = config
    found = []
    for row in json.load(open(path("written.gliner.json"), encoding="utf8")):
        words = row["tokenized_text"]
        ids = {label: n + 1 for n, label in enumerate(sorted({label for _, _, label in row["ner"]}))}
        names = {n: label for label, n in ids.items()}
        made = processor.preprocess_example(words, row["ner"], ids)
        entities = []
        for (start, end), label in zip(made["span_idx"].tolist(), made["span_label"].tolist()):
            labels = label if isinstance(label, list) else [label]
            for one in labels:
                if one in names:
                    entities.append([" ".join(words[start : end + 1]), names[one]])
        found.append([" ".join(words), entities])
    return found


def label_studio():
    from label_studio_sdk.converter import Converter

    # What an import adds to a task.
    tasks = json.load(open(path("written.label-studio.json"), encoding="utf8"))
    for n, task in enumerate(tasks):
        task["id"] = n
        for annotation in task["annotations"]:
            annotation.update(id=n, completed_by=1, created_at="", updated_at="", lead_time=0)
    json.dump(tasks, open(path("tasks.json"), "w", encoding="utf8"))
    Converter(LABELS, path("ls")).convert_to_json_min(path("tasks.json"), path("ls"), is_dir=False)
    rows = json.load(open(path("ls/result.json"), encoding="utf8"))
    return [[r["text"], [[r["text"][e["start"] : e["end"]], e["labels"][0]] for e in r.get("label", [])]] for r in rows]


def doccano():
    # Written for spaCy 2, whose function has another home in spaCy 3.
    from spacy.training import offsets_to_biluo_tags

    sys.modules["spacy.gold"] = types.SimpleNamespace(biluo_tags_from_offsets=offsets_to_biluo_tags)
    from doccano_transformer.datasets import NERDataset

    # Its own exports name an annotator.
    with open(path("doccano.jsonl"), "w", encoding="utf8") as out:
        for line in open(path("written.doccano.jsonl"), encoding="utf8"):
            row = json.loads(line)
            out.write(json.dumps({"id": 1, "text": row["text"], "labels": row["label"], "user": 1}) + "\n")
    data = NERDataset.from_jsonl(filepath=path("doccano.jsonl"))
    found = []
    for example in data:
        for labels in list(example.labels.values()) or [[]]:
            found.append([example.raw["text"], [[example.raw["text"][x[0] : x[1]], x[2]] for x in sorted(labels)]])
    return found


def brat():
    from bioc import brat as peer

    found = []
    for name in sorted(os.listdir(path("written.brat"))):
        if name.endswith(".txt"):
            base = path(os.path.join("written.brat", name[:-4]))
            with open(base + ".txt", encoding="utf8") as text, open(base + ".ann", encoding="utf8") as ann:
                doc = peer.load(text, ann)
            entities = []
            for entity in doc.entities:
                start, end = entity.total_span
                assert entity.text == doc.text[start:end]
                entities.append([doc.text[start:end], unquote(entity.type)])
            found.append([doc.text, entities])
    return found


def make_bioc():
    import bioc
    from bioc import biocjson, biocxml, pubtator

    collection = bioc.BioCCollection()
    document = bioc.BioCDocument()
    document.id = "7"
    title, abstract = "Mice 🐭 & BRCA1", "In Oslo, left and right lungs."
    first = bioc.BioCPassage()
    first.offset, first.text = 0, title
    second = bioc.BioCPassage()
    second.offset, second.text = len(title) + 1, abstract

    def annotate(passage, id_, type_, *places):
        annotation = bioc.BioCAnnotation()
        annotation.id, annotation.infons["type"] = id_, type_
        annotation.text = " ".join(passage.text[s:e] for s, e in places)
        for s, e in places:
            annotation.add_location(bioc.BioCLocation(passage.offset + s, e - s))
        passage.add_annotation(annotation)

    annotate(first, "1", "Gene", (9, 14))
    annotate(second, "2", "City", (3, 7))
    annotate(second, "3", "Organ", (9, 13), (24, 29))
    document.add_passage(first)
    document.add_passage(second)
    collection.add_document(document)
    with open(path("made.bioc.xml"), "w", encoding="utf8") as out:
        biocxml.dump(collection, out)
    with open(path("made.bioc.json"), "w", encoding="utf8") as out:
        biocjson.dump(collection, out)

    record = pubtator.PubTator("101", title, abstract)
    text = record.text
    for covered, type_ in (("BRCA1", "Gene"), ("Oslo", "City")):
        start = text.index(covered)
        record.add_annotation(pubtator.PubTatorAnn("101", start, start + len(covered), covered, type_, "1"))
    record.add_relation(pubtator.PubTatorRel("101", "CID", "1", "2"))
    with open(path("made.pubtator"), "w", encoding="utf8") as out:
        pubtator.dump([record, pubtator.PubTator("102", "Nothing here", "")], out)


def make():
    make_bioc()
    import datasets
    import spacy
    from spacy.tokens import Doc, DocBin, Span

    nlp = spacy.blank("en")
    first = nlp("ACME hires Ulla  in 👞 Oslo.")
    first.ents = [Span(first, 0, 1, "ORG"), Span(first, 2, 3, "PER"), Span(first, 6, 7, "LOC")]
    second = nlp("Not looked at")
    third = Doc(nlp.vocab, words=["DATE", "is", "a", "word"], spaces=[True, True, True, False])
    third.ents = []
    third.spans["sc"] = [Span(third, 0, 2, "X")]
    DocBin(docs=[first, second, third]).to_disk(path("made.spacy"))

    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    features = datasets.Features(
        {
            "id": datasets.Value("int64"),
            "tokens": datasets.Sequence(datasets.Value("string")),
            "ner_tags": datasets.Sequence(datasets.ClassLabel(names=names)),
            "note": datasets.Value("string"),
        }
    )
    rows = {
        "id": [7, 9007199254740993],
        "tokens": [["👞", "Ulla", "Berg", "in", "Oslo"], ["Nobody"]],
        "ner_tags": [[0, 1, 2, 0, 3], [0]],
        "note": [None, "seen"],
    }
    data = datasets.Dataset.from_dict(rows, features=features)
    data.to_parquet(path("made.parquet"))
    data.to_csv(path("made.datasets.csv"))
    make_tables()


def make_tables():
    import pandas
    from label_studio_sdk.converter import Converter

    lists = {"tokens": [["👞", "Ulla", "isn't"], ["Nobody"]], "ner_tags": [["O", "B-PER", "O"], ["O"]]}
    pandas.DataFrame(lists).to_csv(path("made.lists.csv"), index=False)
    texts = ["👞 Ulla in Oslo", "Nobody", 'No "one", either']
    triples = {"text": texts, "entities": [[(2, 6, "PER"), (10, 14, "LOC")], [], []]}
    pandas.DataFrame(triples).to_csv(path("made.triples.csv"))

    common = {"completed_by": 1, "created_at": "", "updated_at": "", "lead_time": 0}
    tasks = []
    for n, text in enumerate(texts):
        result = [
            {"from_name": "label", "to_name": "text", "type": "labels", "value": {"start": s, "end": e, "text": text[s:e], "labels": [label]}}
            for s, e, label in triples["entities"][n]
        ]
        tasks.append({"id": n, "data": {"text": text}, "annotations": [{"id": n, "result": result, **common}]})
    with tempfile.TemporaryDirectory() as out:
        source = os.path.join(out, "tasks.json")
        json.dump(tasks, open(source, "w", encoding="utf8"))
        for name, delimiter in (("csv", ","), ("tsv", "\t")):
            Converter(LABELS, out).convert_to_csv(source, out, is_dir=False, sep=delimiter)
            made = open(os.path.join(out, "result.csv"), encoding="utf8").read()
            open(path(f"made.label-studio.{name}"), "w", encoding="utf8").write(made)


if mode == "make":
    make()
else:
    peers = {
        "spaCy DocBin": spacy_bin,
        "spaCy JSON": spacy_json,
        "datasets, Parquet, our own form": lambda: datasets_("parquet", "written.parquet"),
        "datasets, JSON Lines, our own form": lambda: datasets_("json", "written.jsonl"),
        "datasets, JSON Lines, tags": lambda: datasets_("json", "written.tags.jsonl"),
        "datasets, Parquet, tags": lambda: datasets_("parquet", "written.tags.parquet"),
        "GLiNER": gliner,
        "Label Studio": label_studio,
        "doccano": doccano,
        "bioc, brat": brat,
    }
    read = {}
    for name, peer in peers.items():
        try:
            read[name] = peer()
        except Exception as error:
            read[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(read, ensure_ascii=False))
