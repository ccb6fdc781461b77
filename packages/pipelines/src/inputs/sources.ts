import { existsSync, readdirSync, statSync } from "node:fs"
import { join, relative } from "node:path"
import { InputError } from "@nuner/core"

/** Endings of data files: what ends so is never taken for a text. */
const DATA = /\.(jsonl?|csv|tsv|txt|conll\w*|bio|iob2?|ann|parquet|spacy|xml|marked|html?|md|markdown|gz)$/i

export const isNamedAsData = (path: string): boolean => DATA.test(path)

/**
 * What an argument stands for: the file, or the files of a folder and its folders, in order of their names; hidden ones are passed over.
 * `undefined`: nothing of that name, and no path by its looks, so that it may be a text.
 *
 * @throws InputError for a URL, and for what looks like a path and is not there
 */
export const sourcesOf = (argument: string): Array<string> | undefined => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(argument)) {
    const remedy = `fetch it first: curl -L ${argument} | nuner ... -`
    throw new InputError({ source: argument, reason: "is a URL, which is not fetched", remedy })
  }
  if (!existsSync(argument)) {
    const isPath = isNamedAsData(argument) || (!/\s/.test(argument) && /[\\/]|\.\w{1,8}$/.test(argument))
    if (!isPath) return undefined
    throw new InputError({
      source: argument,
      reason: "no such file",
      remedy: "check the path; a text is given with -, from standard input"
    })
  }
  if (!statSync(argument).isDirectory()) return [argument]
  return (
    readdirSync(argument, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() || (entry.isSymbolicLink() && statSync(join(entry.parentPath, entry.name)).isFile())
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(
        (path) =>
          !relative(argument, path)
            .split(/[\\/]/)
            .some((part) => part.startsWith("."))
      )
      // brat's entities stand in a file beside their text, which reads both.
      .filter((path) => !(path.endsWith(".ann") && existsSync(path.replace(/\.ann$/, ".txt"))))
      .sort()
  )
}
