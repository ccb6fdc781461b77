/**
 * From text to entities with `mini` and a linear head: sentences of 16 tokens and documents of 512, one at a time and several, tokenizing and decoding
 * included, against transformers.js over ONNX Runtime in turns of several passes and against PyTorch in transformers right after. The peers tokenize, run the
 * network and take the probabilities of each token; what they would need to make entities of them is left out.
 *
 * PYTHON or NUNER_PYTHON names the Python that has torch; NUNER_BENCH_CASES is a regular expression that picks cases by name;
 * NUNER_BENCH_CLOCK=processor measures processor time instead of wall time, for a busy machine and NUNER_THREADS=1.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AutoModelForTokenClassification, AutoTokenizer, env } from "@huggingface/transformers"
import { loadClassifier, saveClassifier, tokenClassifier } from "@nuner/classifier"
import { rng } from "@nuner/core"
import { exportOnnx, fromPretrained, loadTokenClassifier, type Tokenizer } from "@nuner/encoder"
import { tf, useEngine } from "@nuner/engine"
import { clock, now } from "./support/clock.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

env.allowRemoteModels = false

/** `texts` go in together; so many passes count. */
const cases = [
  { texts: 1, tokens: 16, unit: "sentences/s", repeats: 200 },
  { texts: 64, tokens: 16, unit: "sentences/s", repeats: 15 },
  { texts: 1, tokens: 512, unit: "documents/s", repeats: 20 },
  { texts: 8, tokens: 512, unit: "documents/s", repeats: 5 }
] as const
type Case = (typeof cases)[number]
const nameOf = ({ texts, tokens }: Case) => `${texts} x ${tokens} tokens, mini`
const classes = ["O", "person", "place"]

async function* run(): AsyncGenerator<Row> {
  const { name, threads } = await useEngine()
  const note = `engine ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${clock} time`
  const picked = new RegExp(process.env.NUNER_BENCH_CASES ?? ".")
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  try {
    await writeModel(directory)
    const classifier = await loadClassifier(directory)
    const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1 }
    const peer = await AutoModelForTokenClassification.from_pretrained(directory, { dtype: "fp32", session_options })
    const tokenizer = await AutoTokenizer.from_pretrained(directory)
    const words = await wordsOf(classifier.encoder.tokenizer)
    for (const one of cases.filter((one) => picked.test(nameOf(one)))) {
      const { repeats, texts: count, tokens } = one
      const texts = madeTexts(words, count, tokens - 2)
      const passes = {
        ours: () => classifier.predict(texts),
        theirs: async () => {
          const { logits } = await peer(tokenizer(texts, { padding: true }))
          softmax(logits.data, classes.length)
          if (logits.dims[1] !== tokens) throw new Error(`texts of ${logits.dims[1]} tokens, not ${tokens}`)
        }
      }
      const times: Record<keyof typeof passes, Array<number>> = { ours: [], theirs: [] }
      for (let turn = 0; turn < turns; turn++) {
        for (const side of ["ours", "theirs"] as const) {
          await Bun.sleep(pause)
          for (let pass = -warmups; pass < repeats / turns; pass++) {
            const started = now()
            await passes[side]()
            if (pass >= 0) times[side].push(now() - started)
          }
        }
      }
      const rate = (milliseconds: number) => Number(((1000 * count) / milliseconds).toPrecision(3))
      const ours = rate(median(times.ours))
      const row = (peer: number | null, peerName: string, note: string): Row => ({
        ...{ bench: "predict", case: nameOf(one), metric: one.unit, ours, peer, peerName, note },
        ratio: moreIsBetter(ours, peer)
      })
      yield row(rate(median(times.theirs)), "transformers.js (ONNX Runtime)", note)
      const python = await runPython<{ milliseconds: number; version: string }>("predict.py", {
        ...{ directory, texts, tokens, repeats, warmups, threads, clock }
      })
      if (python.skipped) yield row(null, "transformers (PyTorch)", python.reason)
      else yield row(rate(python.output.milliseconds), "transformers (PyTorch)", `${note}; ${python.output.version}`)
    }
    classifier.dispose()
    await peer.dispose()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Passes at the beginning of a turn that do not count. */
const warmups = 3
const turns = 5
/** Between turns: a library's threads look for work for some milliseconds after a call, and would take a core from the other's. */
const pause = 200

/** One directory for all three: safetensors, and ONNX beside it. */
const writeModel = async (directory: string): Promise<void> => {
  const encoder = await fromPretrained("mini")
  const kernel = Float32Array.from({ length: encoder.config.hidden * classes.length }, (_, i) => Math.sin(i) / 10)
  await saveClassifier(directory, tokenClassifier({ encoder, head: { classes, kernel, bias: new Float32Array(3) } }))
  encoder.dispose()
  const model = await loadTokenClassifier(directory)
  await exportOnnx(directory, model)
  tf.dispose([model.kernel, model.bias])
  model.encoder.dispose()
}

/** Words of our own documentation that are one token each. */
const wordsOf = async (tokenizer: Tokenizer): Promise<ReadonlyArray<string>> => {
  const text = await readFile(join(import.meta.dir, "../docs/architecture.md"), "utf8")
  const words = [...new Set(text.toLowerCase().match(/\b[a-z]{3,}\b/g))]
  const encodings = await tokenizer.encodeBatch(words)
  return words.filter((_, i) => encodings[i]!.ids.length === 3)
}

const madeTexts = (words: ReadonlyArray<string>, count: number, length: number): Array<string> => {
  const random = rng(`${count} x ${length}`)
  const text = () => Array.from({ length }, () => words[random.int(words.length)]!).join(" ")
  return Array.from({ length: count }, text)
}

/** In place, row by row. */
const softmax = (values: Float32Array, width: number): void => {
  for (let from = 0; from < values.length; from += width) {
    const row = values.subarray(from, from + width)
    const powers = row.map((value) => Math.exp(value - Math.max(...row)))
    const sum = powers.reduce((total, power) => total + power, 0)
    row.set(powers.map((power) => power / sum))
  }
}

export default { name: "predict", run } satisfies Benchmark
