import type { Entity } from "@nuner/core"
import { matchEntities } from "@nuner/metrics"
import { type Html, html } from "./html.ts"

/** A text with places in it: words and entities over them. */
export interface ShownSentence {
  readonly words: ReadonlyArray<string>
  /** What is right, or what was said. */
  readonly entities: ReadonlyArray<Entity>
  /** What a model says; compared with `entities`. */
  readonly predicted?: ReadonlyArray<Entity>
  /** Something else worth telling, below the text. */
  readonly note?: string
}

/**
 * Sentences with their entities marked, those with errors first, gold above predicted; filters by type, by kind of error and by text. What is
 * right stands once.
 */
export const sentences = (all: ReadonlyArray<ShownSentence>): Html => {
  const rows = all.map((sentence) => {
    const matches = sentence.predicted === undefined ? [] : matchEntities(sentence.entities, sentence.predicted)
    const kinds = [...new Set(matches.map(({ kind }) => kind).filter((kind) => kind !== "exact"))]
    const types = new Set([...sentence.entities, ...(sentence.predicted ?? [])].map(({ type }) => type))
    const errors = matches.filter(({ kind }) => kind !== "exact").length
    return { sentence, kinds, types: [...types], errors }
  })
  const types = [...new Set(rows.flatMap((row) => row.types))].sort()
  const kinds = [...new Set(rows.flatMap((row) => row.kinds))].sort()
  const number = new Map(types.map((type, i) => [type, i]))
  const numbers = (of: ReadonlyArray<string>) => of.map((type) => number.get(type)!)
  const marked = (words: ReadonlyArray<string>, entities: ReadonlyArray<Entity>) => mark(words, entities, number)
  const sorted = rows.toSorted((a, b) => b.errors - a.errors)
  const options = (values: ReadonlyArray<readonly [string | number, string]>) =>
    values.map(([value, name]) => html`<option value="${value}">${name}</option>`)
  return html`<form class="filters" hidden>
<label>type <select name="type">${options([["", "all"], ...types.map((type, i) => [i, type] as const)])}</select></label>
${kinds.length > 0 && html`<label>error <select name="kind">${options([["", "all sentences"], ["any", "any error"], ...kinds.map((kind) => [kind, kindNames[kind]] as const)])}</select></label>`}
<label>text <input type="search" name="text"></label> <output></output></form>
<div class="sentences">${sorted.map(
    ({ errors, kinds, sentence: { entities, note, predicted, words }, types }) =>
      html`<div class="s" data-t="${numbers(types).join(" ")}" data-k="${kinds.join(" ")}">${
        errors === 0
          ? html`<p dir="auto">${marked(words, entities)}</p>`
          : html`<p dir="auto"><b>gold</b> ${marked(words, entities)}</p><p dir="auto"><b>said</b> ${marked(words, predicted!)}</p>`
      }${note !== undefined && html`<p class="note">${note}</p>`}</div>`
  )}</div>`
}

const kindNames = {
  exact: "right",
  span: "wrong type",
  type: "wrong ends",
  overlap: "wrong type and ends",
  missed: "missed",
  spurious: "made up"
} as const

/** Words with `<mark>` around entities; where two share a word the first has it. */
const mark = (
  words: ReadonlyArray<string>,
  entities: ReadonlyArray<Entity>,
  number: ReadonlyMap<string, number>
): Array<Html | string> => {
  const parts: Array<Html | string> = []
  let at = 0
  for (const { end, start, type } of entities.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue
    if (start > at) parts.push(`${words.slice(at, start).join(" ")} `)
    const inside = words.slice(start, end).join(" ")
    parts.push(
      html`<mark class="c${number.get(type)! % 8}">${inside}<i>${type}</i></mark>${end < words.length ? " " : ""}`
    )
    at = end
  }
  if (at < words.length) parts.push(words.slice(at).join(" "))
  return parts
}

/** Runs in the page. */
export const filterSentences = (): void => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form.filters")) {
    const list = form.nextElementSibling!
    const all = [...list.querySelectorAll<HTMLElement>(".s")]
    const told = form.querySelector("output")!
    const value = (name: string) =>
      (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null)?.value ?? ""
    const filter = () => {
      const [type, kind, text] = [value("type"), value("kind"), value("text").toLowerCase()]
      let shown = 0
      for (const one of all) {
        const kinds = one.dataset.k!
        const fits =
          (type === "" || one.dataset.t!.split(" ").includes(type)) &&
          (kind === "" || (kind === "any" ? kinds !== "" : kinds.split(" ").includes(kind))) &&
          (text === "" || one.textContent!.toLowerCase().includes(text))
        one.hidden = !fits
        if (fits) shown++
      }
      told.textContent = `${shown} of ${all.length} sentences`
    }
    form.hidden = false
    form.addEventListener("input", filter)
    form.addEventListener("submit", (event) => event.preventDefault())
    filter()
  }
}
