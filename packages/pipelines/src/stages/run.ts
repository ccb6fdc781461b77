import { join } from "node:path"
import { type Completion, type DataOptionsInput, InputError, OptionError, writeAtomic } from "@nuner/core"
import { resolveModel } from "@nuner/encoder"
import { decodePretrainOptions } from "@nuner/trainer"
import { Effect } from "effect"
import { mineSizes } from "../benchmark/TrainingSet.ts"
import { attempt, completed } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { Progress } from "../services/Progress.ts"
import { placeIn } from "../services/places.ts"
import { soleWriter } from "../services/stage.ts"
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
  /** Of the annotation: sentences that got none are missing from everything behind it. */
  readonly completion: Completion
}

/**
 * The main job: raw text -> annotations -> spans -> concepts -> encoder -> few-shot classifiers, measured against the base. Files, options,
 * names and whether training sets can be mined are checked first, before anything is paid for. Where the budget ends the annotation nothing
 * is trained: that fails with an `IncompleteError`. Sentences that failed otherwise are left out, and told in `completion`.
 */
export const runAll = Effect.fn("runAll")(function* (options: RunOptions) {
  const { data = {}, ks, out, seed, sets } = options
  const progress = yield* Progress
  const path = (name: string) => join(out, name)
  yield* soleWriter("run", path("run"))
  yield* attempt("run", () => checkRun(options))
  const annotated = yield* annotateStage({ data, ...options.annotate, out: path("annotated.jsonl") })
  const { completion } = annotated
  if (completion.exitCode === 3) return yield* Effect.flatMap(completed(annotated), () => Effect.never)
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
    yield* finetuneStage({ input: task.train, test: task.test, data, encoder, out: model, mode: "probe", c: 0.1 })
    tasks.push({ ...task, table, model })
  }
  yield* attempt("run", () =>
    writeAtomic(path("RESULTS.md"), [tasks.map(({ name, table }) => `## ${name}\n\n${table}`).join("\n")])
  )
  return { encoder, base, concepts, tasks, completion } satisfies RunResult
}, Effect.scoped)

/** @throws OptionError, InputError, OutputError */
const checkRun = async ({ annotate, base, data = {}, ks, out, pretrain, seed, tasks }: RunOptions): Promise<void> => {
  decodePretrainOptions(pretrain)
  if (typeof base === "string") await resolveModel(base)
  const names = tasks.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw new OptionError({ component: "run", option: "task", reason: `two are called "${twice}"` })
  for (const { name, test, train } of tasks) {
    placeIn(out, name, "run", "task")
    const door = intake({ data })
    await door.dataset(test)
    const mined = mineSizes({
      ...{ sentences: await door.dataset(train), unit: "k", sizes: ks, sets: 1, seed, sampler: undefined }
    })
    if (mined.sets.length === 0)
      throw new InputError({ source: train, reason: mined.infeasible[0]?.reason ?? "no k is given" })
  }
  for await (const _ of intake({ data: annotate.data ?? data }).sentences(annotate.input)) return
  throw new InputError({
    source: annotate.input,
    reason: "has no sentences",
    remedy: "check that this is the right file"
  })
}
