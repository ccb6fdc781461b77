import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Architecture, Backbone } from "./Backbone.ts"
import { bert } from "./bert.ts"
import { mpnet } from "./mpnet.ts"
import { roberta } from "./roberta.ts"

export const backbones = { bert, roberta, mpnet } satisfies Record<Architecture, Backbone>

/** The backbone whose config this is. */
export const backboneOf = ({ architecture }: Pick<EncoderConfig, "architecture">): Backbone => backbones[architecture]
