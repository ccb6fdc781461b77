import { existsSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { type Counts, lockFile, type Manifest, readManifest } from "@nuner/core"

/** How far a stage is, by what it left. */
export interface StageStatus {
  /** "annotate"; of one without a manifest, what it would have been called after. */
  readonly stage: string
  /** Where its manifest is, or will be. */
  readonly manifest: string
  /** "damaged": a file that it left is gone or changed. "unfinished": it was cut short. */
  readonly state: "complete" | "incomplete" | "damaged" | "unfinished" | "running"
  readonly counts: Readonly<Record<string, Counts>>
  readonly missing: Readonly<Record<string, number>>
  /** US dollars that its job has cost so far. */
  readonly cost?: number
  /** What to do next; absent where there is nothing to do. */
  readonly next?: string
}

/** The stages whose results lie in a folder, or at a path, in the order in which they ended; those that did not end come last. */
export const statusOf = async (place: string): Promise<Array<StageStatus>> => {
  const beside = `${place}.manifest.json`
  const folder = existsSync(place) && statSync(place).isDirectory()
  const scan = (pattern: string) =>
    folder ? [...new Bun.Glob(pattern).scanSync({ cwd: place, dot: true })].map((path) => join(place, path)) : []
  const found = [beside, place, ...scan("**/{manifest,*.manifest}.json")].filter(
    (path, i, all) => path.endsWith("manifest.json") && existsSync(path) && all.indexOf(path) === i
  )
  const ended = found.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs || (a < b ? -1 : 1))
  const begun = scan("**/.*manifest.json.lock")
    .map((lock) => join(dirname(lock), basename(lock).slice(1, -".lock".length)))
    .filter((manifest) => !existsSync(manifest))
  const out: Array<StageStatus> = []
  for (const manifest of ended) out.push(await statusOfManifest(manifest))
  for (const manifest of begun.toSorted()) out.push(await statusOfBegun(manifest))
  return out
}

/** A line for each stage. */
export const formatStatus = (all: ReadonlyArray<StageStatus>): string =>
  all
    .map(({ cost, counts, manifest, missing, next, stage, state }) => {
      const done = Object.entries(counts).map(([what, { in: of, out }]) => `${out} of ${of} ${what}`)
      const lost = Object.entries(missing).map(([reason, n]) => `${n} ${reason}`)
      const parts = [
        ...(done.length === 0 ? [] : [done.join(", ")]),
        ...(lost.length === 0 ? [] : [`missing: ${lost.join(", ")}`]),
        ...(cost === undefined ? [] : [`$${cost.toFixed(4)}`]),
        ...(next === undefined ? [] : [`next: ${next}`])
      ]
      return `${stage.padEnd(16)} ${state.padEnd(10)} ${[manifest, ...parts].join("; ")}`
    })
    .join("\n")

const statusOfManifest = async (path: string): Promise<StageStatus> => {
  if (await isRunning(path)) return { ...nothing(path), state: "running" }
  const manifest = await readManifest(path).catch(() => undefined)
  if (manifest === undefined)
    return { ...nothing(path), state: "damaged", next: "run it again: its manifest cannot be read" }
  const { completion, cost, counts, stage } = manifest
  const common = { stage, manifest: path, counts, ...(cost === undefined ? {} : { cost }) }
  const lost = lostFile(manifest)
  if (lost !== undefined) return { ...common, state: "damaged", missing: {}, next: `run it again: ${lost}` }
  return completion.state === "complete"
    ? { ...common, state: "complete", missing: {} }
    : { ...common, state: "incomplete", missing: completion.missing, next: completion.remedy }
}

const statusOfBegun = async (path: string): Promise<StageStatus> =>
  (await isRunning(path))
    ? { ...nothing(path), state: "running" }
    : { ...nothing(path), state: "unfinished", next: "run it again: it goes on where it stopped" }

const nothing = (manifest: string) => ({
  stage: basename(
    manifest === join(dirname(manifest), "manifest.json") ? dirname(manifest) : manifest,
    ".manifest.json"
  ),
  manifest,
  counts: {},
  missing: {}
})

/** By presence and size: hashes of a large model would take a while, and the stage looks at them itself. */
const lostFile = ({ artefacts }: Manifest): string | undefined => {
  for (const { bytes, path } of artefacts) {
    if (!existsSync(path)) return `${path} is gone`
    if (statSync(path).size !== bytes) return `${path} was changed`
  }
  return undefined
}

const isRunning = async (manifest: string): Promise<boolean> => {
  const lock = join(dirname(manifest), `.${basename(manifest)}.lock`)
  if (!existsSync(lock)) return false
  const unlock = await lockFile(lock)
  unlock?.()
  return unlock === undefined
}
