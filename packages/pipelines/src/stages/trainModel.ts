import { basename } from "node:path"
import { writeAtomic } from "@nuner/core"
import { type Encoder, saveEncoder } from "@nuner/encoder"
import type { CheckpointOptions } from "@nuner/engine"
import type { ReadEvent, TrainingEvent } from "@nuner/trainer"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import { lossCurve } from "../report/lossCurve.ts"
import { Progress } from "../services/Progress.ts"
import { streamOf } from "../services/streams.ts"
import { readTrainingLog, trainingLog } from "../services/trainingLog.ts"
import { checkpoints } from "./checkpoints.ts"

/** What an objective says before it begins. */
interface StartEvent {
  readonly type: "start"
  readonly steps: number
}

export interface ModelTraining<Start, Scores extends { readonly loss: number }> {
  /** In the bar of progress. */
  readonly stage: string
  readonly encoder: Encoder
  /** The model directory to write; `<out>.log.jsonl` and `<out>.loss.svg` beside it. */
  readonly out: string
  readonly dtype: "F32" | "F16"
  /** Which of its weights the run ends with. Default "last". */
  readonly weights?: "last" | "best" | undefined
  readonly events: (run: {
    readonly checkpoint: CheckpointOptions
    readonly signal: AbortSignal
  }) => AsyncIterable<Start | TrainingEvent<Scores>>
  /** What to show of the validation scores beside the loss. */
  readonly note: (scores: Scores) => string
  readonly card: (trained: TrainedModel<Start, Scores>) => string | Promise<string>
  /** Writes what is left of the run into `out`. Default: the encoder alone. */
  readonly save?: (card: string) => Promise<void>
}

/** How training ended. */
export interface TrainedModel<Start, Scores> {
  readonly start: Start
  readonly steps: number
  /** Of the last step. */
  readonly loss: number
  /** Of the weights that it ended with, on held-out data; undefined without any. */
  readonly scores: Scores | undefined
  /** What was met in the examples that were read since the run began, or went on. */
  readonly read: ReadEvent["counts"]
}

const logOf = (out: string): string => `${out}.log.jsonl`
const curveOf = (out: string): string => `${out}.loss.svg`

/** What a stage that trains makes: the model, and beside it the log of losses and their curve. */
export const artefactsOf = (out: string): ReadonlyArray<string> => [out, logOf(out), curveOf(out)]

/** Trains an encoder by the events of an objective and writes it as a model directory. What is cut short goes on from its last checkpoint. */
export const trainModel = Effect.fn("trainModel")(function* <
  Start extends StartEvent,
  Scores extends { readonly loss: number }
>(training: ModelTraining<Start, Scores>) {
  const { dtype, encoder, events, note, out, stage, weights = "last" } = training
  const { update } = yield* Progress
  const log = yield* Effect.acquireRelease(
    Effect.sync(() => trainingLog(logOf(out))),
    ({ close }) => Effect.sync(close)
  )
  let start: Start | undefined
  let scores: Scores | undefined
  let validations: Array<Scores> = []
  let read: ReadEvent["counts"] = {}
  let steps = 0
  yield* streamOf(stage, (signal) => events({ checkpoint: checkpoints(out), signal })).pipe(
    Stream.runForEach((event) =>
      attempt(stage, () => {
        log.write(event)
        if (event.type === "start") start = event
        else if (event.type === "validation") {
          scores = event.scores
          if (event.step > 0) validations.push(scores)
        } else if (event.type === "read") read = event.counts
        else if (event.type === "resume") {
          steps = event.step
          validations = validationsIn<Scores>(logOf(out))
        } else if (event.type === "step") {
          steps = event.step
          const validated = scores === undefined ? "" : `  validation ${note(scores)}`
          const said = `loss ${event.loss.toFixed(4)}  ${Math.round(event.tokensPerSecond ?? 0)} tokens/s${validated}`
          update({ stage, done: steps, total: start!.steps, note: said })
        }
      })
    )
  )
  return yield* attempt(stage, async (): Promise<TrainedModel<Start, Scores>> => {
    const loss = await writeCurve(out)
    const trained = { start: start!, steps, loss, scores: scoresOf(validations, weights), read }
    const card = await training.card(trained)
    await (training.save?.(card) ?? saveEncoder(out, encoder, { dtype, card }))
    return trained
  })
}, Effect.scoped)

/** Those after the first step that a log has, in order. */
const validationsIn = <Scores>(log: string): Array<Scores> =>
  readTrainingLog(log).flatMap(({ scores, step = 0, type }) => {
    if (type !== "validation" || step === 0) return []
    // JSON has null for what is no number.
    return [
      Object.fromEntries(Object.entries(scores as object).map(([name, value]) => [name, value ?? Number.NaN])) as Scores
    ]
  })

/** The scores of the weights that are taken: of the last validation, or of the first of least loss. */
const scoresOf = <Scores extends { readonly loss: number }>(
  validations: ReadonlyArray<Scores>,
  weights: "last" | "best"
): Scores | undefined => {
  const [best] = validations.filter(({ loss }) => Number.isFinite(loss)).toSorted((a, b) => a.loss - b.loss)
  return weights === "best" && best !== undefined ? best : validations.at(-1)
}

/** What was met on the way that one should know of, before a summary. */
export const met = ({ cutNames = 0, emptyNames = 0, lostMentions = 0 }: ReadEvent["counts"]): string =>
  [
    ...(cutNames > 0 ? [`${cutNames} concept names cut to the window; `] : []),
    ...(emptyNames > 0 ? [`${emptyNames} concept names without a sub-token; `] : []),
    ...(lostMentions > 0 ? [`${lostMentions} mentions without a sub-token; `] : [])
  ].join("")

/** Draws the log; the last training loss. */
const writeCurve = async (out: string): Promise<number> => {
  const events = readTrainingLog(logOf(out))
  const points = (type: string, lossOf: (event: (typeof events)[number]) => unknown) =>
    events
      .filter((event) => event.type === type)
      .map((event) => ({ step: event.step ?? 0, loss: Number(lossOf(event)) }))
  const training = points("step", ({ loss }) => loss)
  const validation = points("validation", ({ scores }) => (scores as { readonly loss?: number }).loss)
  await writeAtomic(curveOf(out), [lossCurve({ title: basename(out), training, validation }).markup])
  return training.at(-1)?.loss ?? Number.NaN
}
