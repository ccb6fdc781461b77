import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import {
  type ComputedOn,
  type Counts,
  digestFile,
  type FileDigest,
  type Manifest,
  readManifest,
  writeManifest
} from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { Effect } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import { attempt, type StageError } from "../errors.ts"
import { Progress } from "./Progress.ts"

/** What a stage says of itself when it has done its work. */
export interface StageResult {
  readonly counts: Readonly<Record<string, Counts>>
  /** One line for people. */
  readonly summary: string
}

export interface Stage<R> {
  readonly name: string
  /** Where the manifest goes; artefacts usually lie beside it. */
  readonly manifest: string
  readonly settings: Manifest["settings"]
  readonly seeds?: Manifest["seeds"]
  /** Files, or directories (every file in them), that the result depends on. */
  readonly inputs: ReadonlyArray<string>
  /** Files or directories that the work makes. */
  readonly artefacts: ReadonlyArray<string>
  /** Whether the work computes with tensors: the engine is then up before it begins, and stands in the manifest. Default false. */
  readonly tensors?: boolean
  readonly work: Effect.Effect<StageResult, StageError, R>
}

/**
 * Runs a stage and writes its manifest, or does nothing when the manifest there is of the same settings, seeds, inputs and precision and the
 * artefacts are as it left them: a run that was cut short goes on where it stopped. Another engine, another version of it or number of threads
 * changes a result by no more than rounding in float32 does: what they made is kept.
 */
export const runStage = Effect.fn("runStage")(function* <R>(stage: Stage<R>) {
  const progress = yield* Progress
  const inputs = yield* digests(stage.name, stage.inputs)
  const computedOn = stage.tensors ? yield* engineOf(stage.name) : undefined
  const wanted = identity({ settings: stage.settings, seeds: stage.seeds ?? {}, inputs, computedOn })
  const earlier = yield* attempt(stage.name, () => readManifest(stage.manifest)).pipe(
    Effect.orElseSucceed((): Manifest | undefined => undefined)
  )
  if (earlier !== undefined && earlier.stage === stage.name && earlier.version === packageJson.version) {
    const intact = yield* digests(stage.name, stage.artefacts).pipe(
      Effect.map((now) => canonical(now) === canonical(earlier.artefacts)),
      Effect.orElseSucceed(() => false)
    )
    if (intact && identity(earlier) === wanted) {
      progress.say(`${stage.name.padEnd(10)} unchanged, kept`)
      return earlier
    }
  }
  const { counts, summary } = yield* stage.work
  const artefacts = yield* digests(stage.name, stage.artefacts)
  const manifest: Manifest = {
    stage: stage.name,
    version: packageJson.version,
    settings: stage.settings,
    seeds: stage.seeds ?? {},
    inputs,
    counts,
    artefacts,
    ...(computedOn && { computedOn })
  }
  yield* attempt(stage.name, () => writeManifest(stage.manifest, manifest))
  progress.say(`${stage.name.padEnd(10)} ${summary}`)
  return manifest
})

const engineOf = (stage: string): Effect.Effect<ComputedOn, StageError> =>
  attempt(stage, async () => {
    const { name, precision, threads, version } = await useEngine()
    return { engine: name, version, precision, threads }
  })

/** What two runs must agree on for one's artefacts to be the other's. */
const identity = (stage: Identified): string =>
  canonical({
    settings: stage.settings,
    seeds: stage.seeds,
    inputs: stage.inputs.map(({ sha256 }) => sha256),
    precision: stage.computedOn?.precision ?? "fp32"
  })

interface Identified extends Pick<Manifest, "settings" | "seeds" | "inputs"> {
  readonly computedOn?: ComputedOn | undefined
}

const digests = (stage: string, paths: ReadonlyArray<string>): Effect.Effect<Array<FileDigest>, StageError> =>
  attempt(stage, async () => {
    const out: Array<FileDigest> = []
    for (const path of paths) {
      const directory = existsSync(path) && statSync(path).isDirectory()
      const files = directory
        ? [...new Bun.Glob("**/*").scanSync({ cwd: path, followSymlinks: true })].sort().map((file) => join(path, file))
        : [path]
      for (const file of files) out.push(await digestFile(file))
    }
    return out
  })

/** JSON with sorted keys: equal for equal content. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item
  )
