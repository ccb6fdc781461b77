import { mkdirSync } from "node:fs"
import { basename, join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import { type Dataset, readDatasets } from "../benchmark/Dataset.ts"
import { decodeDefinition } from "../benchmark/decodeDefinition.ts"
import type { LlmBaselineOptions } from "./LlmBaselineOptions.ts"
import { typeWords } from "./questions.ts"
import { type Asked, readBaselineAnswers } from "./recordedAnswers.ts"

/** Everything that is known before the first question. @throws InputError, OptionError */
export const planBaseline = async (options: LlmBaselineOptions) => {
  const {
    answers,
    definitions = {},
    exclude = [],
    ks,
    ledger,
    llmSeed,
    method,
    names,
    out,
    seed,
    sets,
    test,
    testSize,
    train,
    ...rest
  } = options
  const fail = (option: string, reason: string, remedy: string): never => {
    throw new OptionError({ component: "llm-baseline", option, reason, remedy })
  }
  const shown = ks.filter((k) => k > 0)
  if (ks.length === 0) fail("k", "names no size", "give 0 for no examples")
  if (method === "universal-ner" && shown.length > 0) {
    fail("k", "UniversalNER's conversation has no place for examples", "give 0, or the method in-context")
  }
  if (method === "universal-ner" && Object.keys(definitions).length > 0) {
    fail("definitions", "UniversalNER's question names the type alone", "leave them out, or give names")
  }
  mkdirSync(out, { recursive: true })
  const definition = decodeDefinition({
    encoders: { llm: options.model },
    datasets: { [basename(test)]: { train, test, exclude } },
    ...{ k: shown.length > 0 ? shown : [1], sets: shown.length > 0 ? sets : 1, seed },
    ...(testSize === undefined ? {} : { testSize })
  })
  let read: Dataset | undefined
  for await (const one of readDatasets(definition)) read = one
  const dataset = shown.length > 0 ? read! : { ...read!, sets: [], infeasible: [] }
  const [infeasible] = dataset.infeasible
  if (infeasible !== undefined && dataset.sets.length === 0 && !ks.includes(0)) {
    throw new InputError({ source: train, reason: `k = ${infeasible.size}: ${infeasible.reason}` })
  }
  if (dataset.test.length === 0) {
    throw new InputError({ source: test, reason: "has no sentence left to ask about", remedy: "exclude less" })
  }
  const recorded =
    options.provider === "recorded" && answers !== undefined ? await readBaselineAnswers(answers) : undefined
  return {
    dataset,
    /** Sets that were asked for, whether the data allows them or not. */
    asked: (ks.includes(0) ? 1 : 0) + shown.length * sets,
    types: typeWords(dataset.types, names, definitions),
    sets: [
      ...(ks.includes(0) ? [{ k: 0, set: 0, examples: [] }] : []),
      ...dataset.sets.map(({ sentences, set, size }) => ({ k: size, set, examples: sentences }))
    ],
    asking: {
      ...rest,
      ...(llmSeed === undefined ? {} : { seed: llmSeed }),
      ledger: ledger ?? join(out, "ledger.sqlite")
    },
    provider: (asked: Asked) => recorded?.(asked) ?? options.provider
  }
}
