/** A server that sends the head of a body and then breaks the connection: HTTP servers are too polite to do that. */
export class ConnectionBreaker {
  private readonly listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id": "x", "cho'
        )
        socket.flush()
        setTimeout(() => socket.terminate(), 5)
      }
    }
  })

  get url(): string {
    return `http://127.0.0.1:${this.listener.port}/`
  }

  stop(): void {
    this.listener.stop(true)
  }
}
