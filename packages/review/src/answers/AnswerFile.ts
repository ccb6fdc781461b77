import { readFileSync } from "node:fs"
import { type Entity, InputError, LineLog, offsetMap, writeAtomic } from "@nuner/core"
import { Result, Schema } from "effect"
import type { Verdict } from "../protocol.ts"

/** What a person said of a sentence. */
export interface Answer {
  readonly sentence: number
  readonly person: string
  readonly entities: ReadonlyArray<Entity>
  readonly answer: Verdict
}

/** A text and its words. */
export interface AnsweredText {
  readonly text: string
  readonly offsets: ReadonlyArray<{ readonly start: number; readonly end: number }>
}

const Line = Schema.Struct({
  text: Schema.String,
  spans: Schema.Array(
    Schema.Struct({ token_start: Schema.Natural, token_end: Schema.Natural, label: Schema.NonEmptyString })
  ),
  answer: Schema.Literals(["accept", "reject", "ignore"]),
  _annotator_id: Schema.NonEmptyString,
  meta: Schema.Struct({ sentence: Schema.Natural })
})

/**
 * The answers of a review as JSON Lines that Prodigy reads, one an answer, in the order in which they were given; offsets are code points. Each
 * is on the disk when `append` has returned. A line that a crash cut short is left out when the file is opened.
 */
export class AnswerFile {
  readonly #log: LineLog
  readonly #texts: ReadonlyArray<AnsweredText>
  #answers: Array<Answer>
  #changed: Promise<unknown> = Promise.resolve()

  private constructor(log: LineLog, texts: ReadonlyArray<AnsweredText>, answers: Array<Answer>) {
    this.#log = log
    this.#texts = texts
    this.#answers = answers
  }

  /** @throws InputError with the line, where the file is of other texts or damaged; OutputError */
  static open(path: string, texts: ReadonlyArray<AnsweredText>): AnswerFile {
    const log = LineLog.open(path)
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1)
    return new AnswerFile(
      log,
      texts,
      lines.map((line, n) => parse(line, n + 1, path, texts))
    )
  }

  /** In the order in which they were given. */
  get all(): ReadonlyArray<Answer> {
    return this.#answers
  }

  /** @throws OutputError; there is no such answer then */
  append(answer: Answer): Promise<void> {
    return this.#inTurn(() => {
      this.#log.append(this.#line(answer))
      this.#answers.push(answer)
    })
  }

  /** Takes a person's last answer back. @throws OutputError; it stands then */
  undo(person: string): Promise<Answer | undefined> {
    return this.#inTurn(async () => {
      const last = this.#answers.findLastIndex((answer) => answer.person === person)
      if (last === -1) return undefined
      const taken = this.#answers[last]
      await this.#rewrite(this.#answers.toSpliced(last, 1))
      return taken
    })
  }

  /** Changes the types of all answers. @throws OutputError; they are as they were then */
  rename(to: (type: string) => string): Promise<void> {
    return this.#inTurn(() =>
      this.#rewrite(
        this.#answers.map((answer) => ({
          ...answer,
          entities: answer.entities.map((entity) => ({ ...entity, type: to(entity.type) }))
        }))
      )
    )
  }

  async #rewrite(answers: Array<Answer>): Promise<void> {
    await writeAtomic(
      this.#log.path,
      answers.map((answer) => `${this.#line(answer)}\n`)
    )
    this.#answers = answers
  }

  /** An answer that comes while the file is written anew waits for it. */
  #inTurn<A>(change: () => A | Promise<A>): Promise<A> {
    const turn = this.#changed.then(change)
    this.#changed = turn.catch(() => {})
    return turn
  }

  #line({ answer, entities, person, sentence }: Answer): string {
    const { offsets, text } = this.#texts[sentence]!
    const { spanFromUtf16 } = offsetMap(text, "codepoints")
    const tokens = offsets.map(({ end, start }, id) => ({
      text: text.slice(start, end),
      ...spanFromUtf16({ start, end }),
      id,
      ws: /^\s$/.test(text[end] ?? "")
    }))
    const spans = entities.map(({ end, start, type }) => ({
      ...spanFromUtf16({ start: offsets[start]!.start, end: offsets[end - 1]!.end }),
      ...{ token_start: start, token_end: end - 1, label: type }
    }))
    return JSON.stringify({ text, tokens, spans, answer, _annotator_id: person, meta: { sentence } })
  }
}

const parse = (line: string, at: number, source: string, texts: ReadonlyArray<AnsweredText>): Answer => {
  const fail = (reason: string): never => {
    throw new InputError({ source, line: at, reason, remedy: "name another folder for the answers" })
  }
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return fail("is no JSON")
  }
  const decoded = Schema.decodeUnknownResult(Line)(json)
  if (Result.isFailure(decoded)) return fail("is no answer of a review")
  const { _annotator_id: person, answer, meta, spans, text } = decoded.success
  if (texts[meta.sentence]?.text !== text) return fail("is of other texts")
  const entities = spans.map(({ label, token_end, token_start }) => ({
    start: token_start,
    end: token_end + 1,
    type: label
  }))
  return { sentence: meta.sentence, person, entities, answer }
}
