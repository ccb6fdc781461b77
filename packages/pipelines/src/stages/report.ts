import { existsSync, readFileSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { InputError, type Manifest, readManifest, writeAtomic } from "@nuner/core"
import { facts, html, page, type Section, table } from "@nuner/report"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { conceptSections } from "../report/sections/conceptSections.ts"
import { evaluationSections } from "../report/sections/evaluationSections.ts"
import { runSections } from "../report/sections/runSections.ts"
import { alignedSections, annotationSections } from "../report/sections/textSections.ts"
import { trainingSections } from "../report/sections/trainingSections.ts"
import { Progress } from "../services/Progress.ts"

export interface ReportStageOptions {
  /** Artefacts of stages, their manifests, or folders that hold some. */
  readonly runs: ReadonlyArray<string>
  /** The HTML file. */
  readonly out: string
}

/** Writes one self-contained HTML file of what stages made. */
export const reportStage = Effect.fn("reportStage")(function* ({ out, runs }: ReportStageOptions) {
  const { say, update } = yield* Progress
  yield* attempt("report", async (signal) => {
    const paths = [...new Set(runs.flatMap(manifestsOf))]
    const manifests = await Promise.all(paths.map(async (path) => ({ path, manifest: await readManifest(path) })))
    const concepts = manifests
      .map(({ path }) => join(artefactOf(path), "concepts"))
      .find((folder) => existsSync(folder))
    const sections: Array<Section> = []
    for (const [i, { manifest, path }] of manifests.entries()) {
      update({ stage: "report", done: i, total: manifests.length, note: manifest.stage })
      const title = `${manifest.stage}: ${basename(artefactOf(path))}`
      const found = await sectionsOf(manifest, path, { concepts, signal, update })
      sections.push({ title, body: [summary(manifest)] }, ...found.map(({ body, title }) => ({ title, body })))
    }
    const bytes = await writeAtomic(out, [page(`nuner: ${runs.map((run) => basename(run)).join(", ")}`, sections)])
    say(`${"report".padEnd(10)} ${manifests.length} runs, ${(bytes / 1e6).toFixed(2)} MB, ${out}`)
  })
})

interface Around {
  /** The concept encoder of one of the runs, for the map of concepts. */
  readonly concepts: string | undefined
  readonly signal: AbortSignal
  readonly update: Parameters<typeof conceptSections>[2]["update"]
}

/** What a stage's artefacts show, by its name; the manifest's numbers are all that a stage without a line here has. */
const sectionsOf = async (
  manifest: Manifest,
  path: string,
  { concepts, ...around }: Around
): Promise<Array<Section>> => {
  const artefact = artefactOf(path)
  const file = (ending: string) =>
    manifest.artefacts.map(({ path }) => placeOf(path, artefact)).find((one) => one.endsWith(ending))
  switch (manifest.stage) {
    case "annotate":
      return annotationSections(artefact)
    case "align":
      return alignedSections(artefact)
    case "concepts":
      return conceptSections(file(".concepts.jsonl")!, concepts, around)
    case "base":
    case "pretrain":
      return trainingSections(`${artefact}.log.jsonl`)
    case "probe":
      return runSections(artefact)
    case "benchmark":
      return runSections(join(artefact, "runs.jsonl"))
    case "evaluate":
      return evaluationSections(await Bun.file(artefact).json())
    default: {
      const told = file(".md")
      return told === undefined || told.endsWith("README.md")
        ? []
        : [{ title: basename(told), body: [html`<pre class="wide">${readFileSync(told, "utf8")}</pre>`] }]
    }
  }
}

/** Completion, counts, cost, and under a fold the settings. */
const summary = ({ completion, computedOn, cost, counts, seeds, settings, version }: Manifest) =>
  html`${facts({
    state: completion.state === "complete" ? "complete" : `incomplete; ${completion.remedy}`,
    cost: cost === undefined ? undefined : `${cost.toFixed(4)} US dollars`,
    version,
    "computed on": computedOn && `${computedOn.engine} ${computedOn.version}, ${computedOn.precision}`
  })}${table(
    ["counted", "in", "out", "dropped"],
    Object.entries(counts).map(([unit, count]) => [
      ...[unit, count.in, count.out],
      Object.entries(count.dropped)
        .filter(([, n]) => n > 0)
        .map(([reason, n]) => `${reason} ${n}`)
        .join(", ")
    ])
  )}<details><summary>settings</summary>${facts(
    Object.fromEntries(Object.entries({ ...settings, ...seeds }).map(([name, value]) => [name, JSON.stringify(value)]))
  )}</details>`

/** The manifests that a path stands for. @throws InputError */
const manifestsOf = (path: string): Array<string> => {
  const beside = `${path.replace(/[\\/]+$/, "")}.manifest.json`
  if (path.endsWith("manifest.json") && existsSync(path)) return [path]
  if (existsSync(beside)) return [beside]
  const found =
    existsSync(path) && statSync(path).isDirectory()
      ? [...new Bun.Glob("{*.manifest.json,manifest.json}").scanSync({ cwd: path })]
          .sort()
          .map((name) => join(path, name))
      : []
  if (found.length > 0) return found
  const remedy = "name what a stage wrote, or a folder of it"
  throw new InputError({ source: path, reason: "no manifest stands beside it or in it", remedy })
}

/** What a manifest is of. */
const artefactOf = (path: string): string =>
  basename(path) === "manifest.json" ? dirname(path) : path.replace(/\.manifest\.json$/, "")

/** A file of a manifest, also where its folder was moved. */
const placeOf = (path: string, artefact: string): string =>
  existsSync(path) ? path : join(statSync(artefact).isDirectory() ? artefact : dirname(artefact), basename(path))
