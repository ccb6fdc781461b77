import { variableGrads } from "../autodiff/backward.ts"
import { readAhead } from "../data/batches.ts"
import { CheckpointError, EngineError, NonFiniteError } from "../errors.ts"
import { hostTurn } from "../hostTurn.ts"
import type { Telemetry } from "../loss/contrastiveBce.ts"
import { addGradients, disposeAll, type Gradients } from "../nn/Parameters.ts"
import { clipFactor, globalNorm, type OptimizerState } from "../optim/adamW.ts"
import { currentPrecision } from "../selection/useEngine.ts"
import { tf } from "../tf.ts"
import {
  listCheckpoints,
  type RunState,
  readState,
  removeLeftovers,
  restoreCheckpoint,
  saveCheckpoint
} from "./checkpoints.ts"
import { lockDirectory } from "./lockDirectory.ts"
import {
  type Best,
  type CheckpointEvent,
  checkTrainOptions,
  type EvaluationEvent,
  type TrainEvent,
  type TrainOptions
} from "./TrainOptions.ts"

/**
 * The training loop: batches, gradients, clipping, updates, evaluation, checkpoints. It tells what it does as events, and goes on
 * when the next event is asked for.
 *
 * With a checkpoint directory it goes on from the latest checkpoint there, equal to the bit to a run that never stopped: batches,
 * dropout and learning rate are functions of the step; weights, moments and the best evaluation are in the checkpoint.
 * Aborting, and leaving the loop early, write a checkpoint first.
 *
 * @throws NonFiniteError where loss or gradient is no number, before the update; the last checkpoint stays
 * @throws CheckpointError where the latest checkpoint cannot be read or belongs to another run, where another run is keeping its own there,
 *   and, when one is written, for a weight that is no number; OutputError of `@nuner/core` where the system does not let it be written
 * @throws EngineError for an option out of range
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainEvent, void, void> {
  checkTrainOptions(options)
  const run = new Run(options)
  let healthy = true
  try {
    const resumed = await run.resume()
    if (resumed) yield { type: "resume", step: run.step, path: resumed }
    for (;;) {
      // What is due after a step also comes first after a resume, if the run was left just there.
      const evaluation = run.evaluationIsDue ? await run.evaluate() : undefined
      if (evaluation) yield evaluation
      const best = evaluation?.best === true
      if (run.checkpointIsDue || (best && run.unsaved)) yield await run.save(best)
      if (run.ending) break
      const event = await run.update()
      if (event === undefined) break
      yield event
      await hostTurn()
    }
    if (run.unsaved) yield await run.save(false)
    if (run.ending === "done") yield { type: "done", step: run.step, ...(run.best && { best: run.best }) }
    else yield { type: "stop", step: run.step, reason: run.ending ?? "aborted" }
  } catch (error) {
    healthy = false
    throw error
  } finally {
    try {
      if (healthy && run.unsaved) await run.save(false)
    } finally {
      await run.dispose()
    }
  }
}

type Reported = readonly [name: string, value: number | Promise<number>]

/** Sums of the numbers of a name, over the number of micro-batches. */
const meansOf = async (reported: ReadonlyArray<Reported>, used: number): Promise<Record<string, number>> => {
  const means: Record<string, number> = {}
  const numbers = await Promise.all(reported.map(([, value]) => value))
  for (const [i, [name]] of reported.entries()) means[name] = (means[name] ?? 0) + numbers[i]! / used
  return means
}

/** What to do about the checkpoints of another run. */
const ANEW = "delete it to begin anew, or give the run another directory"

/** Where a run stands, and the parts of a step: the inside of `train`. */
class Run<Batch> {
  /** Steps done, skipped ones included. */
  step = 0
  best: Best | undefined
  #sinceBest = 0
  #evaluatedStep = 0
  /** What the latest checkpoint holds. */
  #saved: { step: number; evaluatedStep: number; path?: string } = { step: 0, evaluatedStep: 0 }
  readonly #options: TrainOptions<Batch>
  readonly #optimizer: OptimizerState
  readonly #seed: number
  readonly #accumulate: number
  readonly #batches: (index: number) => Promise<Batch | undefined>
  #unlock: (() => Promise<void>) | undefined

  constructor(options: TrainOptions<Batch>) {
    this.#options = options
    this.#seed = options.seed ?? 0
    this.#accumulate = options.accumulate ?? 1
    this.#optimizer = options.optimizer.init(options.parameters)
    const range = { ahead: options.readAhead ?? 0, end: options.steps * this.#accumulate }
    this.#batches = readAhead(options.batches, range)
  }

  /** Why there is no other update, if there is none. */
  get ending(): "done" | "aborted" | "patience" | undefined {
    const { steps, signal, evaluate } = this.#options
    if (this.step >= steps) return "done"
    if (signal?.aborted) return "aborted"
    return this.#sinceBest >= (evaluate?.patience ?? Number.POSITIVE_INFINITY) ? "patience" : undefined
  }

  get evaluationIsDue(): boolean {
    const { evaluate } = this.#options
    return evaluate !== undefined && this.step > this.#evaluatedStep && this.#falls(evaluate.every)
  }

  get checkpointIsDue(): boolean {
    const { checkpoint } = this.#options
    return checkpoint !== undefined && this.unsaved && this.#falls(checkpoint.every)
  }

  /** Whether there is something that no checkpoint holds, and a place for one. */
  get unsaved(): boolean {
    const news = this.step > this.#saved.step || this.#evaluatedStep > this.#saved.evaluatedStep
    return this.#options.checkpoint !== undefined && news
  }

  #falls(every: number): boolean {
    return this.step % every === 0 || this.step >= this.#options.steps
  }

  /** Takes the directory of checkpoints and goes back to the latest one; its path, if there is one. */
  async resume(): Promise<string | undefined> {
    const { checkpoint, parameters } = this.#options
    if (!checkpoint) return undefined
    this.#unlock = await lockDirectory(checkpoint.directory)
    await removeLeftovers(checkpoint.directory)
    const latest = (await listCheckpoints(checkpoint.directory)).at(-1)
    if (!latest) return undefined
    const { path } = latest
    const state = await readState(path)
    const mine = { seed: this.#seed, accumulate: this.#accumulate, fingerprint: checkpoint.fingerprint }
    for (const name of ["seed", "accumulate", "fingerprint"] as const) {
      if (state[name] === mine[name]) continue
      const other = name === "fingerprint" ? "other data, settings or first weights: its fingerprint is" : name
      const what = `is of a run with ${other} ${state[name]}, this one has ${mine[name]}`
      throw new CheckpointError(checkpoint.directory, `${what}; ${ANEW}`)
    }
    const [before, now] = [state.precision ?? "fp32", await currentPrecision()]
    if (before !== now) {
      const what = `is of a run in precision ${before}, this one computes in ${now}`
      throw new CheckpointError(checkpoint.directory, `${what}; go on in ${before}, or ${ANEW}`)
    }
    await restoreCheckpoint(latest, parameters, this.#optimizer, state)
    this.step = state.step
    this.best = state.best
    this.#sinceBest = state.sinceBest
    this.#evaluatedStep = state.evaluatedStep
    this.#saved = { step: state.step, evaluatedStep: state.evaluatedStep, path }
    return path
  }

  /** One update from `accumulate` micro-batches. Undefined where the signal came first. */
  async update(): Promise<TrainEvent | undefined> {
    const { parameters, optimizer, schedule, clip } = this.#options
    const started = performance.now()
    const step = this.step + 1
    const sum: Gradients = {}
    const losses: Array<tf.Scalar> = []
    try {
      const batches = await this.#gradients(step, sum, losses)
      if (batches === undefined) return undefined
      const { reported, tokens } = batches
      const used = losses.length
      const skipped = this.#accumulate - used
      if (used === 0) {
        this.step = step
        return { type: "skip", step, skipped }
      }
      // The one place of a step that waits for numbers: all of them are asked for at once.
      const [numbers, norm, metrics] = await Promise.all([
        Promise.all(losses.map(async (one) => (await one.data())[0]!)),
        globalNorm(sum),
        meansOf(reported, used)
      ])
      const bad = numbers.find((number) => !Number.isFinite(number))
      if (bad !== undefined) throw new NonFiniteError(step, bad, undefined, this.#saved.path)
      const loss = numbers.reduce((total, number) => total + number, 0) / used
      const gradNorm = norm / used
      if (!Number.isFinite(gradNorm)) throw new NonFiniteError(step, loss, gradNorm, this.#saved.path)
      const lr = schedule(this.step)
      const factor = clip === undefined ? 1 : clipFactor(gradNorm, clip)
      optimizer.update(parameters, sum, this.#optimizer, lr, factor / used)
      this.step = step
      const seconds = (performance.now() - started) / 1000
      return {
        ...{ type: "step", step, loss, lr, gradNorm, seconds },
        ...(tokens !== undefined && { tokens, tokensPerSecond: tokens / seconds }),
        ...(skipped > 0 && { skipped }),
        ...(Object.keys(metrics).length > 0 && { metrics })
      }
    } finally {
      disposeAll(sum)
      tf.dispose(losses)
    }
  }

  /** Adds up the gradients of the step's micro-batches into `sum`, and their losses to `losses`; waits for no number. */
  async #gradients(step: number, sum: Gradients, losses: Array<tf.Scalar>) {
    const { parameters, loss, tokens, signal } = this.#options
    const reported: Array<Reported> = []
    const report: Telemetry = (name, value) => void reported.push([name, value])
    let count = 0
    for (let micro = 0; micro < this.#accumulate; micro++) {
      const index = (step - 1) * this.#accumulate + micro
      const batch = await this.#batches(index)
      if (signal?.aborted) return undefined
      if (batch === undefined) continue
      const context = { step, dropout: { seed: this.#seed, step: index }, report }
      const { value, grads } = variableGrads(() => loss(batch, context), parameters)
      losses.push(value)
      addGradients(sum, grads)
      count += tokens?.(batch) ?? 0
    }
    return { reported, tokens: tokens && count }
  }

  async evaluate(): Promise<EvaluationEvent> {
    const { run, best: decides } = this.#options.evaluate!
    const started = performance.now()
    const metrics = await run(this.step)
    const seconds = (performance.now() - started) / 1000
    this.#evaluatedStep = this.step
    const event: EvaluationEvent = { type: "evaluation", step: this.step, metrics, seconds }
    if (!decides) return event
    const { metric, mode } = decides
    const value = metrics[metric]
    if (value === undefined) {
      throw new EngineError(`train: evaluation gave no "${metric}", only ${Object.keys(metrics).join(", ")}`)
    }
    const sign = mode === "min" ? -1 : 1
    const best = Number.isFinite(value) && (this.best === undefined || sign * value > sign * this.best.value)
    if (best) this.best = { step: this.step, metric, value }
    this.#sinceBest = best ? 0 : this.#sinceBest + 1
    return { ...event, best }
  }

  async save(best: boolean): Promise<CheckpointEvent> {
    const { parameters, checkpoint } = this.#options
    const { directory, keep = 2, fingerprint } = checkpoint!
    const state: RunState = {
      step: this.step,
      optimizerStep: this.#optimizer.step,
      seed: this.#seed,
      accumulate: this.#accumulate,
      evaluatedStep: this.#evaluatedStep,
      sinceBest: this.#sinceBest,
      precision: await currentPrecision(),
      ...(fingerprint !== undefined && { fingerprint }),
      ...(this.best && { best: this.best })
    }
    const { path } = await saveCheckpoint(directory, { parameters, optimizer: this.#optimizer, state, keep })
    this.#saved = { step: this.step, evaluatedStep: this.#evaluatedStep, path }
    return { type: "checkpoint", step: this.step, path, best }
  }

  async dispose(): Promise<void> {
    disposeAll(this.#optimizer.tensors)
    await this.#unlock?.()
  }
}
