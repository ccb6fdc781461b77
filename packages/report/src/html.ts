/** Markup, as opposed to text. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Part = Html | string | number | undefined | false | ReadonlyArray<Part>

/** Markup with values in it. A value that is no markup is text: nothing in it can become an element or leave an attribute. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(strings.map((string, i) => (i === 0 ? string : shown(parts[i - 1]) + string)).join(""))

const shown = (part: Part): string => {
  if (part === undefined || part === false) return ""
  if (part instanceof Html) return part.markup
  if (typeof part === "object") return part.map(shown).join("")
  return String(part).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** A value for a script of the page to read: nothing in it can end the element that holds it. */
export const json = (value: unknown): Html => new Html(JSON.stringify(value).replaceAll("<", "\\u003c"))
