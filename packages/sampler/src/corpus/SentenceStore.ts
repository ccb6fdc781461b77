import { type AlignedSentence, InputError, type Span } from "@nuner/core"
import type { ConceptCorpus } from "../concepts/selectConcepts.ts"
import { tokensAbout } from "./tokensAbout.ts"

/** What is trained on of an aligned sentence. */
export interface StoredSentence {
  readonly text: string
  readonly mentions: ReadonlyArray<StoredMention>
}

/** A place in a text, in UTF-16 units, and what stands there. */
export interface StoredMention extends Span {
  readonly concept: string
  /** Where descriptions are kept and the mention has one. */
  readonly description?: string
}

/** Sentences that are packed together. */
const BLOCK = 4096

/** So many sentences as bytes and numbers: rows of any length one behind the other, with the end of each. */
interface Block {
  /** UTF-8. */
  readonly texts: Uint8Array
  readonly textEnds: Uint32Array
  readonly tokens: Uint16Array
  /** Start, end, concept and description of each mention, the latter two as numbers of names. */
  readonly mentions: Int32Array
  readonly mentionEnds: Uint32Array
  /** The concepts of annotations that found no place. */
  readonly unaligned: Int32Array
  readonly unalignedEnds: Uint32Array
}

/** Numbers of a mention in a block. */
const WIDTH = 4

/**
 * Aligned sentences in little memory, in the order in which they came: text as UTF-8, mentions as numbers, each name once. A million
 * sentences of 24 words with four mentions are about 300 MB; as objects they are several times that. Ids are not kept.
 */
export class SentenceStore implements ConceptCorpus {
  readonly #blocks: ReadonlyArray<Block>
  readonly #names: ReadonlyArray<string>
  readonly count: number
  /** About how many tokens each text has `[count]`. */
  readonly lengths: Uint16Array
  /** Whether mentions bring theirs. */
  readonly descriptions: boolean

  private constructor(blocks: ReadonlyArray<Block>, names: ReadonlyArray<string>, descriptions: boolean) {
    this.descriptions = descriptions
    this.#blocks = blocks
    this.#names = names
    this.count = blocks.reduce((sum, { textEnds }) => sum + textEnds.length, 0)
    this.lengths = new Uint16Array(this.count)
    for (const [i, { tokens }] of blocks.entries()) this.lengths.set(tokens, i * BLOCK)
  }

  /**
   * Reads sentences to the end of their stream.
   *
   * @param options `descriptions`: whether those of mentions are kept, which most runs have no use for (default false); `texts`:
   *   whether texts are, which counting concepts does not need (default true)
   * @throws InputError naming the sentence and the mention that lies outside its text, or whose concept has no name
   */
  static async from(
    sentences: Iterable<AlignedSentence> | AsyncIterable<AlignedSentence>,
    { descriptions = false, texts = true }: { readonly descriptions?: boolean; readonly texts?: boolean } = {}
  ): Promise<SentenceStore> {
    const blocks: Array<Block> = []
    const numbers = new Map<string, number>()
    const numberOf = (name: string): number => {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, numbers.size)
      return numbers.size - 1
    }
    let held: Array<AlignedSentence> = []
    const pack = () => {
      blocks.push(packBlock(held, numberOf, { descriptions, texts }))
      held = []
    }
    for await (const sentence of sentences) {
      checkMentions(sentence)
      held.push(sentence)
      if (held.length === BLOCK) pack()
    }
    if (held.length > 0) pack()
    return new SentenceStore(blocks, [...numbers.keys()], descriptions)
  }

  at(sentence: number): StoredSentence {
    const [{ textEnds, texts }, row] = this.#place(sentence)
    const text = decoder.decode(texts.subarray(startOf(textEnds, row), textEnds[row]!))
    return { text, mentions: this.mentions(sentence) }
  }

  mentions(sentence: number): Array<StoredMention> {
    const [{ mentionEnds, mentions }, row] = this.#place(sentence)
    const found: Array<StoredMention> = []
    for (let at = WIDTH * startOf(mentionEnds, row); at < WIDTH * mentionEnds[row]!; at += WIDTH) {
      const [start, end] = [mentions[at]!, mentions[at + 1]!]
      const concept = this.#names[mentions[at + 2]!]!
      const description = this.#names[mentions[at + 3]!]
      found.push({ start, end, concept, ...(description !== undefined && { description }) })
    }
    return found
  }

  names(sentence: number): Array<string> {
    const [{ mentionEnds, mentions }, row] = this.#place(sentence)
    const found: Array<string> = []
    for (let i = startOf(mentionEnds, row); i < mentionEnds[row]!; i++) {
      found.push(this.#names[mentions[WIDTH * i + 2]!]!)
    }
    return found
  }

  allNames(sentence: number): Array<string> {
    const [{ unaligned, unalignedEnds }, row] = this.#place(sentence)
    const found = this.names(sentence)
    for (let i = startOf(unalignedEnds, row); i < unalignedEnds[row]!; i++) found.push(this.#names[unaligned[i]!]!)
    return found
  }

  /** All that is kept, piece by piece: equal for equal sentences in the same order. To be hashed. */
  *content(): Generator<ArrayBufferView | ReadonlyArray<string>> {
    for (const block of this.#blocks) yield* Object.values(block) as Array<ArrayBufferView>
    yield this.#names
  }

  #place(sentence: number): readonly [block: Block, row: number] {
    return [this.#blocks[Math.floor(sentence / BLOCK)]!, sentence % BLOCK]
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const startOf = (ends: Uint32Array, row: number): number => (row === 0 ? 0 : ends[row - 1]!)

const packBlock = (
  sentences: ReadonlyArray<AlignedSentence>,
  numberOf: (name: string) => number,
  kept: { readonly descriptions: boolean; readonly texts: boolean }
): Block => {
  const encoder = new TextEncoder()
  const texts = sentences.map(({ text }) => encoder.encode(kept.texts ? text : ""))
  const mentions: Array<number> = []
  const unaligned: Array<number> = []
  const [textEnds, mentionEnds, unalignedEnds] = [texts, texts, texts].map(({ length }) => new Uint32Array(length)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array
  ]
  let bytes = 0
  for (const [row, sentence] of sentences.entries()) {
    for (const { concept, description, end, start } of sentence.mentions) {
      const described = kept.descriptions && description !== undefined
      mentions.push(start, end, numberOf(concept), described ? numberOf(description) : -1)
    }
    for (const { concept } of sentence.unaligned ?? []) unaligned.push(numberOf(concept))
    bytes += texts[row]!.length
    textEnds[row] = bytes
    mentionEnds[row] = mentions.length / WIDTH
    unalignedEnds[row] = unaligned.length
  }
  return {
    texts: concatenate(texts, bytes),
    textEnds,
    tokens: Uint16Array.from(sentences, ({ text }) => Math.min(tokensAbout(text), 0xffff)),
    mentions: Int32Array.from(mentions),
    mentionEnds,
    unaligned: Int32Array.from(unaligned),
    unalignedEnds
  }
}

const concatenate = (parts: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const checkMentions = ({ id, mentions, text }: AlignedSentence): void => {
  for (const [i, { concept, end, start }] of mentions.entries()) {
    const fail = (reason: string, remedy: string): never => {
      throw new InputError({ source: `sentence ${id}`, field: `mentions[${i}]`, reason, remedy })
    }
    if (start < 0 || start >= end || end > text.length) {
      const reason = `${start}..${end} is no part of a text of ${text.length} characters`
      fail(reason, "give the output of `nuner align`")
    }
    if (concept.trim() === "") fail("its concept has no name but white space", "leave the mention out")
  }
}
