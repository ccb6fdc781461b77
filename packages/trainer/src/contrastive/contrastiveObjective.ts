import { OptionError } from "@nuner/core"
import { type Encoder, maxTokens } from "@nuner/encoder"
import { disposeAll, type Examples, fingerprint, planEpochs } from "@nuner/engine"
import type { Objective } from "../Objective.ts"
import { readingOf, type TokenisedSentence, tokeniseSentences } from "../sentenceWindows.ts"
import { ConceptNames, type ContrastiveBatch, contrastiveBatch } from "./ContrastiveBatch.ts"
import { contrastiveLoss, contrastiveModel } from "./ContrastiveModel.ts"
import type { Training } from "./chooseTraining.ts"
import { conceptDrawer } from "./conceptDrawer.ts"
import type { PretrainSettings } from "./options.ts"
import { positiveRateOf } from "./positiveRate.ts"
import type { ContrastiveScores } from "./retrieval.ts"
import { validateContrastive } from "./validate.ts"

/** Contrastive learning as an objective, with the model that it trains and what was measured to start it. */
export const contrastiveObjective = async (
  { concepts, mentions, store, train, validation }: Training,
  text: Encoder,
  concept: Encoder,
  settings: PretrainSettings
) => {
  const { batchSize, bias, extraConcepts, maskNearSynonyms, projection, seed, subTokens } = settings
  const { config, tokenizer } = text
  if (projection === undefined && concept.config.hidden !== config.hidden) {
    const reason = `its vectors are ${concept.config.hidden} wide, those of the text encoder ${config.hidden}`
    const remedy = 'give "projection", the width of a space for both'
    throw new OptionError({ component: "pretrain", option: "concept", reason, remedy })
  }
  const window = (encoder: Encoder) =>
    Math.min(settings.maxTokens ?? Number.POSITIVE_INFINITY, maxTokens(encoder.config))
  const reading = { sentences: 0, windowed: 0, lostMentions: 0 }
  const content = await fingerprint(store.content())
  const examplesOf = async (numbers: ReadonlyArray<number>): Promise<Examples<TokenisedSentence>> => {
    const count = readingOf(numbers.length, reading)
    return {
      count: numbers.length,
      lengths: Uint32Array.from(numbers, (number) => store.lengths[number]!),
      fingerprint: await fingerprint([content, Int32Array.from(numbers)]),
      at: async (places) => {
        const some = Array.from(places, (place) => ({
          ...store.at(numbers[place]!),
          mentions: mentions(numbers[place]!)
        }))
        const tokenised = await tokeniseSentences(some, { tokenizer, maxTokens: window(text), subTokens })
        count(places, tokenised)
        return tokenised
      }
    }
  }
  const conceptNames = new ConceptNames(concept.tokenizer, window(concept))
  const draw = conceptDrawer(concepts, extraConcepts, seed)
  const batchOf = (sentences: ReadonlyArray<TokenisedSentence>, extra: ReadonlyArray<string> = []) =>
    contrastiveBatch(
      sentences.flatMap(({ windows }) => [...windows]),
      tokenizer.special.pad.id,
      conceptNames,
      { maskNearSynonyms, extraConcepts: extra }
    )
  const examples = await examplesOf(train)
  const plan = planEpochs({ count: examples.count, batchSize, seed })
  const positiveRate = await positiveRateOf(plan, async (numbers, index) =>
    batchOf(await examples.at(numbers), draw(`train ${index}`))
  )
  const offset = bias === "none" ? undefined : Math.log(positiveRate / (1 - positiveRate))
  const model = contrastiveModel(text, concept, settings, offset)
  const objective: Objective<TokenisedSentence, ContrastiveBatch, ContrastiveScores> = {
    parameters: { ...prefixed("text", text), ...prefixed("concept", concept), ...model.head },
    examples,
    held: await examplesOf(validation),
    batch: (sentences, { name, training }) => batchOf(sentences, training ? draw(name) : []),
    loss: (batch, context) => contrastiveLoss(model, batch, context),
    validate: (batches) => validateContrastive(model, batches),
    tokens: ({ targets }) => targets.tokenMask.reduce((sum, counts) => sum + counts, 0),
    get reading() {
      return { ...reading, cutNames: conceptNames.cut, emptyNames: conceptNames.empty }
    },
    dispose: () => disposeAll(model.head)
  }
  return {
    objective,
    model,
    positiveRate,
    ...(offset === undefined ? {} : { bias: offset })
  }
}

const prefixed = (name: string, { parameters }: Encoder) =>
  Object.fromEntries(Object.entries(parameters).map(([key, parameter]) => [`${name}.${key}`, parameter]))
