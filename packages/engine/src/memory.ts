import { tf } from "./tf.ts"

/**
 * Runs Bun's collector each time that so many bytes have been let go. Left alone it lets typed arrays and lists of numbers pile up by the gigabyte
 * before it looks; Node's needs no help.
 *
 * @param limit bytes, default 64 MB
 * @returns to be called with the bytes that are no longer needed
 */
export const sweeper = (limit = 2 ** 26): ((bytes: number) => void) => {
  let released = 0
  return (bytes) => {
    released += bytes
    if (released < limit) return
    globalThis.Bun?.gc(true)
    released = 0
  }
}

/** Gives the system back what tensors no longer use. An engine keeps it for the next ones: to be called when much has been freed for good. */
export const trimMemory = (): void => {
  const backend = tf.engine().backend as { trim?(): void } | null | undefined
  backend?.trim?.()
}
