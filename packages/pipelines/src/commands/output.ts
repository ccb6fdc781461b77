import type { Manifest } from "@nuner/core"
import { Console, Effect } from "effect"
import { GlobalOptions } from "./globalOptions.ts"

/** Whether results are said to a program. */
export const Json = Effect.map(GlobalOptions, ({ json = false }) => json)

/** What a command has to say: the text, or with `--json` the value. None: its stages say all of it, by their manifests. */
export const show = (text: string, value?: unknown) =>
  Effect.flatMap(Json, (json) => {
    if (!json) return Console.log(text)
    return value === undefined ? Effect.void : Console.log(JSON.stringify(value))
  })

/** What is done with the manifest of a stage: with `--json` it is said. */
export const manifestsSaid = Effect.map(Json, (json) =>
  json ? (manifest: Manifest) => console.log(JSON.stringify(manifest)) : () => {}
)
