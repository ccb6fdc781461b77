import { beforeAll, expect, test } from "bun:test"
import { join } from "node:path"
import { addLora, loadEncoder, loadLanguageModel, mergeLora, saveEncoder, saveLanguageModel } from "@nuner/encoder"
import { disposeAll, tf } from "@nuner/engine"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import { decodeMaskedLanguageOptions, pretrainMaskedLanguage } from "@nuner/trainer"
import { encoderPass } from "../src/encoderPass.ts"
import { type LanguageBatch, languageLoss } from "../src/language/languageHead.ts"
import cases from "./fixtures/language/losses.json" with { type: "json" }

/** Checkpoints of RobertaForMaskedLM and its like with random weights, saved by transformers. */
const saved = (name: string): string =>
  ["roberta", "bert"].includes(name)
    ? join(import.meta.dir, "fixtures/torch", name, "text")
    : join(import.meta.dir, "../../encoder/test/fixtures/backbones", name)
const settings = decodeMaskedLanguageOptions({ tokens: 1 })
const load = async (directory: string) => {
  const { encoder, head } = await loadLanguageModel(directory)
  if (head === undefined) throw new Error(`${directory} has no head`)
  const dispose = () => {
    encoder.dispose()
    disposeAll(head)
  }
  return { encoder, head, pass: encoderPass(encoder, settings), dispose }
}
const batchOf = (
  ids: ReadonlyArray<ReadonlyArray<number>>,
  labels: ReadonlyArray<ReadonlyArray<number>>
): LanguageBatch => {
  const flat = labels.flat()
  const positions = flat.flatMap((label, at) => (label < 0 ? [] : [at]))
  const [rows, tokens] = [ids.length, ids[0]!.length]
  return {
    text: { ids: Int32Array.from(ids.flat()), mask: new Int32Array(rows * tokens).fill(1), rows, tokens },
    positions: Int32Array.from(positions),
    targets: Int32Array.from(positions, (at) => flat[at]!),
    causal: false,
    headOnly: false
  }
}
const lossOf = (model: Awaited<ReturnType<typeof load>>, batch: LanguageBatch): number =>
  tf.tidy(() => languageLoss(model, batch).dataSync()[0]!)

beforeAll(() => testEngine())

for (const { encoder: name, ids, labels, loss } of cases) {
  test(`${name}: the loss under a loaded head is that of transformers, before and after it was saved`, () =>
    leakCheck(async () => {
      using directory = tempDir()
      const model = await load(saved(name))
      expect(Math.abs(lossOf(model, batchOf(ids, labels)) - loss)).toBeLessThan(1e-5)
      await saveLanguageModel(directory.path, model)
      const again = await load(directory.path)
      expect(lossOf(again, batchOf(ids, labels))).toBe(lossOf(model, batchOf(ids, labels)))
      // Whoever wants the encoder alone finds it there too.
      const encoder = await loadEncoder(directory.path)
      for (const [key, parameter] of Object.entries(model.encoder.parameters)) {
        expect(encoder.parameters[key]!.dataSync()).toEqual(parameter.dataSync())
      }
      for (const each of [model, again, encoder]) each.dispose()
    }))
}

test("adapters are in the weights of a language model that is saved", () =>
  leakCheck(async () => {
    using directory = tempDir()
    const model = await load(saved("roberta"))
    const encoder = addLora(model.encoder, { rank: 2, alpha: 4, targets: ["query"], dropout: 0 })
    for (const [name, parameter] of Object.entries(encoder.parameters)) {
      if (name.endsWith("lora_B.weight")) tf.tidy(() => parameter.assign(tf.ones(parameter.shape)))
    }
    await saveLanguageModel(directory.path, { ...model, encoder })
    const again = await load(directory.path)
    mergeLora(encoder)
    for (const [name, parameter] of Object.entries(again.encoder.parameters)) {
      expect(encoder.parameters[name]!.dataSync()).toEqual(parameter.dataSync())
    }
    for (const each of [model, again]) each.dispose()
  }))

test("an encoder alone has no head; an output layer that is not the embedding table is refused by name", () =>
  leakCheck(async () => {
    using directory = tempDir()
    const model = await load(saved("bert"))
    await saveEncoder(directory.path, model.encoder)
    model.dispose()
    const { encoder, head } = await loadLanguageModel(directory.path)
    expect(head).toBeUndefined()
    encoder.dispose()
    const untied = join(import.meta.dir, "fixtures/language/untied")
    await expect(loadLanguageModel(untied)).rejects.toThrow(
      "cls.predictions.decoder.weight: is not the embedding table"
    )
  }))

test("a new head is fitted first, the encoder as it is; then both are trained", async () => {
  const { encoder, dispose } = await load(saved("roberta"))
  const weights = () => JSON.stringify(Object.values(encoder.parameters).map((parameter) => [...parameter.dataSync()]))
  const texts = Array.from({ length: 20 }, () => "Carl sold Bolt and Acme to Emmy in Oslo. Lima is cold.")
  const before = weights()
  const changed: Array<boolean> = []
  const run = pretrainMaskedLanguage({
    ...{ encoder, texts, preset: "adaptation", fitHead: 0.5, batchSize: 2, rowTokens: 16, tokens: 2 * 16 * 6 },
    ...{ warmup: 0, validation: 0 }
  })
  for await (const event of run) {
    if (event.type === "start") expect(event.headSteps).toBe(3)
    if (event.type === "step") changed.push(weights() !== before)
  }
  expect(changed).toEqual([false, false, false, true, true, true])
  dispose()
})
