import { beforeAll, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { leakCheck, testEngine } from "@nuner/testing"
import { fitLogistic } from "../src/biencoder/fitLogistic.ts"

beforeAll(() => testEngine())

test("the gradient of the loss is zero at the fit, and a hundred thousand draws give their own weights back", () =>
  leakCheck(() => {
    const random = rng("logistic")
    const [rows, width] = [100_000, 2]
    const features = Float32Array.from({ length: rows * width }, () => random.normal())
    const labels = Uint8Array.from({ length: rows }, (_, row) => {
      const z = 1.5 * features[row * width]! - 0.5 * features[row * width + 1]! - 1
      return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
    })
    const { bias, weights } = fitLogistic(features, labels, width, 0)
    expect(weights[0]!).toBeCloseTo(1.5, 1)
    expect(weights[1]!).toBeCloseTo(-0.5, 1)
    expect(bias).toBeCloseTo(-1, 1)
    const gradient = [0, 0, 0]
    for (let row = 0; row < rows; row++) {
      const x = [...features.subarray(row * width, row * width + width), 1]
      const z = x[0]! * weights[0]! + x[1]! * weights[1]! + bias
      const off = 1 / (1 + Math.exp(-z)) - labels[row]!
      for (let i = 0; i < 3; i++) gradient[i]! += (off * x[i]!) / rows
    }
    for (const part of gradient) expect(Math.abs(part)).toBeLessThan(1e-5)
    const shrunk = fitLogistic(features, labels, width, 1)
    expect(Math.hypot(...shrunk.weights)).toBeLessThan(Math.hypot(...weights) / 2)
  }))
