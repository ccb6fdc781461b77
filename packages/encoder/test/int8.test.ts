import { expect, test } from "bun:test"
import { AutoModelForTokenClassification, AutoTokenizer, env } from "@huggingface/transformers"
import { unmark } from "@nuner/core"
import { tf } from "@nuner/engine"
import { tempDir } from "@nuner/testing"
import { exportOnnx, forward, fromPretrained, tokenBatch } from "../src/index.ts"

env.allowRemoteModels = false
env.useFSCache = false

const labels = ["O", "person", "place", "work"]
const examples = [
  "[Hedda Gabler|work] opens at the [Lyric Theatre|place] with [Ines Moreau|person] in the title role.",
  "[Tomas Lindqvist|person] reads from [The Glass Orchard|work] in [Leeds|place].",
  "We saw [Nosferatu|work] at the [Old Granary|place]; [Ada Pereira|person] played the organ.",
  "The [Harbour Hall|place] sold out when [Bela Novak|person] sang [Winterreise|work].",
  "[Paper Boats|work], a film by [Kenji Arai|person], is shown in [Bristol|place] again.",
  "Nobody in [Cork|place] had read [Salt and Iron|work] before [Maeve Quinn|person] spoke about it."
].map(unmark)
const fresh = [
  "Clara Voss reads from her novel The Salt Road in Norwich.",
  "Marie Curie was born in Warsaw.",
  "Idris Okafor brings The Tempest to the Corn Exchange in Exeter.",
  "The Old Fire Station shows Vertigo on Sunday, says Lena Brandt."
]

/**
 * The head reads the last hidden state and the third as a fitted probe does: one unit of the last state is a millionth of the others and has weights in the
 * ten thousands, beside which 8 bits would leave nothing of the rest. Classes by their Gaussians with a common diagonal covariance: fits are not at hand here.
 */
test("8 bits of the encoder in the box leave its entities, under a head as it is fitted", async () => {
  using dir = tempDir()
  const encoder = await fromPretrained("mini")
  const layers = [-1, 3]
  const rows: Array<{ x: Float32Array; label: number }> = []
  for (const { entities, text } of examples) {
    const { ids, offsets, special } = await encoder.tokenizer.encode(text)
    const states = tf.tidy(() =>
      tf.squeeze(tf.concat(forward(encoder, tokenBatch([ids], encoder.config.padId), { layers }), -1), [0])
    )
    const width = states.shape[1]!
    const values = (await states.data()) as Float32Array
    states.dispose()
    for (const [token, { end, start }] of offsets.entries()) {
      if (special[token] === 1) continue
      const type = entities.find((entity) => entity.start < end && start < entity.end)?.type ?? "O"
      rows.push({ x: values.slice(token * width, (token + 1) * width), label: labels.indexOf(type) })
    }
  }
  const width = rows[0]!.x.length
  const means = labels.map((_, label) => {
    const own = rows.filter((row) => row.label === label)
    return Float64Array.from({ length: width }, (_, i) => own.reduce((sum, { x }) => sum + x[i]! / own.length, 0))
  })
  const variance = Float64Array.from({ length: width }, (_, i) => {
    const mean = rows.reduce((sum, { label, x }) => sum + (x[i]! - means[label]![i]!) ** 2 / rows.length, 0)
    return mean > 1e-14 ? mean : Number.POSITIVE_INFINITY
  })
  const kernel = Float32Array.from({ length: width * labels.length }, (_, at) => {
    const i = Math.floor(at / labels.length)
    return means[at % labels.length]![i]! / variance[i]!
  })
  const bias = means.map((mean) => -mean.reduce((sum, value, i) => sum + value ** 2 / variance[i]! / 2, 0))
  const head = { kernel: tf.tensor2d(kernel, [width, labels.length]), bias: tf.tensor1d(bias) }
  await exportOnnx(dir.path, { encoder, ...head, labels, layers }, { types: ["fp32", "int8"] })
  tf.dispose(head)
  encoder.dispose()

  const tokenizer = await AutoTokenizer.from_pretrained(dir.path)
  const labelsOf = async (dtype: "fp32" | "q8"): Promise<Array<number>> => {
    const network = await AutoModelForTokenClassification.from_pretrained(dir.path, { dtype })
    const best: Array<number> = []
    for (const text of [...examples.map(({ text }) => text), ...fresh]) {
      const { data } = (await network(tokenizer(text))).logits as { data: Float32Array }
      for (let from = 0; from < data.length; from += labels.length) {
        const row = data.subarray(from, from + labels.length)
        best.push(row.indexOf(Math.max(...row)))
      }
    }
    await network.dispose()
    return best
  }
  const exact = await labelsOf("fp32")
  const rounded = await labelsOf("q8")
  const entities = exact.flatMap((label, i) => (label > 0 ? [rounded[i]!] : []))
  expect(entities.length).toBeGreaterThan(50)
  const kept = exact.flatMap((label, i) => (label > 0 && rounded[i] === label ? [label] : [])).length / entities.length
  expect(kept).toBeGreaterThan(0.9)
})
