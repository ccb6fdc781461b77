import { join } from "node:path"
import { fitProbe, saveClassifier, tokenClassifier, wordFeatures } from "@nuner/classifier"
import { type LabelledSentence, readLabelled } from "@nuner/core"
import { randomEncoder, small, trainWordPiece } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { randomXlmRoberta } from "../multilingual/randomXlmRoberta.ts"

const labelled = join(import.meta.dir, "../quickstart/data/labelled/train.jsonl")

/** Sixty labelled sentences of the quickstart's. */
export const examples = async (): Promise<Array<LabelledSentence>> => {
  const sentences: Array<LabelledSentence> = []
  for await (const sentence of readLabelled(labelled)) if (sentences.push(sentence) === 60) break
  return sentences
}

/** Tokenizers of two kinds: BERT's of words and their parts, and XLM-RoBERTa's after SentencePiece. */
const tokenizers = {
  bert: (texts: ReadonlyArray<string>) => trainWordPiece(texts, { vocabSize: 1000 }),
  "xlm-roberta": async (texts: ReadonlyArray<string>) => {
    const encoder = await randomXlmRoberta(texts)
    encoder.dispose()
    return encoder.tokenizer
  }
}

/** Writes a classifier on a small random encoder: what it finds means nothing, and depends on every token. */
export const smallModel = async (directory: string, architecture: keyof typeof tokenizers = "bert"): Promise<void> => {
  await useEngine()
  const sentences = await examples()
  const tokenizer = await tokenizers[architecture](sentences.map(({ words }) => words.join(" ")))
  const { vocabSize } = tokenizer
  const config = small({
    architecture,
    vocabSize,
    hidden: 64,
    layers: 2,
    heads: 4,
    positions: 66,
    initializerRange: 0.2
  })
  const encoder = randomEncoder(config, tokenizer, 1)
  const layers = [-1, 0]
  const { head } = fitProbe(await wordFeatures(encoder, sentences, { layers, pooling: "mean" }), sentences, { c: 1 })
  await saveClassifier(directory, tokenClassifier({ encoder, head, layers, pooling: "mean" }))
  encoder.dispose()
}
