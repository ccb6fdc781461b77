/** An artefact that could not be written. What stood at its path before is still there, whole. */
export class OutputError extends Error {
  readonly _tag = "OutputError"
  override readonly name = "OutputError"
  readonly path: string
  readonly reason: string
  readonly remedy: string | undefined

  constructor({ path, reason, remedy }: { path: string; reason: string; remedy?: string | undefined }) {
    super(`${path}: ${reason}${remedy === undefined ? "" : ` (${remedy})`}`)
    this.path = path
    this.reason = reason
    this.remedy = remedy
  }
}
