"""The plain Python way of alignment: `re` and `unicodedata`, with the policy and the normalisation of @nuner/aligner.

Input: {"sentences": [[text, [[entity, concept], ...]], ...], "repeats": n}
Output, one line: {"re": {"seconds", "exact", "normalised", "unaligned", "spans"}, "find": {...}}, seconds being the median of n runs.
`re` searches with a pattern for each entity; `find` is the same with str.find and the boundaries checked by hand, which is faster.
Spans are [sentence, start, end, ...] in code points, of distinct mentions in order.
"""

import json
import re
import statistics
import sys
import time
import unicodedata

QUOTES = {ord(c): "'" for c in "‘’‚‛‹›′´`ʹʻʼʽ＇"} | {ord(c): '"' for c in "“”„‟«»″＂〝〞〟"}
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
WORD = re.compile(r"\w")


def fold_character(character):
    character = unicodedata.normalize("NFC", INVISIBLE.sub("", character)).casefold().replace("i\u0307", "i").replace("ı", "i")
    character = unicodedata.normalize("NFC", character).translate(QUOTES)
    if character.isspace():
        return " "
    if len(character) == 1 and (unicodedata.category(character) == "Pd" or character in "−⁃"):
        return "-"
    return character


FOLDED = {}


def fold(text):
    """The folded text, and for each of its characters where it starts and ends in the text (-1 inside of what one character became)."""
    parts, starts, ends = [], [], []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and text[end] > "\x7f" and unicodedata.combining(text[end]):
            end += 1
        character = text[at:end]
        folded = FOLDED.get(character)
        if folded is None:
            folded = FOLDED[character] = fold_character(character)
        if folded == " " and parts and parts[-1] == " ":
            ends[-1] = end
        elif folded:
            parts.append(folded)
            starts += [at] + [-1] * (len(folded) - 1)
            ends += [-1] * (len(folded) - 1) + [end]
        at = end
    return "".join(parts), starts, ends


def bounded(text, start, end):
    return not (
        (start > 0 and WORD.match(text, start - 1) and WORD.match(text, start))
        or (end < len(text) and WORD.match(text, end - 1) and WORD.match(text, end))
    )


def with_re(text, needle):
    before = r"(?<!\w)" if WORD.match(needle) else ""
    after = r"(?!\w)" if WORD.match(needle[-1]) else ""
    return [match.span() for match in re.finditer(before + re.escape(needle) + after, text)]


def with_find(text, needle):
    found = []
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if bounded(text, start, end):
            found.append((start, end))
            start = text.find(needle, end)
        else:
            start = text.find(needle, start + 1)
    return found


def in_folded(text, folded, needle):
    folded_text, starts, ends = folded
    found = []
    at = folded_text.find(needle)
    while at >= 0:
        start, end = starts[at], ends[at + len(needle) - 1]
        if start >= 0 and end >= 0 and bounded(text, start, end):
            found.append((start, end))
            at = folded_text.find(needle, at + len(needle))
        else:
            at = folded_text.find(needle, at + 1)
    return found


def align(sentences, exact_spans):
    exact = normalised = unaligned = 0
    aligned = []
    for text, annotations in sentences:
        mentions = set()
        folded = None
        for entity, concept in annotations:
            needle = entity.strip()
            spans = exact_spans(text, needle) if needle else []
            if spans:
                exact += 1
                mentions.update((start, end, concept) for start, end in spans)
                continue
            folded_needle = fold(needle)[0].strip()
            if folded_needle:
                if folded is None:
                    folded = fold(text)
                spans = in_folded(text, folded, folded_needle)
            if spans:
                normalised += 1
                mentions.update((start, end, concept) for start, end in spans)
            else:
                unaligned += 1
        aligned.append(sorted(mentions))
    return exact, normalised, unaligned, aligned


def measure(sentences, exact_spans, repeats):
    align(sentences, exact_spans)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        exact, normalised, unaligned, aligned = align(sentences, exact_spans)
        times.append(time.perf_counter() - started)
    spans = [n for i, mentions in enumerate(aligned) for start, end, _ in mentions for n in (i, start, end)]
    counts = {"exact": exact, "normalised": normalised, "unaligned": unaligned}
    return {"seconds": statistics.median(times), **counts, "spans": spans}


given = json.load(sys.stdin)
print(json.dumps({
    "re": measure(given["sentences"], with_re, given["repeats"]),
    "find": measure(given["sentences"], with_find, given["repeats"]),
}))
