import { testEngine } from "@nuner/testing"
import { backbones } from "../src/backbones/backbones.ts"
import {
  type Architecture,
  type Encoder,
  randomEncoder,
  small,
  trainByteLevelBpe,
  trainWordPiece
} from "../src/index.ts"
import { texts } from "./texts.ts"

await testEngine()

const roberta = await trainByteLevelBpe(texts, { vocabSize: 400 })
const bert = await trainWordPiece(texts, { vocabSize: 300 })

const sizes = { hidden: 16, layers: 3, heads: 4, feedForward: 40, positions: 48, initializerRange: 0.3 }

/** Every backbone. */
export const architectures = Object.keys(backbones) as ReadonlyArray<Architecture>

/** A random encoder of two thousand numbers or so, with weights large enough that every one of them shows. */
export const tiny = (architecture: Architecture = "roberta", seed = 1): Encoder =>
  randomEncoder(small({ architecture, ...sizes }), architecture === "bert" ? bert : roberta, seed)
