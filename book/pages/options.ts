import * as Schema from "effect/Schema"
import { tableOf } from "../../scripts/lib/optionTables.ts"
import { publishOrder } from "../../scripts/lib/rooms.ts"
import type { Page } from "../Page.ts"

/** Every schema of options that a package exports, as a table: the flags of the commands and the configuration file are made of the same ones. */
export const optionsPage = async (): Promise<Page> => {
  const sections: Array<string> = []
  for (const room of publishOrder) {
    const exported: Record<string, unknown> = await import(`../../packages/${room}/src/index.ts`)
    for (const name of Object.keys(exported).filter((name) => isOptions(exported[name])))
      sections.push(`## ${name}`, `Of [@nuner/${room}](packages/${room}/README.md).`, await tableOf(room, name))
  }
  const about =
    "Made from the schemas. A component decodes its options once: defaults are filled in, unknown and out-of-range ones refused by name. The flags of [the commands](commands/README.md) are the same options in kebab case; a `nuner.config.json` holds them for all commands, and `nuner config --schema` prints what it may say."
  return { origin: "options.md", title: "Options", markdown: ["# Options", about, ...sections].join("\n\n") }
}

/** A schema whose every field says what it does. */
const isOptions = (value: unknown): boolean => {
  if (!Schema.isSchema(value) || !("fields" in value)) return false
  const fields = Object.values(value.fields as Readonly<Record<string, Schema.Top>>)
  return fields.length > 0 && fields.every((field) => Schema.resolveAnnotationsKey(field)?.description !== undefined)
}
