import { expect, test } from "bun:test"
import { fitProbe, predictStream, tokenClassifier, wordFeatures } from "../src/index.ts"
import { toyEncoder, toySentences } from "./toy.ts"

const train = toySentences(80, 1)
const encoder = toyEncoder()
const { head } = fitProbe(await wordFeatures(encoder, train), train, { c: 1 })
const classifier = tokenClassifier({ encoder, head })
const texts = toySentences(50, 2).map(({ words }, i) =>
  Array(1 + (i % 3))
    .fill(words.join(" "))
    .join(" ")
)

/** A stream of texts that counts how many were asked for. */
const counted = () => {
  const counter = { asked: 0 }
  async function* stream() {
    for (const [id, text] of texts.entries()) {
      counter.asked++
      yield { id, text }
    }
  }
  return { counter, stream: stream() }
}

test("a stream's entities are those of its texts, in their order, with what the texts brought", async () => {
  const { stream } = counted()
  const found = await Array.fromAsync(predictStream(classifier, stream, { readAhead: 7 }))
  expect(found.map(({ input }) => input.id)).toEqual(texts.map((_, i) => i))
  const whole = await classifier.predict(texts)
  const places = (all: typeof whole) =>
    all.map((one) => one.map(({ end, start, text, type }) => [start, end, text, type]))
  expect(places(found.map(({ entities }) => entities))).toEqual(places(whole))
  expect(whole.flat().length).toBeGreaterThan(50)
})

test("no more texts are asked for than are read ahead", async () => {
  const { counter, stream } = counted()
  let taken = 0
  for await (const _ of predictStream(classifier, stream, { readAhead: 8 })) {
    taken++
    expect(counter.asked).toBe(Math.min(texts.length, Math.ceil(taken / 8) * 8))
  }
  expect(taken).toBe(texts.length)
})

test("long texts are read ahead in smaller numbers", async () => {
  const asked: Array<number> = []
  const long = "word ".repeat(2 ** 16)
  const spy = {
    predict: async (some: ReadonlyArray<string>) => {
      asked.push(some.length)
      return some.map(() => [])
    }
  }
  await Array.fromAsync(predictStream(spy, [long, long, "a", "b"]))
  expect(asked).toEqual([1, 1, 2])
})

test("progress is told; a signal ends it with its reason, also between the batches of what is held", async () => {
  const progress: Array<number> = []
  const controller = new AbortController()
  const reading = async () => {
    const options = {
      readAhead: 20,
      signal: controller.signal,
      onProgress: ({ texts }: { texts: number }) => progress.push(texts)
    }
    for await (const { input } of predictStream(classifier, texts, options)) {
      if (input === texts[25]) controller.abort(new Error("enough"))
    }
  }
  await expect(reading()).rejects.toThrow("enough")
  expect(progress).toEqual([20, 40])

  const between = new AbortController()
  let batches = 0
  const states = encoder.inference!.states
  const slow = tokenClassifier({
    encoder: {
      ...encoder,
      inference: {
        ...encoder.inference!,
        states: (...given) => {
          if (++batches === 2) between.abort(new Error("between"))
          return states(...given)
        }
      }
    },
    head
  })
  const all = Array.fromAsync(predictStream(slow, texts, { batchTokens: 32, signal: between.signal }))
  await expect(all).rejects.toThrow("between")
  expect(batches).toBe(2)
})

test("a number of texts that is none is refused by name", async () => {
  await expect(Array.fromAsync(predictStream(classifier, texts, { readAhead: 0 }))).rejects.toThrow(
    'predictStream: option "readAhead"'
  )
})
