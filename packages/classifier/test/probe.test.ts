import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { type LabelledSentence, rng } from "@nuner/core"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { classesOf, fitProbe, headOfScores, probabilities } from "../src/index.ts"

await testEngine()

/** Written by reference/logistic.py with scikit-learn. */
const golden = (await Bun.file(join(import.meta.dir, "fixtures/logistic.json")).json()) as {
  width: number
  classes: number
  labels: Array<number>
  features: Array<number>
  cases: Array<{ c: number; probabilities: Array<number> }>
}
const names = ["O", "a", "b", "c", "d"]

/** One sentence a word, so that classes come out as the fixture numbers them. */
const sentences = golden.labels.map((label, i): LabelledSentence => {
  const entities = label === 0 ? [] : [{ start: 0, end: 1, type: names[label]! }]
  return { words: [`w${i}`], entities }
})
const features = {
  values: Float32Array.from(golden.features),
  starts: Int32Array.from({ length: sentences.length + 1 }, (_, i) => i),
  width: golden.width
}

describe("fitProbe", () => {
  for (const { c, probabilities: expected } of golden.cases) {
    test(`gives scikit-learn's probabilities, C = ${c}`, () =>
      leakCheck(() => {
        for (const { tolerance, within } of [
          { tolerance: 1e-5, within: 1e-3 },
          { tolerance: 1e-6, within: 1e-4 }
        ]) {
          const { head, converged } = fitProbe(features, sentences, { c, tolerance })
          expect(converged).toBe(true)
          expect(head.classes).toEqual(names)
          close(probabilities(head, features.values), expected, within)
        }
      }))
  }

  test("is the same twice, and does not depend on the order of sentences", () => {
    const first = fitProbe(features, sentences)
    expect(fitProbe(features, sentences).head).toEqual(first.head)
    const back = sentences.toReversed()
    const values = new Float32Array(features.values.length)
    for (let i = 0; i < back.length; i++) {
      const row = features.values.subarray((back.length - 1 - i) * golden.width, (back.length - i) * golden.width)
      values.set(row, i * golden.width)
    }
    const reversed = fitProbe({ ...features, values }, back)
    close(probabilities(reversed.head, features.values), probabilities(first.head, features.values), 1e-4)
  })

  test("an ignored word is as one that is not there", () => {
    const { width } = golden
    const isThere = (_: unknown, i: number) => i % 7 !== 0
    const ignoring = sentences.map((sentence, i) => (isThere(sentence, i) ? sentence : { ...sentence, ignored: [0] }))
    const some = sentences.filter(isThere)
    const values = features.values.filter((_, at) => isThere(_, Math.floor(at / width)))
    const without = fitProbe({ values, starts: features.starts.subarray(0, some.length + 1), width }, some)
    expect(fitProbe(features, ignoring).head).toEqual(without.head)
    expect(fitProbe(features, ignoring, { c: "cv" }).heldOut.every(({ f1 }) => f1 > 0)).toBe(true)
  })

  test('"cv" chooses from held-out words, without any other data', () =>
    leakCheck(() => {
      const { c, heldOut } = fitProbe(features, sentences, { c: "cv" })
      expect(heldOut.map((one) => one.c)).toEqual([0.01, 0.03, 0.1, 1, 10])
      expect(heldOut.map((one) => one.c)).toContain(c)
      expect(fitProbe(features, sentences, { c: "cv" })).toMatchObject({ c, heldOut })
    }))

  test('"cv" takes the smallest C that cannot be told from the best', () => {
    // Forty sentences with one entity each, whose type is hard to see.
    const [count, words, width] = [40, 4, 12]
    const random = rng(4)
    const noisy = Array.from({ length: count }, (_, i): LabelledSentence => {
      const start = i % words
      return { words: ["a", "b", "c", `d${i}`], entities: [{ start, end: start + 1, type: i % 2 ? "x" : "y" }] }
    })
    const values = Float32Array.from({ length: count * words * width }, () => random.next() - 0.5)
    for (let i = 0; i < count; i++) values[(i * words + (i % words)) * width + (i % 2)]! += 0.8
    const starts = Int32Array.from({ length: count + 1 }, (_, i) => i * words)
    const { c, heldOut } = fitProbe({ values, starts, width }, noisy, { c: "cv" })
    const f1 = (of: number) => heldOut.find((one) => one.c === of)!.f1
    expect(c).toBe(1)
    expect(f1(10)).toBeGreaterThan(f1(1)) // the best is not taken
    expect(f1(0.1)).toBeLessThan(f1(10) - 0.1) // nor one that is clearly worse
  })

  test('"cv" does not divide a set of fewer sentences than folds, or one where types stand in one or two', () => {
    const first = (count: number) => ({
      values: features.values.slice(0, count * golden.width),
      starts: features.starts.slice(0, count + 1),
      width: golden.width
    })
    expect(fitProbe(first(3), sentences.slice(0, 3), { c: "cv" })).toMatchObject({ c: 1, heldOut: [] })
    const rare = sentences.slice(0, 30).map(({ words }, i) => ({
      words,
      entities: i % 3 === 0 ? [] : [{ start: 0, end: 1, type: `type-${i % 10}` }]
    }))
    expect(fitProbe(first(30), rare, { c: "cv" })).toMatchObject({ c: 1, heldOut: [] })
  })

  test('"cv" takes a set whose only type stands in one fold, and divides texts, not their copies', () => {
    const slice = (count: number) => ({
      ...features,
      values: features.values.slice(0, count * golden.width),
      starts: features.starts.slice(0, count + 1)
    })
    const sparse = sentences.slice(0, 15).map(({ words }, i) => ({
      words,
      entities: i % 5 === 0 ? [{ start: 0, end: 1, type: "a" }] : []
    }))
    const { c, heldOut } = fitProbe(slice(15), sparse, { c: "cv" })
    expect(heldOut.map((one) => one.c)).toContain(c)
    const copies = sentences.slice(0, 30).map(({ entities }, i) => ({ words: [`w${i % 4}`], entities }))
    expect(fitProbe(slice(30), copies, { c: "cv" })).toMatchObject({ c: 1, heldOut: [] })
  })

  test("of each fold's sentences the others decide", () => {
    const heldOut = (folds: number) => fitProbe(features, sentences, { c: "cv", folds }).heldOut
    expect(heldOut(2)).not.toEqual(heldOut(5))
    // A fold for each sentence is the most that there can be.
    expect(fitProbe(features, sentences, { c: "cv", folds: sentences.length + 1 }).heldOut).toEqual([])
  })

  test("types without an example have a class, and are hardly ever taken", () => {
    const { head } = fitProbe(features, sentences, { types: ["zebra", "a"] })
    expect(head.classes).toEqual([...names, "zebra"])
    const values = probabilities(head, features.values)
    for (let row = 0; row < sentences.length; row++) expect(values[row * 6 + 5]!).toBeLessThan(0.5)
  })

  test("standardised, a feature's scale says nothing; as they are, it does", () => {
    const scaled = { ...features, values: features.values.map((x, i) => (i % golden.width === 0 ? 100 * x : x)) }
    const predictions = (standardise: boolean, from: typeof features) =>
      probabilities(fitProbe(from, sentences, { standardise, tolerance: 1e-6 }).head, from.values)
    close(predictions(true, scaled), predictions(true, features), 1e-3)
    expect(() => close(predictions(false, scaled), predictions(false, features), 1e-2)).toThrow("not close")
  })

  test("ends after so many iterations, and says whether it got there", () => {
    expect(fitProbe(features, sentences, { maxIterations: 2 })).toMatchObject({ iterations: 2, converged: false })
    expect(fitProbe(features, sentences, { tolerance: 10 })).toMatchObject({ iterations: 0, converged: true })
  })

  test("a prior is what the penalty draws the weights to: at the optimum its pull and the examples' hold each other", () =>
    leakCheck(() => {
      const [c, { width }] = [0.3, golden]
      const random = rng("prior")
      const some = (count: number) => Float32Array.from({ length: count }, () => random.normal())
      const prior = { classes: names, kernel: some(width * names.length), bias: some(names.length) }
      const even = { ...features, values: some(features.values.length) }
      for (const standardise of [true, false]) {
        // Random numbers of one kind have the scale 1 as they are, nearly.
        const { converged, head } = fitProbe(even, sentences, { c, standardise }, { prior })
        expect(converged).toBe(true)
        const shares = probabilities(head, even.values)
        // Less the gradient of c * sum(log loss), by hand.
        const pull = head.kernel.map((_, i) => {
          const [j, k] = [Math.floor(i / names.length), i % names.length]
          return golden.labels.reduce((sum, label, row) => {
            const share = (label === k ? 1 : 0) - shares[row * names.length + k]!
            return sum + c * share * even.values[row * width + j]!
          }, 0)
        })
        const held = prior.kernel.map((weight, i) => weight + pull[i]!)
        close(head.kernel, held, standardise ? 0.5 : 5e-3)
        expect(() => close(head.kernel, pull, 0.5)).toThrow("not close")
        // The stronger the penalty, the nearer, whatever the fit begins at.
        for (const start of [undefined, head]) {
          const strong = fitProbe(even, sentences, { c: 1e-9, standardise }, { prior, start })
          close(strong.head.kernel, prior.kernel, 1e-4)
        }
      }
    }))

  test('"cv" tries each C with the prior', () => {
    const { head } = fitProbe(features, sentences, { c: 10 })
    const few = {
      ...features,
      values: features.values.slice(0, 60 * golden.width),
      starts: features.starts.slice(0, 61)
    }
    const rare = sentences
      .slice(0, 60)
      .map((sentence, i) =>
        i < 4 ? { ...sentence, entities: [{ start: 0, end: 1, type: names[i + 1]! }] } : { ...sentence, entities: [] }
      )
    expect(fitProbe(few, rare, { c: "cv" })).toMatchObject({ c: 1, heldOut: [] })
    expect(fitProbe(few, rare, { c: "cv" }, { prior: head })).toMatchObject({ c: 0.03, heldOut: [] })
    const without = fitProbe(features, sentences, { c: "cv" }).heldOut
    const withIt = fitProbe(features, sentences, { c: "cv" }, { prior: head }).heldOut
    // Drawn to what fits all words, the strongest penalty does best.
    expect(withIt[0]!.f1).toBeGreaterThan(without[0]!.f1 + 0.05)
  })

  test("scores of types are a head: at the place of the last layer, a type's shared among its classes", () => {
    const scores = new Map([
      ["a", { weights: Float32Array.of(1, -2), bias: 0.5 }],
      ["elsewhere", { weights: Float32Array.of(9, 9), bias: 9 }]
    ])
    const classes = classesOf(["a", "b"], "BIO")
    const of = (layers: ReadonlyArray<number>) => headOfScores(scores, classes, "BIO", { depth: 3, hidden: 2, layers })
    for (const layers of [
      [1, -1],
      [1, 3]
    ]) {
      const shares = probabilities(of(layers)!, Float32Array.of(7, 7, 3, 1))
      // z = 3 - 2 + 0.5; none and the classes of a type without a score are 0.
      const z = Math.exp(1.5)
      close(
        shares,
        [1, z / 2, z / 2, 1, 1].map((value) => value / (3 + z)),
        1e-5
      )
    }
    expect(of([1, 2])).toBeUndefined()
    const narrow = new Map([["a", { weights: Float32Array.of(1), bias: 0 }]])
    expect(() => headOfScores(narrow, classes, "BIO", { depth: 3, hidden: 2, layers: [-1] })).toThrow(
      'the score of "a" has 1 weights, words have 2'
    )
  })

  test("names what it cannot use", () => {
    const other = { classes: ["O", "z"], kernel: new Float32Array(2 * golden.width), bias: new Float32Array(2) }
    expect(() => fitProbe(features, sentences, {}, { prior: other })).toThrow(
      `the prior is of O, z and ${golden.width} numbers a word, the probe of O, a, b, c, d and ${golden.width}`
    )
    expect(() => fitProbe(features, sentences, { c: 0 })).toThrow('"c"')
    expect(() => fitProbe(features, sentences, { C: 1 } as never)).toThrow('did you mean "c"')
    expect(() => fitProbe(features, sentences.slice(1))).toThrow("150 vectors for 149 words")
    const twice = [
      { start: 0, end: 1, type: "a" },
      { start: 0, end: 1, type: "b" }
    ]
    expect(() => fitProbe(features, [{ words: ["w"], entities: twice, id: "s7" }])).toThrow("s7: entities: b 0..1")
  })
})
