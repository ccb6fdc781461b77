import { EngineError } from "../errors.ts"
import type { Gradients, Parameters } from "../nn/Parameters.ts"
import { tf } from "../tf.ts"
import { differentiable, discard, disposeSaved, offTape, type Recording, record, type TapeNode, view } from "./tape.ts"

/**
 * The value of `f` and its gradients with respect to the trainable variables, named as in `parameters`. A parameter that `f` does not
 * depend on has no entry. The caller disposes the value and the gradients.
 *
 * Unlike `tf.variableGrads` it frees gradients and saved activations as the backward pass goes, and keeps nothing
 * for operations that no trainable variable reaches. Second derivatives are not recorded.
 *
 * @throws EngineError where `f` depends on no trainable variable, or does not return a scalar.
 */
export const variableGrads = (f: () => tf.Scalar, parameters: Parameters): { value: tf.Scalar; grads: Gradients } => {
  const names = Object.keys(parameters).filter((name) => parameters[name]!.trainable)
  const variables = names.map((name) => parameters[name]!)
  // The scope owns what a failing pass leaves behind.
  return tf.tidy(() => {
    const recording = record(f, variables)
    const { value } = recording
    if (value.size !== 1) {
      discard(recording)
      throw new EngineError(`variableGrads: the loss must be a scalar, its shape is [${value.shape}]`)
    }
    if (!recording.reaches(value)) {
      discard(recording)
      throw new EngineError(`variableGrads: the loss depends on none of the ${names.length} trainable parameters`)
    }
    const found = backward(recording, tf.onesLike(value), variables)
    const grads: Gradients = {}
    names.forEach((name, i) => {
      const gradient = found[i]
      if (gradient !== undefined) grads[name] = gradient
    })
    return { value, grads }
  })
}

/**
 * The backward pass over a recording: gradients of `value` times `dy` with respect to `sources`, undefined where nothing leads
 * to a source. Each gradient and each saved activation is freed as soon as the last operation that needs it has run
 * (tfjs-core keeps all of them to the end). Consumes the recording.
 */
const backward = (
  { value, nodes, reaches }: Recording<tf.Tensor>,
  dy: tf.Tensor,
  sources: ReadonlyArray<tf.Tensor>
): Array<tf.Tensor | undefined> => {
  const flow = new GradientFlow()
  const wanted = new Set(sources.map(({ id }) => id))
  let next = nodes.length - 1
  try {
    return offTape(() => {
      flow.add(value.id, view(dy))
      for (; next >= 0; next--) {
        const node = nodes[next]!
        const dys = node.outputs.map(({ id }) => flow.get(id))
        if (dys.some((d) => d !== undefined)) {
          if (node.gradient === undefined) throw new EngineError(`${node.kernelName} has no gradient`)
          tf.tidy(() => {
            const gradients = node.gradient!(dys)
            for (const name in node.inputs) {
              const input = node.inputs[name]!
              if (reaches(input)) flow.add(input.id, checked(own(gradients[name]!(), dys), input, node, name))
            }
          })
        }
        for (const { id } of node.outputs) if (!wanted.has(id)) flow.drop(id)
        disposeSaved(node)
      }
      return sources.map(({ id }) => flow.take(id))
    })
  } finally {
    for (; next >= 0; next--) disposeSaved(nodes[next]!)
    flow.clear()
  }
}

/**
 * Activation checkpointing (Chen et al. 2016): `f(...inputs)` keeps only its inputs and is run again in the backward pass. One layer's
 * activations live at a time, for one more forward pass of time.
 *
 * `inputs` are the float tensors that gradients flow to: activations, and every trainable variable that `f` uses,
 * by closure or by argument. An activation reaches `f` as an argument only. `f` must give the same numbers twice: dropout by key.
 */
export const checkpointed = <T extends tf.Tensor>(
  f: (...inputs: Array<tf.Tensor>) => T,
  inputs: ReadonlyArray<tf.Tensor>
): T => {
  const named = Object.fromEntries(inputs.map((input, i) => [String(i), input]))
  return differentiable<T, string>(named, (save) => {
    const value = f(...inputs)
    // A variable stands for itself, since `f` may reach it by closure; an activation returns as its saved copy.
    save(...inputs.filter((input) => !(input instanceof tf.Variable)))
    return {
      value,
      gradient: (dy, saved) => {
        let next = 0
        const again = inputs.map((input) => (input instanceof tf.Variable ? input : saved[next++]!))
        const gradients = backward(
          record(() => f(...again), again),
          dy,
          again
        )
        return Object.fromEntries(inputs.map((input, i) => [String(i), () => gradients[i] ?? tf.zerosLike(input)]))
      }
    }
  })
}

/**
 * A gradient that was made elsewhere (a saved tensor, a variable, a constant), or flows already, is not ours to free: it is passed on as a
 * view. One that came in may go out again as it is.
 */
const own = (gradient: tf.Tensor, dys: ReadonlyArray<tf.Tensor | undefined>): tf.Tensor => {
  const fresh = gradient.scopeId === tf.engine().state.activeScope.id && !gradient.kept
  return fresh || dys.includes(gradient) ? gradient : view(gradient)
}

const checked = (gradient: tf.Tensor, input: tf.Tensor, { kernelName }: TapeNode, name: string): tf.Tensor => {
  if (tf.util.arraysEqual(gradient.shape, input.shape) && gradient.dtype === "float32") return gradient
  const got = `${gradient.dtype} [${gradient.shape}]`
  throw new EngineError(`gradient of ${kernelName}.${name} is ${got}, its input is float32 [${input.shape}]`)
}

/** Gradients of one tensor that wait for each other, to be added up at once. */
const together = 4

/**
 * Gradients on their way from outputs to inputs, by tensor id, kept from tidying: those of one id are added up when it is asked for, or when they are many.
 * One tensor may serve several ids; the last one frees it.
 */
class GradientFlow {
  readonly #gradients = new Map<number, Array<tf.Tensor>>()
  readonly #uses = new Map<tf.Tensor, number>()

  get(id: number): tf.Tensor | undefined {
    const parts = this.#gradients.get(id)
    if (parts === undefined || parts.length === 1) return parts?.[0]
    const sum = tf.addN(parts)
    this.drop(id)
    this.add(id, sum)
    return sum
  }

  add(id: number, gradient: tf.Tensor): void {
    const parts = this.#gradients.get(id) ?? []
    this.#gradients.set(id, parts)
    parts.push(tf.keep(gradient))
    this.#uses.set(gradient, (this.#uses.get(gradient) ?? 0) + 1)
    if (parts.length === together) this.get(id)
  }

  drop(id: number): void {
    for (const gradient of this.#gradients.get(id) ?? []) {
      const uses = this.#uses.get(gradient)! - 1
      if (uses > 0) this.#uses.set(gradient, uses)
      else {
        this.#uses.delete(gradient)
        gradient.dispose()
      }
    }
    this.#gradients.delete(id)
  }

  /** Hands a gradient over as a tensor of its own. */
  take(id: number): tf.Tensor | undefined {
    const gradient = this.get(id)
    const mine = gradient && view(gradient)
    this.drop(id)
    return mine
  }

  clear(): void {
    for (const id of [...this.#gradients.keys()]) this.drop(id)
  }
}
