import { siteOf } from "./Page.ts"
import type { RenderedPage } from "./renderPage.ts"

/** A heading of a page, and where it stands in the site. */
interface Entry {
  readonly text: string
  readonly page: string
  readonly href: string
}

/** The script of every page: finds headings as one types. The index is part of it, so that it works from a folder, without a server. */
export const searchScript = (pages: ReadonlyArray<RenderedPage>): string => {
  const entries = pages.flatMap(({ headings, page }): Array<Entry> => {
    const title = headings[0]?.text ?? page.title
    return headings.map(({ id, level, text }) => ({
      text,
      page: title,
      href: `${siteOf(page.origin)}${level === 1 ? "" : `#${id}`}`
    }))
  })
  return `(${inPage})(${JSON.stringify(entries)})\n`
}

/** Runs in the browser. */
const inPage = (entries: ReadonlyArray<Entry>): void => {
  const root = (document.currentScript as HTMLScriptElement).dataset.root ?? ""
  const input = document.querySelector<HTMLInputElement>("search input")!
  const found = document.querySelector("#found")!
  const most = 20
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    const holds = (text: string) => words.some((word) => text.toLowerCase().includes(word))
    const hits = entries
      .filter(({ page, text }) => words.every((word) => `${text} ${page}`.toLowerCase().includes(word)))
      // Headings that hold a word themselves come before those whose page does; the shorter, the more of it was typed.
      .toSorted((a, b) => Number(holds(b.text)) - Number(holds(a.text)) || a.text.length - b.text.length)
      .slice(0, words.length === 0 ? 0 : most)
    found.replaceChildren(
      ...hits.map(({ href, page, text }) => {
        const link = document.createElement("a")
        link.href = root + href
        link.append(text)
        if (page !== text) {
          const where = document.createElement("small")
          where.append(` ${page}`)
          link.append(where)
        }
        const item = document.createElement("li")
        item.append(link)
        return item
      })
    )
  })
}
