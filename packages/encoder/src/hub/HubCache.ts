import { randomUUID } from "node:crypto"
import { mkdir, readFile, rename, symlink } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { InputError, writeAtomic } from "@nuner/core"

/**
 * One model's folder in the standard cache, shared with Python's huggingface_hub:
 * `models--org--name/{blobs/<etag>, refs/<revision>, snapshots/<commit>/<file> -> ../../blobs/<etag>}`.
 */
export class HubCache {
  readonly folder: string
  readonly locks: string

  constructor(cache: string, model: string) {
    const name = `models--${model.replaceAll("/", "--")}`
    this.folder = join(cache, name)
    this.locks = join(cache, ".locks", name)
  }

  blob(etag: string): string {
    return join(this.folder, "blobs", etag)
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit)
  }

  /** The commit that a revision stood for when it was last asked; a commit stands for itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision
    try {
      return (await readFile(join(this.folder, "refs", revision), "utf8")).trim()
    } catch {
      return undefined
    }
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return
    await writeAtomic(join(this.folder, "refs", revision), [commit])
  }

  /** Makes `file` of a snapshot a link to its blob; another load, here or in another process, may be doing the same. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const path = join(this.snapshot(commit), checkFileName(file))
    await mkdir(dirname(path), { recursive: true })
    const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`
    await symlink(relative(dirname(path), this.blob(etag)), temporary)
    await rename(temporary, path)
  }
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/** A name from the hub that stays inside the folder it is joined to. */
const checkFileName = (name: string): string => {
  const parts = name.split(/[\\/]/)
  if (parts.some((part) => part === ".." || part === "" || /^[a-zA-Z]:/.test(part))) {
    throw new InputError({ source: name, reason: "a file name that leaves its folder" })
  }
  return name
}
