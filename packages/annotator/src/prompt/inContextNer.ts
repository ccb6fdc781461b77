import { OptionError } from "@nuner/core"
import { parseTyped } from "../parse/parseTyped.ts"
import { definePrompt, type Prompt } from "./Prompt.ts"

export interface InContextExample {
  readonly text: string
  readonly entities: ReadonlyArray<{ readonly entity: string; readonly type: string }>
}

export interface InContextNerOptions {
  readonly types: ReadonlyArray<string>
  /** What a type means, by type. Default: none */
  readonly definitions?: Readonly<Record<string, string>>
  /** Sentences with their entities: the training set of the few-shot setting. Default: none (zero-shot) */
  readonly examples?: ReadonlyArray<InContextExample>
}

/**
 * NER by in-context learning, the baseline of NuNER's section 6: names the types, optionally what they mean, shows examples,
 * and asks for the mentions, one a line. (The paper used spaCy's NER v3 prompt; this one is ours and asks for the same.)
 * An answer without entities is the line "none". The concept of each annotation is one of `types`.
 *
 * @throws OptionError if there are no types or two of one name, or an example or definition has a type that is not one of them
 */
export const inContextNer = ({ definitions = {}, examples = [], types }: InContextNerOptions): Prompt => {
  check(types, definitions, examples)
  const text = [
    "You are an expert in named entity recognition. Find every mention of the entity types below in the text.",
    `Entity types: ${types.join(", ")}`,
    ...(Object.keys(definitions).length === 0
      ? []
      : ["Definitions:", ...Object.entries(definitions).map(([type, meaning]) => `- ${type}: ${meaning}`)]),
    "Answer with one mention a line, in the order of the text: the mention copied from the text, then <>, then its type.",
    'Use only the types above. If there is no mention, answer with the one word "none".',
    ...examples.flatMap((example) => ["", `Text: ${example.text}`, "Answer:", answerOf(example)])
  ].join("\n")
  return definePrompt({
    name: "in-context-ner",
    version: 1,
    text,
    render: (sentence) => [{ role: "user", content: `${text}\n\nText: ${sentence}\nAnswer:` }],
    parse: parseTyped(types)
  })
}

const answerOf = ({ entities }: InContextExample): string =>
  entities.length === 0 ? "none" : entities.map(({ entity, type }) => `${entity} <> ${type}`).join("\n")

const check = (
  types: ReadonlyArray<string>,
  definitions: Readonly<Record<string, string>>,
  examples: ReadonlyArray<InContextExample>
): void => {
  const refuse = (option: string, reason: string) => new OptionError({ component: "inContextNer", option, reason })
  if (types.length === 0) throw refuse("types", "at least one is needed")
  const twice = types.find((type, n) => types.slice(0, n).some((other) => other.toLowerCase() === type.toLowerCase()))
  if (twice !== undefined) throw refuse("types", `"${twice}" stands there twice: an answer could not tell them apart`)
  const defined = Object.keys(definitions).find((type) => !types.includes(type))
  if (defined !== undefined) throw refuse("definitions", `"${defined}" is not one of the types`)
  const shown = examples.flatMap((example) => example.entities).find(({ type }) => !types.includes(type))
  if (shown !== undefined) throw refuse("examples", `"${shown.type}" is not one of the types`)
}
