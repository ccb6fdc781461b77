import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs"
import { rm } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import {
  type Completion,
  type ComputedOn,
  type Counts,
  complete,
  digestFile,
  type FileDigest,
  lockFile,
  type Manifest,
  OutputError,
  readManifest,
  writeManifest
} from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { Context, Effect, Exit, type Scope } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import { attempt, type StageError } from "../errors.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { differences } from "./differences.ts"
import { Progress } from "./Progress.ts"
import { checkPlaces, checkSpace } from "./places.ts"

/** Told of every result as its stage ends, those that were kept among them. Default: nobody. */
export const OnManifest = Context.Reference<(manifest: Manifest) => void>("@nuner/pipelines/OnManifest", {
  defaultValue: () => () => {}
})

/** What a stage says of itself when it has done its work. */
export interface StageResult {
  readonly counts: Readonly<Record<string, Counts>>
  /** One line for people. */
  readonly summary: string
  /** Default: complete. */
  readonly completion?: Completion
  /** Files beside the artefacts that only this result has, such as the list of skipped records. Default none. */
  readonly files?: ReadonlyArray<string>
  /** US dollars that the job has cost so far. */
  readonly cost?: number | undefined
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
  /** Those that are model directories: what else stands there is not to be written over. Default none. */
  readonly models?: ReadonlyArray<string>
  /** A directory that a run which is cut short goes on from; it goes when the manifest stands. Default none. */
  readonly checkpoints?: string
  /** Whether the artefacts are about as large as the inputs: so much space must be free. Default false. */
  readonly large?: boolean
  /** Whether the work computes with tensors: the engine is then up before it begins, and stands in the manifest. Default false. */
  readonly tensors?: boolean
  readonly work: Effect.Effect<StageResult, StageError, R>
}

/**
 * Runs a stage and writes its manifest, or does nothing when the manifest there is complete and nothing that decides the result is another
 * (`differences`, which are told where there are any): a run that was cut short, or is incomplete, goes on where it stopped.
 *
 * One process at a time: where another is at the same artefact, this one is refused. So is an artefact at the place of an input.
 */
export const runStage = Effect.fn("runStage")(function* <R>(stage: Stage<R>) {
  yield* Effect.annotateCurrentSpan("stage", stage.name)
  const progress = yield* Progress
  const onManifest = yield* OnManifest
  yield* attempt(stage.name, () => checkPlaces(stage))
  yield* soleWriter(stage.name, stage.manifest)
  const inputs = yield* digests(stage.name, stage.inputs)
  const computedOn = stage.tensors ? yield* engineOf(stage.name) : undefined
  const left = (files: ReadonlyArray<string>) =>
    Effect.map(digests(stage.name, [...new Set([...stage.artefacts, ...files])]), (all) => ofStage(all, stage.manifest))
  const made = {
    ...{ version: packageJson.version, settings: stage.settings, seeds: stage.seeds ?? {}, inputs },
    ...(computedOn && { computedOn })
  }
  const earlier = yield* attempt(stage.name, () => readManifest(stage.manifest)).pipe(
    Effect.orElseSucceed((): Manifest | undefined => undefined)
  )
  if (earlier?.stage === stage.name && earlier.completion.state === "complete") {
    const there = [...earlier.artefacts.map(({ path }) => path), ...stage.artefacts].filter((path) => existsSync(path))
    // What cannot be read counts as gone, and is made again.
    const now = yield* digests(stage.name, [...new Set(there)]).pipe(Effect.orElseSucceed(() => []))
    const why = differences(earlier, { ...made, artefacts: ofStage(now, stage.manifest) })
    if (why.length === 0) {
      progress.say(`${stage.name.padEnd(10)} unchanged, kept`)
      onManifest(earlier)
      return earlier
    }
    const more = why.length > 3 ? `; and ${why.length - 3} more` : ""
    progress.say(`${stage.name.padEnd(10)} runs again: ${why.slice(0, 3).join("; ")}${more}`)
  }
  const bytes = stage.large === true ? inputs.reduce((sum, { bytes }) => sum + bytes, 0) : 0
  yield* attempt(stage.name, () => checkSpace(stage.manifest, bytes))
  const { completion = complete, cost, counts, files = [], summary } = yield* stage.work
  const manifest: Manifest = {
    stage: stage.name,
    ...made,
    ...{ counts, artefacts: yield* left(files), completion },
    ...(cost !== undefined && { cost })
  }
  yield* attempt(stage.name, async () => {
    await writeManifest(stage.manifest, manifest)
    if (stage.checkpoints !== undefined) await rm(stage.checkpoints, { recursive: true, force: true })
  })
  progress.say(`${stage.name.padEnd(10)} ${summary}`)
  onManifest(manifest)
  return manifest
}, Effect.scoped)

/**
 * Takes the sole right to write what this manifest stands for, until the scope ends. The lock is a hidden file beside it, which stays; where
 * the scope fails, it goes, and with it the folders that were made for it alone.
 */
export const soleWriter = (stage: string, manifest: string): Effect.Effect<void, StageError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(stage, async () => {
      const lock = join(dirname(manifest), `.${basename(manifest)}.lock`)
      const made = missingFolders(dirname(resolve(manifest)))
      const unlock = await lockFile(lock)
      const clear = () => {
        for (const folder of made) {
          if (readdirSync(folder).length > 0) break
          rmdirSync(folder)
        }
      }
      if (unlock !== undefined) return { lock, unlock, clear }
      const path = manifest.replace(/[./\\]manifest\.json$/, "")
      const [reason, remedy] = ["another process is writing it", "wait until it is done, or name another place"]
      throw new OutputError({ path, reason, remedy })
    }),
    ({ clear, lock, unlock }, exit) =>
      Effect.sync(() => {
        // Taken away while it is held, so that nobody holds it who thinks that it stays.
        if (Exit.isFailure(exit)) rmSync(lock, { force: true })
        unlock()
        if (Exit.isFailure(exit)) clear()
      })
  )

/** The folder and those above it that are not there, the innermost first. */
const missingFolders = (folder: string): Array<string> =>
  existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))]

const engineOf = (stage: string): Effect.Effect<ComputedOn, StageError> =>
  attempt(stage, async () => {
    const { name, precision, threads, version } = await useEngine()
    return { engine: name, version, precision, threads }
  })

const digests = (stage: string, paths: ReadonlyArray<string>): Effect.Effect<Array<FileDigest>, StageError> =>
  attempt(stage, async () => {
    const files = new Set<string>()
    for (const path of paths) for (const file of filesOf(path)) files.add(file)
    const out: Array<FileDigest> = []
    for (const file of files) out.push(await digestFile(file))
    return out
  })

/** The file, or every file of a directory. @throws InputError for a URL, and for what looks like a path and is not there */
const filesOf = (path: string): ReadonlyArray<string> => {
  if (!existsSync(path)) sourcesOf(path)
  return existsSync(path) && statSync(path).isDirectory()
    ? [...new Bun.Glob("**/*").scanSync({ cwd: path, followSymlinks: true })].sort().map((file) => join(path, file))
    : [path]
}

/** A folder that is an artefact may hold the manifest, which cannot list itself. */
const ofStage = (files: ReadonlyArray<FileDigest>, manifest: string): Array<FileDigest> =>
  files.filter(({ path }) => resolve(path) !== resolve(manifest))
