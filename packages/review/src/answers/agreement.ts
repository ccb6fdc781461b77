import { entityMicro } from "@nuner/metrics"
import type { State } from "../protocol.ts"
import type { Answer } from "./AnswerFile.ts"

/** The last answer of each person to each sentence that they accepted. */
const accepted = (answers: ReadonlyArray<Answer>): Map<string, Map<number, Answer>> => {
  const byPerson = new Map<string, Map<number, Answer>>()
  for (const answer of answers) {
    const own = byPerson.get(answer.person) ?? new Map<number, Answer>()
    byPerson.set(answer.person, own)
    if (answer.answer === "accept") own.set(answer.sentence, answer)
    else own.delete(answer.sentence)
  }
  return byPerson
}

/** Entity micro F1 between each two people on the sentences of both (Hripcsak & Rothschild 2005: kappa's limit where most words are of none). */
export const agreement = (answers: ReadonlyArray<Answer>): State["agreement"] => {
  const people = [...accepted(answers)]
  return people.flatMap(([a, ofA], i) =>
    people.slice(i + 1).flatMap(([b, ofB]) => {
      const shared = [...ofA.keys()].filter((sentence) => ofB.has(sentence))
      if (shared.length === 0) return []
      const [left, right] = [shared.map((sentence) => ofA.get(sentence)!), shared.map((sentence) => ofB.get(sentence)!)]
      const none = [...left, ...right].every(({ entities }) => entities.length === 0)
      return [{ people: [a, b] as const, sentences: shared.length, f1: none ? 1 : entityMicro(left, right).f1 }]
    })
  )
}
