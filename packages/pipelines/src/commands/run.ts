import { join } from "node:path"
import { formatForecast } from "@nuner/annotator"
import { OptionError } from "@nuner/core"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { completed } from "../errors.ts"
import { annotateForecast } from "../stages/annotate.ts"
import { runAll, type Task } from "../stages/run.ts"
import { annotation, annotationOf } from "./annotate.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { baseShape, contrastive, given, input, ks, only, out, seed, sets, training } from "./flags.ts"
import { show } from "./output.ts"

export const runCommand = Command.make(
  "run",
  {
    input: input("raw text: a file of any format, or a folder"),
    out: out("a folder for everything; the same call goes on where an earlier one stopped"),
    annotation,
    base: Flag.String("base").pipe(
      Flag.withDescription(
        'a model directory, a name on the hub, "mini", the encoder in the box (default), or "new": a small RoBERTa is made'
      ),
      Flag.withDefault("mini")
    ),
    baseText: Flag.String("base-text").pipe(
      Flag.withDescription("more text to make the base from, beside the input; may be given several times"),
      Flag.atLeast(0)
    ),
    ...baseShape,
    ...training,
    ...contrastive,
    tasks: Flag.String("task").pipe(
      Flag.withDescription("a labelled dataset to measure on: name=train,test; may be given several times"),
      Flag.atLeast(1)
    ),
    ...dataFlags,
    ks: ks([1, 2, 4, 8, 16]),
    sets: sets(5),
    seed
  },
  Effect.fn(function* (options) {
    const { input, out, seed, sets } = options
    const ks = Option.getOrUndefined(options.ks)
    const tasks = yield* Effect.forEach(options.tasks, parseTask)
    yield* checkBase(options)
    const annotate = { input, ...(yield* annotationOf(options.annotation)) }
    if (options.annotation.dryRun) {
      const forecast = yield* annotateForecast({ ...annotate, ...dataOf(options), out: join(out, "annotated.jsonl") })
      return yield* show(formatForecast(forecast), forecast)
    }
    const result = yield* runAll({
      out,
      annotate,
      base:
        options.base === "new"
          ? { inputs: [input, ...options.baseText], seed, ...given(only(options, baseShape)) }
          : options.base,
      pretrain: {
        seed,
        ...given(only(options, { ...training, ...contrastive }))
      },
      tasks,
      ...dataOf(options),
      ks: ks ?? [1, 2, 4, 8, 16],
      sets,
      seed
    })
    const tables = result.tasks.map(({ model, name, table }) => `${name}\n\n${table}\nclassifier: ${model}\n`)
    yield* show([result.concepts, ...tables, `encoder: ${result.encoder}`].join("\n"))
    yield* completed({ stage: "annotate", completion: result.completion })
  })
).pipe(Command.withDescription("The main job: raw text to a NER encoder and measured few-shot classifiers"))

/** What makes a base has no effect on one that is there. */
const checkBase = (options: { readonly base: string; readonly baseText: ReadonlyArray<string> }) => {
  const [shape] = Object.keys(given(only(options, baseShape)))
  const option = shape ?? (options.baseText.length > 0 ? "baseText" : undefined)
  if (options.base === "new" || option === undefined) return Effect.void
  const reason = `says how to make a base, and ${options.base} is there`
  return Effect.fail(new OptionError({ component: "run", option, reason, remedy: "--base new makes one" }))
}

/** `name=train,test` */
const parseTask = (text: string): Effect.Effect<Task, OptionError> => {
  const [, name, train, test] = /^([\w.-]+)=([^,]+),([^,]+)$/.exec(text) ?? []
  return name === undefined || train === undefined || test === undefined
    ? Effect.fail(
        new OptionError({ component: "run", option: "task", reason: `"${text}"`, remedy: "write name=train,test" })
      )
    : Effect.succeed({ name, train, test })
}
