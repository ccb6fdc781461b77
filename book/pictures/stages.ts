import { type AlignedSentence, type AnnotatedSentence, wordSpans, words } from "@nuner/core"
import { type ConceptFrequencies, conceptTargets } from "@nuner/sampler"
import { arrow, box, labelled, letter, picture, type Shape, text } from "./svg.ts"

/** Asking: a sentence goes to the LLM, entities in its own concepts come back. */
export const annotatePicture = ({ annotations, text: sentence }: AnnotatedSentence): string =>
  picture("An LLM names the entities of a sentence", 900, 110 + annotations.length * 22, [
    ...wrapped(sentence, 108).map((line, i) => text(20, 30 + i * 20, line)),
    arrow(60, 60, 60, 84),
    labelled(20, 86, 80, 28, "LLM"),
    ...annotations.flatMap(({ concept, description = "", entity }, i) => {
      const y = 105 + i * 22
      return [text(140, y, entity, "strong"), text(360, y, concept), text(540, y, description, "soft")]
    })
  ])

/** Alignment: where each entity stands in the sentence, and what could not be found. */
export const alignPicture = ({ mentions, text: sentence, unaligned = [] }: AlignedSentence): string => {
  const [left, perLine] = [20, 108]
  const shapes: Array<Shape> = []
  let [x, y] = [left, 40]
  for (const word of words(sentence)) {
    const mention = mentions.findIndex(({ end, start }) => start < word.end && word.start < end)
    const width = word.word.length * letter
    if (x + width > left + perLine * letter) [x, y] = [left, y + 60]
    if (mention >= 0) {
      const { concept, end, start } = mentions[mention]!
      // The colour runs on to the mention's next word.
      shapes.push(box(x - 3, y - 15, width + (word.end < end ? letter + 2 : 6), 21, mention))
      if (word.start <= start) shapes.push(text(x - 3, y + 22, concept, "soft"))
    }
    shapes.push(text(x, y, word.word, mention < 0 ? "" : "on"))
    const next = sentence[word.end]
    x += width + (next === " " ? letter : 0)
  }
  const lost = unaligned.map(({ entity }) => entity).join(", ")
  shapes.push(text(left, y + 60, unaligned.length === 0 ? "every entity was found" : `not found: ${lost}`, "soft"))
  return picture("Where the entities stand in the sentence", 900, y + 80, shapes)
}

/** Sampling: what the corpus holds, and the targets of one batch of two sentences. */
export const samplePicture = ({ concepts }: ConceptFrequencies, batch: ReadonlyArray<AlignedSentence>): string => {
  const top = concepts.slice(0, 12)
  const most = top[0]!.count
  const bars = top.flatMap(({ concept, count }, i) => [
    text(150, 62 + i * 22, concept, "", "end"),
    box(160, 50 + i * 22, (140 * count) / most, 14, 1),
    text(166 + (140 * count) / most, 62 + i * 22, String(count), "soft")
  ])
  const { cells, height } = targetMatrix(batch, 400)
  return picture("The concepts of a corpus, and the targets of a batch", 900, Math.max(height, 340), [
    text(20, 28, `${concepts.length} concepts of the corpus`, "strong"),
    ...bars,
    text(400, 28, "y: tokens of the batch x concepts of the batch", "strong"),
    ...cells
  ])
}

/** y[sentences, tokens, concepts] of a batch, with words for tokens. */
const targetMatrix = (batch: ReadonlyArray<AlignedSentence>, left: number) => {
  const parts = batch.map(({ mentions, text }) => {
    const tokens = words(text).slice(0, 12)
    const labels = wordSpans(mentions, tokens).flatMap((span, i) =>
      span === undefined ? [] : [{ ...span, concept: mentions[i]!.concept }]
    )
    return { tokens, content: { start: 0, end: tokens.length }, labels }
  })
  const { concepts, positives, shape } = conceptTargets(parts)
  const width = shape[1]
  const rowAt = (token: number) => 110 + (token % width) * 19 + Math.floor(token / width) * (width * 19 + 12)
  const column = (concept: number) => left + 130 + concept * 24
  const heads = concepts.map(
    (name, i) => `<g transform="translate(${column(i) + 12} 100) rotate(-40)">${text(0, 0, name, "soft")}</g>`
  )
  const rows = parts.flatMap(({ tokens }, sentence) =>
    tokens.flatMap(({ word }, i) => {
      const y = rowAt(sentence * width + i)
      return [text(left + 120, y + 13, word, "", "end"), ...concepts.map((_, c) => box(column(c), y, 20, 16))]
    })
  )
  const ones = [...positives.tokens].map((token, i) => box(column(positives.concepts[i]!), rowAt(token), 20, 16, 0))
  return { cells: [...heads, ...rows, ...ones], height: rowAt(parts.length * width - 1) + 40 }
}

/** Training: two encoders, and how near each token is to each concept, as an encoder that was trained so sees it. */
export const pretrainPicture = (
  tokens: ReadonlyArray<string>,
  concepts: ReadonlyArray<string>,
  p: ReadonlyArray<ReadonlyArray<number>>
): string => {
  const [left, top] = [330, 130]
  const cells = tokens.flatMap((token, row) => {
    const y = top + row * 24
    return [
      text(left - 10, y + 14, token, "", "end"),
      ...concepts.map((_, c) => box(left + c * 60, y, 56, 20, 1, p[row]![c]!)),
      ...concepts.map((_, c) =>
        text(
          left + c * 60 + 28,
          y + 14,
          p[row]![c]!.toFixed(2),
          p[row]![c]! > 0.7 ? "on" : p[row]![c]! < 0.05 ? "soft" : "",
          "middle"
        )
      )
    ]
  })
  const heads = concepts.map(
    (name, i) => `<g transform="translate(${left + i * 60 + 20} ${top - 8}) rotate(-30)">${text(0, 0, name)}</g>`
  )
  const middle = top + (tokens.length * 24) / 2
  return picture("Two encoders; the probability that a token is of a concept", 900, top + tokens.length * 24 + 50, [
    labelled(20, middle - 18, 150, 36, "text encoder"),
    arrow(172, middle, 220, middle),
    labelled(left + concepts.length * 60 + 60, 20, 150, 36, "concept encoder"),
    arrow(left + concepts.length * 60 + 55, 38, left + concepts.length * 60 + 5, 60),
    ...heads,
    ...cells,
    text(left, top + tokens.length * 24 + 26, "p = sigmoid(<h, u> / temperature + bias)", "soft")
  ])
}

/** Using it: the frozen encoder, a head, types of one's own. */
export const fitPicture = (found: ReadonlyArray<{ text: string; type: string }>, sentence: string): string =>
  picture("A head on the frozen encoder marks one's own types", 900, 190, [
    labelled(20, 20, 190, 36, "8 examples a type"),
    arrow(212, 38, 252, 38),
    labelled(256, 20, 170, 36, "encoder, frozen"),
    arrow(428, 38, 468, 38),
    labelled(472, 20, 170, 36, "linear head"),
    text(660, 43, "learned in seconds", "soft"),
    text(20, 100, sentence),
    ...found.flatMap(({ text: words, type }, i) => {
      const x = 20 + sentence.indexOf(words) * letter
      return [box(x - 2, 85, words.length * letter + 4, 21, i), text(x, 100, words, "on"), text(x, 124, type, "soft")]
    }),
    text(
      20,
      165,
      "evaluate: scores on sentences that were kept apart; predict, serve, export: the model at work",
      "soft"
    )
  ])

/** Words on lines of at most so many letters. */
const wrapped = (sentence: string, letters: number): ReadonlyArray<string> =>
  sentence.match(new RegExp(`.{1,${letters}}(?:\\s|$)`, "g"))?.map((line) => line.trimEnd()) ?? []
