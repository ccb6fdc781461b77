import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { annotateOptions } from "@nuner/annotator"
import { FineTuneOptions } from "@nuner/classifier"
import { decodeOptions } from "@nuner/core"
import { EncodeOptions } from "@nuner/encoder"
import { decodeMaskedLanguageOptions, decodePretrainOptions } from "@nuner/trainer"
import { inProcess } from "./support/inProcess.ts"

/**
 * Defaults stand once, in the schema of the component. Help and READMEs repeat some of them for people: these tests fail where they say
 * something else.
 */

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The default that a command's help names for a flag, if it names one. */
const saidDefault = (help: string, option: string): string | undefined => {
  const start = help.search(new RegExp(`--${kebab(option)}\\b`))
  if (start < 0) return undefined
  const rest = help.slice(start + 2)
  const end = rest.search(/\n\s*--/)
  return /\bdefault:? ([\w.-]+)/
    .exec((end < 0 ? rest : rest.slice(0, end)).replace(/\s+/g, " "))?.[1]
    ?.replace(/\.$/, "")
}

const value = (text: string): number | string => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : text)

test.each([
  ["annotate", annotateOptions({ model: "m" }), 8, []],
  ["pretrain", decodePretrainOptions({}), 8, []],
  // What a stage decides by its other options, it has a default of its own for.
  ["base", decodeMaskedLanguageOptions({ tokens: 1 }), 5, ["tokens", "fitHead"]],
  ["encode", decodeOptions("encode", EncodeOptions, {}), 3, []],
  ["finetune", decodeOptions("finetune", FineTuneOptions, {}), 8, ["pooling", "scheme"]]
])(
  "the help of nuner %s names the defaults of the schema",
  async (command, defaults, atLeast, own: ReadonlyArray<string>) => {
    const { out } = await inProcess(command, "--help")
    const named = Object.entries(defaults).flatMap(([option, actual]) => {
      const said = saidDefault(out, option)
      return said === undefined || own.includes(option) || typeof actual === "object" || typeof actual === "boolean"
        ? []
        : [{ option, said: value(said), actual }]
    })
    expect(named.filter(({ actual, said }) => said !== actual)).toEqual([])
    expect(named.length).toBeGreaterThanOrEqual(atLeast)
  }
)

test("the annotator's README has every option, with its default", () => {
  const readme = readFileSync(join(import.meta.dir, "../../annotator/README.md"), "utf8")
  const rows = new Map(
    [...readme.matchAll(/^\| (`[^|]+?) +\| ([^|]*?) +\|/gm)].flatMap(([, names = "", said = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, said] as const)
    )
  )
  for (const [option, actual] of Object.entries(annotateOptions({ model: "m" }))) {
    if (option === "model") continue
    expect({ option, said: rows.get(option) }).toEqual({ option, said: String(actual) })
  }
})
