import type { Answer } from "./AnswerFile.ts"

/**
 * What stands of each answered sentence: of everybody's last answer to it, the latest in time that does not leave it aside.
 *
 * @param answers in the order in which they were given
 */
export const standing = (answers: ReadonlyArray<Answer>): Map<number, Answer> => {
  const last = new Map<string, Answer>()
  for (const answer of answers) {
    const whose = `${answer.sentence} ${answer.person}`
    last.delete(whose)
    last.set(whose, answer)
  }
  return new Map(
    [...last.values()].flatMap((answer) => (answer.answer === "ignore" ? [] : [[answer.sentence, answer]]))
  )
}
