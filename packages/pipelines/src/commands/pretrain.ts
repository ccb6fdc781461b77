import { option } from "@nuner/core"
import { PretrainOptions, SupervisedOptions } from "@nuner/trainer"
import { Effect, Schema } from "effect"
import { pretrainStage } from "../stages/pretrain.ts"
import { pretrainSupervisedStage } from "../stages/pretrainSupervised.ts"
import { command, component } from "./command.ts"
import { dtype, encoder, labelledData, out, seed, several } from "./components.ts"
import { show } from "./output.ts"
import { calibrated } from "./zero.ts"

/** What pre-training has whatever its objective. */
export const training = component(PretrainOptions, {
  only: Object.keys(SupervisedOptions.fields) as Array<keyof typeof SupervisedOptions.fields>,
  except: ["seed"],
  names: { sampleSize: "sentences" }
})
/** What only the contrastive objective has. */
const contrastiveOnly = Object.keys(PretrainOptions.fields).filter(
  (name) => !Object.hasOwn(SupervisedOptions.fields, name)
) as Array<Exclude<keyof typeof PretrainOptions.fields, keyof typeof SupervisedOptions.fields>>
export const contrastive = component(PretrainOptions, { only: contrastiveOnly })
const contrastiveAlone = component(PretrainOptions, {
  only: contrastiveOnly,
  needs: { option: "objective", is: ["contrastive"] }
})

export const pretrainCommand = command("pretrain", {
  does: "Pre-train a NER encoder: by contrastive learning on aligned sentences (NuNER), or on types",
  arguments: {
    inputs: several(
      "input",
      "aligned sentences, or labelled data whose types are the concepts, one file or several; for --objective types: labelled data, name=file for each dataset with types of its own"
    )
  },
  options: {
    base: encoder,
    out: out("the model directory of the encoder"),
    objective: option(Schema.Literals(["contrastive", "types"]), {
      default: "contrastive",
      help: "NuNER's, or NER-BERT's classification into the types of human-labelled data, its baseline"
    }),
    dtype,
    seed
  },
  components: {
    training,
    contrastive: contrastiveAlone,
    concepts: component({
      fields: {
        concepts: option(Schema.Boolean, {
          default: true,
          help: "leave the concept encoder in <out>/concepts",
          needs: [
            { option: "objective", is: ["contrastive"] },
            { option: "projection", absent: true }
          ]
        }),
        calibrate: option(Schema.optionalKey(Schema.NonEmptyString), {
          help: "aligned sentences that are not trained on: the two encoders become a zero-shot model, as by nuner zero calibrate",
          absent: "scores stay no probabilities",
          needs: [
            { option: "objective", is: ["contrastive"] },
            { option: "projection", absent: true },
            { option: "concepts", is: [true] }
          ]
        })
      }
    }),
    data: labelledData
  },
  reads: ({ concepts, inputs }) => [...inputs.map((input) => input.replace(/^[\w.-]+=/, "")), concepts.calibrate],
  run: Effect.fnUntraced(function* ({ concepts, contrastive, objective, training, ...options }) {
    const { calibrate, ...kept } = concepts
    const given = { ...options, ...training, ...contrastive, ...kept }
    yield* (objective === "types" ? pretrainSupervisedStage : pretrainStage)(given)
    if (calibrate !== undefined) yield* calibrated({ model: options.out, concepts: "concepts", inputs: [calibrate] })
    yield* show(options.out)
  })
})
