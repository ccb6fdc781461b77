import { readFileSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { Glob } from "bun"
import { type Page, type Part, titleOf } from "./Page.ts"
import { apiPage } from "./pages/api.ts"
import { commandPages } from "./pages/commands.ts"
import { formatsPage } from "./pages/formats.ts"
import { optionsPage } from "./pages/options.ts"

/** The book, in its order. A text of the repository is a page by standing here; a package, a recipe or a decision by being there. */
export const contents = async (root: string): Promise<ReadonlyArray<Part>> => {
  const text = (origin: string, title?: string): Page => {
    const markdown = readFileSync(join(root, origin), "utf8")
    return { origin, title: title ?? titleOf(markdown, basename(origin)), markdown }
  }
  const texts = (pattern: string) => [...new Glob(pattern).scanSync(root)].toSorted().map((origin) => text(origin))
  const rooms = [...new Glob("packages/*/README.md").scanSync(root)].map((path) => path.split("/")[1]!).toSorted()

  return [
    {
      title: "Begin",
      pages: [
        text("README.md", "What it is"),
        text("docs/first-hour.md"),
        text("docs/method.md"),
        text("docs/annotation.md")
      ]
    },
    { title: "Cookbook", pages: listed("docs/cookbook", "All recipes", texts("docs/cookbook/*.md")) },
    { title: "Commands", pages: await commandPages() },
    { title: "Data and options", pages: [await formatsPage(), await optionsPage()] },
    {
      title: "Packages",
      pages: rooms.flatMap((room) => {
        const readme = text(`packages/${room}/README.md`, room)
        return room === "testing" ? [readme] : [readme, apiPage(root, room)]
      })
    },
    { title: "Examples", pages: listed("examples", "All examples", texts("examples/*/README.md")) },
    {
      title: "How it is built",
      pages: [
        text("docs/architecture.md"),
        text("docs/adding-a-backbone.md"),
        text("CONTRIBUTING.md"),
        text("AGENTS.md"),
        text("book/README.md")
      ]
    },
    { title: "Decisions", pages: listed("docs/decisions", "All decisions", texts("docs/decisions/*.md")) },
    { title: "Results", pages: [text("benchmarks/RESULTS.md"), ...texts("benchmarks/*/*.md")] }
  ]
}

/** Texts of a folder, and before them a page that links to each. */
const listed = (folder: string, title: string, pages: ReadonlyArray<Page>): ReadonlyArray<Page> => {
  const links = pages.map(({ origin, title }) => `- [${title}](${relative(folder, origin)})`)
  return [{ origin: `${folder}/README.md`, title, markdown: [`# ${title}`, ...links].join("\n") }, ...pages]
}
