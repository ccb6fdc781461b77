import { afterAll, beforeAll, test } from "bun:test"
import { join } from "node:path"
import type { AlignedSentence } from "@nuner/core"
import { type Encoder, loadEncoder, loadLanguageModel, type Model, parameterSpecs } from "@nuner/encoder"
import { disposeAll, readSafetensors, type SafetensorsFile, type TrainEvent, tf } from "@nuner/engine"
import { close, testEngine } from "@nuner/testing"
import {
  type MaskedLanguageOptions,
  type PretrainOptions,
  pretrain,
  pretrainMaskedLanguage,
  pretrainSupervised,
  type SupervisedOptions
} from "@nuner/trainer"
import cases from "./fixtures/torch/cases.json" with { type: "json" }
import outputs from "./fixtures/torch/outputs.json" with { type: "json" }

/** Five steps from the same weights, on the same examples: `fixtures/torch/make.py` has done them in PyTorch, in double precision. */
const shared = { learningRate: 1e-3, dropout: 0, validation: 0, seed: 0 } as const
const five = { ...shared, steps: 5, epochs: 1 } as const

const folder = join(import.meta.dir, "fixtures/torch")
let weights: SafetensorsFile
const open: Array<Encoder> = []
const encoderOf = async (name: string, part: "text" | "concept"): Promise<Encoder> => {
  const encoder = await loadEncoder(join(folder, name, part))
  open.push(encoder)
  return encoder
}
beforeAll(async () => {
  await testEngine()
  weights = await readSafetensors(join(folder, "outputs.safetensors"))
})
afterAll(async () => {
  for (const encoder of open) encoder.dispose()
  await weights.close()
})

interface Told {
  readonly losses: ReadonlyArray<number>
  readonly gradNorms: ReadonlyArray<number>
  readonly rates: ReadonlyArray<number>
}
const expectSteps = async (events: AsyncIterable<TrainEvent | { readonly type: string }>, expected: Told) => {
  const steps = (await Array.fromAsync(events)).filter((event) => event.type === "step") as Array<
    Extract<TrainEvent, { readonly type: "step" }>
  >
  close(
    steps.map(({ loss }) => loss),
    expected.losses,
    1e-5
  )
  close(
    steps.map(({ gradNorm }) => gradNorm),
    expected.gradNorms,
    1e-5
  )
  close(
    steps.map(({ lr }) => lr),
    expected.rates,
    1e-9
  )
}
const expectWeights = async ({ config, parameters }: Model, name: string) => {
  for (const spec of parameterSpecs(config)) {
    const mine = tf.tidy(() => {
      const values = parameters[spec.name]!
      return (spec.transposed ? tf.transpose(values) : tf.clone(values)).dataSync()
    })
    close(mine, (await weights.read(`${name}/${spec.name}`)) as Float32Array, 1e-5)
  }
}

for (const { encoder, name, options, ...rest } of cases.contrastive) {
  test(`contrastive, ${name}`, async () => {
    const [text, concept] = [await encoderOf(encoder, "text"), await encoderOf(encoder, "concept")]
    const sentences = (cases.sentences as ReadonlyArray<AlignedSentence>).slice(0, rest.sentences)
    const run = pretrain({ ...five, ...(options as PretrainOptions), sentences, text, concept })
    await expectSteps(run, outputs.contrastive[name as keyof typeof outputs.contrastive])
    await expectWeights(text, `contrastive/${name}/text`)
    await expectWeights(concept, `contrastive/${name}/concept`)
  })
}

for (const { datasets: names, encoder: folderName, name, options } of cases.types) {
  test(`closed types, ${name}`, async () => {
    const encoder = await encoderOf(folderName, "text")
    const datasets = Object.fromEntries(names.map((one) => [one, cases.datasets[one as keyof typeof cases.datasets]]))
    const run = pretrainSupervised({ ...five, ...(options as SupervisedOptions), datasets, encoder })
    await expectSteps(run, outputs.types[name as keyof typeof outputs.types])
    await expectWeights(encoder, `types/${name}/text`)
  })
}

for (const { encoder: directory, name, options } of cases.language) {
  test(`masked language, ${name}`, async () => {
    const { encoder, head } = await loadLanguageModel(join(folder, directory, "text"))
    open.push(encoder)
    const settings = { ...shared, ...(options as MaskedLanguageOptions) }
    const run = pretrainMaskedLanguage({ ...settings, texts: cases.texts, encoder, head: head! })
    await expectSteps(run, outputs.language[name as keyof typeof outputs.language])
    await expectWeights(encoder, `language/${name}/text`)
    disposeAll(head!)
  })
}
