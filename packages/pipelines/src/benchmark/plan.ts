import { createHash } from "node:crypto"
import { join } from "node:path"
import { digestFile, InputError } from "@nuner/core"
import { resolveModel } from "@nuner/encoder"
import type { Precision } from "@nuner/engine"
import { conceptsOf } from "@nuner/zeroshot"
import packageJson from "../../package.json" with { type: "json" }
import type { Dataset } from "./Dataset.ts"
import type { Definition } from "./Definition.ts"
import { readersOf, unitOf } from "./decodeDefinition.ts"
import type { TrainingSet } from "./TrainingSet.ts"

/** A model of an encoder. */
export interface Model {
  readonly encoder: string
  readonly model: number
  readonly protocol: Definition["protocol"]
  readonly directory: string
  /** Of its files, those for people aside. */
  readonly hash: string
  /** Its concept encoder, where names are read. */
  readonly concepts: { readonly directory: string; readonly hash: string } | undefined
}

const isNamed = (protocol: Definition["protocol"]): boolean => "byName" in protocol && protocol.byName

/** The models of a definition, downloaded if need be. @throws InputError */
export const readModels = async (definition: Definition): Promise<Array<Model>> => {
  const models: Array<Model> = []
  const hashes = new Map<string, Promise<string>>()
  for (const { name: encoder, models: names, protocol } of readersOf(definition)) {
    for (const [model, name] of names.entries()) {
      const directory = await resolveModel(name)
      const hash = await hashes.getOrInsertComputed(directory, hashDirectory)
      const folder = isNamed(protocol) ? await conceptsOf(directory) : undefined
      if (isNamed(protocol) && folder === undefined) {
        const reason = "has no concept encoder to read names of types with"
        throw new InputError({ source: name, reason, remedy: `leave byName of "${encoder}" away` })
      }
      const concepts =
        folder === undefined
          ? undefined
          : { directory: folder, hash: await hashes.getOrInsertComputed(folder, hashDirectory) }
      models.push({ encoder, model, protocol, directory, hash, concepts })
    }
  }
  return models
}

const hashDirectory = async (directory: string): Promise<string> => {
  const hash = createHash("sha256")
  // Files of the hub's cache are links.
  for (const file of [...new Bun.Glob("*").scanSync({ cwd: directory, followSymlinks: true })].sort()) {
    if (/\.(json|txt|safetensors|bin)$/.test(file)) hash.update((await digestFile(join(directory, file))).sha256)
  }
  return hash.digest("hex")
}

/** A short hash of all that the scores of a run depend on. */
export const fitHash = (
  definition: Definition,
  dataset: Dataset,
  { concepts, hash, protocol }: Model,
  { set, size }: TrainingSet,
  precision: Precision
): string => {
  const { sampler, seed } = definition
  const { named, testHash, trainHash } = dataset
  const all: Array<unknown> = [
    packageJson.version,
    hash,
    trainHash,
    testHash,
    // Lines from before there were names are of none.
    Object.fromEntries(Object.entries(protocol).filter(([option]) => option !== "byName")),
    unitOf(definition),
    sampler,
    size,
    set,
    seed
  ]
  const { types } = definition.datasets[dataset.name]!
  // Only where they are given, and not for fp32: lines from before these were told apart are of all types and of it.
  if (types !== undefined) all.push(types)
  if (precision !== "fp32") all.push(precision)
  if (isNamed(protocol)) all.push(concepts?.hash, named)
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16)
}
