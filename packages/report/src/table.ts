import { type Html, html } from "./html.ts"

/** A table whose first column names the rows; the others are numbers, to the right. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
  caption?: string
): Html =>
  html`<div class="wide"><table>${caption !== undefined && html`<caption>${caption}</caption>`}<thead><tr>${head.map(
    (cell) => html`<th scope="col">${cell}</th>`
  )}</tr></thead><tbody>${rows.map(
    ([first, ...others]) => html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>`
  )}</tbody></table></div>`
