// runs in CI
/**
 * NuNER's whole road in languages that are not English, in three scripts: `bun examples/multilingual/multilingual.ts [XLM-R]`, a directory or a name on the hub, such as
 * FacebookAI/xlm-roberta-base. Without one it makes a small random XLM-RoBERTa: everything runs, and what is marked in the end means nothing.
 */
import { align } from "@nuner/aligner"
import { annotate, definePrompt, figure2, recorded } from "@nuner/annotator"
import { fewShot } from "@nuner/classifier"
import { type AlignedSentence, fromSpans, readSentences } from "@nuner/core"
import { fromPretrained } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { conceptFrequencies } from "@nuner/sampler"
import { pretrain } from "@nuner/trainer"
import { type Language, languages } from "./languages.ts"
import { randomXlmRoberta } from "./randomXlmRoberta.ts"

/** A document's sentences, each asked about in its own language; entities at their places. */
export const alignedOf = async ({ answers, document, name, question }: Language): Promise<Array<AlignedSentence>> => {
  const sentences = await Array.fromAsync(readSentences({ name, text: document }))
  const prompt = definePrompt({
    name: `figure-2 in ${name}`,
    version: 1,
    text: question,
    render: (sentence) => [{ role: "user", content: `${question}\n${sentence}` }],
    parse: figure2.parse
  })
  // With a key in the environment: provider "openai" or "anthropic", the name of its model, and a file as ledger.
  const provider = recorded(sentences.map(({ text }, i) => ({ text, response: answers[i] ?? "" })))
  const aligned: Array<AlignedSentence> = []
  for await (const event of annotate({ sentences, provider, model: "recorded", prompt, ledger: ":memory:" })) {
    if (event.type === "annotated") aligned.push(align(event.record))
    if (event.type === "failed") throw new Error(`${name}: ${event.text}: ${event.reason}`)
  }
  return aligned
}

/** Words and entities of an aligned sentence, its concepts as types: data to fit a model on. */
const labelledOf = ({ mentions, text }: AlignedSentence) =>
  fromSpans(
    text,
    mentions.map(({ concept, end, start }) => ({ start, end, type: concept.toLowerCase() }))
  ).sentence

if (import.meta.main) {
  await useEngine()
  const corpora = await Promise.all(
    languages.map(async (language) => ({ language, aligned: await alignedOf(language) }))
  )
  const sentences = corpora.flatMap(({ aligned }) => aligned)
  const given = process.argv[2]
  const texts = languages.flatMap(({ document, unseen }) => [document, unseen])
  const encoder = given === undefined ? await randomXlmRoberta(texts) : await fromPretrained(given)

  const training = { preset: "small", steps: 3, batchSize: 4, validation: 0 } as const
  for await (const event of pretrain({ sentences, text: encoder, ...training }))
    if (event.type === "step") console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`)

  for (const { aligned, language } of corpora) {
    const { concepts } = conceptFrequencies(aligned)
    console.log(
      `${language.name}: ${aligned.length} sentences, ${concepts.map(({ concept, count }) => `${concept} ${count}`).join(", ")}`
    )
    const ner = await fewShot({ examples: aligned.map(labelledOf), encoder, mode: "probe" })
    const [found] = await ner.predict([language.unseen])
    console.log(`  ${language.unseen} ${found!.map(({ text, type }) => `[${text}: ${type}]`).join(" ")}`)
    ner.dispose()
  }
  encoder.dispose()
}
