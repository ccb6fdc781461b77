import { type Forecast, forecast, formatForecast } from "@nuner/annotator"
import { asText } from "./entitiesOf.ts"
import type { LlmBaselineOptions } from "./LlmBaselineOptions.ts"
import { planBaseline } from "./planBaseline.ts"
import { questionsOf } from "./questions.ts"

/** What the same options would send and cost, in words; sends nothing. */
export const forecastBaseline = async (options: LlmBaselineOptions): Promise<string> => {
  const plan = await planBaseline(options)
  const sentences = plan.dataset.test.map((sentence, i) => ({ id: String(i), text: asText(sentence).text }))
  let all: Forecast | undefined
  for (const { examples, set, size } of plan.sets) {
    for (const { prompt, type } of questionsOf(options.method, plan.types, examples)) {
      const provider = plan.provider({ type, unit: options.unit, size, set })
      all = sum(all, await forecast({ ...plan.asking, provider, prompt, sentences }))
    }
  }
  return `${plan.sets.length} sets\n${formatForecast(all!)}`
}

const sum = (a: Forecast | undefined, b: Forecast): Forecast => {
  if (a === undefined) return b
  const both = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y)
  return {
    sentences: a.sentences + b.sentences,
    repeated: a.repeated + b.repeated,
    known: a.known + b.known,
    requests: a.requests + b.requests,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cost: both(a.cost, b.cost),
    costAtMost: both(a.costAtMost, b.costAtMost),
    tokensBy: b.tokensBy,
    pricesOf: b.pricesOf
  }
}
