import { Tokenizer as Library } from "@huggingface/tokenizers"
import { InputError, type Span } from "@nuner/core"
import type { LibraryEncoding, TokenizerLibrary } from "./TokenizerLibrary.ts"

/** Parts of a `tokenizer.json` whose offsets can be followed here. */
const known = {
  normalizer: ["BertNormalizer", "Lowercase", undefined],
  pre_tokenizer: ["BertPreTokenizer", "ByteLevel"],
  model: ["WordPiece", "BPE"]
} as const

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly lstrip?: boolean
}

type Json = Record<string, { readonly type?: string } | null | undefined> & {
  readonly added_tokens?: ReadonlyArray<AddedToken>
}

/**
 * Hugging Face's library in plain JavaScript: browsers. It gives no offsets, so they are followed here: text is normalised character by
 * character, its pieces are found again in what came out, and a piece's tokens are as long as they are written.
 *
 * @throws InputError for parts whose offsets are not followed
 */
export const openLibrary = (json: string): TokenizerLibrary => {
  const file: Json = JSON.parse(json)
  for (const [field, types] of Object.entries(known)) {
    const type = file[field]?.type
    if (!(types as ReadonlyArray<string | undefined>).includes(type)) {
      const reason = `${type ?? "none"} is not read in a browser, only ${types.filter((name) => name).join(", ")}`
      throw new InputError({ source: "tokenizer.json", field, reason })
    }
  }
  const library = new Library(file, {})
  const model = library.model!
  const byteLevel = file.pre_tokenizer!.type === "ByteLevel"
  const idOf = (token: string) => model.tokens_to_ids.get(token) ?? added.get(token)?.id
  const added = new Map((file.added_tokens ?? []).map((token) => [token.content, token]))
  const bare = library.encode("a", { add_special_tokens: false }).ids
  const framed = library.encode("a").ids
  const prefix = framed.slice(0, framed.indexOf(bare[0]!))
  const suffix = framed.slice(prefix.length + bare.length)

  const tokensOf = (piece: string): ReadonlyArray<string> => model.encode([piece])
  const normalise = remembered((character) => library.normalizer?.normalize(character) ?? character)

  /** Tokens of a stretch of the text without added tokens. */
  const encodeStretch = (text: string, from: number, to: number, push: (id: number, span: Span) => void): void => {
    const stretch = followed(text, from, to, normalise)
    const units = byteLevel ? bytesOf(stretch) : stretch
    let at = 0
    for (const piece of library.pre_tokenizer!.pre_tokenize_text(stretch.text, {})) {
      if (!byteLevel) at = stretch.text.indexOf(piece, at)
      let within = at
      for (const [index, token] of tokensOf(piece).entries()) {
        const known = byteLevel || token !== model.unk_token
        const length = known ? token.length - (!byteLevel && index > 0 ? "##".length : 0) : piece.length
        push(idOf(token) ?? model.unk_token_id!, {
          start: units.starts[within] ?? to,
          end: units.ends[within + length - 1] ?? to
        })
        within += length
      }
      at += piece.length
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
      encodeStretch(text, done, start, push)
      push(token.id, { start, end })
      done = end
    }
    encodeStretch(text, done, text.length, push)
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

/** A text, and for each of its units where it came from. */
interface Followed {
  readonly text: string
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
}

/** `text.slice(from, to)` normalised; offsets are those of `text`. */
const followed = (text: string, from: number, to: number, normalise: (character: string) => string): Followed => {
  let out = ""
  const starts: Array<number> = []
  const ends: Array<number> = []
  for (let at = from; at < to; ) {
    const character = String.fromCodePoint(text.codePointAt(at)!)
    const written = normalise(character)
    for (let unit = 0; unit < written.length; unit++) {
      starts.push(at)
      ends.push(at + character.length)
    }
    out += written
    at += character.length
  }
  return { text: out, starts, ends }
}

/** The same for the bytes of the text in UTF-8: a byte stands for its whole character. */
const bytesOf = ({ ends, starts, text }: Followed): Followed => {
  const byteStarts: Array<number> = []
  const byteEnds: Array<number> = []
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at)!
    const units = point > 0xffff ? 2 : 1
    const bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    for (let byte = 0; byte < bytes; byte++) {
      byteStarts.push(starts[at]!)
      byteEnds.push(ends[at + units - 1]!)
    }
    at += units
  }
  return { text, starts: byteStarts, ends: byteEnds }
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

const remembered = (of: (character: string) => string): ((character: string) => string) => {
  const results = new Map<string, string>()
  return (character) => {
    const known = results.get(character)
    if (known !== undefined) return known
    const result = of(character)
    results.set(character, result)
    return result
  }
}
