import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { extname, join } from "node:path"
import { type Document, type Format, formats } from "@nuner/core"
import type { Page } from "../Page.ts"
import { table } from "../table.ts"

const units = { utf16: "UTF-16 units", codepoints: "code points", bytes: "bytes" } as const

const sample: Document = {
  line: 1,
  id: "1",
  text: "Ada Lovelace met Babbage in London.",
  entities: [
    { start: 0, end: 12, type: "person" },
    { start: 17, end: 24, type: "person" },
    { start: 28, end: 34, type: "place" }
  ],
  annotations: [
    { entity: "Ada Lovelace", concept: "person" },
    { entity: "Babbage", concept: "person" },
    { entity: "London", concept: "city" }
  ]
}

/** Every format of data, from the registry, and one sentence as each that is written writes it. */
export const formatsPage = async (): Promise<Page> => {
  const written = await Promise.all(formats.map(async (format) => ({ format, example: await exampleOf(format) })))
  const markdown = [
    "# File formats",
    "Made from the list that every command reads. A file is recognised by its content; `--format` and `--to` take the names. [What each keeps, and how bad records are treated](packages/core/README.md#formats-of-data).",
    table(
      ["name", "whose", "offsets", "read", "written", "endings"],
      formats.map(({ endings = [], name, title, unit, write }) => [
        `\`${name}\``,
        title,
        units[unit],
        name === "chat" ? "" : "yes",
        write === undefined ? "" : "yes",
        endings.map((ending) => `\`.${ending}\``).join(" ")
      ])
    ),
    "## One sentence in each",
    "Written by `nuner convert` with `--to` and the name, where that is text.",
    ...written.flatMap(({ example, format }) =>
      example === undefined ? [] : [`### ${format.name}`, `\`\`\`\n${example}\n\`\`\``]
    )
  ]
  return { origin: "formats.md", title: "File formats", markdown: markdown.join("\n\n") }
}

/** Undefined for formats that are read only, or whose files are bytes. */
const exampleOf = async ({ endings = [], write }: Format): Promise<string | undefined> => {
  if (write === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), "nuner-book-"))
  try {
    const path = join(folder, `example.${endings[0] ?? "jsonl"}`)
    await write(path, one(sample), {})
    if ((await stat(path)).isFile()) return shown(await readFile(path, "utf8"))
    const names = (await readdir(path)).toSorted()
    const texts = await Promise.all(names.map((name) => readFile(join(path, name), "utf8")))
    return names.map((name, i) => `(${extname(name)})\n${shown(texts[i]!)}`).join("\n")
  } finally {
    await rm(folder, { recursive: true })
  }
}

const shown = (text: string): string | undefined => (text.includes("\0") ? undefined : text.trimEnd())

async function* one(document: Document): AsyncGenerator<Document> {
  yield document
}
