import { existsSync, statSync } from "node:fs"
import { dirname, join, normalize, relative } from "node:path"
import { Html, html } from "@nuner/report"
import GithubSlugger from "github-slugger"
import { Marked } from "marked"
import { type Page, siteOf } from "./Page.ts"

/** A heading, where links reach it, and its level: 1 is the page's title. */
export interface Heading {
  readonly id: string
  readonly text: string
  readonly level: number
}

/** A link from a page to a file of the repository, or to a page that is made. */
export interface Link {
  readonly from: string
  /** As it stands in the text. */
  readonly href: string
  /** The file or page that it leads to, from the repository's root. */
  readonly target: string
  /** A heading of it. */
  readonly anchor: string | undefined
}

export interface RenderedPage {
  readonly page: Page
  readonly body: Html
  readonly headings: ReadonlyArray<Heading>
  readonly links: ReadonlyArray<Link>
}

/** From one page of the site to another. */
export const pathBetween = (from: string, to: string): string => relative(dirname(from), to) || "."

/**
 * Markdown to HTML. Links to files of the repository become links to their pages in the site, headings get the names that GitHub gives them.
 *
 * @param made origins of pages: those of them that are no file are found here
 */
export const renderPage = (page: Page, root: string, made: ReadonlySet<string>): RenderedPage => {
  const headings: Array<Heading> = []
  const links: Array<Link> = []
  const names = new GithubSlugger()
  const here = siteOf(page.origin)

  const inSite = (href: string): string => {
    if (/^[a-z]+:/.test(href)) return href
    const [path = "", anchor] = href.split("#")
    const target = path === "" ? page.origin : fileOf(normalize(join(dirname(page.origin), path)), root, made)
    links.push({ from: page.origin, href, target, anchor })
    return `${path === "" ? "" : pathBetween(here, siteOf(target))}${anchor === undefined ? "" : `#${anchor}`}`
  }

  const marked = new Marked({
    walkTokens: (token) => {
      if (token.type === "link" || token.type === "image") token.href = inSite(token.href)
    },
    renderer: {
      heading({ depth, tokens, text }) {
        const plain = text.replaceAll("`", "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        const id = names.slug(plain)
        headings.push({ id, text: plain, level: depth })
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      // Code and tables may be wider than a telephone: they scroll on their own, by the keyboard too.
      code({ lang = "", text }) {
        // Behind the language: the file that it is, as recipes say it.
        const [, file] = lang.split(" ")
        const block = html`<pre tabindex="0"><code>${text}</code></pre>\n`
        return file === undefined
          ? block.markup
          : html`<figure><figcaption>${file}</figcaption>${block}</figure>`.markup
      },
      table({ header, rows }) {
        const row = (cells: typeof header, named: "th" | "td") => {
          const shown = cells.map(({ text, tokens }) => {
            const tag = text === "" ? "td" : named
            return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`
          })
          return `<tr>${shown.join("")}</tr>`
        }
        const head = header.some(({ text }) => text !== "") ? `<thead>${row(header, "th")}</thead>` : ""
        const body = rows.map((cells) => row(cells, "td")).join("")
        return `<div class="wide" tabindex="0"><table>${head}<tbody>${body}</tbody></table></div>\n`
      }
    }
  })
  return { page, body: new Html(marked.parse(page.markdown, { async: false })), headings, links }
}

/** A folder is read by its README. */
const fileOf = (path: string, root: string, made: ReadonlySet<string>): string => {
  const readme = join(path, "README.md")
  if (made.has(readme)) return readme
  const there = join(root, path)
  return existsSync(there) && statSync(there).isDirectory() ? readme : path
}

/** What is wrong with the links of all pages, a line each: a file that is not there, a heading that a page has not. */
export const brokenLinks = (pages: ReadonlyArray<RenderedPage>, root: string): Array<string> => {
  const headingsOf = new Map(pages.map(({ page, headings }) => [page.origin, new Set(headings.map(({ id }) => id))]))
  return pages
    .flatMap(({ links }) => links)
    .flatMap(({ anchor, from, href, target }) => {
      const headings = headingsOf.get(target)
      if (headings === undefined && !existsSync(join(root, target))) return [`${from}: ${href}: there is no ${target}`]
      if (anchor === undefined || headings === undefined || headings.has(anchor)) return []
      return [`${from}: ${href}: ${target} has no heading #${anchor}`]
    })
}
