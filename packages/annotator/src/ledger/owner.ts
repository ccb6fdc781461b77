import { readFileSync } from "node:fs"
import { hostname } from "node:os"

/** Names a worker: host, process and a random part, so that another process of this host can see that it died. */
export const ownerName = (): string =>
  [hostname(), process.pid, startOf(process.pid) ?? "-", crypto.randomUUID().slice(0, 8)].join("/")

/** True only if the worker ran on this host and its process is gone: no need to wait until its time runs out. */
export const isDeadNeighbour = (owner: string): boolean => {
  const [host, pid, start] = owner.split("/")
  if (host !== hostname() || pid === undefined) return false
  if (!isRunning(Number(pid))) return true
  const now = startOf(Number(pid))
  return start !== "-" && now !== undefined && now !== start
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** When the process started, in clock ticks since boot: tells a process from a later one with the same id. Linux only. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {
    return undefined
  }
}
