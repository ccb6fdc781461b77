import { OptionError } from "@nuner/core"
import type { ZeroShotType } from "@nuner/zeroshot"

/** What a zero-shot model is asked. */
export interface Asked {
  readonly types?: ReadonlyArray<ZeroShotType> | undefined
  /** Least probabilities of single types, over the model's own. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined
}

/**
 * Types as a command line has them: "person,disease", or one with what is read for it: "disease=disease: an illness, of animals too". A name that
 * comes again is one type with several phrasings.
 *
 * @throws OptionError where none is named
 */
export const parseTypes = (given: ReadonlyArray<string> | undefined): ReadonlyArray<ZeroShotType> | undefined => {
  if (given === undefined) return undefined
  const phrasings = new Map<string, Array<string>>()
  const asked = given.flatMap((some) => (some.includes("=") ? [some] : some.split(","))).map((one) => one.trim())
  for (const one of asked.filter((one) => one !== "")) {
    const [, name = one, read = one] = /^([^=]+)=(.+)$/s.exec(one) ?? []
    phrasings.set(name, [...(phrasings.get(name) ?? []), read])
  }
  if (phrasings.size === 0) {
    throw new OptionError({ component: "model", option: "types", reason: "names none", remedy: "write person,city" })
  }
  return Array.from(phrasings, ([name, read]) => ({ name, read }))
}

/** Thresholds as a command line has them: "person=0.4,city=0.3". @throws OptionError */
export const parseThresholds = (
  given: ReadonlyArray<string> | undefined
): Readonly<Record<string, number>> | undefined => {
  if (given === undefined) return undefined
  const pairs = given.flatMap((some) => some.split(",")).map((one) => /^(.+)=([^=]+)$/.exec(one) ?? [one])
  return Object.fromEntries(
    pairs.map(([whole, type, value]) => {
      if (type !== undefined && value!.trim() !== "" && Number(value) >= 0 && Number(value) <= 1)
        return [type, Number(value)]
      const reason = `"${whole}" is no type with a probability`
      throw new OptionError({ component: "model", option: "thresholds", reason, remedy: "write person=0.4,city=0.3" })
    })
  )
}
