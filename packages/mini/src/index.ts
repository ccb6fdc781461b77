import { fileURLToPath } from "node:url"

/** The directory of the encoder, in Hugging Face's layout with weights in 8 bits: what `loadEncoder` of @nuner/encoder reads. */
export const path: string = fileURLToPath(new URL("../model", import.meta.url))
