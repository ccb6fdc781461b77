import type { InputError } from "../errors.ts"

/** How a reader treats a record that it cannot use. */
export interface Malformed {
  /** Given: malformed records are left out, and each is reported here. Not given: the first is thrown. */
  readonly onMalformed?: ((error: InputError) => void) | undefined
}

/** Reports a malformed record to a lenient caller. @throws the error, when there is none. */
export const report = (options: Malformed, error: InputError): void => {
  if (options.onMalformed === undefined) throw error
  options.onMalformed(error)
}

/** What a lenient reading left out: every record is counted, the first `keep` errors are kept whole. */
export interface Skipped extends Required<Malformed> {
  readonly count: number
  readonly errors: ReadonlyArray<InputError>
}

/** Hand it to a reader as its options (`readJsonl(path, schema, skipped)`), then read `count` and `errors`. */
export const skipped = (keep = 20): Skipped => {
  const errors: Array<InputError> = []
  let count = 0
  return {
    onMalformed: (error) => {
      count++
      if (errors.length < keep) errors.push(error)
    },
    get count() {
      return count
    },
    errors
  }
}
