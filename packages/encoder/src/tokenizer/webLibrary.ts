import { Tokenizer as Library } from "@huggingface/tokenizers"
import { InputError, type Span } from "@nuner/core"
import { followText } from "./FollowedText.ts"
import type { LibraryEncoding, TokenizerLibrary } from "./TokenizerLibrary.ts"
import { type NormalizerJson, webNormalizer } from "./webNormalizer.ts"
import { type PreTokenizerJson, webPreTokenizer } from "./webPreTokenizer.ts"

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly lstrip?: boolean
}

interface Json {
  readonly normalizer?: NormalizerJson | null
  readonly pre_tokenizer?: PreTokenizerJson | null
  readonly model: { readonly type?: string; readonly byte_fallback?: boolean }
  readonly added_tokens?: ReadonlyArray<AddedToken>
}

/**
 * Hugging Face's library in plain JavaScript: browsers. It gives no offsets, so they are followed here: through the normalizer and the pre-tokenizer, and a piece's
 * tokens are as long as they are written.
 *
 * @throws InputError for parts whose offsets are not followed
 */
export const openLibrary = (json: string): TokenizerLibrary => {
  const file: Json = JSON.parse(json)
  checkModel(file.model)
  const library = new Library(file, {})
  const model = library.model!
  const normalise = webNormalizer(file.normalizer, library.normalizer)
  const divide = webPreTokenizer(file.pre_tokenizer, library.pre_tokenizer)
  const added = new Map((file.added_tokens ?? []).map((token) => [token.content, token]))
  const idOf = (token: string) => model.tokens_to_ids.get(token) ?? added.get(token)?.id
  const bare = library.encode("a", { add_special_tokens: false }).ids
  const framed = library.encode("a").ids
  const prefix = framed.slice(0, framed.indexOf(bare[0]!))
  const suffix = framed.slice(prefix.length + bare.length)

  /** A piece's tokens, and how many of its units each takes. */
  const tokensOf = (piece: string): ReadonlyArray<{ readonly id: number; readonly length: number }> => {
    const unknown = model.unk_token_id!
    const tokens: Array<{ id: number; length: number }> = []
    for (const [index, token] of model.encode([piece]).entries()) {
      const id = model.tokens_to_ids.get(token) ?? unknown
      const isWordPiece = file.model.type === "WordPiece"
      const last = tokens.at(-1)
      if (isWordPiece && id === unknown) tokens.push({ id, length: piece.length })
      // SentencePiece makes one token of neighbours that it doesn't know.
      else if (last !== undefined && id === unknown && last.id === unknown) last.length += token.length
      else tokens.push({ id, length: token.length - (isWordPiece && index > 0 ? "##".length : 0) })
    }
    return tokens
  }

  /** Tokens of a stretch of the text without added tokens. */
  const encodeStretch = (text: string, stretch: Span, push: (id: number, span: Span) => void): void => {
    for (const piece of divide(normalise(followText(text, stretch)))) {
      let at = 0
      for (const { id, length } of tokensOf(piece.text)) {
        push(id, { start: piece.starts[at] ?? stretch.end, end: piece.ends[at + length - 1] ?? stretch.end })
        at += length
      }
    }
  }

  const encode = (text: string): LibraryEncoding => {
    const ids: Array<number> = [...prefix]
    const offsets: Array<Span> = prefix.map(() => ({ start: 0, end: 0 }))
    const push = (id: number, span: Span) => {
      ids.push(id)
      offsets.push(span)
    }
    let done = 0
    for (const { token, start, end } of addedIn(text, [...added.values()])) {
      encodeStretch(text, { start: done, end: start }, push)
      push(token.id, { start, end })
      done = end
    }
    encodeStretch(text, { start: done, end: text.length }, push)
    const special = new Uint8Array(ids.length + suffix.length).fill(1, 0, prefix.length).fill(1, ids.length)
    for (const id of suffix) push(id, { start: 0, end: 0 })
    return { ids: Int32Array.from(ids), offsets, special }
  }

  const tokenOfAdded = new Map([...added.values()].map(({ content, id }) => [id, content]))
  return {
    encodeBatch: async (texts) => texts.map(encode),
    idOf,
    tokenOf: (id) => model.vocab[id] ?? tokenOfAdded.get(id)
  }
}

const checkModel = ({ byte_fallback, type }: Json["model"]): void => {
  const known = ["WordPiece", "BPE", "Unigram"]
  const [source, remedy] = ["tokenizer.json", "predict under Bun or Node"]
  if (!known.includes(type ?? "")) {
    const reason = `${type ?? "none"} is not read in a browser, only ${known.join(", ")}`
    throw new InputError({ source, field: "model", reason, remedy })
  }
  if (type === "Unigram" && byte_fallback)
    throw new InputError({ source, field: "model.byte_fallback", reason: "is not read in a browser", remedy })
}

/** Where added tokens stand in a text, the longest where several do. */
function* addedIn(
  text: string,
  tokens: ReadonlyArray<AddedToken>
): Generator<{ readonly token: AddedToken; readonly start: number; readonly end: number }> {
  const byLength = tokens
    .filter(({ content }) => content !== "")
    .toSorted((a, b) => b.content.length - a.content.length)
  const places = (from: number) =>
    byLength.map((token) => ({ token, at: text.indexOf(token.content, from) })).filter(({ at }) => at >= 0)
  for (let from = 0; ; ) {
    const first = places(from).reduce<ReturnType<typeof places>[number] | undefined>(
      (best, place) => (best === undefined || place.at < best.at ? place : best),
      undefined
    )
    if (first === undefined) return
    let start = first.at
    if (first.token.lstrip) while (start > from && /\s/.test(text[start - 1]!)) start--
    const end = first.at + first.token.content.length
    yield { token: first.token, start, end }
    from = end
  }
}
