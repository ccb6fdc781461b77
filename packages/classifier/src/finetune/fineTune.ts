import { decodeOptions, type LabelledSentence } from "@nuner/core"
import { type EncoderParts, frozenLayersOf, loraSettings } from "@nuner/encoder"
import { adamW, fingerprint, planEpochs, schedules, type TrainOptions, train as trainingLoop } from "@nuner/engine"
import { checkLabelled } from "../data/checkLabelled.ts"
import { classesOf, labelsOf, typesIn, typesOf } from "../labels/classes.ts"
import { tokenClassifier } from "../predict/tokenClassifier.ts"
import { BestWeights } from "./BestWeights.ts"
import { calibrate } from "./calibrate.ts"
import { checkInput } from "./checkInput.ts"
import { classWeights } from "./classWeights.ts"
import { type DevSet, devLogits, devScores } from "./evaluateDev.ts"
import { type Example, type TrainingSentence, toExamples } from "./examples.ts"
import type { DevScores, FineTuneEvent } from "./FineTuneEvent.ts"
import { FineTuneOptions } from "./FineTuneOptions.ts"
import { Network } from "./Network.ts"
import { rateOf } from "./rateOf.ts"

export type FineTuneInput = Partial<(typeof FineTuneOptions)["Encoded"]> & {
  /** Stays as it is: a copy is trained. */
  readonly encoder: EncoderParts
  readonly train: ReadonlyArray<TrainingSentence>
  /** Decides which epoch is taken, when to stop early, and the temperature. */
  readonly dev?: ReadonlyArray<LabelledSentence> | undefined
  /** Ends training before the next update, with a checkpoint where there is a directory for one. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Fine-tunes an encoder with a head of one or two layers on labelled sentences (NuNER, section 6), and tells what it
 * does. The last event, `done`, has the classifier; an aborted run ends with `stop`. Leaving the loop early frees
 * everything.
 *
 * @throws OptionError, InputError, and what the training loop throws (NonFiniteError, CheckpointError)
 */
export async function* fineTune(input: FineTuneInput): AsyncGenerator<FineTuneEvent, void, void> {
  const { encoder, train, dev, signal, ...options } = input
  const settings = decodeOptions("fineTune", FineTuneOptions, options)
  checkInput(train, dev, settings)
  const frozenLayers = frozenLayersOf(encoder.config, settings.frozenLayers, "fineTune")
  const lora = loraSettings("fineTune", settings)
  yield { type: "data", report: checkLabelled(train, dev) }

  const { scheme, layers, pooling, batchTokens } = settings
  const classes = classesOf([...typesIn(train), ...typesIn(dev ?? []), ...settings.types], scheme)
  const devSet = dev && { sentences: dev, labels: labelsOf(dev, classes, scheme) }
  const examples = await toExamples(train, encoder, classes, scheme)
  const weights = classWeights(settings.classWeights, examples, typesOf(classes, scheme))
  const headHidden = settings.headHidden ?? encoder.config.hidden * layers.length
  const network = new Network(encoder, { ...settings, classes, headHidden, frozenLayers, lora })
  const best = new BestWeights(settings.checkpoints)
  const { batchSize, seed } = settings
  const { batch, perEpoch } = planEpochs({ count: examples.length, batchSize, seed })
  const epochOf = (step: number) => Math.ceil(step / perEpoch)
  const parts = async () => ({ encoder: network.encoder, head: await network.head(), layers, pooling, scheme })
  let delivered = false
  try {
    const score = async (on: DevSet) => {
      const now = await parts()
      return { ...devScores(await devLogits(now, on, batchTokens), on, now) }
    }
    const run = trainingLoop<Array<Example>>({
      parameters: network.parameters,
      batches: (index) => Array.from(batch(index), (place) => examples[place]!),
      loss: (batch, { dropout }) => network.loss(batch, dropout, weights),
      clip: settings.clip,
      seed,
      ...pace(settings, encoder.config.layers, settings.epochs * perEpoch),
      ...(devSet && { evaluate: evaluation(settings, perEpoch, () => score(devSet)) }),
      ...(settings.checkpoints !== undefined && {
        checkpoint: {
          directory: settings.checkpoints,
          every: settings.checkpointEvery * perEpoch,
          fingerprint: await fingerprint(runParts(settings, encoder, train, dev), encoder.parameters)
        }
      }),
      ...(signal && { signal })
    })
    let reached = 0
    for await (const event of run) {
      reached = event.step
      const epoch = epochOf(event.step)
      if (event.type === "step") {
        const { step, loss, lr, gradNorm, seconds } = event
        yield { type: "step", epoch, step, steps: settings.epochs * perEpoch, loss, lr, gradNorm, seconds }
      } else if (event.type === "evaluation") {
        if (event.best) await best.keep(event.step, network.parameters)
        const dev = event.metrics as unknown as DevScores
        yield { type: "evaluation", epoch, step: event.step, dev, best: event.best === true, seconds: event.seconds }
      } else if (event.type === "resume" || event.type === "checkpoint" || event.type === "stop") yield event
      if (event.type === "stop" && event.reason === "aborted") return
    }

    const taken = devSet && (await best.restore(network.parameters))
    const final = await parts()
    const calibration =
      devSet && settings.calibrate
        ? calibrate(await devLogits(final, devSet, batchTokens), devSet.labels, classes.length)
        : undefined
    const classifier = tokenClassifier({ ...final, temperature: calibration?.temperature ?? 1 })
    network.disposeHead()
    delivered = true
    yield { type: "done", classifier, epoch: epochOf(taken ?? reached), ...(calibration && { calibration }) }
  } finally {
    if (!delivered) network.dispose()
  }
}

/** What makes a run this run, beside the weights that it starts from. */
function* runParts(
  { checkpoints: _, checkpointEvery: __, ...settings }: FineTuneOptions,
  { config }: FineTuneInput["encoder"],
  ...data: ReadonlyArray<ReadonlyArray<TrainingSentence> | undefined>
): Generator<unknown> {
  yield [settings, config]
  for (const sentences of data) {
    for (const { words, entities, ignored } of sentences ?? []) yield [words, entities, ignored]
    yield "|"
  }
}

/** How far and how fast. */
const pace = (
  settings: FineTuneOptions,
  layers: number,
  steps: number
): Pick<TrainOptions<Array<Example>>, "optimizer" | "schedule" | "steps"> => ({
  optimizer: adamW({ weightDecay: settings.weightDecay, rateOf: rateOf(layers, settings) }),
  schedule: schedules.linear({
    peak: settings.learningRate,
    warmup: Math.round(settings.warmup * steps),
    total: steps
  }),
  steps
})

const evaluation = (
  { metric, patience, evaluateEvery }: FineTuneOptions,
  perEpoch: number,
  run: () => Promise<Record<string, number>>
): NonNullable<TrainOptions<Array<Example>>["evaluate"]> => ({
  every: evaluateEvery * perEpoch,
  run,
  best: { metric, mode: metric === "loss" ? "min" : "max" },
  ...(patience !== undefined && { patience })
})
