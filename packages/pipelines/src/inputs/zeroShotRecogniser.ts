import { OptionError } from "@nuner/core"
import { type ScoredEntity, type Unrepresented, ZeroShot, type ZeroShotPrediction } from "@nuner/zeroshot"
import type { Asked } from "./asked.ts"
import type { Recogniser } from "./loadRecogniser.ts"

/** A zero-shot model as those who read with it see it, asked for the same types each time. @throws OptionError */
export const zeroShotRecogniser = async (model: string, { thresholds, types }: Asked): Promise<Recogniser> => {
  if (types === undefined || types.length === 0) {
    const reason = `${model} is a zero-shot model`
    throw new OptionError({ component: "model", option: "types", reason, remedy: "name some: --types person,company" })
  }
  const names = types.map((type) => (typeof type === "string" ? type : type.name))
  const unasked = Object.keys(thresholds ?? {}).find((type) => !names.includes(type))
  if (unasked !== undefined) {
    const reason = `"${unasked}" is none of the types: ${names.join(", ")}`
    throw new OptionError({ component: "model", option: "thresholds", reason, remedy: "leave it out" })
  }
  const zeroShot = await ZeroShot.fromPretrained(model)
  let unrepresented: Unrepresented = nothingLost
  const counted = <E extends ScoredEntity>(found: ZeroShotPrediction<E>): Array<Array<E>> => {
    unrepresented = together(unrepresented, found.unrepresented)
    return found.entities
  }
  return {
    kind: "zero-shot",
    probabilities: true,
    types: names,
    together: false,
    maxWidth: zeroShot.maxWidth,
    unrepresented: () => unrepresented,
    predict: async (texts, { minScore = 0, signal } = {}) =>
      counted(
        await zeroShot.predict(texts, types, { threshold: minScore > 0 ? minScore : undefined, thresholds, signal })
      ),
    predictWords: async (sentences, { signal }) =>
      counted(await zeroShot.predictWords(sentences, types, { thresholds, signal })),
    dispose: zeroShot.dispose
  }
}

const nothingLost: Unrepresented = {
  emptyTexts: 0,
  windowedTexts: 0,
  unreadWords: 0,
  repeatedTypes: 0,
  typeGroups: 0
}

/** Of two calls with the same types: texts and words add up, types do not. */
const together = (a: Unrepresented, b: Unrepresented): Unrepresented => ({
  emptyTexts: a.emptyTexts + b.emptyTexts,
  windowedTexts: a.windowedTexts + b.windowedTexts,
  unreadWords: a.unreadWords + b.unreadWords,
  repeatedTypes: Math.max(a.repeatedTypes, b.repeatedTypes),
  typeGroups: Math.max(a.typeGroups, b.typeGroups)
})
