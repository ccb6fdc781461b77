export { InfeasibleError } from "./InfeasibleError.ts"
export { datasetHash } from "./pool/datasetHash.ts"
export { type Minable, type Pool, pool } from "./pool/Pool.ts"
export { type MinedSet, type MineSetOptions, type MineSetsOptions, mineSet, mineSets } from "./sets/mineSets.ts"
