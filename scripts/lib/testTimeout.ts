import { setDefaultTimeout } from "bun:test"

// Bun's five seconds are too few for a cold tensor engine on a loaded machine; the key `timeout` of bunfig.toml has no effect.
setDefaultTimeout(60_000)
