import { existsSync } from "node:fs"
import { InputError } from "@nuner/core"
import { type LoadedEncoder, loadEncoder } from "../files/loadEncoder.ts"
import { boxedModel } from "./boxedModel.ts"
import { fetchSnapshot } from "./fetchSnapshot.ts"
import { type HubSettings, hubSettings } from "./HubSettings.ts"
import type { ModelLayout } from "./ModelLayout.ts"

export interface FromPretrainedOptions {
  /** Branch, tag or commit of the hub's model; a commit pins it. Default "main". */
  readonly revision?: string
  /** Default: by the variables HF_ENDPOINT, HF_HOME, HF_TOKEN, HF_HUB_OFFLINE. */
  readonly hub?: HubSettings
  /** What is fetched from the hub. Default: an encoder's files. */
  readonly layout?: ModelLayout
}

/**
 * An encoder: `mini`, the one in the box; from a directory; or, where there is none of that name, from the Hugging Face hub through the standard
 * cache.
 *
 * @param model "mini" (a folder of that name is "./mini"), a directory, or "organisation/name" ("numind/NuNER-v2.0")
 * @throws InputError, SafetensorsError
 */
export const fromPretrained = async (model: string, options: FromPretrainedOptions = {}): Promise<LoadedEncoder> =>
  loadEncoder(await resolveModel(model, options))

/** The directory of a model, downloaded if need be. */
export const resolveModel = async (
  model: string,
  { revision = "main", hub = hubSettings(), layout }: FromPretrainedOptions = {}
): Promise<string> => {
  const boxed = await boxedModel(model)
  if (boxed !== undefined) return boxed
  if (existsSync(model)) return model
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(model) || model.startsWith(".")) {
    const remedy = 'give a directory, "mini", or a name like "numind/NuNER-v2.0"'
    throw new InputError({ source: model, reason: "neither a directory nor the name of a model on the hub", remedy })
  }
  return fetchSnapshot(model, revision, hub, layout)
}
