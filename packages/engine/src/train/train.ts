import { Run } from "./Run.ts"
import type { TrainEvent } from "./TrainEvent.ts"
import { checkTrainOptions, type TrainOptions } from "./TrainOptions.ts"

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
 *   and, when one is written, for a weight that is no number
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
      // Timers and signals of the host have their turn.
      await new Promise(setImmediate)
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
