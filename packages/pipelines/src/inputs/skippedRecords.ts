import { appendFileSync, mkdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import type { InputError } from "@nuner/core"

/** A list of the records that could not be used, JSON Lines of where and why. */
export interface SkippedRecords {
  add(error: InputError): void
  /** The list, if anything was skipped. */
  readonly files: ReadonlyArray<string>
}

/** The list beside an artefact, `<out>.skipped.jsonl`. An earlier one is removed. */
export const skippedRecords = (out: string): SkippedRecords => {
  const file = `${out.replace(/[\\/]+$/, "")}.skipped.jsonl`
  rmSync(file, { force: true })
  let count = 0
  return {
    add: ({ field, line, reason, source }) => {
      if (count++ === 0) mkdirSync(dirname(file), { recursive: true })
      appendFileSync(file, `${JSON.stringify({ source, line, field, reason })}\n`)
    },
    get files() {
      return count > 0 ? [file] : []
    }
  }
}
