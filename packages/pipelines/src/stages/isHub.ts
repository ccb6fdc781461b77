import { basename } from "node:path"

/** Whether a base is a name on the hub, not a folder. */
export const isHub = (base: string): boolean =>
  !base.startsWith(".") && !base.startsWith("/") && basename(base) !== base
