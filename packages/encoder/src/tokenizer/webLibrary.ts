import { Tokenizer as Library } from "@huggingface/tokenizers"
import { InputError, type Span } from "@nuner/core"
import { type FollowedText, followText, sliceFollowed } from "./FollowedText.ts"
import type { LibraryEncoding, TokenizerLibrary } from "./TokenizerLibrary.ts"
import { type NormalizerJson, webNormalizer } from "./webNormalizer.ts"
import { type PreTokenizerJson, webPreTokenizer } from "./webPreTokenizer.ts"

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly lstrip?: boolean
  readonly rstrip?: boolean
  /** Not within a word. */
  readonly single_word?: boolean
  /** Looked for in the normalised text. */
  readonly normalized?: boolean
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

  const all = [...added.values()].filter(({ content }) => content !== "")
  const written = all.flatMap((token) => {
    const { text } = normalise(followText(token.content, { start: 0, end: token.content.length }))
    return token.normalized && text !== "" ? [{ ...token, content: text }] : []
  })
  const asTheyStand = all.filter(({ normalized }) => !normalized)

  const encode = (text: string): LibraryEncoding => {
    const ids: Array<number> = [...prefix]
    const offsets: Array<Span> = prefix.map(() => ({ start: 0, end: 0 }))
    const push = (id: number, span: Span) => {
      ids.push(id)
      offsets.push(span)
    }
    /** Gives the added tokens of a stretch to `push`, and what lies between, where it is something, to `rest`. */
    const around = (of: FollowedText, tokens: ReadonlyArray<AddedToken>, rest: (between: FollowedText) => void) => {
      let done = 0
      const until = (end: number) => {
        if (done < end) rest(sliceFollowed(of, done, end))
      }
      for (const { token, start, end } of addedIn(of.text, tokens)) {
        until(start)
        push(token.id, { start: of.starts[start]!, end: of.ends[end - 1]! })
        done = end
      }
      until(of.text.length)
    }
    const pushPieces = (stretch: FollowedText) => {
      for (const piece of divide(stretch)) {
        const last = piece.ends.at(-1) ?? text.length
        let at = 0
        for (const { id, length } of tokensOf(piece.text)) {
          push(id, { start: piece.starts[at] ?? last, end: piece.ends[at + length - 1] ?? last })
          at += length
        }
      }
    }
    around(followText(text, { start: 0, end: text.length }), asTheyStand, (stretch) =>
      around(normalise(stretch), written, pushPieces)
    )
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

/** Where added tokens stand in a text, the longest where several do; none within a word that must be a word of its own. */
function* addedIn(
  text: string,
  tokens: ReadonlyArray<AddedToken>
): Generator<{ readonly token: AddedToken; readonly start: number; readonly end: number }> {
  const byLength = tokens.toSorted((a, b) => b.content.length - a.content.length)
  const places = (from: number) =>
    byLength.map((token) => ({ token, at: text.indexOf(token.content, from) })).filter(({ at }) => at >= 0)
  let done = 0
  for (let from = 0; ; ) {
    const first = places(from).reduce<ReturnType<typeof places>[number] | undefined>(
      (best, place) => (best === undefined || place.at < best.at ? place : best),
      undefined
    )
    if (first === undefined) return
    const { at, token } = first
    from = at + token.content.length
    const [behind, ahead] = [text.slice(0, at), text.slice(from)]
    if (token.single_word && (endsInWord.test(behind) || beginsInWord.test(ahead))) continue
    const start = token.lstrip ? Math.max(done, behind.replace(/\p{White_Space}+$/u, "").length) : at
    const end = token.rstrip ? text.length - ahead.replace(/^\p{White_Space}+/u, "").length : from
    yield { token, start, end }
    done = end
  }
}

/** Letters, marks, digits, connectors: Rust's `\w`. */
const [endsInWord, beginsInWord] = [
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u,
  /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u
]
