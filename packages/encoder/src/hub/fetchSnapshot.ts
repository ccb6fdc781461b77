import { InputError, messageOf } from "@nuner/core"
import { downloadBlob } from "./downloadBlob.ts"
import { HubCache, isCommit } from "./HubCache.ts"
import type { HubFile } from "./HubFile.ts"
import type { HubSettings } from "./HubSettings.ts"
import { encoderLayout, type ModelLayout } from "./ModelLayout.ts"
import { refusal } from "./request.ts"

/**
 * The directory in the cache that holds the files of a model at a revision, downloaded where they are not there yet.
 * A revision given as a commit and wholly in the cache needs no network; nor does anything when the hub can't be reached.
 *
 * @param model "organisation/name"
 * @param revision branch, tag or commit
 * @param layout what is fetched. Default: an encoder's files
 * @throws InputError
 */
export const fetchSnapshot = async (
  model: string,
  revision: string,
  settings: HubSettings,
  layout: ModelLayout = encoderLayout
): Promise<string> => {
  const cache = new HubCache(settings.cache, model)
  const known = await cache.commitOf(revision)
  const cached =
    known !== undefined && (await layout.isComplete(cache.snapshot(known))) ? cache.snapshot(known) : undefined
  if (cached && (settings.offline || isCommit(revision))) return cached
  const source = `${model}@${revision}`
  if (settings.offline) {
    throw new InputError({
      source,
      reason: `not in the cache ${settings.cache}`,
      remedy: "unset HF_HUB_OFFLINE to download it"
    })
  }
  if (settings.token && !settings.token.startsWith("hf_")) {
    throw new InputError({
      source: "HF_TOKEN",
      reason: 'a token of the hub starts with "hf_"',
      remedy: "unset it, or correct it"
    })
  }
  let commit: string
  let files: Array<HubFile>
  try {
    commit = await resolveCommit(model, revision, settings)
    files = await listing(model, commit, settings)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    const status = (cause as { statusCode?: number }).statusCode
    if (status !== undefined && status < 500) throw refusal(source, status, settings)
    if (cached) return cached
    const reason = `the hub at ${settings.endpoint} can't be reached: ${messageOf(cause)}`
    throw new InputError({ source, reason, remedy: "check the network, or give a directory" })
  }
  const wanted = layout.wanted(
    files.map(({ path }) => path),
    source
  )
  for (const path of wanted) {
    const file = files.find((candidate) => candidate.path === path)!
    const url = `${settings.endpoint}/${model}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`
    await downloadBlob(cache, url, file, settings)
    await cache.link(commit, path, file.etag)
  }
  await cache.setRef(revision, commit)
  return cache.snapshot(commit)
}

const credentials = ({ endpoint, token }: HubSettings) => ({
  hubUrl: endpoint,
  ...(token ? { accessToken: token } : {})
})

const resolveCommit = async (model: string, revision: string, settings: HubSettings): Promise<string> => {
  const { modelInfo } = await import("@huggingface/hub")
  const info = await modelInfo({ name: model, revision, additionalFields: ["sha"], ...credentials(settings) })
  if (typeof info.sha !== "string" || !isCommit(info.sha)) {
    throw new InputError({
      source: `${model}@${revision}`,
      reason: `the hub gives no commit for it: ${JSON.stringify(info.sha)}`
    })
  }
  return info.sha
}

const listing = async (model: string, commit: string, settings: HubSettings): Promise<Array<HubFile>> => {
  const files: Array<HubFile> = []
  const { listFiles } = await import("@huggingface/hub")
  for await (const entry of listFiles({ repo: model, revision: commit, recursive: true, ...credentials(settings) })) {
    if (entry.type !== "file") continue
    const etag = entry.lfs?.oid ?? entry.oid
    if (etag === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || !Number.isSafeInteger(entry.size)) {
      throw new InputError({ source: `${model}/${entry.path}`, reason: "the hub lists it without a hash or size" })
    }
    files.push({ path: entry.path, size: entry.lfs?.size ?? entry.size, etag })
  }
  return files
}
