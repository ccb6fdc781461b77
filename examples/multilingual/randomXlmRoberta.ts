import { type Encoder, randomEncoder, small, Tokenizer } from "@nuner/encoder"

/** SentencePiece's mark of a space. */
const space = "▁"

/**
 * A small random XLM-RoBERTa, whose Unigram vocabulary is every character of the texts and every word, after XLM-R's special tokens. It stands for the real one where
 * its weights are not at hand: tokens and offsets are of the same kind, and what it computes means nothing.
 */
export const randomXlmRoberta = async (texts: ReadonlyArray<string>): Promise<Encoder> => {
  const pieces = new Set([space])
  for (const word of texts.flatMap((text) => text.split(/\s+/u))) {
    for (const character of word) pieces.add(character)
    pieces.add(space + word)
  }
  const vocab = [
    ...["<s>", "<pad>", "</s>", "<unk>"].map((name) => [name, 0]),
    ...[...pieces].map((piece) => [piece, -piece.length]),
    ["<mask>", 0]
  ]
  const added = [0, 1, 2, 3, vocab.length - 1].map((id) => ({
    ...{ id, content: vocab[id]![0], special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false }
  }))
  const special = (name: string, id: number) => ({ [name]: { id: name, ids: [id], tokens: [name] } })
  const frame = (...parts: ReadonlyArray<unknown>) => [
    { SpecialToken: { id: "<s>", type_id: 0 } },
    ...parts,
    { SpecialToken: { id: "</s>", type_id: 0 } }
  ]
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } })
  const metaspace = { type: "Metaspace", replacement: space, prepend_scheme: "always", split: true }
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: {
      type: "TemplateProcessing",
      single: frame(sequence("A")),
      pair: frame(sequence("A"), { SpecialToken: { id: "</s>", type_id: 0 } }, sequence("B")),
      special_tokens: { ...special("<s>", 0), ...special("</s>", 2) }
    },
    decoder: metaspace,
    model: { type: "Unigram", unk_id: 3, vocab, byte_fallback: false }
  }
  const tokenizer = await Tokenizer.fromJson(JSON.stringify(json))
  return randomEncoder(
    small({ architecture: "xlm-roberta", vocabSize: vocab.length, hidden: 32, layers: 2 }),
    tokenizer,
    1
  )
}
