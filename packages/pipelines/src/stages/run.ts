import { join } from "node:path"
import type { DataOptionsInput } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { Progress } from "../services/Progress.ts"
import { alignStage } from "./align.ts"
import { type AnnotateStageOptions, annotateStage } from "./annotate.ts"
import { type BaseStageOptions, baseStage } from "./base.ts"
import { conceptsStage } from "./concepts.ts"
import { finetuneStage } from "./finetune.ts"
import { type PretrainStageOptions, pretrainStage } from "./pretrain.ts"
import { probeStage } from "./probe.ts"

/** A labelled dataset that the encoders are measured on. */
export interface Task {
  readonly name: string
  readonly train: string
  readonly test: string
}

export interface RunOptions {
  /** Everything is written under this folder; the same call goes on where an earlier one stopped. */
  readonly out: string
  readonly annotate: Omit<AnnotateStageOptions, "out">
  /** A model directory or hub name to start from, or how to make a small base. */
  readonly base: string | Omit<BaseStageOptions, "out">
  readonly pretrain: Omit<PretrainStageOptions, "inputs" | "base" | "out">
  readonly tasks: ReadonlyArray<Task>
  /** How texts and tasks are read. */
  readonly data?: DataOptionsInput
  readonly ks: ReadonlyArray<number>
  readonly sets: number
  readonly seed: number
}

/** Where `runAll` put things. */
export interface RunResult {
  readonly encoder: string
  readonly base: string
  /** The coverage of the concepts, in Markdown. */
  readonly concepts: string
  /** Per task: the table of F1 by k, in Markdown, and the model directory of a classifier fitted on all of its training data. */
  readonly tasks: ReadonlyArray<Task & { readonly table: string; readonly model: string }>
}

/** The main job: raw text -> annotations -> spans -> concepts -> encoder -> few-shot classifiers, measured against the base. */
export const runAll = Effect.fn("runAll")(function* (options: RunOptions) {
  const { data = {}, ks, out, seed, sets } = options
  const progress = yield* Progress
  const path = (name: string) => join(out, name)
  yield* annotateStage({ data, ...options.annotate, out: path("annotated.jsonl") })
  yield* alignStage({ input: path("annotated.jsonl"), out: path("aligned.jsonl") })
  const concepts = yield* conceptsStage({ input: path("aligned.jsonl"), out: path("training.jsonl") })
  const base = typeof options.base === "string" ? options.base : path("base")
  if (typeof options.base !== "string") yield* baseStage({ data, ...options.base, out: base })
  const encoder = path("nuner")
  yield* pretrainStage({ ...options.pretrain, inputs: [path("training.jsonl")], base, out: encoder })
  const tasks: Array<RunResult["tasks"][number]> = []
  for (const task of options.tasks) {
    progress.say(`\n${task.name}`)
    const table = yield* probeStage({
      encoders: { base, NuNER: encoder },
      train: task.train,
      test: task.test,
      data,
      out: path(`${task.name}/probes.jsonl`),
      ks,
      sets,
      seed
    })
    const model = path(`${task.name}/model`)
    yield* finetuneStage({ input: task.train, test: task.test, data, encoder, out: model, c: 0.1 })
    tasks.push({ ...task, table, model })
  }
  yield* attempt("run", () =>
    Bun.write(path("RESULTS.md"), tasks.map(({ name, table }) => `## ${name}\n\n${table}`).join("\n"))
  )
  return { encoder, base, concepts, tasks } satisfies RunResult
})
