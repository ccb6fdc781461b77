import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Architecture, Backbone } from "./Backbone.ts"
import { bert } from "./bert.ts"
import { debertaV2 } from "./debertaV2.ts"
import { distilbert } from "./distilbert.ts"
import { electra } from "./electra.ts"
import { modernbert } from "./modernbert.ts"
import { mpnet } from "./mpnet.ts"
import { roberta } from "./roberta.ts"
import { xlmRoberta } from "./xlmRoberta.ts"

/** Every architecture that is read, by the `model_type` of its `config.json`. */
export const backbones = {
  bert,
  roberta,
  mpnet,
  electra,
  distilbert,
  "xlm-roberta": xlmRoberta,
  modernbert,
  "deberta-v2": debertaV2
} satisfies Record<Architecture, Backbone>

/** The backbone whose config this is. */
export const backboneOf = ({ architecture }: Pick<EncoderConfig, "architecture">): Backbone => backbones[architecture]
