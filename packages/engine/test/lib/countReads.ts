import { tf } from "../../src/index.ts"

/** How often numbers were read from where they are computed: with everything standing still, and awaited. */
export interface Reads {
  sync: number
  async: number
}

/** Counts reads of the current backend while `f` runs. */
export const countReads = async <A>(f: () => Promise<A>): Promise<{ readonly result: A; readonly reads: Reads }> => {
  const backend = tf.backend()
  const own = { readSync: backend.readSync, read: backend.read }
  const reads: Reads = { sync: 0, async: 0 }
  backend.readSync = (dataId) => {
    reads.sync++
    return own.readSync.call(backend, dataId)
  }
  backend.read = (dataId) => {
    reads.async++
    // An engine in memory reads at once; that is no read of its own.
    const { sync } = reads
    const values = own.read.call(backend, dataId)
    reads.sync = sync
    return values
  }
  try {
    return { result: await f(), reads }
  } finally {
    Object.assign(backend, own)
  }
}
