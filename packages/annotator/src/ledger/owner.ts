import { hostname } from "node:os"

/** Names a worker in the ledger. */
export const ownerName = (): string => [hostname(), process.pid, crypto.randomUUID().slice(0, 8)].join("/")
