import { Effect, Schema } from "effect"
import { ClusterSchema, Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Workflow } from "effect/workflow"
import { ALL_PARTS } from "../ledger/partOf.ts"

/**
 * A part of the job, of which the cluster sees to it that it is with one worker at a time. `ask` lasts until nothing of the job is
 * unfinished; if the worker dies or gives the part away, it goes on with the next.
 */
export const JobPart = Entity.make("JobPart", [
  Rpc.make("ask", { payload: { run: Schema.String }, primaryKey: ({ run }) => run })
    .annotate(ClusterSchema.Persisted, true)
    .annotate(ClusterSchema.InterruptOnTermination, true)
])

/** An annotation job: every part of it asked to its end. Once started, it is up to the workers; the planner may die. */
export const AnnotateJob = Workflow.make("AnnotateJob", {
  payload: { run: Schema.String },
  idempotencyKey: ({ run }) => run
})

export const AnnotateJobLayer = AnnotateJob.toLayer(({ run }) =>
  Effect.gen(function* () {
    const partOfJob = yield* JobPart.client
    yield* Effect.forEach(ALL_PARTS, (part) => partOfJob(String(part)).ask({ run }, { discard: true }), {
      concurrency: "unbounded",
      discard: true
    })
  }).pipe(Effect.orDie)
)
