import { join } from "node:path"
import { type FewShotInput, saveClassifier, tokenClassifier, type WordFeatures } from "@nuner/classifier"
import { decodeOptions, type Entity, InputError, type LabelledSentence, option, overlap, writeJsonl } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import { entityMicro } from "@nuner/metrics"
import { Schema } from "effect"
import { type Answer, type AnsweredText, AnswerFile } from "./answers/AnswerFile.ts"
import { agreement } from "./answers/agreement.ts"
import { audit, rate } from "./answers/audit.ts"
import { standing } from "./answers/standing.ts"
import { TypeList } from "./answers/TypeList.ts"
import { Learner, LearnerOptions } from "./learn/Learner.ts"
import type { AnswerRequest, Calls, Rate, Row, State, Task } from "./protocol.ts"
import { TaskQueue } from "./tasks/TaskQueue.ts"

/** What a review may be told, beside its sentences and types. */
export const ReviewOptions = Schema.Struct({
  ...LearnerOptions.fields,
  heldOut: option(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.9 })), {
    default: 0.2,
    help: "part of the sentences that score the model and never teach it; 0 for none",
    needs: { option: "audit", is: [0] }
  }),
  again: option(Schema.Int.check(Schema.isGreaterThan(1)), {
    default: 10,
    help: "every so many sentences, one that somebody else has answered, for the agreement"
  }),
  audit: option(Schema.Natural, {
    default: 0,
    help: "given annotations to draw at random and look at, for their precision, in place of teaching a model; 0 for no audit"
  })
})

export interface ReviewInput extends Partial<(typeof ReviewOptions)["Encoded"]> {
  /** Where answers, types and exports are kept. A folder that holds some is gone on with. */
  readonly folder: string
  readonly sentences: ReadonlyArray<LabelledSentence>
  /** Of the sentences' words, from `encoder` with `pooling`. */
  readonly features: WordFeatures
  readonly pooling: "first" | "mean"
  readonly encoder: Encoder
  /** Beside those that occur. */
  readonly types: ReadonlyArray<string>
  /** What types are called, see `fewShot`: where learning begins. Asked for each type once. Default: labels are labels. */
  readonly names?: FewShotInput["names"]
}

/** What was said of sentences, what is learned from it, and what comes next. Knows no HTTP. */
export class Review {
  readonly #settings: (typeof ReviewOptions)["Type"]
  readonly #input: ReviewInput
  readonly #texts: ReadonlyArray<AnsweredText>
  readonly #answers: AnswerFile
  readonly #learner: Learner
  readonly #queue: TaskQueue
  readonly #types: TypeList
  readonly #curve: Array<{ answers: number; f1: number }> = []
  /** Of the model and the answers as they are. */
  #scores: Scores | undefined
  #refitMilliseconds = 0

  private constructor(
    input: ReviewInput,
    answers: AnswerFile,
    types: TypeList,
    settings: (typeof ReviewOptions)["Type"]
  ) {
    this.#input = input
    this.#settings = settings
    this.#answers = answers
    this.#texts = input.sentences.map(textOf)
    this.#learner = new Learner(input.sentences, input.features, {
      strategy: settings.audit > 0 ? "random" : settings.strategy,
      c: settings.c,
      seed: settings.seed
    })
    this.#queue = new TaskQueue(input.sentences.length, settings)
    this.#types = types
    const answered = answers.all.flatMap(typesOf)
    const given = Array.from(input.sentences.keys()).flatMap((id) => typesOf({ entities: this.#given(id) }))
    if (types.names.length > 0) types.include(answered)
    else types.include(input.types.length > 0 ? input.types : [...given, ...answered])
  }

  /** @throws OptionError, InputError */
  static async open(input: ReviewInput): Promise<Review> {
    const { encoder, features, folder, names: _, pooling, sentences, types, ...options } = input
    const settings = decodeOptions("review", ReviewOptions, options)
    const answers = AnswerFile.open(join(folder, ANSWERS_FILE), sentences.map(textOf))
    const review = new Review(input, answers, TypeList.open(join(folder, TYPES_FILE)), settings)
    await review.#readNames()
    review.#learnAll()
    return review
  }

  readonly calls: {
    readonly [K in keyof Calls]: (input: Calls[K]["in"]) => Calls[K]["out"] | Promise<Calls[K]["out"]>
  } = {
    state: ({ person }) => this.#state(person),
    next: (input) => this.#next(input),
    task: ({ id, person, tab }) => this.#show(id, person, tab),
    answer: (request) => this.#answer(request),
    undo: async ({ person, tab }) => {
      const taken = await this.#answers.undo(person)
      if (taken === undefined) return { state: this.#state(person), task: null }
      this.#learn(taken.sentence)
      return {
        state: this.#state(person),
        task: { ...this.#show(taken.sentence, person, tab), entities: taken.entities }
      }
    },
    addType: async ({ person, type }) => {
      await this.#types.add(type)
      await this.#readNames()
      return this.#state(person)
    },
    renameTypes: async ({ from, person, to }) => {
      await this.#answers.rename(await this.#types.rename(from, to))
      await this.#readNames()
      this.#learnAll()
      return this.#state(person)
    },
    rows: ({ count, from, person }) => {
      const own = this.#own(person)
      return this.#texts.slice(from, from + count).map(({ text }, i): Row => {
        const answer = own.get(from + i)
        const entities = answer?.entities ?? this.#given(from + i)
        return { id: from + i, text, entities: entities.length, ...(answer && { answer: answer.answer }) }
      })
    },
    export: () => this.#export()
  }

  /** Of the types whose names were not read yet. */
  async #readNames(): Promise<void> {
    const unread = this.#types.names.filter((type) => !this.#learner.scores.has(type))
    if (unread.length === 0) return
    const found = await this.#input.names?.(unread)
    if (found !== undefined) this.#learner.scores = new Map([...this.#learner.scores, ...found])
  }

  /** A person's last answer to each sentence. */
  #own(person: string): Map<number, Answer> {
    return new Map(this.#answers.all.flatMap((answer) => (answer.person === person ? [[answer.sentence, answer]] : [])))
  }

  /** Of each sentence whose standing answer is one of acceptance, that answer. */
  #accepted(): Array<Answer> {
    return [...standing(this.#answers.all).values()].filter(({ answer }) => answer === "accept")
  }

  #learnAll(): void {
    for (const { entities, sentence } of this.#accepted()) {
      if (!this.#queue.heldOut[sentence]) this.#learner.answer(sentence, entities)
    }
    this.#refit()
  }

  /** What is said of a sentence has changed. */
  #learn(sentence: number): void {
    this.#scores = undefined
    if (this.#queue.heldOut[sentence]) return
    this.#learner.forget(sentence)
    const now = standing(this.#answers.all).get(sentence)
    if (now?.answer === "accept") this.#learner.answer(sentence, now.entities)
    this.#refit()
  }

  #refit(): void {
    this.#scores = undefined
    const started = performance.now()
    this.#learner.refit(this.#types.names)
    this.#refitMilliseconds = performance.now() - started
  }

  /** The accepted answers to sentences that score, and what the model says of them. */
  #scored(): Scores {
    if (this.#scores !== undefined) return this.#scores
    const answers = this.#accepted().filter(({ sentence }) => this.#queue.heldOut[sentence])
    const found = this.#learner.predict(answers.map(({ sentence }) => sentence))
    const predicted = found.map((entities) => ({ entities }))
    const knows = answers.some(({ entities }) => entities.length > 0) && this.#learner.head !== undefined
    this.#scores = { answers, predicted, f1: knows ? rate(predicted, answers, "microF1") : undefined }
    return this.#scores
  }

  #state(person: string): State {
    const { answers, f1 } = this.#scored()
    const answered = new Set(this.#answers.all.map(({ sentence }) => sentence))
    return {
      types: this.#types.names,
      sentences: this.#texts.length,
      answered: answered.size,
      own: this.#own(person).size,
      people: [...new Set(this.#answers.all.map((answer) => answer.person))],
      curve: this.#curve,
      ...(f1 && { heldOut: { sentences: answers.length, f1 } }),
      agreement: agreement(this.#answers.all),
      ...this.#audit(),
      refitMilliseconds: this.#refitMilliseconds
    }
  }

  #audit(): Pick<State, "audit"> {
    if (this.#settings.audit === 0) return {}
    const answers = this.#accepted()
    const given = answers.map(({ sentence }) => ({ entities: this.#given(sentence) }))
    const found = audit(given, answers, this.#settings.audit)
    return found === undefined ? {} : { audit: found }
  }

  /** A sentence for a tab; no other gets it meanwhile. */
  #show(id: number, person: string, tab: string): Task {
    const text = this.#texts[id]
    if (text === undefined) throw new InputError({ source: "id", reason: `no sentence ${id}` })
    this.#queue.show(id, tab)
    const own = this.#own(person).get(id)
    const given = this.#given(id)
    const entities = own?.entities ?? (given.length > 0 ? given : this.#learner.predict([id])[0]!)
    return { id, text: text.text, words: text.offsets, entities, heldOut: this.#queue.heldOut[id]! }
  }

  #next(input: Calls["next"]["in"]): Array<Task> {
    const { person, tab } = input
    const own = this.#own(person)
    const others = new Set(this.#answers.all.flatMap((answer) => (answer.person === person ? [] : [answer.sentence])))
    const useful = (count: number, free: (id: number) => boolean) => this.#learner.next(count, free)
    return this.#queue.next(input, { own, others, useful }).map((id) => this.#show(id, person, tab))
  }

  async #answer({ answer, entities, id, person }: AnswerRequest): Promise<State> {
    const text = this.#texts[id]
    if (text === undefined) throw new InputError({ source: "id", reason: `no sentence ${id}` })
    const sorted = entities.map(({ end, start, type }) => ({ start, end, type })).toSorted((a, b) => a.start - b.start)
    if (sorted.some(({ end }) => end > text.offsets.length) || overlap(sorted) !== undefined) {
      throw new InputError({ source: "entities", reason: "overlap, or reach beyond the sentence" })
    }
    await this.#answers.append({ sentence: id, person, entities: sorted, answer })
    this.#queue.answered(id)
    this.#learn(id)
    const { answers, predicted } = this.#scored()
    if (answers.length > 0)
      this.#curve.push({ answers: this.#own(person).size, f1: entityMicro(answers, predicted).f1 })
    return this.#state(person)
  }

  /** What stood in the data, under the names that its types have by now. */
  #given(id: number): ReadonlyArray<Entity> {
    return this.#types.current(this.#input.sentences[id]!.entities)
  }

  /** The accepted sentences, and a probe that was fitted to all of them, those that scored among them. */
  async #export(): Promise<{ readonly paths: ReadonlyArray<string> }> {
    const { encoder, features, folder, pooling, sentences } = this.#input
    const answers = this.#accepted()
    if (answers.length === 0)
      throw new InputError({ source: folder, reason: "nothing is accepted", remedy: "answer first" })
    const [data, model] = [join(folder, "labelled.jsonl"), join(folder, "model")]
    const labelled = answers.map(({ entities, sentence }) => ({ ...sentences[sentence]!, entities }))
    await writeJsonl(data, labelled)
    const all = new Learner(sentences, features, { c: this.#settings.c })
    all.scores = this.#learner.scores
    for (const { entities, sentence } of answers) all.answer(sentence, entities)
    all.refit(this.#types.names)
    await saveClassifier(model, tokenClassifier({ encoder, head: all.head!, pooling }))
    return { paths: [data, model] }
  }
}

/** The accepted answers to sentences that score, what the model says of them, and how it does; absent where there is nothing to find. */
interface Scores {
  readonly answers: ReadonlyArray<Answer>
  readonly predicted: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>
  readonly f1: Rate | undefined
}

const ANSWERS_FILE = "answers.jsonl"
const TYPES_FILE = "types.json"

const typesOf = ({ entities }: Pick<Answer, "entities">): Array<string> => entities.map(({ type }) => type)

/** The running text of a sentence, or its words joined by spaces. */
const textOf = ({ offsets, text, words }: LabelledSentence): AnsweredText => {
  if (text !== undefined && offsets !== undefined) return { text, offsets }
  let at = 0
  return {
    text: words.join(" "),
    offsets: words.map((word) => {
      const start = at
      at += word.length + 1
      return { start, end: start + word.length }
    })
  }
}
