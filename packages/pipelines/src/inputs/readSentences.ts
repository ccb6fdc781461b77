import { existsSync, statSync } from "node:fs"
import { basename, join } from "node:path"
import { InputError, lines, readC4, readJsonl, readText, Sentence } from "@nuner/core"

/**
 * The sentences of raw input: a text file, a folder of `.txt` files, JSON Lines with sentences (`{id, text}`, other fields passed over) or
 * C4 records (`{text, url?, timestamp?}`, split into sentences).
 *
 * @throws InputError naming file and line
 */
export async function* readSentences(path: string): AsyncGenerator<Sentence> {
  if (existsSync(path) && statSync(path).isDirectory()) {
    const files = [...new Bun.Glob("*.txt").scanSync(path)].sort()
    if (files.length === 0) {
      throw new InputError({
        source: path,
        reason: "a folder without .txt files",
        remedy: "name a file or another folder"
      })
    }
    for (const file of files) yield* readText(join(path, file))
  } else if (!/\.jsonl(\.gz)?$/.test(path)) yield* readText(path)
  else if (await hasIds(path)) yield* readJsonl(path, Sentence)
  else yield* readC4(path)
}

/** Whether the first record has an `id` of its own. */
const hasIds = async (path: string): Promise<boolean> => {
  for await (const { number, text } of lines(path)) {
    if (text.trim() === "") continue
    try {
      const record: unknown = JSON.parse(text)
      return typeof record === "object" && record !== null && "id" in record
    } catch {
      throw new InputError({ source: path, line: number, reason: "not JSON", remedy: "one JSON value a line" })
    }
  }
  throw new InputError({ source: path, reason: "has no sentences", remedy: "check that this is the right file" })
}

/** A name for artefacts made from a path: `data/c4-sentences.jsonl` -> `c4-sentences`. */
export const nameOf = (path: string): string => basename(path).replace(/(\.\w+)+$/, "")
