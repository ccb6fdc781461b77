import { createHash } from "node:crypto"
import { readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { outputError, syncFolder, writeAtomic } from "@nuner/core/files"
import { messageOf } from "@nuner/core/thrown"
import { CheckpointError } from "../errors.ts"
import { sweeper } from "../memory.ts"
import type { Parameters } from "../nn/Parameters.ts"
import type { OptimizerState } from "../optim/adamW.ts"
import { readSafetensors } from "../safetensors/readSafetensors.ts"
import { firstNonFinite } from "../safetensors/SafetensorsFile.ts"
import { movedError, writeSafetensors } from "../safetensors/writeSafetensors.ts"
import type { Precision } from "../selection/useEngine.ts"
import { tf } from "../tf.ts"
import type { Best } from "./TrainOptions.ts"

/**
 * A checkpoint is a folder `step-00001000` of three files: `parameters.safetensors`, `optimizer.safetensors` and `state.json`.
 * It is written beside its place and renamed, so that a folder of that name is always whole.
 */
export interface Checkpoint {
  readonly path: string
  readonly step: number
}

/** What, with weights and moments, makes a run go on as if it had never stopped. */
export interface RunState {
  /** Updates made, skipped ones included. */
  readonly step: number
  /** Updates that the optimizer made. */
  readonly optimizerStep: number
  readonly seed: number
  readonly accumulate: number
  readonly fingerprint?: string
  /** Of matrix products. Absent in checkpoints from before it was written: fp32. */
  readonly precision?: Precision
  readonly best?: Best
  /** The step of the last evaluation, 0 before the first. */
  readonly evaluatedStep: number
  /** Evaluations since the best one. */
  readonly sinceBest: number
}

/**
 * What makes a run this run, as 16 hexadecimal digits of a SHA-256: its settings, its data, the weights that it starts from. Nothing is
 * kept, so a corpus may come as a stream.
 *
 * @param parts bytes as they are, anything else as JSON
 */
export const fingerprint = async (
  parts: Iterable<unknown> | AsyncIterable<unknown>,
  weights: Parameters = {}
): Promise<string> => {
  const hash = createHash("sha256")
  const add = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  for await (const part of parts) {
    if (ArrayBuffer.isView(part)) add(part)
    else hash.update(`${JSON.stringify(part)}\n`)
  }
  const release = sweeper(2 ** 24)
  for (const name of Object.keys(weights).sort()) {
    const parameter = weights[name]!
    hash.update(`${name} ${parameter.shape.join()}\n`)
    add(await parameter.data())
    release(4 * parameter.size)
  }
  return hash.digest("hex").slice(0, 16)
}

/** The checkpoints of a directory, oldest first; none where there is no directory. */
export const listCheckpoints = async (directory: string): Promise<Array<Checkpoint>> => {
  const names = await readdir(directory).catch(() => [])
  return names
    .flatMap((name) => {
      const step = /^step-(\d+)$/.exec(name)?.[1]
      return step === undefined ? [] : [{ path: join(directory, name), step: Number(step) }]
    })
    .sort((a, b) => a.step - b.step)
}

/** The checkpoint whose evaluation was best, as the latest one has it. */
export const bestCheckpoint = async (directory: string): Promise<Checkpoint | undefined> => {
  const all = await listCheckpoints(directory)
  const latest = all.at(-1)
  const best = latest && (await readState(latest.path)).best
  return best && all.find(({ step }) => step === best.step)
}

/**
 * Writes a checkpoint and removes the old ones beyond the `keep` latest and the best. Memory is one tensor.
 *
 * @throws CheckpointError for a number that is none; OutputError where the system does not let it be written. The earlier ones stay
 */
export const saveCheckpoint = async (
  directory: string,
  {
    parameters,
    optimizer,
    state,
    keep
  }: { parameters: Parameters; optimizer: OptimizerState; state: RunState; keep: number }
): Promise<Checkpoint> => {
  const name = `step-${String(state.step).padStart(8, "0")}`
  const path = join(directory, name)
  const partial = join(directory, `.writing-${name}`)
  await rm(partial, { recursive: true, force: true })
  if ((await listCheckpoints(directory)).some(({ step }) => step === state.step)) {
    // The same step has the same weights: only what was learned about them since is new.
    await writeState(path, state)
    return { path, step: state.step }
  }
  try {
    await writeVariables(join(partial, "parameters.safetensors"), parameters, path)
    await writeVariables(join(partial, "optimizer.safetensors"), optimizer.tensors, path)
    await writeState(partial, state)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw movedError(outputError(path, error), partial, path)
  }
  await syncFolder(directory)
  await rotate(directory, keep, state.best?.step)
  return { path, step: state.step }
}

/** Puts a checkpoint's weights into the parameters, names and shapes alike. */
export const loadCheckpoint = ({ path }: Checkpoint, parameters: Parameters): Promise<void> =>
  readVariables(join(path, "parameters.safetensors"), parameters)

/** Puts a checkpoint's weights and moments back. */
export const restoreCheckpoint = async (
  checkpoint: Checkpoint,
  parameters: Parameters,
  optimizer: OptimizerState,
  state: RunState
): Promise<void> => {
  await loadCheckpoint(checkpoint, parameters)
  await readVariables(join(checkpoint.path, "optimizer.safetensors"), optimizer.tensors)
  optimizer.step = state.optimizerStep
}

/** Removes what an interrupted write or rotation left. */
export const removeLeftovers = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory).catch(() => [])) {
    if (/^\.(writing|removing)-step-\d+$/.test(name)) await rm(join(directory, name), { recursive: true, force: true })
  }
}

const rotate = async (directory: string, keep: number, best: number | undefined): Promise<void> => {
  const old = (await listCheckpoints(directory)).slice(0, -keep).filter(({ step }) => step !== best)
  for (const { path, step } of old) {
    const away = join(directory, `.removing-step-${step}`)
    await rename(path, away)
    await rm(away, { recursive: true, force: true })
  }
}

/** @throws CheckpointError of the checkpoint for a number that is none */
const writeVariables = async (
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
  checkpoint: string
): Promise<void> => {
  const sources = Object.entries(variables).map(([name, variable]) => ({
    name,
    dtype: "F32" as const,
    shape: variable.shape,
    data: async () => {
      const values = (await variable.data()) as Float32Array
      const at = firstNonFinite(values)
      if (at < 0) return values
      const remedy = "earlier checkpoints are as they were; try a lower learning rate, warm-up or clipping"
      throw new CheckpointError(checkpoint, `is not written: "${name}" holds ${values[at]} at number ${at}; ${remedy}`)
    }
  }))
  await writeSafetensors(path, sources)
}

const readVariables = async (path: string, variables: Readonly<Record<string, tf.Variable>>): Promise<void> => {
  const file = await readSafetensors(path)
  try {
    const strange = [...file.entries.keys()].find((name) => !Object.hasOwn(variables, name))
    if (strange !== undefined) throw new CheckpointError(path, `holds "${strange}", which this run does not train`)
    for (const [name, variable] of Object.entries(variables)) {
      const entry = file.entries.get(name)
      if (!entry) throw new CheckpointError(path, `lacks "${name}"`)
      if (!tf.util.arraysEqual([...entry.shape], variable.shape)) {
        throw new CheckpointError(path, `"${name}" is [${entry.shape}] there and [${variable.shape}] here`)
      }
      const values = (await file.read(name)) as Float32Array
      const at = firstNonFinite(values)
      if (at >= 0)
        throw new CheckpointError(path, `"${name}" holds ${values[at]} at number ${at}; remove the checkpoint`)
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)))
    }
  } finally {
    await file.close()
  }
}

export const readState = async (path: string): Promise<RunState> => {
  const file = join(path, "state.json")
  let state: RunState
  try {
    state = JSON.parse(await readFile(file, "utf8"))
  } catch (error) {
    throw new CheckpointError(file, `cannot be read (${messageOf(error)}); remove the folder`)
  }
  for (const field of ["step", "optimizerStep", "seed", "accumulate", "evaluatedStep", "sinceBest"] as const) {
    if (typeof state[field] !== "number") throw new CheckpointError(file, `field "${field}" is missing or no number`)
  }
  return state
}

const writeState = (path: string, state: RunState): Promise<number> =>
  writeAtomic(join(path, "state.json"), [`${JSON.stringify(state, null, 2)}\n`])
