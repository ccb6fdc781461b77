import { type LlmShape, recorded } from "@nuner/annotator"
import { readJsonl } from "@nuner/core"
import { Schema } from "effect"
import type { Unit } from "../benchmark/TrainingSet.ts"

/** An answer to a question about a text. Where it says so, to that about one type, or with the examples of one training set. */
const Answer = Schema.Struct({
  text: Schema.String,
  response: Schema.String,
  type: Schema.optionalKey(Schema.String),
  k: Schema.optionalKey(Schema.Natural),
  words: Schema.optionalKey(Schema.Natural),
  set: Schema.optionalKey(Schema.Natural)
})

/** Which question a provider is for. */
export interface Asked {
  readonly type: string | undefined
  readonly unit: Exclude<Unit, "whole">
  readonly size: number
  readonly set: number
}

/** Providers that answer from a file, JSON Lines of `{text, response, type?, k? or words?, set?}`. @throws InputError naming file, line and field */
export const readBaselineAnswers = async (path: string): Promise<(asked: Asked) => LlmShape> => {
  const answers: Array<typeof Answer.Type> = []
  for await (const answer of readJsonl(path, Answer)) answers.push(answer)
  return (asked) =>
    recorded(
      answers.filter((answer) => {
        const { [asked.unit]: size = asked.size, set = asked.set, type = asked.type } = answer
        return size === asked.size && set === asked.set && type === asked.type
      })
    )
}
