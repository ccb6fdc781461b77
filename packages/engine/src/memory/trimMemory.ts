import { tf } from "../tf.ts"

/** Gives the system back what tensors no longer use. An engine keeps it for the next ones: to be called when much has been freed for good. */
export const trimMemory = (): void => {
  const backend = tf.engine().backend as { trim?(): void } | null | undefined
  backend?.trim?.()
}
