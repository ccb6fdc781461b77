import type { Tokenizer } from "./Tokenizer.ts"

interface PythonClass {
  readonly name: string
  /** Whether `<s>` and `</s>` stand around its texts, not `[CLS]` and `[SEP]`. */
  readonly roberta: boolean
  /** What it makes of its own, whatever tokenizer.json says; what isn't named here it takes from tokenizer.json or from tokenizer_config.json. */
  readonly builds: { readonly normalizer: unknown; readonly pre_tokenizer: unknown; readonly model: unknown }
}

const wordPiece = {
  normalizer: { type: "BertNormalizer", clean_text: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  model: { type: "WordPiece", continuing_subword_prefix: "##", max_input_chars_per_word: 100 }
}
const plainBpe = { continuing_subword_prefix: "", end_of_word_suffix: "", unk_token: null, dropout: null }
const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true }
const unigram = {
  pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
  model: { type: "Unigram", unk_id: 3, byte_fallback: false }
}

/** Not among them transformers' class for DeBERTa: it makes a normalizer of its own. */
const classes: ReadonlyArray<PythonClass> = [
  { name: "BertTokenizer", roberta: false, builds: wordPiece },
  { name: "MPNetTokenizer", roberta: true, builds: wordPiece },
  {
    ...{ name: "RobertaTokenizer", roberta: true },
    builds: {
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", use_regex: true },
      model: { type: "BPE", fuse_unk: false, byte_fallback: false, ignore_merges: false, ...plainBpe }
    }
  },
  ...[null, { type: "Precompiled" }].map((normalizer) => ({
    ...{ name: "XLMRobertaTokenizer", roberta: true, builds: { normalizer, ...unigram } }
  }))
]

/** The class of Python's transformers that gives this tokenizer's ids: one that reads tokenizer.json as it stands, unless it is just what another builds. */
export const pythonClass = ({ json, prefix, special, suffix }: Tokenizer): string => {
  const { model, normalizer, pre_tokenizer } = JSON.parse(json)
  const isFramed = prefix.join() === String(special.first.id) && suffix.join() === String(special.last.id)
  const roberta = special.first.token === "<s>"
  const built = classes.find(
    (one) => isFramed && one.roberta === roberta && says({ model, normalizer, pre_tokenizer }, one.builds)
  )
  return built?.name ?? "PreTrainedTokenizerFast"
}

/** Whether a part has all that is asked; a field that it doesn't have, or an empty one, says nothing else than `wanted`'s. */
const says = (part: unknown, wanted: unknown): boolean => {
  if (typeof wanted !== "object" || wanted === null) return (part ?? wanted ?? "") === (wanted ?? "")
  if (typeof part !== "object" || part === null) return false
  if (Array.isArray(wanted) && wanted.length !== Object.keys(part).length) return false
  return Object.entries(wanted).every(([name, value]) => says((part as Record<string, unknown>)[name], value))
}
