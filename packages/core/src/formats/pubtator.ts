import { InputError } from "../errors.ts"
import type { Format, RawDocument, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"

/**
 * PubTator: `id|t|title`, `id|a|abstract`, then `id<tab>start<tab>end<tab>what it covers<tab>type<tab>concept` a line, documents parted by blank
 * lines. The text is title and abstract with one character between; offsets are code points. Relations are passed over.
 */
export const pubtator: Format = {
  name: "pubtator",
  reads: ["offsets"],
  title: "PubTator: id|t|title, id|a|abstract, and entities in columns",
  unit: "codepoints",
  recognise: ({ shape, lines }) => shape === "text" && passage.test(lines.find((line) => /\S/.test(line)) ?? ""),
  async *read(source, reading) {
    let held: { line: number; id: string; parts: Array<string>; entities: Array<RawSpan> } | undefined
    let broken: InputError | undefined
    const end = (): RawDocument | undefined => {
      const [document, error] = [held, broken]
      held = undefined
      broken = undefined
      if (error !== undefined) reading.malformed(error)
      if (document === undefined || error !== undefined) return undefined
      const { parts, ...rest } = document
      return { ...rest, text: parts.join("\n") }
    }
    // A line that cannot be read breaks its document: leaving out the line alone would leave out an entity.
    const onMalformed = (error: InputError) => {
      broken ??= error
    }
    for await (const { text, number } of lines(source, { onMalformed })) {
      if (!/\S/.test(text)) {
        const document = end()
        if (document !== undefined) yield document
        continue
      }
      const fail = (reason: string, remedy: string) => {
        broken ??= new InputError({ source: reading.source, line: number, reason, remedy })
      }
      const [, id, kind, part] = passage.exec(text) ?? []
      if (id !== undefined) {
        if (kind === "t" || held === undefined || held.id !== id) {
          const document = end()
          if (document !== undefined) yield document
          held = { line: number, id, parts: [part!], entities: [] }
        } else held.parts.push(part!)
        continue
      }
      const [owner, start, stop, covered, type, ...concepts] = text.split("\t")
      if (held === undefined || owner !== held.id)
        fail(`belongs to no document ${JSON.stringify(owner)}`, "id|t|title comes first")
      else if (/^\d+$/.test(start ?? "") && /^\d+$/.test(stop ?? "") && type !== undefined && type !== "") {
        const concept = concepts.filter((one) => one !== "").join(";")
        held.entities.push({
          start: Number(start),
          end: Number(stop),
          type,
          text: covered,
          fields: concept === "" ? undefined : { concept }
        })
      } else if (/^\d+$/.test(start ?? "")) fail("no entity", "id, start, end, text, type, parted by tabs")
      else reading.noted("relations passed over")
    }
    const document = end()
    if (document !== undefined) yield document
  }
}

const passage = /^([^|\t]+)\|([ta])\|(.*)$/
