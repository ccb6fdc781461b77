import { fileURLToPath } from "node:url"

/** The directory of the concept encoder, in Hugging Face's layout with weights in 8 bits, and `scorer.json`: how a token's and a concept's vectors become a score. */
export const path: string = fileURLToPath(new URL("../model", import.meta.url))
