import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BalanceError, InputError } from "../errors.ts"
import { writeJson } from "../files/writers.ts"
import { readError } from "../formats/Source.ts"
import { decodeJson } from "../schema/decodeJson.ts"
import { FileDigest } from "./FileDigest.ts"

/** What went into a stage, what came out, and what was dropped for which reason. They balance: `in = out + all dropped`. */
export const Counts = Schema.Struct({
  in: Schema.Natural,
  out: Schema.Natural,
  dropped: Schema.Record(Schema.String, Schema.Natural)
})
export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/** What computed the tensors of a result. */
export const ComputedOn = Schema.Struct({
  /** "onnx", "wasm". */
  engine: Schema.NonEmptyString,
  version: Schema.NonEmptyString,
  /** Of matrix products: "fp32", "bf16". */
  precision: Schema.NonEmptyString,
  /** 0 where the engine decides for itself. */
  threads: Schema.Natural
})
export interface ComputedOn extends Schema.Schema.Type<typeof ComputedOn> {}

/**
 * Whether a stage made all that it was asked for, and the exit code that says so: 2, something is missing; 3, the budget ended it. What is
 * incomplete is never kept: the same command goes on with it.
 */
export const Completion = Schema.Union([
  Schema.Struct({ state: Schema.Literal("complete"), exitCode: Schema.Literal(0) }),
  Schema.Struct({
    state: Schema.Literal("incomplete"),
    exitCode: Schema.Literals([2, 3]),
    /** How many are missing, by reason. */
    missing: Schema.Record(Schema.String, Schema.Natural),
    /** What completes it. */
    remedy: Schema.String
  })
])
export type Completion = typeof Completion.Type

/** Made all that it was asked for. */
export const complete: Completion = { state: "complete", exitCode: 0 }

/** The record that a stage leaves beside its artefacts: enough to say where they came from and to make them again. */
export const Manifest = Schema.Struct({
  /** "annotate", "align", "pretrain". */
  stage: Schema.NonEmptyString,
  /** Of the package that ran it. */
  version: Schema.NonEmptyString,
  /** Every option, defaults included; addresses without their secrets. */
  settings: Schema.Record(Schema.String, Schema.Json),
  seeds: Schema.Record(Schema.String, Schema.Union([Schema.Number, Schema.String])),
  inputs: Schema.Array(FileDigest),
  /** By what is counted: "sentences", "annotations". */
  counts: Schema.Record(Schema.String, Counts),
  /** Every file that the stage left, the manifest itself and hidden files aside. */
  artefacts: Schema.Array(FileDigest),
  /** Absent in manifests of old: complete. */
  completion: Completion.pipe(Schema.withDecodingDefaultKey(Effect.succeed(complete))),
  /** US dollars that the job has cost so far, by all its runs; absent where nothing is paid, or no price is known. */
  cost: Schema.optionalKey(Schema.Finite),
  /** Absent where no tensors were computed. */
  computedOn: Schema.optionalKey(ComputedOn)
})
export interface Manifest extends Schema.Schema.Type<typeof Manifest> {}

/** @throws BalanceError when a count is lost or made up on the way. */
export const balance = (stage: string, counts: Readonly<Record<string, Counts>>): void => {
  for (const [unit, count] of Object.entries(counts)) {
    const dropped = Object.values(count.dropped).reduce((sum, n) => sum + n, 0)
    if (count.in !== count.out + dropped) throw new BalanceError({ stage, unit, ...count })
  }
}

/** Checks that the counts balance, then writes the manifest, atomically. @throws BalanceError, OutputError */
export const writeManifest = async (path: string, manifest: Manifest): Promise<void> => {
  balance(manifest.stage, manifest.counts)
  await writeJson(path, manifest)
}

/** @throws InputError when it is missing, no manifest, or does not balance. */
export const readManifest = async (path: string): Promise<Manifest> => {
  const text = await readFile(path, "utf8").catch((cause) => Promise.reject(readError(path, cause)))
  const manifest = decodeJson(Manifest, text, { source: path, remedy: "run the stage again" })
  try {
    balance(manifest.stage, manifest.counts)
  } catch (cause) {
    throw new InputError({
      source: path,
      field: "counts",
      reason: (cause as BalanceError).message,
      remedy: "run the stage again"
    })
  }
  return manifest
}
