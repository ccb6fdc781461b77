/** What the engine throws: one line that says what happened and what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError"
}
