import { failed, finished, jobCount, requests, type Setup } from "./kernels.ts"
import { VectorShare } from "./VectorShare.ts"

declare const self: Worker

// The other side of VectorThreads: waits for requests, and never returns to its event loop.
self.onmessage = ({ data: setup }: MessageEvent<Setup>) => {
  const share = new VectorShare(setup)
  const state = new Int32Array(setup.control)

  self.postMessage("ready")
  for (let request = 0; ; ) {
    Atomics.wait(state, requests, request)
    request = Atomics.load(state, requests)
    try {
      share.work(state[jobCount]!)
    } catch {
      Atomics.store(state, failed, 1)
    }
    if (Atomics.add(state, finished, 1) + 1 === setup.threads - 1) Atomics.notify(state, finished)
  }
}
