import type { Tokenizer as Library } from "@huggingface/tokenizers"
import { InputError } from "@nuner/core"
import { type FollowedText, rewrite, sliceFollowed, splitFollowed } from "./FollowedText.ts"

type LibraryPreTokenizer = NonNullable<Library["pre_tokenizer"]>

export interface PreTokenizerJson {
  readonly type: string
  readonly pretokenizers?: ReadonlyArray<PreTokenizerJson>
  readonly replacement?: string
  readonly prepend_scheme?: "always" | "first" | "never"
  readonly split?: boolean
  readonly add_prefix_space?: boolean
}

/**
 * The pre-tokenizer of a `tokenizer.json`: the pieces that its model divides, each of which tells where its units come from.
 *
 * @param library the same as the library made it
 * @throws InputError for one whose offsets are not followed
 */
export const webPreTokenizer = (
  json: PreTokenizerJson | null | undefined,
  library: LibraryPreTokenizer | null
): ((text: FollowedText) => ReadonlyArray<FollowedText>) => {
  switch (json?.type) {
    case "BertPreTokenizer":
      return (text) => {
        let at = 0
        return library!.pre_tokenize_text(text.text, {}).map((piece: string) => {
          const start = text.text.indexOf(piece, at)
          at = start + piece.length
          return sliceFollowed(text, start, at)
        })
      }
    case "ByteLevel":
      return (text) => {
        const spaced = json.add_prefix_space && !text.text.startsWith(" ") ? afterSpace(text) : text
        const bytes = inBytes(spaced)
        let at = 0
        return library!.pre_tokenize_text(spaced.text, {}).map((piece: string) => {
          const start = at
          at += piece.length
          return { ...sliceFollowed(bytes, start, at), text: piece }
        })
      }
    case "WhitespaceSplit":
      return (text) => splitFollowed(text, /\P{White_Space}+/gu)
    case "Metaspace": {
      const { prepend_scheme: prepend = "always", replacement = "▁", split = true } = json
      const piece = new RegExp(`${replacement}?[^${replacement}]+|${replacement}`, "gu")
      return (text) => {
        const spaces = Array.from(text.text.matchAll(/ /g), ({ index }) => ({ start: index, end: index + 1 }))
        const marked = rewrite(
          text,
          spaces.map((space) => ({ ...space, written: replacement }))
        )
        const begins = prepend === "always" || (prepend === "first" && text.starts[0] === 0)
        // What is put before a text comes from its first character, as in the native library.
        const [first = replacement] = marked.text
        const head = { start: 0, end: first.length, written: replacement + first }
        const whole = begins && first !== replacement ? rewrite(marked, [head]) : marked
        return split ? splitFollowed(whole, piece) : [whole]
      }
    }
    case "Sequence": {
      const parts = (library as unknown as { readonly tokenizers: ReadonlyArray<LibraryPreTokenizer> }).tokenizers
      const steps = json.pretokenizers!.map((step, index) => webPreTokenizer(step, parts[index]!))
      return (text) => steps.reduce<ReadonlyArray<FollowedText>>((pieces, step) => pieces.flatMap(step), [text])
    }
    default: {
      const known = "BertPreTokenizer, ByteLevel, WhitespaceSplit, Metaspace, Sequence"
      const reason = `${json?.type ?? "none"} is not read in a browser, only ${known}`
      throw new InputError({ source: "tokenizer.json", field: "pre_tokenizer", reason })
    }
  }
}

/** A space of no room in the text, as the native library trims it. */
const afterSpace = ({ ends, starts, text }: FollowedText): FollowedText => ({
  text: ` ${text}`,
  starts: [starts[0]!, ...starts],
  ends: [starts[0]!, ...ends]
})

/** For each byte of the text in UTF-8 where its whole character comes from. */
const inBytes = ({ ends, starts, text }: FollowedText): FollowedText => {
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
