/** A body that breaks off after `bytes` bytes: with an error on the connection, or by sending nothing more. */
export const cut = (body: Uint8Array, bytes: number, stall = false): ReadableStream<Uint8Array> =>
  new ReadableStream({
    async start(controller) {
      if (bytes > 0) controller.enqueue(body.slice(0, bytes))
      if (stall) return
      // Let what was sent arrive first.
      await new Promise((resolve) => setTimeout(resolve, 20))
      controller.error(new Error("cut"))
    }
  })
