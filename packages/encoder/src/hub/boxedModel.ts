import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"

/** Encoders that come as packages of data, by the names that stand for them wherever a model is named. */
const boxed: Readonly<Record<string, () => Promise<{ readonly path: string }>>> = {
  mini: () => import("@nuner/mini"),
  "mini-concepts": () => import("@nuner/mini-concepts")
}

/**
 * The directory of a model that comes as a package; undefined for any other name.
 *
 * @throws InputError where the package is not installed, or was built without its weights
 */
export const boxedModel = async (name: string): Promise<string | undefined> => {
  if (!Object.hasOwn(boxed, name)) return undefined
  const source = `@nuner/${name}`
  const { path } = await boxed[name]!().catch((): never => {
    throw new InputError({ source: name, reason: `${source} is not installed`, remedy: `bun add ${source}` })
  })
  if (existsSync(join(path, "model.safetensors"))) return path
  const remedy = "make them: bun benchmarks/mini/make.ts"
  throw new InputError({ source: path, reason: `the weights of ${source} are not there`, remedy })
}
