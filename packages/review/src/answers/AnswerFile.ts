import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { dirname } from "node:path"
import { type Entity, InputError, offsetMap, writeAtomic } from "@nuner/core"
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
 * is on the disk before `append` returns. A line that a crash cut short is left out when the file is opened.
 */
export class AnswerFile {
  readonly #path: string
  readonly #texts: ReadonlyArray<AnsweredText>
  #answers: Array<Answer>

  private constructor(path: string, texts: ReadonlyArray<AnsweredText>, answers: Array<Answer>) {
    this.#path = path
    this.#texts = texts
    this.#answers = answers
  }

  /** @throws InputError with the line, where the file is of other texts or damaged */
  static async open(path: string, texts: ReadonlyArray<AnsweredText>): Promise<AnswerFile> {
    if (!existsSync(path)) {
      await mkdir(dirname(path), { recursive: true })
      return new AnswerFile(path, texts, [])
    }
    const whole = readFileSync(path, "utf8")
    const kept = whole.slice(0, whole.lastIndexOf("\n") + 1)
    const answers = kept
      .split("\n")
      .slice(0, -1)
      .map((line, n) => parse(line, n + 1, path, texts))
    if (kept.length < whole.length) await writeAtomic(path, [kept])
    return new AnswerFile(path, texts, answers)
  }

  /** In the order in which they were given. */
  get all(): ReadonlyArray<Answer> {
    return this.#answers
  }

  append(answer: Answer): void {
    const file = openSync(this.#path, "a")
    try {
      writeSync(file, this.#line(answer))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    this.#answers.push(answer)
  }

  /** Takes a person's last answer back. */
  async undo(person: string): Promise<Answer | undefined> {
    const last = this.#answers.findLastIndex((answer) => answer.person === person)
    if (last === -1) return undefined
    const [taken] = this.#answers.splice(last, 1)
    await this.#rewrite()
    return taken
  }

  /** Changes the types of all answers. */
  async rename(to: (type: string) => string): Promise<void> {
    this.#answers = this.#answers.map((answer) => ({
      ...answer,
      entities: answer.entities.map((entity) => ({ ...entity, type: to(entity.type) }))
    }))
    await this.#rewrite()
  }

  #rewrite(): Promise<number> {
    return writeAtomic(
      this.#path,
      this.#answers.map((answer) => this.#line(answer))
    )
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
    return `${JSON.stringify({ text, tokens, spans, answer, _annotator_id: person, meta: { sentence } })}\n`
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
