import { InputError } from "@nuner/core"
import { parseObject } from "../config/configJson.ts"
import { specialNames } from "./SpecialTokens.ts"

type Vocab = Readonly<Record<string, number>>

/** Special token `content` at `id`, as `tokenizer.json` lists it. RoBERTa's `<mask>` swallows the space before it. */
const added = (content: string, id: number, lstrip = false) => ({
  id,
  content,
  single_word: false,
  lstrip,
  rstrip: false,
  normalized: false,
  special: true
})

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }

/** `tokenizer.json` of a RoBERTa: byte-level BPE (Radford et al. 2019), no lower-casing, no leading space. */
export const robertaTokenizerJson = (vocab: Vocab, merges: ReadonlyArray<readonly [string, string]>): string => {
  const { first, last, pad, unknown, mask } = specialNames.roberta
  const specials = [first, pad, last, unknown, mask].filter((token) => Object.hasOwn(vocab, token))
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((token) => added(token, vocab[token]!, token === mask)),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: "RobertaProcessing",
      sep: [last, vocab[last]],
      cls: [first, vocab[first]],
      trim_offsets: true,
      add_prefix_space: false
    },
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges
    }
  })
}

/** `tokenizer.json` of a BERT: WordPiece after BERT's basic tokenizer. */
export const bertTokenizerJson = (vocab: Vocab, lowercase: boolean): string => {
  const { first, last, pad, unknown, mask } = specialNames.bert
  const specials = [pad, unknown, first, last, mask].filter((token) => Object.hasOwn(vocab, token))
  const frame = (token: string, type_id: number) => ({ SpecialToken: { id: token, type_id } })
  const sequence = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } })
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((token) => added(token, vocab[token]!)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [frame(first, 0), sequence("A", 0), frame(last, 0)],
      pair: [frame(first, 0), sequence("A", 0), frame(last, 0), sequence("B", 1), frame(last, 1)],
      special_tokens: {
        [first]: { id: first, ids: [vocab[first]], tokens: [first] },
        [last]: { id: last, ids: [vocab[last]], tokens: [last] }
      }
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab
    }
  })
}

/** What a `tokenizer.json` says. */
export interface CheckedTokenizer {
  /** Its text, without truncation and padding. */
  readonly json: string
  /** Its number of ids. */
  readonly vocabSize: number
  /** The token of what its model does not know. */
  readonly unknown: string | undefined
}

/** @throws InputError where ids repeat or are no indices */
export const checkTokenizerJson = (text: string, source: string): CheckedTokenizer => {
  const json = parseObject(text, source)
  const model = json.model as { vocab?: unknown; unk_token?: unknown; unk_id?: unknown } | undefined
  const entries: Array<readonly [string, unknown]> = Array.isArray(model?.vocab)
    ? model.vocab.map((entry, id) => [String((entry as Array<unknown> | undefined)?.[0]), id] as const)
    : Object.entries((model?.vocab ?? {}) as Record<string, unknown>)
  if (entries.length === 0) throw new InputError({ source, field: "model.vocab", reason: "is empty or missing" })
  for (const token of Array.isArray(json.added_tokens) ? json.added_tokens : []) {
    entries.push([String(token?.content), token?.id])
  }
  const tokenOf = new Map<number, string>()
  let vocabSize = 0
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > 0x7fffffff) {
      throw new InputError({
        source,
        field: "model.vocab",
        reason: `token ${JSON.stringify(token)} has id ${JSON.stringify(id)}`
      })
    }
    const other = tokenOf.get(id)
    if (other !== undefined && other !== token) {
      const pair = `${JSON.stringify(other)} and ${JSON.stringify(token)}`
      throw new InputError({ source, field: "model.vocab", reason: `${pair} share the id ${id}` })
    }
    tokenOf.set(id, token)
    vocabSize = Math.max(vocabSize, id + 1)
  }
  const unknown = typeof model?.unk_token === "string" ? model.unk_token : tokenOf.get(model?.unk_id as number)
  const plain = !json.truncation && !json.padding
  return { json: plain ? text : JSON.stringify({ ...json, truncation: null, padding: null }), vocabSize, unknown }
}
