import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** Where the hub is and where its files are kept, by the variables that every Hugging Face tool reads. */
export interface HubSettings {
  /** `HF_ENDPOINT`; default https://huggingface.co */
  readonly endpoint: string
  /** `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`. */
  readonly cache: string
  /** `HF_TOKEN`, else the content of `$HF_HOME/token`. */
  readonly token?: string
  /** `HF_HUB_OFFLINE`: only what is in the cache. */
  readonly offline: boolean
  /** `HF_HUB_DOWNLOAD_TIMEOUT`: seconds without a byte after which a connection counts as cut. Default 10. */
  readonly timeoutSeconds: number
}

/** Where the hub, its cache and its key are, by the variables that `huggingface_hub` reads. */
export const hubSettings = (environment: Readonly<Record<string, string | undefined>> = process.env): HubSettings => {
  const set = (name: string) => environment[name] || undefined
  const home = set("HF_HOME") ?? join(set("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface")
  const token = set("HF_TOKEN") ?? savedToken(join(home, "token"))
  return {
    endpoint: (set("HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, ""),
    cache: set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? join(home, "hub"),
    ...(token ? { token } : {}),
    offline: ["1", "true", "yes", "on"].includes((set("HF_HUB_OFFLINE") ?? "").toLowerCase()),
    timeoutSeconds: Number(set("HF_HUB_DOWNLOAD_TIMEOUT")) || 10
  }
}

const savedToken = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim() || undefined
  } catch {
    return undefined
  }
}
