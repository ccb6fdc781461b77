import { basename } from "node:path"
import {
  checkLabelled,
  describeReport,
  type FineTuneInput,
  type FitProbeOptions,
  fitThresholds,
  type Pooling,
  saveClassifier,
  type TokenClassifier,
  tokenClassifier
} from "@nuner/classifier"
import { type DataOptionsInput, type LabelledSentence, OptionError, typesIn } from "@nuner/core"
import { type CardMetric, fromPretrained, modelCard } from "@nuner/encoder"
import { evaluate } from "@nuner/metrics"
import { Effect } from "effect"
import { schemeFor } from "../benchmark/bareCeiling.ts"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { nameReader } from "../inputs/nameReader.ts"
import { typeNamesFile } from "../inputs/readTypeNames.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { checkpoints } from "./checkpoints.ts"
import { finetuneAuto } from "./finetuneAuto.ts"
import { finetuneFull } from "./finetuneFull.ts"
import { finetuneProbe } from "./finetuneProbe.ts"
import { isHub } from "./isHub.ts"
import { plain } from "./plain.ts"
import { resolveEncoder } from "./resolveEncoder.ts"

/** Options of `fineTune` that the stage leaves to the caller. */
export type FullOptions = Omit<
  FineTuneInput,
  "encoder" | "train" | "dev" | "signal" | "checkpoints" | "scheme" | "layers" | "pooling"
>

export interface FinetuneStageOptions extends FullOptions {
  /** Labelled sentences: see `readDataset`. */
  readonly input: string
  /** How its files are read. */
  readonly data?: DataOptionsInput
  /** Labelled sentences that calibrate the probabilities and, in mode "full", decide which epoch is taken and when to stop. */
  readonly dev?: string
  /** Each type gets the least score of its entities that is best on the dev set, stored with the model. Default false. */
  readonly thresholds?: boolean
  /** Labelled sentences to score on; none: no score. */
  readonly test?: string
  /** A model directory, or a name on the hub. */
  readonly encoder: string
  /** The model directory: encoder and head. */
  readonly out: string
  /**
   * "auto": `fewShot`, which chooses layers, classes, C and decoder on held-out examples, and from 200 on whether to train the encoder too.
   * "probe": a linear layer on the frozen encoder (NuNER, section 4.1), seconds of work. "full": encoder and a head of two layers are trained
   * (section 6); takes the options of `fineTune`. Default "auto".
   */
  readonly mode?: "auto" | "probe" | "full"
  /** Of "auto" and "probe": inverse L2 strength, or "cv". Default "cv". */
  readonly c?: NonNullable<FitProbeOptions["c"]>
  /** Default: chosen on held-out examples ("auto"); "bare", or "BIO" where bare classes would merge neighbours at a price (see `schemeFor`). */
  readonly scheme?: "bare" | "BIO"
  /** Hidden states to read. Default: chosen on held-out examples ("auto"); [-1]. */
  readonly layers?: ReadonlyArray<number>
  /** Of a word's sub-tokens. Default "mean", "first" for "full". */
  readonly pooling?: Pooling
  /**
   * Of "auto" and "probe": what labels are called (see `readTypeNames`), or "none". If the encoder has the concept encoder that it was trained against, what
   * names say is where learning begins. Default: the labels in words.
   */
  readonly typeNames?: string
}

/** Makes a NER model from labelled sentences and writes encoder and head as one model directory. Says first what it finds in the data. */
export const finetuneStage = Effect.fn("finetuneStage")(function* (options: FinetuneStageOptions) {
  const { data, dev, encoder: model, input, mode = "auto", out, test, thresholds = false, ...given } = options
  const { say, update } = yield* Progress
  yield* checkMode(mode, given)
  const { typeNames, ...settings } = given
  if (thresholds && dev === undefined) {
    const reason = "are tuned on a dev set, and there is none"
    return yield* new OptionError({ component: "fit", option: "thresholds", reason, remedy: "give --dev" })
  }
  const directory = yield* resolveEncoder("fit", model)
  const reader =
    mode === "full" || typeNames === "none"
      ? undefined
      : yield* attempt("fit", () => nameReader(directory, { say, stage: "fit", typeNames }))
  if (typeNames !== undefined && typeNames !== "none" && reader === undefined) {
    const reason = `nothing reads them: ${model} has no concept encoder`
    return yield* new OptionError({ component: "fit", option: "typeNames", reason, remedy: "leave them away" })
  }
  return yield* runStage({
    name: "fit",
    manifest: `${out}.manifest.json`,
    settings: plain({
      mode,
      ...settings,
      ...(thresholds && { thresholds }),
      ...(reader !== undefined && { typeNames: typeNames ?? "labels" }),
      data,
      dev: dev !== undefined,
      test: test !== undefined
    }),
    inputs: [
      ...[input, directory, ...(reader === undefined ? [] : typeNamesFile(typeNames))],
      ...[reader?.concepts, dev, test].filter((path) => path !== undefined)
    ],
    artefacts: [out],
    models: [out],
    checkpoints: checkpoints(out).directory,
    tensors: true,
    work: attempt("fit", async (signal) => {
      const door = intake({ data, say, out })
      const sentences = await door.dataset(input)
      const devSentences = dev === undefined ? undefined : await door.dataset(dev)
      const testSentences = test === undefined ? undefined : await door.dataset(test)
      for (const line of findings(sentences, devSentences, testSentences)) say(`${"fit".padEnd(10)} ${line}`)
      const encoder = await fromPretrained(directory)
      let classifier: TokenClassifier | undefined
      try {
        // Without an entity there is nothing to hold out.
        const chooses = mode === "auto" && sentences.some(({ entities }) => entities.length > 0)
        const fit = mode === "full" ? finetuneFull : chooses ? finetuneAuto : finetuneProbe
        const place = {
          checkpoints: checkpoints(out).directory,
          signal,
          update,
          ...(reader && { names: reader.names })
        }
        const given = chooses ? settings : { ...settings, scheme: settings.scheme ?? schemeFor(sentences) }
        const fitted = await fit({ ...given, ...place, encoder, train: sentences, dev: devSentences })
        classifier = fitted.classifier
        if (classifier.scheme !== "bare" && settings.scheme === undefined) {
          const note = "classes are B- and I- of each type, which keep neighbours of one type apart"
          say(`${"fit".padEnd(10)} note: ${note}`)
        }
        if (thresholds && devSentences !== undefined) {
          const found = await classifier.predictWords(devSentences, { signal })
          const gold = devSentences.map(({ entities }) => entities)
          classifier = tokenClassifier({ ...classifier, thresholds: fitThresholds(gold, found) })
        }
        const scores = testSentences === undefined ? undefined : await score(classifier, testSentences, signal)
        const scored = scores === undefined ? "" : `; ${describe(scores)}`
        const head = classifier.encoder === encoder ? "a linear layer on a frozen encoder, fitted" : "fine-tuned whole"
        const card = modelCard({
          name: "A NER model",
          description: `Recognises ${typesIn(sentences).join(", ")}: ${head} on ${sentences.length} sentences${scored}.`,
          license: "apache-2.0",
          task: "token-classification",
          ...(isHub(model) ? { base: model } : {}),
          datasets: [`${basename(input)}: ${sentences.length} labelled sentences`],
          metrics: scores === undefined || test === undefined ? [] : metricsOf(basename(test), scores),
          settings: plain({
            mode,
            ...fitted.settings,
            temperature: classifier.temperature,
            thresholds: classifier.thresholds
          })
        })
        await saveClassifier(out, classifier, { card, base: model })
        return {
          files: door.files,
          counts: { records: door.counts(), sentences: { in: sentences.length, out: sentences.length, dropped: {} } },
          summary: `${typesIn(sentences).length} types from ${sentences.length} sentences, ${fitted.note}${scored}`
        }
      } finally {
        if (classifier?.encoder !== encoder) classifier?.dispose()
        encoder.dispose()
      }
    })
  })
})

/** What may spoil training or make a score look better than it is. */
const findings = (
  train: ReadonlyArray<LabelledSentence>,
  dev: ReadonlyArray<LabelledSentence> | undefined,
  test: ReadonlyArray<LabelledSentence> | undefined
): Iterable<string> => {
  const report = checkLabelled(train, test)
  return new Set([
    ...describeReport(report).map((line) => `note: ${line}`),
    ...(dev === undefined ? [] : describeReport(checkLabelled(train, dev), 3, "dev").map((line) => `note: ${line}`))
  ])
}

interface Scores {
  readonly sentences: number
  readonly tokenMacro: number
  readonly entityMicro: number
}

const score = async (
  classifier: TokenClassifier,
  sentences: ReadonlyArray<LabelledSentence>,
  signal: AbortSignal
): Promise<Scores> => {
  const predicted = (await classifier.predictWords(sentences, { signal })).map((entities) => ({ entities }))
  const { entities, words } = evaluate(sentences, predicted)
  return { sentences: sentences.length, tokenMacro: words.macro.f1, entityMicro: entities.micro.f1 }
}

const describe = ({ entityMicro, sentences, tokenMacro }: Scores): string => {
  const percent = (value: number) => (100 * value).toFixed(1)
  return `on ${sentences} test sentences token macro F1 ${percent(tokenMacro)}, entity micro F1 ${percent(entityMicro)}`
}

const metricsOf = (dataset: string, { entityMicro, tokenMacro }: Scores): Array<CardMetric> => [
  { dataset, metric: "entity micro F1", value: Number(entityMicro.toFixed(4)) },
  { dataset, metric: "token macro F1", value: Number(tokenMacro.toFixed(4)) }
]

const shared = ["scheme", "layers", "pooling", "types"]
const ofProbes = ["c", "typeNames"]

/** An option of the other mode would do nothing: refused. */
const checkMode = (mode: "auto" | "probe" | "full", settings: object) => {
  const given = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const stray =
    mode === "full"
      ? given.find((name) => ofProbes.includes(name))
      : given.find((name) => ![...ofProbes, ...shared].includes(name))
  if (stray === undefined) return Effect.void
  const other = mode === "full" ? "probe" : "full"
  return Effect.fail(new OptionError({ component: "fit", option: stray, reason: `belongs to mode "${other}"` }))
}
