import { type Declaration, declarationsOf } from "../declarations.ts"
import type { Page } from "../Page.ts"

/** What a package exports: each declaration with its docstring and the way to its source. */
export const apiPage = (root: string, room: string): Page => {
  const folder = `packages/${room}`
  const declarations = declarationsOf(root, `${folder}/src/index.ts`)
  const lines = declarations.flatMap(({ doc, file, line, name, signature }) => [
    `## ${name}`,
    `\`\`\`ts\n${signature}\n\`\`\``,
    docMarkdown(doc),
    `[${file.slice(folder.length + 1)}:${line}](${file.slice(folder.length + 1)}#${line})`
  ])
  const about = `Everything that \`@nuner/${room}\` exports, as its source declares it. [What the package is for](README.md).`
  return {
    origin: `${folder}/API.md`,
    title: `${room}: API`,
    markdown: [`# API of @nuner/${room}`, about, ...lines].join("\n\n")
  }
}

/** A docstring's tags as a list; markup in its prose is prose. */
export const docMarkdown = (doc: Declaration["doc"]): string =>
  doc
    .replace(/\{@link (\S+?)\}/g, "`$1`")
    .replace(/^@param (\S+)/gm, "- `$1`:")
    .replace(/^@throws \{?(\w+)\}?/gm, "- throws `$1`")
    .replace(/^@(\w+)/gm, "- $1:")
    .split(/(```[\s\S]*?```|`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll("<", "&lt;")))
    .join("")
    .replace(/^(?!- )(.+)\n- /gm, "$1\n\n- ")
