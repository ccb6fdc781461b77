import { basename, join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import { type Dataset, readDatasets } from "../benchmark/Dataset.ts"
import { decodeDefinition } from "../benchmark/decodeDefinition.ts"
import { setsOf } from "../benchmark/TrainingSet.ts"
import type { IntakeOptions } from "../inputs/intake.ts"
import type { LlmBaselineOptions } from "./LlmBaselineOptions.ts"
import { typeWords } from "./questions.ts"
import { type Asked, readBaselineAnswers } from "./recordedAnswers.ts"

/** Everything that is known before the first question. @throws InputError, OptionError */
export const planBaseline = async (options: LlmBaselineOptions, reading: Pick<IntakeOptions, "say" | "out"> = {}) => {
  const {
    answers,
    data = {},
    definitions = {},
    exclude = [],
    ledger,
    llmSeed,
    method,
    names,
    out,
    sampler,
    seed,
    sizes,
    test,
    testSize,
    train,
    types,
    unit,
    // Answers are paid for: fewer sets than in a benchmark.
    sets = unit === "k" ? 3 : undefined,
    ...rest
  } = options
  const fail = (option: string, reason: string, remedy: string): never => {
    throw new OptionError({ component: "llm-baseline", option, reason, remedy })
  }
  const shown = sizes.filter((size) => size > 0)
  if (sizes.length === 0) fail(unit, "names no size", "give 0 for no examples")
  if (method === "universal-ner" && shown.length > 0) {
    fail(unit, "UniversalNER's conversation has no place for examples", "give 0, or --method in-context")
  }
  if (method === "universal-ner" && Object.keys(definitions).length > 0) {
    fail("definitions", "UniversalNER's question names the type alone", "leave them out, or give --type-names")
  }
  const idle = (["sets", "sampler"] as const).find((option) => options[option] !== undefined)
  if (shown.length === 0 && idle !== undefined) fail(idle, "without examples no sets are drawn", "leave it out")
  const definition = decodeDefinition({
    encoders: { llm: options.model },
    datasets: { [basename(test)]: { train, test, exclude, data, ...given({ types }) } },
    // Without examples nothing need be mined, but the test set is drawn as in a benchmark.
    ...(shown.length > 0 ? { [unit]: shown } : { k: [1] }),
    ...given({ sampler, sets, testSize }),
    seed
  })
  let read: Dataset | undefined
  for await (const one of readDatasets(definition, reading)) read = one
  const dataset = shown.length > 0 ? read! : { ...read!, sets: [], infeasible: [] }
  const [infeasible] = dataset.infeasible
  if (infeasible !== undefined && dataset.sets.length === 0 && !sizes.includes(0)) {
    throw new InputError({ source: train, reason: `${unit} = ${infeasible.size}: ${infeasible.reason}` })
  }
  if (dataset.test.length === 0) {
    throw new InputError({ source: test, reason: "has no sentence left to ask about", remedy: "exclude less" })
  }
  const recorded =
    options.provider === "recorded" && answers !== undefined ? await readBaselineAnswers(answers) : undefined
  return {
    dataset,
    /** Sets that were asked for, whether the data allows them or not. */
    asked: shown.reduce((sum, size) => sum + setsOf({ sets, unit }, size), sizes.includes(0) ? 1 : 0),
    types: typeWords(dataset.types, names, definitions),
    sets: [
      ...(sizes.includes(0) ? [{ size: 0, set: 0, examples: [] }] : []),
      ...dataset.sets.map(({ sentences, set, size }) => ({ size, set, examples: sentences }))
    ],
    asking: {
      ...rest,
      ...(llmSeed === undefined ? {} : { seed: llmSeed }),
      ledger: ledger ?? join(out, "ledger.sqlite")
    },
    provider: (asked: Asked) => recorded?.(asked) ?? options.provider
  }
}

/** Without the values that are not given. */
const given = (values: object): object => Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined))
