import type { Tokenizer as Library } from "@huggingface/tokenizers"
import { InputError } from "@nuner/core"
import { charsmapOf } from "./charsmap.ts"
import { type FollowedText, type Rewriting, rewrite, sliceFollowed } from "./FollowedText.ts"

type LibraryNormalizer = NonNullable<Library["normalizer"]>

export interface NormalizerJson {
  readonly type: string
  readonly normalizers?: ReadonlyArray<NormalizerJson>
  readonly precompiled_charsmap?: string
  readonly content?: string
  readonly strip_left?: boolean
  readonly strip_right?: boolean
}

/**
 * The normalizer of a `tokenizer.json`, which tells where each unit comes from.
 *
 * @param library the same as the library made it: it writes single characters
 * @throws InputError for one whose offsets are not followed
 */
export const webNormalizer = (
  json: NormalizerJson | null | undefined,
  library: LibraryNormalizer | null
): ((text: FollowedText) => FollowedText) => {
  const write = remembered((characters) => library!.normalize(characters))
  switch (json?.type) {
    case undefined:
      return (text) => text
    case "BertNormalizer":
    case "Lowercase":
      return (text) => rewrite(text, rewritings(text.text, characters, write))
    case "NFC":
    case "NFKC":
      return (text) => rewrite(text, rewritings(text.text, graphemes, write))
    case "Precompiled": {
      const write = remembered(charsmapOf(json.precompiled_charsmap ?? ""))
      return (text) => rewrite(text, rewritings(text.text, graphemes, write))
    }
    case "Replace": {
      const { pattern } = library as unknown as { readonly pattern: RegExp }
      const matches = ({ text }: FollowedText) =>
        Array.from(text.matchAll(pattern), ({ 0: match, index }) => ({
          ...{ start: index, end: index + match.length, written: json.content ?? "" }
        }))
      return (text) => rewrite(text, matches(text))
    }
    case "Strip":
      // JavaScript's own trim takes U+FEFF for white space.
      return (text) => {
        const [before, after] = [/^\p{White_Space}*/u, /\p{White_Space}*$/u].map((at) => at.exec(text.text)![0].length)
        const start = json.strip_left ? before! : 0
        return sliceFollowed(text, start, Math.max(start, text.text.length - (json.strip_right ? after! : 0)))
      }
    case "Sequence": {
      const parts = (library as unknown as { readonly normalizers: ReadonlyArray<LibraryNormalizer> }).normalizers
      const steps = json.normalizers!.map((step, index) => webNormalizer(step, parts[index]!))
      return (text) => steps.reduce((written, step) => step(written), text)
    }
    default: {
      const known = "BertNormalizer, Lowercase, NFC, NFKC, Precompiled, Replace, Strip, Sequence"
      const reason = `${json!.type} is not read in a browser, only ${known}`
      throw new InputError({ source: "tokenizer.json", field: "normalizer", reason })
    }
  }
}

const characters = (text: string): Iterable<string> => text

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })
function* graphemes(text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment
}

function* rewritings(
  text: string,
  divide: (text: string) => Iterable<string>,
  write: (part: string) => string
): Generator<Rewriting> {
  let start = 0
  for (const part of divide(text)) {
    const end = start + part.length
    yield { start, end, written: write(part) }
    start = end
  }
}

const remembered = (of: (part: string) => string): ((part: string) => string) => {
  const results = new Map<string, string>()
  return (part) => {
    const known = results.get(part)
    if (known !== undefined) return known
    const result = of(part)
    results.set(part, result)
    return result
  }
}
