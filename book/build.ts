/** Builds the book from what the repository holds: `bun run book [FOLDER]`, by default `book/site`. It is read from there, without a server. */
import { cp, mkdir, rm } from "node:fs/promises"
import { dirname, extname, join, resolve } from "node:path"
import { html } from "@nuner/report"
import { contents } from "./contents.ts"
import { frame } from "./frame.ts"
import { type Page, siteOf } from "./Page.ts"
import { brokenLinks, type RenderedPage, renderPage } from "./renderPage.ts"
import { searchScript } from "./search.ts"
import { style } from "./style.ts"

const repository = resolve(import.meta.dir, "..")

/**
 * @returns the number of pages
 * @throws Error that lists every link that leads nowhere; nothing is written then
 */
export const buildBook = async (out: string): Promise<number> => {
  const parts = await contents(repository)
  const pages = parts.flatMap(({ pages }) => pages)
  const origins = new Set(pages.map(({ origin }) => origin))
  const rendered = pages.map((page) => renderPage(page, repository, origins))
  const broken = brokenLinks(rendered, repository)
  if (broken.length > 0) throw new Error(`${broken.length} links lead nowhere:\n${broken.join("\n")}`)

  await rm(out, { recursive: true, force: true })
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(out, path)), { recursive: true })
    await Bun.write(join(out, path), text)
  }
  for (const page of rendered) await write(siteOf(page.page.origin), frame(page, parts))
  await write("book.css", style)
  await write("search.js", searchScript(rendered))

  // What pages link to and is none itself: pictures as they are, sources as pages of their own.
  const files = new Set(
    rendered.flatMap(({ links }) => links.map(({ target }) => target)).filter((target) => !origins.has(target))
  )
  for (const file of files) {
    if (siteOf(file) === file) await cp(join(repository, file), join(out, file), { recursive: true })
    else await write(siteOf(file), frame(await sourcePage(file), parts))
  }
  return rendered.length
}

/** A source file as a page: each line is reached by its number. */
const sourcePage = async (file: string): Promise<RenderedPage> => {
  const lines = (await Bun.file(join(repository, file)).text()).split("\n")
  const code = lines.map((line, i) => html`<span id="${i + 1}">${line}\n</span>`)
  const page: Page = { origin: file, title: file, markdown: "" }
  return {
    page,
    headings: [],
    links: [],
    body: html`<h1>${file}</h1><pre tabindex="0"><code class="${extname(file).slice(1)}">${code}</code></pre>`
  }
}

if (import.meta.main) {
  const started = performance.now()
  const out = resolve(process.argv[2] ?? join(import.meta.dir, "site"))
  try {
    const pages = await buildBook(out)
    console.log(`${pages} pages in ${((performance.now() - started) / 1000).toFixed(1)} s: ${join(out, "index.html")}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
