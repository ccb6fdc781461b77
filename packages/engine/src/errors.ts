/** What the engine throws: one line that says what happened and what to do. */
export class EngineError extends Error {
  override readonly name: string = "EngineError"
}

/** A safetensors file that lies about itself, or cannot be written. */
export class SafetensorsError extends EngineError {
  override readonly name = "SafetensorsError"
  readonly path: string
  /** The tensor in question, where there is one. */
  readonly tensor: string | undefined

  readonly reason: string

  constructor(path: string, reason: string, tensor?: string) {
    super(`${path}: ${tensor === undefined ? "" : `tensor "${tensor}": `}${reason}`)
    this.path = path
    this.tensor = tensor
    this.reason = reason
  }
}

/** A checkpoint that cannot be read, or belongs to another run. */
export class CheckpointError extends EngineError {
  override readonly name = "CheckpointError"
  readonly path: string

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`)
    this.path = path
  }
}

/** The loss or the gradient became infinite or NaN. The update was not made; the last checkpoint is as it was. */
export class NonFiniteError extends EngineError {
  override readonly name = "NonFiniteError"
  /** The update that would have been made, counted from 1. */
  readonly step: number
  readonly loss: number
  readonly gradNorm: number | undefined
  /** The last checkpoint written or resumed from. */
  readonly checkpoint: string | undefined

  constructor(step: number, loss: number, gradNorm?: number, checkpoint?: string) {
    const what = Number.isFinite(loss) ? `gradient norm ${gradNorm} (loss ${loss})` : `loss ${loss}`
    const where = checkpoint === undefined ? "no checkpoint was written" : `the last checkpoint is ${checkpoint}`
    super(`training: ${what} at step ${step}; ${where}; try a lower learning rate, warm-up or clipping`)
    this.step = step
    this.loss = loss
    this.gradNorm = gradNorm
    this.checkpoint = checkpoint
  }
}
