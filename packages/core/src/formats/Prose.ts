import type { Span } from "../schema/Span.ts"
import type { RawDocument } from "./Format.ts"

/**
 * The running text of a source with markup in it, a paragraph after the other, and where each UTF-16 unit of it stands in the source. White space of any
 * length is one space; what is nothing else is no paragraph.
 */
export class Prose {
  readonly #lineAt: (place: number) => number
  #text = ""
  #places: Array<Span> = []
  readonly #done: Array<RawDocument> = []

  constructor(source: string) {
    const starts = [0]
    for (const { index } of source.matchAll(/\n/g)) starts.push(index + 1)
    this.#lineAt = (place) => starts.findLastIndex((start) => start <= place) + 1
  }

  /** @param placeOf where unit `i` of `text` stands in the source */
  add(text: string, placeOf: (i: number) => Span): void {
    for (let i = 0; i < text.length; i++) {
      const isSpace = /\s/.test(text[i]!)
      if (isSpace && (this.#text === "" || this.#text.endsWith(" "))) continue
      this.#text += isSpace ? " " : text[i]!
      this.#places.push(placeOf(i))
    }
  }

  endParagraph(): void {
    const text = this.#text.trimEnd()
    if (text !== "") {
      const kept = this.#places.slice(0, text.length)
      const places = {
        starts: Int32Array.from(kept, ({ start }) => start),
        ends: Int32Array.from(kept, ({ end }) => end)
      }
      this.#done.push({ line: this.#lineAt(places.starts[0]!), text, places })
    }
    this.#text = ""
    this.#places = []
  }

  /** The paragraphs so far. */
  get paragraphs(): ReadonlyArray<RawDocument> {
    return this.#done
  }
}
