import type { EngineReport } from "./EngineReport.ts"
import { kernelFallbacks } from "./useEngine.ts"

/** The report as text for a terminal: what was chosen and why, what was tried, and what to run for a faster one. */
export const describeEngine = ({
  name,
  why,
  version,
  threads,
  precision,
  products,
  faster,
  tried
}: EngineReport): string => {
  const lines = [`engine   ${name}: ${why}`, `version  ${version}`]
  if (threads > 0) lines.push(`threads  ${threads}`)
  lines.push(`products ${precision}${products ? ` on ${products}` : ""}`)
  if (faster) lines.push(`faster   ${faster}`)
  lines.push("tried")
  for (const attempt of tried) {
    lines.push(`  ${attempt.name.padEnd(6)} ${attempt.works ? "works" : "-    "}  ${attempt.detail}`)
    if (attempt.remedy && !attempt.works) lines.push(`${" ".repeat(16)}to get it: ${attempt.remedy}`)
  }
  const slow = [...kernelFallbacks()].sort(([, a], [, b]) => b - a)
  if (slow.length > 0) lines.push("ran on tfjs-cpu instead", ...slow.map(([kernel, calls]) => `  ${calls} x ${kernel}`))
  return lines.join("\n")
}
