import type { TextEntity } from "@nuner/classifier"

/** A text with what was found in it. */
export interface Found {
  readonly text: string
  readonly entities: ReadonlyArray<TextEntity>
}

const COLOURS = ["#c0392b", "#1e8449", "#9a7d0a", "#2471a3", "#7d3c98", "#117a65"]
/** Of a monospaced letter of 14 pixels; entities get a margin on both sides, and the name of their type in a smaller one. */
const [LETTER, SMALL, MARGIN, LINE] = [8.43, 6.02, 4, 34]

/** Texts with their entities in colour, as an SVG: what the quickstart shows on a terminal. */
export const picture = (found: ReadonlyArray<Found>, types: ReadonlyArray<string>): string => {
  let width = 0
  const lines = found.map(({ entities, text }, row) => {
    const y = 24 + row * LINE
    let x = 12
    let at = 0
    const parts: Array<string> = []
    const plain = (words: string) => {
      if (words !== "") parts.push(`<text x="${x.toFixed(1)}" y="${y}" xml:space="preserve">${escaped(words)}</text>`)
      x += words.length * LETTER
    }
    for (const { end, start, type } of entities) {
      plain(text.slice(at, start))
      const words = text.slice(start, end)
      const own = words.length * LETTER
      const whole = own + type.length * SMALL + 4 * MARGIN
      const colour = COLOURS[types.indexOf(type) % COLOURS.length]
      parts.push(
        `<rect x="${x.toFixed(1)}" y="${y - 16}" width="${whole.toFixed(1)}" height="22" rx="4" fill="${colour}"/>`,
        `<text x="${(x + MARGIN).toFixed(1)}" y="${y}" fill="#fff" xml:space="preserve">${escaped(words)}</text>`,
        `<text x="${(x + own + 3 * MARGIN).toFixed(1)}" y="${y}" fill="#fff" font-size="10">${escaped(type)}</text>`
      )
      x += whole
      at = end
    }
    plain(text.slice(at))
    width = Math.max(width, x + 12)
    return parts.join("")
  })
  const height = found.length * LINE + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#222"><title>Sentences with their entities in colour</title><rect width="100%" height="100%" fill="#fafafa"/>${lines.join("\n")}</svg>\n`
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
