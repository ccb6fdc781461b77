import { decodeOptions, type LabelledSentence, typesIn } from "@nuner/core"
import { type EncoderParts, frozenLayersOf, loraSettings } from "@nuner/encoder"
import { adamW, fingerprint, planEpochs, schedules, train as trainingLoop } from "@nuner/engine"
import { checkLabelled } from "../data/checkLabelled.ts"
import { classesOf, labelsOf, typesOf } from "../labels/classes.ts"
import { tokenClassifier } from "../predict/tokenClassifier.ts"
import { schemeTransitions } from "../transitions/Transitions.ts"
import { BestWeights } from "./BestWeights.ts"
import { calibrate } from "./calibrate.ts"
import { checkInput } from "./checkInput.ts"
import { classWeights } from "./classWeights.ts"
import { type DevSet, devLogits, devScores } from "./evaluateDev.ts"
import { type Example, toExamples } from "./examples.ts"
import type { DevScores, FineTuneEvent } from "./FineTuneEvent.ts"
import { FineTuneOptions } from "./FineTuneOptions.ts"
import { Network } from "./Network.ts"
import { rateOf } from "./rateOf.ts"

export type FineTuneInput = Partial<(typeof FineTuneOptions)["Encoded"]> & {
  /** Stays as it is: a copy is trained. */
  readonly encoder: EncoderParts
  readonly train: ReadonlyArray<LabelledSentence>
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
  const { batchSize, batchTokens, checkpoints, layers, metric, patience, pooling, scheme, seed } = settings
  checkInput(train, dev, settings)
  const frozenLayers = frozenLayersOf(encoder.config, settings.frozenLayers, "fineTune")
  const lora = loraSettings("fineTune", settings)
  yield { type: "data", report: checkLabelled(train, dev) }

  // What is learned from: each sentence, or window of a long one, once an epoch, in an order that follows from the seed.
  const classes = classesOf([...typesIn(train), ...typesIn(dev ?? []), ...settings.types], scheme)
  const devSet = dev && { sentences: dev, labels: labelsOf(dev, classes, scheme) }
  const examples = await toExamples(train, encoder, classes, scheme)
  const weights = classWeights(settings.classWeights, examples, typesOf(classes, scheme))
  const { batch, perEpoch } = planEpochs({ count: examples.length, batchSize, seed })
  const steps = settings.epochs * perEpoch
  const epochOf = (step: number) => Math.ceil(step / perEpoch)

  // What is trained: a copy of the encoder, or adapters in it, and a new head.
  const headHidden = settings.headHidden ?? encoder.config.hidden * layers.length
  const network = new Network(encoder, { ...settings, classes, headHidden, frozenLayers, lora })
  const transitions = schemeTransitions(classes, scheme)
  const parts = async () => ({
    ...{ encoder: network.encoder, head: await network.head(), layers, pooling, scheme, transitions }
  })
  const best = new BestWeights(checkpoints)
  let delivered = false
  try {
    // How it moves, and what is looked at on the way.
    const optimizer = adamW({ weightDecay: settings.weightDecay, rateOf: rateOf(encoder.config.layers, settings) })
    const warmup = Math.round(settings.warmup * steps)
    const schedule = schedules.linear({ peak: settings.learningRate, warmup, total: steps })
    const score = async (on: DevSet) => {
      const now = await parts()
      return { ...devScores(await devLogits(now, on, batchTokens), on, now) }
    }
    const run = trainingLoop<Array<Example>>({
      parameters: network.parameters,
      batches: (index) => Array.from(batch(index), (place) => examples[place]!),
      loss: (batch, { dropout }) => network.loss(batch, dropout, weights),
      ...{ optimizer, schedule, steps, seed, clip: settings.clip },
      ...(devSet && {
        evaluate: {
          every: settings.evaluateEvery * perEpoch,
          run: () => score(devSet),
          best: { metric, mode: metric === "loss" ? "min" : "max" },
          ...(patience !== undefined && { patience })
        }
      }),
      ...(checkpoints !== undefined && {
        checkpoint: {
          directory: checkpoints,
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
        yield { type: "step", epoch, step, steps, loss, lr, gradNorm, seconds }
      } else if (event.type === "evaluation") {
        if (event.best) await best.keep(event.step, network.parameters)
        const dev = event.metrics as unknown as DevScores
        yield { type: "evaluation", epoch, step: event.step, dev, best: event.best === true, seconds: event.seconds }
      } else if (event.type === "resume" || event.type === "checkpoint" || event.type === "stop") yield event
      if (event.type === "stop" && event.reason === "aborted") return
    }

    // What comes of it: the best epoch, with probabilities as sure as they are right.
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
  ...data: ReadonlyArray<ReadonlyArray<LabelledSentence> | undefined>
): Generator<unknown> {
  yield [settings, config]
  for (const sentences of data) {
    for (const { words, entities, ignored } of sentences ?? []) yield [words, entities, ignored]
    yield "|"
  }
}
