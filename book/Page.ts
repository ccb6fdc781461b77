/** A page of the book, before it is HTML. */
export interface Page {
  /**
   * Its file in the repository, or, of a page that is made, where such a file would stand: "docs/method.md". Links in it are relative to that; the site has it
   * under the same name, as .html.
   */
  readonly origin: string
  /** What the contents call it. */
  readonly title: string
  readonly markdown: string
}

/** Pages that stand together in the contents. */
export interface Part {
  readonly title: string
  readonly pages: ReadonlyArray<Page>
}

/** The title of a text: its first heading. */
export const titleOf = (markdown: string, otherwise: string): string =>
  /^# (.+)$/m.exec(markdown)?.[1]?.replaceAll("`", "") ?? otherwise

/** Where a page, or any other file of the repository, stands in the site. */
export const siteOf = (origin: string): string => {
  if (/\.(png|svg|jpg)$/.test(origin)) return origin
  if (!origin.endsWith(".md")) return `${origin}.html`
  return origin.replace(/(^|\/)README\.md$/, "$1index.md").replace(/\.md$/, ".html")
}
