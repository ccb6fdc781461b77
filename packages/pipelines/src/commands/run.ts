import { join } from "node:path"
import { formatForecast } from "@nuner/annotator"
import { OptionError, option, PositiveInt } from "@nuner/core"
import { Effect, Schema } from "effect"
import { completed } from "../errors.ts"
import { annotateForecast } from "../stages/annotate.ts"
import { BaseShape } from "../stages/base.ts"
import { runAll, type Task } from "../stages/run.ts"
import { command, component } from "./command.ts"
import {
  annotatingBeside,
  asked,
  dryRun,
  labelledData,
  limit,
  llm,
  one,
  out,
  prices,
  prompt,
  seed
} from "./components.ts"
import { show } from "./output.ts"
import { contrastive, training } from "./pretrain.ts"

const files = (help: string) => option(Schema.Array(Schema.NonEmptyString), { default: [], help, repeated: true })

export const runCommand = command("run", {
  does: "The main job: raw text to a NER encoder and measured few-shot classifiers",
  arguments: { input: one("input", "raw text: a file of any format, or a folder") },
  options: {
    out: out("a folder for everything; the same call goes on where an earlier one stopped"),
    ...llm,
    prompt,
    prices,
    limit,
    dryRun,
    base: option(Schema.NonEmptyString, {
      default: "mini",
      help: "a model directory, a name on the hub, mini, the encoder in the box, or new: a small RoBERTa is made"
    }),
    baseText: files("more text to make the base from, beside the input; with --base new"),
    task: option(Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1)), {
      help: "a labelled dataset to measure on: name=train,test",
      repeated: true
    }),
    k: option(Schema.Array(Schema.Natural), {
      default: [1, 2, 4, 8, 16],
      help: "entities of each type in a training set"
    }),
    sets: option(PositiveInt, { default: 5, help: "training sets for each k" }),
    seed
  },
  components: {
    annotator: annotatingBeside,
    shape: component(BaseShape, { when: "with `base` new" }),
    training,
    contrastive,
    data: labelledData
  },
  reads: ({ baseText, input, task }) => [
    input,
    ...baseText,
    ...task.flatMap((one) => one.replace(/^[^=]*=/, "").split(","))
  ],
  run: Effect.fnUntraced(function* ({
    annotator,
    base,
    baseText,
    contrastive,
    data,
    dryRun,
    input,
    k: ks,
    out,
    prices,
    prompt,
    seed,
    sets,
    shape,
    task,
    training,
    ...llm
  }) {
    const tasks = yield* Effect.forEach(task, parseTask)
    if (base !== "new") yield* checkBase(base, [...Object.keys(shape), ...(baseText.length > 0 ? ["baseText"] : [])])
    const annotate = { input, ...llm, ...annotator, ...(yield* asked({ prompt, prices })) }
    if (dryRun) {
      const forecast = yield* annotateForecast({ ...annotate, data, out: join(out, "annotated.jsonl") })
      return yield* show(formatForecast(forecast), forecast)
    }
    const result = yield* runAll({
      out,
      annotate,
      base: base === "new" ? { inputs: [input, ...baseText], seed, ...shape } : base,
      pretrain: { seed, ...training, ...contrastive },
      ...{ tasks, data, ks, sets, seed }
    })
    const tables = result.tasks.map(({ model, name, table }) => `${name}\n\n${table}\nclassifier: ${model}\n`)
    yield* show([result.concepts, ...tables, `encoder: ${result.encoder}`].join("\n"))
    yield* completed({ stage: "annotate", completion: result.completion })
  })
})

/** What makes a base has no effect on one that is there. */
const checkBase = (base: string, [given]: ReadonlyArray<string>) => {
  if (given === undefined) return Effect.void
  const reason = `says how to make a base, and ${base} is there`
  return Effect.fail(new OptionError({ component: "run", option: given, reason, remedy: "--base new makes one" }))
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
