import type { DataOptionsInput } from "./DataOptions.ts"
import type { FormatOption } from "./Format.ts"
import { peek } from "./Head.ts"
import { isObject } from "./jsonFormat.ts"
import { formatNamed, recognise } from "./registry.ts"
import type { Source } from "./Source.ts"

const formatOptions: ReadonlyArray<FormatOption> = [
  "offsets",
  "wordColumn",
  "tagColumn",
  "textColumn",
  "tagScheme",
  "names",
  "untyped",
  "paragraphs"
]

/** Of the options that were given, those that none of the sources has a use for, by their formats. Looks at the start of each. */
export const idleOptions = async (
  sources: ReadonlyArray<Source>,
  options: DataOptionsInput
): Promise<{ readonly options: ReadonlyArray<FormatOption>; readonly formats: ReadonlyArray<string> }> => {
  const open = new Set(formatOptions.filter((name) => options[name] !== undefined))
  const formats = new Set<string>()
  for (const source of sources) {
    if (open.size === 0) break
    const { head } = await peek(source)
    // Aligned sentences have one form only.
    const isAligned = head.records.some((row) => isObject(row) && Array.isArray(row.mentions))
    const format =
      options.format === undefined ? (isAligned ? undefined : recognise(head)) : formatNamed(options.format)
    formats.add(format?.name ?? "aligned")
    for (const name of format?.reads ?? []) open.delete(name)
  }
  return { options: [...open], formats: [...formats] }
}
