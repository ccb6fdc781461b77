import type { FileDigest, Manifest } from "@nuner/core"

/** What decides a result: two runs that agree on it make the same, up to rounding in float32. */
export interface Made extends Pick<Manifest, "version" | "settings" | "seeds" | "inputs" | "artefacts"> {
  /** Absent where no tensors were computed. */
  readonly computedOn?: Manifest["computedOn"] | undefined
}

/**
 * Why a result is not what a run would make now, a phrase each, or none: settings, seeds, input files (by place and content, wherever they
 * lie), the precision, and artefacts that are not as they were left. Another engine, version of it or number of threads changes no more than
 * rounding in float32 does: what they made is kept.
 */
export const differences = (earlier: Made, now: Made): ReadonlyArray<string> => [
  ...changed({ version: earlier.version }, { version: now.version }),
  ...changed(earlier.settings, now.settings),
  ...changed(earlier.seeds, now.seeds, "seed of "),
  ...changed({ precision: precision(earlier) }, { precision: precision(now) }),
  ...inputs(earlier.inputs, now.inputs),
  ...files(earlier.artefacts, now.artefacts)
]

const precision = ({ computedOn }: Made): string => computedOn?.precision ?? "fp32"

const changed = (
  earlier: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  of = ""
): Array<string> =>
  [...new Set([...Object.keys(earlier), ...Object.keys(now)])].flatMap((key) => {
    const [was, is] = [earlier[key], now[key]].map(canonical)
    return was === is ? [] : [`${of}${key} was ${shown(was)}, is ${shown(is)}`]
  })

const inputs = (earlier: ReadonlyArray<FileDigest>, now: ReadonlyArray<FileDigest>): ReadonlyArray<string> => {
  const content = (digests: ReadonlyArray<FileDigest>) => digests.map(({ sha256 }) => sha256).join()
  if (content(earlier) === content(now)) return []
  const why = files(earlier, now)
  return why.length > 0 ? why : ["inputs are in another order"]
}

const files = (earlier: ReadonlyArray<FileDigest>, now: ReadonlyArray<FileDigest>): ReadonlyArray<string> => {
  const [was, is] = [earlier, now].map((digests) => new Map(digests.map(({ path, sha256 }) => [path, sha256])))
  return [...new Set([...was!.keys(), ...is!.keys()])].flatMap((path) => {
    if (was!.get(path) === is!.get(path)) return []
    return [`${path} ${was!.has(path) ? (is!.has(path) ? "has changed" : "is gone") : "is new"}`]
  })
}

/** JSON with sorted keys: equal for equal content. */
const canonical = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item
  )

const shown = (json: string | undefined): string =>
  json === undefined ? "not given" : json.length > 60 ? `${json.slice(0, 57)}...` : json
