import { InputError } from "../errors.ts"
import type { Format, RawSpan } from "./Format.ts"
import { lines } from "./lines.ts"

/** OpenNLP's name finder: words parted by spaces, a sentence a line, `<START:person> Ada Lovelace <END> wrote .`; without a type it is `untyped`. */
export const openNlp: Format = {
  name: "opennlp",
  reads: ["untyped"],
  title: "OpenNLP: <START:person> Ada <END> wrote",
  unit: "utf16",
  recognise: ({ lines, shape }) => shape === "text" && lines.some((line) => entity.test(line)),
  async *read(source, { malformed, options: { untyped }, source: name }) {
    for await (const { number: line, text } of lines(source, { onMalformed: malformed })) {
      if (!/\S/.test(text)) continue
      const words: Array<string> = []
      const entities: Array<RawSpan> = []
      let open: { type: string; start: number } | undefined
      let reason: string | undefined
      for (const word of text.trim().split(/\s+/)) {
        const type = start.exec(word)
        if (type !== null) {
          if (open !== undefined) reason ??= `${word} stands inside of an entity`
          open = { type: type[1] ?? untyped, start: words.length }
        } else if (word === "<END>") {
          if (open === undefined || open.start === words.length) reason ??= "<END> ends no entity"
          else entities.push({ ...open, end: words.length })
          open = undefined
        } else words.push(word)
      }
      if (open !== undefined) reason ??= "an entity has no <END>"
      if (reason === undefined) yield { line, words, entities }
      else malformed(new InputError({ source: name, line, reason, remedy: "write <START:type> words <END>" }))
    }
  }
}

const start = /^<START(?::(\S+))?>$/
const entity = /(^|\s)<START(:\S+)?>\s.*\s<END>(\s|$)/
