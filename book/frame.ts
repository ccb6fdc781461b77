import { Html, html } from "@nuner/report"
import { type Page, type Part, siteOf } from "./Page.ts"
import { pathBetween, type RenderedPage } from "./renderPage.ts"

/** A whole page of the site: its text, the contents beside it, its sections, and the pages before and after. */
export const frame = ({ body, headings, page }: RenderedPage, parts: ReadonlyArray<Part>): string => {
  const here = siteOf(page.origin)
  const to = (origin: string) => pathBetween(here, siteOf(origin))
  const isHere = ({ origin }: Page) => origin === page.origin

  const contents = parts.map(({ pages, title }) => {
    const links = pages.map(
      (one) =>
        html`<li><a href="${to(one.origin)}"${attribute("aria-current", isHere(one) && "page")}>${one.title}</a></li>`
    )
    return html`<details${attribute("open", pages.some(isHere) && "")}><summary>${title}</summary><ul>${links}</ul></details>`
  })
  const sections = headings.filter(({ level }) => level === 2)
  const onThisPage = html`<nav class="sections" aria-label="On this page"><ul>${sections.map(
    ({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`
  )}</ul></nav>`
  const pages = parts.flatMap(({ pages }) => pages)
  const at = pages.findIndex(isHere)
  const step = (rel: "prev" | "next", page: Page | undefined) =>
    page !== undefined && html`<a rel="${rel}" href="${to(page.origin)}">${page.title}</a>`

  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${headings[0]?.text ?? page.title} - nuner</title>
<link rel="stylesheet" href="${pathBetween(here, "book.css")}">
</head>
<body>
<header><a href="${to("README.md")}">nuner</a><search><label>Search <input type="search" autocomplete="off"></label><ul id="found" aria-live="polite"></ul></search></header>
<nav class="contents" aria-label="Contents">${contents}</nav>
<main>${body}<footer>${step("prev", pages[at - 1])}${step("next", at < 0 ? undefined : pages[at + 1])}</footer></main>
${sections.length > 1 && onThisPage}
<script src="${pathBetween(here, "search.js")}" data-root="${to("README.md").replace(/index\.html$/, "")}"></script>
</body>
</html>
`.markup
}

/** An attribute with its value; nothing where that is false. */
const attribute = (name: string, value: string | false): Html | false =>
  value !== false && html`${new Html(` ${name}`)}="${value}"`
