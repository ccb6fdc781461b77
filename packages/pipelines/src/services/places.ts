import { existsSync, realpathSync, statfsSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"
import { OptionError, OutputError } from "@nuner/core"
import { checkModelDirectory } from "@nuner/encoder"

interface Places {
  readonly name: string
  readonly manifest: string
  readonly inputs: ReadonlyArray<string>
  readonly artefacts: ReadonlyArray<string>
  readonly models?: ReadonlyArray<string>
}

/** Refuses a stage that would write over what it reads, or into it, or a model into a folder of something else. @throws OutputError */
export const checkPlaces = ({ artefacts, inputs, manifest, models = [] }: Places): void => {
  for (const path of [manifest, ...artefacts]) {
    const out = real(path)
    for (const input of inputs) {
      const into = real(input)
      const reason =
        out === into
          ? "is also an input"
          : within(into, out)
            ? `holds the input ${input}`
            : within(out, into)
              ? `lies in the input ${input}`
              : undefined
      if (reason !== undefined) throw new OutputError({ path, reason, remedy: "name another place with --out" })
    }
  }
  for (const model of models) checkModelDirectory(model)
}

/** Free space that any stage wants: manifests, logs, tables. */
const LEAST_BYTES = 2 ** 20

/** @throws OutputError where so many bytes are not free on the disk of a path */
export const checkSpace = (path: string, bytes: number): void => {
  const { bavail, bsize } = statfsSync(existing(resolve(path)))
  const [free, needed] = [bavail * bsize, bytes + LEAST_BYTES]
  if (free >= needed) return
  const [reason, remedy] = [
    `${megabytes(free)} are free, about ${megabytes(needed)} are needed`,
    "free space or write elsewhere"
  ]
  throw new OutputError({ path, reason, remedy })
}

/**
 * The place of a name in a folder, for names that a user or a data file gives.
 *
 * @throws OptionError for one that would lead out of the folder
 */
export const placeIn = (folder: string, name: string, component: string, option: string): string => {
  const path = join(folder, name)
  if (path !== folder && within(resolve(path), resolve(folder)) && !name.split(/[\\/]/).includes("..")) return path
  throw new OptionError({ component, option, reason: `"${name}" leads out of ${folder}`, remedy: "name it otherwise" })
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const within = (path: string, folder: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** The nearest part of a path that is there. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

/** The path with its links followed, as far as it is there. */
const real = (path: string): string => {
  const whole = resolve(path)
  const there = existing(whole)
  return there === whole ? realpathSync(whole) : join(realpathSync(there), relative(there, whole))
}
