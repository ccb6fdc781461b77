import {
  checkLabelled,
  describeReport,
  type FitProbeOptions,
  fitProbe,
  type Pooling,
  saveClassifier,
  tokenClassifier,
  wordFeatures
} from "@nuner/classifier"
import { fromPretrained, modelCard, resolveModel } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { evaluate } from "@nuner/metrics"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { readDataset, typesOf } from "../inputs/readDataset.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface FinetuneStageOptions {
  /** Labelled sentences: see `readDataset`. */
  readonly input: string
  /** Labelled sentences to score on; none: no score. */
  readonly test?: string
  /** A model directory, or a name on the hub. */
  readonly encoder: string
  /** The model directory: encoder and head. */
  readonly out: string
  /** Inverse L2 strength of the probe, or "cv". Default "cv". */
  readonly c?: NonNullable<FitProbeOptions["c"]>
  readonly scheme?: "bare" | "BIO"
  readonly layers?: ReadonlyArray<number>
  readonly pooling?: Pooling
}

/** Fits a linear probe on the frozen encoder and writes encoder and head as one model directory. */
export const finetuneStage = Effect.fn("finetuneStage")(function* (options: FinetuneStageOptions) {
  const { c = "cv", encoder: model, input, layers = [-1], out, pooling = "mean", scheme = "bare", test } = options
  const progress = yield* Progress
  const directory = yield* attempt("finetune", () => resolveModel(model))
  return yield* runStage({
    name: "finetune",
    manifest: `${out}.manifest.json`,
    settings: plain({ c, layers, pooling, scheme }),
    inputs: [input, directory, ...(test === undefined ? [] : [test])],
    artefacts: [out],
    work: attempt("finetune", async (signal) => {
      const sentences = await readDataset(input)
      const testSentences = test === undefined ? [] : await readDataset(test)
      const types = typesOf(sentences)
      for (const finding of describeReport(checkLabelled(sentences, test === undefined ? undefined : testSentences))) {
        progress.say(`${"finetune".padEnd(10)} note: ${finding}`)
      }
      await useEngine()
      const encoder = await fromPretrained(directory)
      try {
        const features = await wordFeatures(encoder, sentences, {
          layers,
          pooling,
          signal,
          onProgress: ({ of, sentences: done }) => progress.update({ stage: "finetune", done, total: of })
        })
        const fit = fitProbe(features, sentences, { c, scheme })
        const classifier = tokenClassifier({ encoder, head: fit.head, scheme, layers, pooling })
        let scored = ""
        if (testSentences.length > 0) {
          const predicted = (await classifier.predictWords(testSentences, { signal })).map((entities) => ({ entities }))
          const { entities, words } = evaluate(testSentences, predicted)
          const percent = (value: number) => (100 * value).toFixed(1)
          scored = `; on ${testSentences.length} test sentences token macro F1 ${percent(words.macro.f1)}, entity micro F1 ${percent(entities.micro.f1)}`
        }
        const card = modelCard({
          name: "A NER model",
          description: `Recognises ${types.join(", ")}: a linear layer on a frozen encoder, fitted on ${sentences.length} sentences${scored}.`,
          license: "apache-2.0",
          task: "token-classification",
          settings: plain({ c: fit.c, layers, pooling, scheme })
        })
        await saveClassifier(out, classifier, { card })
        return {
          counts: { sentences: { in: sentences.length, out: sentences.length, dropped: {} } },
          summary: `${types.length} types from ${sentences.length} sentences, C = ${fit.c}${scored}`
        }
      } finally {
        encoder.dispose()
      }
    })
  })
})
