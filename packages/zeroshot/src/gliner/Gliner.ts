import type { Span } from "@nuner/core"
import { type Encoder, maxTokens } from "@nuner/encoder"
import { disposeAll, type Parameters, packByLength, planWindows } from "@nuner/engine"
import { type Candidate, spanCandidates, tokenCandidates } from "../decode/candidates.ts"
import { greedy } from "../decode/greedy.ts"
import { mergeWords } from "../decode/mergeWords.ts"
import { leastOf } from "../predictFields.ts"
import { type PromptRow, type PromptTokens, promptRow, type WordPieces, wordPieces } from "../prompt/prompt.ts"
import { readTypes, typeGroups } from "../prompt/typeGroups.ts"
import { textPredictor } from "../textPredictor.ts"
import { wordRules } from "../words/wordRules.ts"
import type {
  ScoredEntity,
  TextEntity,
  WordSequence,
  ZeroShotModel,
  ZeroShotPrediction,
  ZeroShotType
} from "../ZeroShotModel.ts"
import type { GlinerConfig } from "./GlinerConfig.ts"
import { LabelVectors } from "./LabelVectors.ts"
import { type GlinerPredictOptions, type PredictSettings, predictSettings } from "./options.ts"
import { readLogits } from "./readLogits.ts"
import { type RowBatch, rowBatch } from "./rowBatch.ts"
import { saveGliner } from "./saveGliner.ts"

/** What such a model is made of. */
export interface GlinerParts {
  readonly config: GlinerConfig
  readonly encoder: Encoder
  /** Everything behind the encoder: see `headParameters`. */
  readonly head: Parameters
  /** The encoder that reads types, which then do not stand before the text (GLiNER-bi). Such a model is not trained, saved or exported here. */
  readonly labels?: Encoder
}

/** A model that reads types and text in one row: GLiNER, and NuNER Zero, which is one of width 1. */
export interface Gliner extends ZeroShotModel, GlinerParts {
  predict(
    texts: ReadonlyArray<string>,
    types: ReadonlyArray<ZeroShotType>,
    options?: GlinerPredictOptions
  ): Promise<ZeroShotPrediction<TextEntity>>
  predictWords(
    sentences: ReadonlyArray<WordSequence>,
    types: ReadonlyArray<ZeroShotType>,
    options?: GlinerPredictOptions
  ): Promise<ZeroShotPrediction<ScoredEntity>>
}

/** Puts the parts together; the model owns them from here on. */
export const gliner = (parts: GlinerParts): Gliner => {
  const { config, encoder, head, labels } = parts
  const own = labels && new LabelVectors(labels, head, config.hidden)
  const predictWords: Gliner["predictWords"] = async (sentences, types, { signal, ...options } = {}) => {
    const settings = predictSettings(options, config)
    const { endToken, typeToken } = config
    const { names, repeated, texts: written } = readTypes(types, own ? [] : [typeToken, endToken])
    const texts = config.lowercase ? written.map((text) => text.toLowerCase()) : written
    const tokens: PromptTokens = { typeToken, tokenizer: encoder.tokenizer, ...(!own && { endToken }) }
    const pieces = await wordPieces(encoder.tokenizer, allWords(sentences, texts, config))
    await own?.read(texts)
    const limit = maxTokens(encoder.config)
    const groups = typeGroups(texts, pieces, config.typeToken, {
      most: settings.typesAtOnce,
      budget: own || settings.long === "truncate" ? Number.POSITIVE_INFINITY : Math.floor(limit / 2)
    })
    const stretches = groups.flatMap((group) =>
      sentences.flatMap(({ words }, text) =>
        planRows(words, text, group, { config, limit, pieces, settings, texts, tokens })
      )
    )
    const thresholds = leastOf(names, settings.thresholds, settings.threshold)
    const candidates: Array<Array<Candidate>> = sentences.map(() => [])
    const lengths = stretches.map(({ row }) => row.ids.length)
    for (const places of packByLength(lengths, settings.batchTokens)) {
      signal?.throwIfAborted()
      const some = places.map((place) => stretches[place]!)
      const rows = some.map(({ row }) => row)
      const asked = own?.rows(
        some.map(({ group }) => group),
        texts
      )
      const batch = { ...rowBatch(rows, encoder.config.padId, config), ...(asked && { types: asked.types }) }
      const logits = await readLogits(parts, batch, asked)
      for (const [i, { group, own, row, start, text }] of some.entries()) {
        const size = logits.length / some.length
        const found = candidatesOf(
          config,
          settings,
          batch,
          i,
          logits.subarray(i * size, (i + 1) * size),
          (asked ? group : group.slice(0, row.typeAt.length)).map((type) => thresholds[type]!)
        )
        for (const one of found) {
          if (one.start < own.start - start || one.start >= own.end - start) continue
          candidates[text]!.push({ ...one, start: one.start + start, end: one.end + start, type: group[one.type]! })
        }
      }
    }
    const byPlace = (a: Candidate, b: Candidate) => a.start - b.start || a.end - b.end || a.type - b.type
    const entities = candidates.map((found, text) => {
      const kept = greedy(found.sort(byPlace), settings)
      const merged = settings.merge === "none" ? kept : mergeWords(kept, placesOf(sentences[text]!), settings.merge)
      return merged.map(
        ({ end, score, start, type }): ScoredEntity => ({ start, end: end + 1, type: names[type]!, score })
      )
    })
    const first = groups.length === 0 ? [] : stretches.filter(({ group }) => group === groups[0])
    const windows = sentences.map(() => 0)
    for (const { text } of first) windows[text]!++
    return {
      entities,
      unrepresented: {
        emptyTexts: sentences.filter(({ words }) => words.length === 0).length,
        windowedTexts: windows.filter((count) => count > 1).length,
        unreadWords: first.reduce((sum, { unread }) => sum + unread, 0),
        repeatedTypes: repeated,
        typeGroups: groups.length
      }
    }
  }
  return {
    ...parts,
    kind: "gliner",
    // A width of 1 is no limit: words are merged. Nor has a model of words one.
    ...(config.spanMode !== "token_level" && config.maxWidth > 1 && { maxWidth: config.maxWidth }),
    predictWords,
    predict: textPredictor(wordRules[config.words], predictWords),
    save: (directory, { card } = {}) => saveGliner(directory, parts, card === undefined ? {} : { card }),
    dispose: () => {
      encoder.dispose()
      labels?.dispose()
      disposeAll(head)
    }
  }
}

function* allWords(
  sentences: ReadonlyArray<WordSequence>,
  types: ReadonlyArray<string>,
  { endToken, typeToken }: GlinerConfig
): Generator<string> {
  yield* [typeToken, endToken, ...types]
  for (const { words } of sentences) yield* words
}

/** A row, and which words of which text it reads. */
interface Stretch {
  readonly row: PromptRow
  readonly text: number
  readonly group: ReadonlyArray<number>
  /** Its first word. */
  readonly start: number
  /** Entities that start among these words of the text are taken from it. */
  readonly own: Span
  /** Words that were cut off. */
  readonly unread: number
}

interface RowPlan {
  readonly config: GlinerConfig
  readonly settings: PredictSettings
  readonly tokens: PromptTokens
  readonly pieces: WordPieces
  readonly texts: ReadonlyArray<string>
  readonly limit: number
}

/** The rows that read a text for one group of types: one, unless it is longer than is read at once. */
const planRows = (
  words: ReadonlyArray<string>,
  text: number,
  group: ReadonlyArray<number>,
  plan: RowPlan
): Array<Stretch> => {
  if (words.length === 0) return []
  const { config, limit, pieces, settings, texts, tokens } = plan
  const types = tokens.endToken === undefined ? [] : group.map((type) => texts[type]!)
  const rowOf = (some: ReadonlyArray<string>, limit?: number) =>
    promptRow(tokens, pieces, types, some, settings.emptyWords, limit)
  if (settings.long === "truncate") {
    const read = words.slice(0, config.maxWords)
    const row = rowOf(read, limit)
    const unread = words.length - read.length + row.wordAt.filter((at) => at < 0).length
    return [{ row, text, group, start: 0, own: { start: 0, end: read.length }, unread }]
  }
  const room = limit - rowOf([]).ids.length
  return windowsOf(words, pieces, config.maxWords, room).map(({ end, own, start }) => {
    const row = rowOf(words.slice(start, end), limit)
    return { row, text, group, start, own, unread: row.wordAt.filter((at) => at < 0).length }
  })
}

/** Windows of at most `most` words and `room` tokens that overlap by a quarter. A word that is longer than the room is cut off. */
const windowsOf = (words: ReadonlyArray<string>, pieces: WordPieces, most: number, room: number) => {
  const tokens = words.map((word) => Math.max(1, pieces.get(word)!.length))
  let size = Math.min(most, words.length)
  for (;;) {
    const windows = planWindows(words.length, size, Math.floor(size / 4))
    const fits = windows.every(({ end, start }) => tokens.slice(start, end).reduce((sum, n) => sum + n, 0) <= room)
    if (fits || size === 1) return windows
    size = Math.max(1, Math.floor(size * 0.8))
  }
}

const candidatesOf = (
  { maxWidth, spanMode }: GlinerConfig,
  { tokenScore }: PredictSettings,
  batch: RowBatch,
  row: number,
  logits: Float32Array,
  thresholds: ReadonlyArray<number>
): Array<Candidate> => {
  const words = batch.lengths[row]!
  const shape = { words, types: batch.types }
  return spanMode === "token_level"
    ? tokenCandidates(logits, shape, thresholds, tokenScore)
    : spanCandidates(logits, { ...shape, width: maxWidth }, thresholds)
}

/** Where words stand in their text, or in themselves joined by spaces. */
const placesOf = ({ offsets, words }: WordSequence): ReadonlyArray<Span> => {
  if (offsets !== undefined) return offsets
  let end = -1
  return words.map((word) => {
    const start = end + 1
    end = start + word.length
    return { start, end }
  })
}
