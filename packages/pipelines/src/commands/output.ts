import type { Manifest } from "@nuner/core"
import { Console, Effect } from "effect"
import { GlobalFlag } from "effect/cli"
import { toggle } from "./flags.ts"

/** What every command takes to say its result to a program. */
export const Json = GlobalFlag.Setting("json")({
  flag: toggle("json", "results as JSON on standard output, one object a line: the manifest of each stage as it ends")
})

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
