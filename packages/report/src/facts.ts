import { type Html, html } from "./html.ts"

/** Names and what they are, one a line; those without a value are left out. */
export const facts = (of: Readonly<Record<string, string | number | undefined>>): Html =>
  html`<dl class="facts">${Object.entries(of).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<dt>${name}</dt><dd>${value}</dd>`]
  )}</dl>`

/** A drawing with what it shows. */
export const figure = (caption: string, ...drawn: ReadonlyArray<Html>): Html =>
  html`<figure>${drawn}<figcaption>${caption}</figcaption></figure>`
