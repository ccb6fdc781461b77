import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describeOptions, formatValue, kindOf, type OptionInfo } from "../../packages/core/src/index.ts"
import { commandInfos, configurationSchema } from "../../packages/pipelines/src/index.ts"

const root = join(import.meta.dir, "../..")

/** `<!-- options: FineTuneOptions -->` in a package's README, or `<!-- options: nuner fit -->`; the table ends with `<!-- end -->`. */
const MARKED = /(<!-- options: ([^>]+?) -->\n)[\s\S]*?(<!-- end -->)/g

/** The files that say what options there are, as they should be: READMEs with their tables, and the schema of a configuration. */
export const optionFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>()
  for (const path of new Bun.Glob("packages/*/README.md").scanSync({ cwd: root })) {
    const text = readFileSync(join(root, path), "utf8")
    const names = new Set([...text.matchAll(MARKED)].map(([, , name]) => name!))
    if (names.size === 0) continue
    const tables = new Map<string, string>()
    for (const name of names) tables.set(name, await tableOf(path.split("/")[1]!, name))
    files.set(
      path,
      text.replace(MARKED, (_, start: string, name: string, end: string) => `${start}\n${tables.get(name)}\n\n${end}`)
    )
  }
  const schema = `${JSON.stringify(configurationSchema(commandInfos), null, 2)}\n`
  return files.set("packages/pipelines/nuner.config.schema.json", schema)
}

/** The same files as they are. */
export const fileAsItIs = (path: string): string => {
  const file = join(root, path)
  return readFileSync(file, "utf8")
}

export const pathOf = (path: string): string => join(root, path)

/**
 * The table of a package's schema of options ("FineTuneOptions"), or of a command's flags ("nuner fit").
 *
 * @throws Error for a name that is neither
 */
export const tableOf = async (room: string, name: string): Promise<string> => {
  const command = /^nuner ?(.*)$/.exec(name)?.[1]
  if (command !== undefined) {
    const info = commandInfos.find(({ path }) => path === command)
    if (info === undefined) throw new Error(`${room}: there is no command "nuner ${command}"`)
    return table(
      "flag",
      info.options.map((option) => ({ ...option, name: `--${option.flag}` })),
      formatValue
    )
  }
  const exported = (await import(join(root, `packages/${room}/src/index.ts`)))[name]
  if (exported?.fields === undefined) throw new Error(`${room}: exports no schema of options "${name}"`)
  return table("option", describeOptions(exported), (value) =>
    typeof value === "number" ? formatValue(value) : JSON.stringify(value)
  )
}

const table = (title: string, options: ReadonlyArray<OptionInfo>, show: (value: unknown) => string): string =>
  markdownTable(
    [title, "type", "default", "what it does"],
    options.map((option) =>
      [`\`${option.name}\``, kindOf(option), defaultOf(option, show), option.help].map((cell) =>
        cell.replaceAll("|", "\\|")
      )
    )
  )

/** As the formatter leaves it: every column as wide as its widest cell. */
const markdownTable = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((cell, i) =>
    Math.max(3, ...[cell, ...rows.map((row) => row[i]!)].map(({ length }) => length))
  )
  const line = (cells: ReadonlyArray<string>) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`
  const rule = widths.map((width) => "-".repeat(width))
  return [line(head), line(rule), ...rows.map(line)].join("\n")
}

const defaultOf = (
  { absent, default: value, presets = {}, required }: OptionInfo,
  show: (value: unknown) => string
): string => {
  const own = Object.entries(presets).map(([preset, one]) => `${preset} \`${show(one)}\``)
  const parts = [...(value === undefined ? [] : [`\`${show(value)}\``]), ...own]
  if (parts.length > 0) return parts.join(", ")
  return absent ?? (required ? "required" : "none")
}
