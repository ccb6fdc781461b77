import { drawMaps } from "./conceptMap.ts"
import { Html, html } from "./html.ts"
import { filterSentences } from "./sentences.ts"
import { style } from "./style.ts"

export interface Section {
  readonly title: string
  readonly body: ReadonlyArray<Html>
}

/** A page in one file: it loads nothing, reads well without its script, and follows the reader's light or dark. */
export const page = (title: string, sections: ReadonlyArray<Section>): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<link rel="icon" href="data:,">
${new Html(`<style>${style}</style>`)}
</head>
<body>
<main>
<h1>${title}</h1>
${
  sections.length > 1 &&
  html`<nav aria-label="sections"><ul>${sections.map(({ title }, i) => html`<li><a href="#s${i}">${title}</a></li>`)}</ul></nav>`
}
${sections.map(({ body, title }, i) => html`<section id="s${i}"><h2>${title}</h2>${body}</section>\n`)}
</main>
${new Html(`<script>(${filterSentences})();(${drawMaps})()</script>`)}
</body>
</html>
`.markup
