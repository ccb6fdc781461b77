import { EngineError } from "../errors.ts"
import type { Gradients, Parameters } from "../nn/Parameters.ts"
import { checkFloat, hasKernel, type Kernel, runKernel } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import type { VectorJob } from "../vector/VectorThreads.ts"

/** What an optimizer remembers: plain data, so that a checkpoint can hold it. */
export interface OptimizerState {
  /** Updates made so far. */
  step: number
  /** Moments and the like, by name; variables that the state owns. */
  readonly tensors: Record<string, tf.Variable>
}

/** An optimizer is two functions. */
export interface Optimizer {
  /** The state before the first update, for the trainable parameters. The caller disposes its tensors. */
  readonly init: (parameters: Parameters) => OptimizerState
  /**
   * Moves each parameter that has a gradient, in place, and the state with it. Gradients stay the caller's.
   *
   * @param lr the learning rate of this update
   * @param scale multiplies every gradient, as for clipping or a mean over micro-batches. Default 1
   */
  readonly update: (
    parameters: Parameters,
    gradients: Gradients,
    state: OptimizerState,
    lr: number,
    scale?: number
  ) => void
}

export interface AdamOptions {
  /** Decay rate of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number
  /** Decay rate of the mean of squared gradients, in [0, 1). Default 0.999. */
  readonly beta2?: number
  /** Added to the root of the second moment. Default 1e-8; the NuNER recipe has 1e-6. */
  readonly eps?: number
  /** Factor on the learning rate of a parameter, for example a faster head. Default: 1 for all. */
  readonly rateOf?: (name: string) => number
}

export interface AdamWOptions extends AdamOptions {
  /** Decoupled weight decay: each update first multiplies a decayed parameter by `1 - lr weightDecay`. Default 0.01. */
  readonly weightDecay?: number
  /** Which parameters decay. Default: those of rank 2 and more, so no biases and no LayerNorm. */
  readonly decay?: (name: string, parameter: tf.Variable) => boolean
}

/** Adam (Kingma & Ba 2015): AdamW without decay. */
export const adam = (options: AdamOptions = {}): Optimizer => adamW({ ...options, weightDecay: 0 })

/**
 * AdamW (Loshchilov & Hutter 2019), with the arithmetic of PyTorch's `torch.optim.AdamW`:
 * `p <- p (1 - lr wd) - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)`.
 *
 * @throws EngineError for an option out of range, and for a gradient of a parameter that `init` did not see as trainable.
 */
export const adamW = (options: AdamWOptions = {}): Optimizer => {
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0.01, rateOf = () => 1, decay = decays } = options
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) throw new EngineError(`adamW: ${name} must be in [0, 1), it is ${value}`)
  }
  for (const [name, value] of Object.entries({ eps, weightDecay })) {
    if (!(value >= 0)) throw new EngineError(`adamW: ${name} must not be negative, it is ${value}`)
  }
  return {
    init: (parameters) => ({ step: 0, tensors: { ...zeros(parameters, "m"), ...zeros(parameters, "v") } }),
    update: (parameters, gradients, state, lr, scale = 1) => {
      state.step++
      const c1 = 1 - beta1 ** state.step
      const c2 = 1 - beta2 ** state.step
      const updates: Array<AdamWUpdate> = []
      for (const [name, gradient] of Object.entries(gradients)) {
        const parameter = parameters[name]
        const m = state.tensors[`m.${name}`]
        const v = state.tensors[`v.${name}`]
        if (!parameter || !m || !v) {
          throw new EngineError(`adamW: no state for "${name}": call init again after unfreezing a parameter`)
        }
        const wd = decay(name, parameter) ? weightDecay : 0
        const numbers = { lr: lr * rateOf(name), scale, b1: beta1, b2: beta2, eps, wd, c1, c2 }
        updates.push({ p: parameter, m, v, g: gradient, numbers })
      }
      const backend = tf.backend() as unknown as InPlaceBackend
      if (backend.adamw) backend.adamw(updates)
      else updates.forEach(step)
    }
  }
}

/** Moments of one kind, filled on the device. */
const zeros = (parameters: Parameters, kind: string): OptimizerState["tensors"] => {
  const trained = Object.entries(parameters).filter(([, { trainable }]) => trainable)
  return Object.fromEntries(
    trained.map(([name, { shape }]) => {
      const zero = tf.fill(shape, 0)
      const moment = tf.variable(zero, false)
      zero.dispose()
      return [`${kind}.${name}`, moment]
    })
  )
}

/** The numbers of one update; `c1` and `c2` are the bias corrections `1 - b^t`. */
export interface AdamWStep {
  readonly lr: number
  /** Multiplies the gradient. */
  readonly scale: number
  readonly b1: number
  readonly b2: number
  readonly eps: number
  readonly wd: number
  readonly c1: number
  readonly c2: number
}

/** A parameter with its moments and its gradient. */
export interface AdamWUpdate {
  readonly p: tf.Variable
  readonly m: tf.Variable
  readonly v: tf.Variable
  readonly g: tf.Tensor
  readonly numbers: AdamWStep
}

/** A backend that updates parameters and moments in place, in one pass. */
interface InPlaceBackend {
  adamw?(updates: ReadonlyArray<AdamWUpdate>): void
}

const step = ({ p, m, v, g, numbers: { lr, scale, b1, b2, eps, wd, c1, c2 } }: AdamWUpdate): void => {
  tf.tidy(() => {
    m.assign(tf.add(tf.mul(m, b1), tf.mul(g, (1 - b1) * scale)))
    v.assign(tf.add(tf.mul(v, b2), tf.mul(tf.square(g), (1 - b2) * scale ** 2)))
    const deviation = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(c2)), eps)
    p.assign(tf.sub(tf.mul(p, 1 - lr * wd), tf.mul(tf.div(m, deviation), lr / c1)))
  })
}

/** Refuses what the vector kernel would read or write past. @throws EngineError where types or sizes differ */
export const checkUpdate = ({ p, m, v, g }: AdamWUpdate): void => {
  for (const tensor of [p, m, v, g]) {
    if (tensor.dtype !== "float32" || !tf.util.arraysEqual(tensor.shape, p.shape)) {
      throw new EngineError(`adamw: ${tensor.dtype}[${tensor.shape}] beside the parameter's float32[${p.shape}]`)
    }
  }
}

/** An update by the vector kernel, in one pass. @throws EngineError where a number is not finite */
export const adamWJob = (units: number, addresses: ReadonlyArray<number>, step: AdamWStep): VectorJob => {
  if (!Object.values(step).every(Number.isFinite)) {
    throw new EngineError(`adamw: a number is not finite: ${JSON.stringify(step)}`)
  }
  const { b1, b2, c1, c2, eps, lr, scale, wd } = step
  // The scale of the gradient goes into the numbers that it is multiplied by anyway, and
  // m / (sqrt(v / c2) + eps) = sqrt(c2) m / (sqrt(v) + sqrt(c2) eps): one division less.
  const root = Math.sqrt(c2)
  const numbers = [b1, (1 - b1) * scale, b2, (1 - b2) * scale ** 2, root * eps, (root * lr) / c1, 1 - lr * wd]
  return { kernel: "adamw", units, addresses, numbers }
}

/** Whether a parameter is subject to weight decay: kernels and embedding tables are; biases, LayerNorm and scalars are not. */
export const decays = (_name: string, { rank }: tf.Variable): boolean => rank >= 2

/** The 2-norm of all gradients taken as one vector. Memory beside them is at most the squares of one. */
export const globalNorm = async (gradients: Gradients): Promise<number> => {
  const all = Object.values(gradients)
  if (all.length === 0) return 0
  const sums = all.map(sumOfSquares)
  const squares = tf.stack(sums)
  tf.dispose(sums)
  const values = await squares.data()
  squares.dispose()
  return Math.sqrt(Array.from(values).reduce((sum, square) => sum + square, 0))
}

/**
 * What gradients of that global norm are multiplied by where it exceeds `maxNorm` (Pascanu et al. 2013), as PyTorch's `clip_grad_norm_`; 1 where it
 * does not. An optimizer takes it as `scale`, so that clipping is no pass over the gradients.
 */
export const clipFactor = (norm: number, maxNorm: number): number => Math.min(1, maxNorm / (norm + 1e-6))

const sumOfSquares = (x: tf.Tensor): tf.Tensor =>
  hasKernel("FusedSumOfSquares")
    ? runKernel("FusedSumOfSquares", { x })
    : tf.tidy(() => (x.rank === 0 ? tf.square(x) : tf.sum(tf.sum(tf.square(x), -1))))

/** The sum of all squares, a scalar; row by row first, since a single sum of millions of floats keeps three digits. */
export const sumOfSquaresKernel: Kernel = {
  name: "FusedSumOfSquares",
  inputs: ["x"],
  infer(operands) {
    checkFloat("FusedSumOfSquares", operands)
    return [{ shape: [], dtype: "float32" }]
  },
  emit(graph, [x], operands) {
    const rank = operands[0]!.shape.length
    if (rank === 0) return [graph.op("Mul", [x!, x!])]
    const rows = graph.op("ReduceSumSquare", [x!, graph.int64s([rank - 1])], { keepdims: 0 })
    return [rank === 1 ? rows : graph.op("ReduceSum", [rows], { keepdims: 0 })]
  }
}
