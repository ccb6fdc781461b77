import { colours } from "./chart.ts"
import { type Html, html } from "./html.ts"

/** Which line of a chart is whose. */
export const legend = (names: ReadonlyArray<string>): Html =>
  html`<ul class="legend">${names.map(
    (name, i) =>
      html`<li><svg width="24" height="10" aria-hidden="true"><path d="M0 5H24" stroke="${colours[i % colours.length]!}" stroke-width="2" stroke-dasharray="${i < colours.length ? "none" : "6 3"}"/></svg>${name}</li>`
  )}</ul>`
