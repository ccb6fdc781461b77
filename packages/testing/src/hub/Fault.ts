/** How one answer for a file's content goes wrong. */
export interface Fault {
  readonly path: string
  /** Answer with this status and nothing else. */
  readonly status?: number
  /** Close the connection after this many bytes of the body. */
  readonly cutAfter?: number
  /** With `cutAfter`: keep the connection open and send nothing more. */
  readonly stall?: boolean
  /** Change the first byte of the body. */
  readonly corrupt?: boolean
  /** Send this many bytes more than there are. */
  readonly surplus?: number
  /** Ignore a Range header, as some proxies do. */
  readonly noRanges?: boolean
  /** Send this ETag. */
  readonly etag?: string
}
