import { hostname } from "node:os"

/** Names a worker, in the ledger and among the runners of a cluster. */
export const ownerName = (): string => [hostname(), process.pid, crypto.randomUUID().slice(0, 8)].join("/")
