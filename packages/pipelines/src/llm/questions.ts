import { type InContextExample, inContextNer, type Prompt, universalNer } from "@nuner/annotator"
import { InputError, type LabelledSentence, OptionError, toSpans } from "@nuner/core"
import { nameTypes, type TypeNames } from "@nuner/tadner"
import type { LlmMethod } from "./LlmRun.ts"

/** The types of a dataset as the model reads them. */
export interface TypeWords {
  /** Type -> its name in the prompt. */
  readonly names: ReadonlyMap<string, string>
  /** Name -> type. */
  readonly types: ReadonlyMap<string, string>
  /** What a type means, by name. */
  readonly definitions: Readonly<Record<string, string>>
}

/** A prompt, and the type that it asks for where it asks for a single one. */
export interface Question {
  readonly prompt: Prompt
  readonly type?: string
}

/**
 * Names for the types, those of the data themselves unless names are given.
 *
 * @throws InputError for two types of one name, OptionError for a definition of no type
 */
export const typeWords = (
  types: ReadonlyArray<string>,
  given: TypeNames | undefined,
  definitions: Readonly<Record<string, string>>
): TypeWords => {
  const names = given === undefined ? types : nameTypes(types, given)
  const words = new Map<string, string>()
  for (const [i, type] of types.entries()) {
    const name = names[i]!
    const other = words.get(name.toLowerCase())
    if (other !== undefined) {
      const reason = `"${other}" and "${type}" are both called "${name}"`
      throw new InputError({ source: "names", field: type, reason, remedy: "an answer could not tell them apart" })
    }
    words.set(name.toLowerCase(), type)
  }
  const stray = Object.keys(definitions).find((type) => !types.includes(type))
  if (stray !== undefined) {
    const reason = `"${stray}" is no type of the data (${types.join(", ")})`
    throw new OptionError({ component: "llm-baseline", option: "definitions", reason })
  }
  const nameOf = new Map(types.map((type, i) => [type, names[i]!]))
  return {
    names: nameOf,
    types: new Map(types.map((type, i) => [names[i]!, type])),
    definitions: Object.fromEntries(Object.entries(definitions).map(([type, means]) => [nameOf.get(type)!, means]))
  }
}

/** What is asked about each test sentence: one question with every type, or one question a type. */
export const questionsOf = (
  method: LlmMethod,
  { definitions, names }: TypeWords,
  examples: ReadonlyArray<LabelledSentence>
): ReadonlyArray<Question> =>
  method === "in-context"
    ? [
        {
          prompt: inContextNer({
            types: [...names.values()],
            definitions,
            examples: examples.map((example) => asExample(example, (type) => names.get(type)!))
          })
        }
      ]
    : [...names].map(([type, name]) => ({ prompt: universalNer(name), type }))

/** A labelled sentence as the prompt shows it, its types as `nameOf` calls them. */
export const asExample = (
  sentence: LabelledSentence,
  nameOf: (type: string) => string = (type) => type
): InContextExample => {
  const { entities, text } = toSpans(sentence)
  return {
    text,
    entities: entities.map(({ end, start, type }) => ({ entity: text.slice(start, end), type: nameOf(type) }))
  }
}
