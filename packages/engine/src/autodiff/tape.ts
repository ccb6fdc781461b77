import { tf } from "../tf.ts"

/** One recorded operation; tfjs-core's own shape. */
export interface TapeNode {
  readonly id?: number
  readonly kernelName: string
  readonly inputs: Readonly<Record<string, tf.Tensor>>
  readonly outputs: ReadonlyArray<tf.Tensor>
  readonly saved?: ReadonlyArray<tf.Tensor>
  readonly gradient?: (dys: ReadonlyArray<tf.Tensor | undefined>) => Readonly<Record<string, () => tf.Tensor>>
}

/** The private part of tfjs-core 4's engine that reverse-mode differentiation stands on. Nothing else touches it. */
interface Recorder {
  readonly state: {
    activeTape: Array<TapeNode> | null
    gradientDepth: number
    /** Above 0 inside a kernel or a layer: what runs there is not recorded by itself. */
    kernelDepth: number
    nextTapeNodeId: number
  }
}

const recorder = (): Recorder => tf.engine() as unknown as Recorder

/**
 * A tape that keeps only what leads from `sources`. An operation that no source reaches is dropped as soon as it was run,
 * and what it saved for a backward pass with it: frozen layers keep no activations.
 */
class ReachTape extends Array<TapeNode> {
  static override get [Symbol.species]() {
    return Array
  }

  readonly #reached: Set<number>

  constructor(sources: ReadonlyArray<tf.Tensor>) {
    super()
    this.#reached = new Set(sources.map(({ id }) => id))
  }

  override push(...nodes: Array<TapeNode>): number {
    for (const node of nodes) {
      if (this.leadsTo(node.inputs)) {
        for (const output of node.outputs) this.#reached.add(output.id)
        super.push(node)
      } else {
        disposeSaved(node)
      }
    }
    return this.length
  }

  reaches(tensor: tf.Tensor): boolean {
    return this.#reached.has(tensor.id)
  }

  /** Whether one of an operation's inputs depends on a source. */
  leadsTo(inputs: TapeNode["inputs"]): boolean {
    for (const name in inputs) if (this.reaches(inputs[name]!)) return true
    return false
  }
}

/** What `record` gives: the result, and the operations between the sources and it. */
export interface Recording<T> {
  readonly value: T
  readonly nodes: ReadonlyArray<TapeNode>
  /** Whether a tensor depends on a source. */
  readonly reaches: (tensor: tf.Tensor) => boolean
}

/** Runs `f` in a tidy scope and records every operation that depends on one of `sources`. Recordings nest. */
export const record = <T extends tf.TensorContainer>(f: () => T, sources: ReadonlyArray<tf.Tensor>): Recording<T> => {
  const tape = new ReachTape(sources)
  try {
    const value = withState({ activeTape: tape, gradientDepth: 1, kernelDepth: 0 }, () => tf.tidy(f))
    return { value, nodes: tape, reaches: (tensor) => tape.reaches(tensor) }
  } catch (error) {
    for (const node of tape) disposeSaved(node)
    throw error
  }
}

/** Runs `f` with no tape: nothing is recorded, nothing is saved. */
export const offTape = <T>(f: () => T): T => withState({ activeTape: null, gradientDepth: 0 }, f)

/** Whether a tape is listening, also from inside a layer's own forward function. */
export const isRecording = (): boolean => recorder().state.gradientDepth > 0

/** Frees what a recording holds for a backward pass that will not come. */
export const discard = ({ nodes }: Recording<unknown>): void => {
  for (const node of nodes) disposeSaved(node)
}

export const disposeSaved = (node: TapeNode): void => {
  for (const tensor of node.saved ?? []) tensor.dispose()
}

const withState = <T>(change: Partial<Recorder["state"]>, f: () => T): T => {
  const { state } = recorder()
  const { activeTape, gradientDepth, kernelDepth } = state
  Object.assign(state, change)
  try {
    return f()
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth })
  }
}

/**
 * Runs `f` outside the tape: no gradient flows into it, and none of its activations is kept.
 *
 * Layers whose variables are not trainable need no `frozen`: `variableGrads` keeps nothing for them as long as
 * nothing below them is trainable.
 */
export const frozen = <T extends tf.TensorContainer>(f: () => T): T => offTape(() => tf.tidy(f))

/** The same numbers as `x`, cut off from what they were computed from. */
export const stopGradient = <T extends tf.Tensor>(x: T): T => offTape(() => tf.clone(x))

/** What a layer computes and how its gradient follows. */
export interface Differentiable<T extends tf.Tensor, Name extends string> {
  readonly value: T
  /**
   * From the gradient of `value` and the saved tensors, the gradient of each input, computed only if asked for.
   *
   * @param reaches whether that of an input will be
   */
  readonly gradient: (
    dy: T,
    saved: ReadonlyArray<tf.Tensor>,
    reaches: (name: Name) => boolean
  ) => Readonly<Record<Name, () => tf.Tensor>>
}

/**
 * An operation with a gradient of its own, as `tf.customGrad`, with two differences: inputs have names, and the gradient of an
 * input is computed only where something trainable lies behind it.
 *
 * `forward` runs tidied and unrecorded; what it passes to `save` is kept for the backward pass if there will be one.
 */
export const differentiable = <T extends tf.Tensor, Name extends string>(
  inputs: Readonly<Record<Name, tf.Tensor>>,
  forward: (save: (...tensors: Array<tf.Tensor>) => void) => Differentiable<T, Name>
): T => {
  const { state } = recorder()
  const tape = listening(state, inputs) ? state.activeTape : null
  const saved: Array<tf.Tensor> = []
  const save = (...tensors: Array<tf.Tensor>) => {
    if (tape) for (const tensor of tensors) saved.push(tf.keep(view(tensor)))
  }
  let gradient: Differentiable<T, Name>["gradient"]
  state.kernelDepth++
  try {
    const value = tf.tidy(() => {
      const result = forward(save)
      gradient = result.gradient
      return result.value
    })
    tape?.push({
      id: state.nextTapeNodeId++,
      kernelName: "differentiable",
      inputs: { ...inputs },
      outputs: [value],
      saved,
      gradient: ([dy]) => gradient(dy as T, saved, (name) => !(tape instanceof ReachTape) || tape.reaches(inputs[name]))
    })
    return value
  } catch (error) {
    tf.dispose(saved)
    throw error
  } finally {
    state.kernelDepth--
  }
}

/** Whether a tape will keep an operation on these inputs. */
const listening = (
  { activeTape, gradientDepth, kernelDepth }: Recorder["state"],
  inputs: TapeNode["inputs"]
): boolean =>
  gradientDepth > 0 && kernelDepth === 0 && (!(activeTape instanceof ReachTape) || activeTape.leadsTo(inputs))

/** Another tensor of the same numbers, not recorded. */
export const view = <T extends tf.Tensor>(tensor: T): T => {
  const engine = tf.engine()
  engine.backend.incRef(tensor.dataId)
  return engine.makeTensorFromTensorInfo(tensor) as T
}
