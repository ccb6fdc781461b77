import { expect, test } from "bun:test"
import { close, leakCheck, testEngine } from "@nuner/testing"
import {
  attention,
  disentangledBias,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  residual,
  rotary,
  softmax,
  tf,
  variableGrads
} from "../../src/index.ts"
import { checkGradients } from "../lib/checkGradients.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

const as2 = (x: tf.Tensor) => x as tf.Tensor2D
const as3 = (x: tf.Tensor) => x as tf.Tensor3D
const key = { seed: 1, step: 2, site: "here" }

test("linear, with and without bias, on any leading axes", () => {
  const inputs = () => ({ x: wave([2, 3, 4], 1), kernel: wave([4, 5], 2), bias: wave([5], 3) })
  checkGradients((x, kernel, bias) => linear(x!, kernel!, bias), inputs())
  checkGradients((x, kernel) => linear(x!, kernel!), { x: wave([3, 4], 1), kernel: wave([4, 2], 2) })
})

test("embedding adds up the gradients of a repeated id", () => {
  checkGradients((table) => embedding(table!, new Int32Array([3, 0, 3, 1, 3])), { table: wave([5, 2], 1) })
})

test("layer norm", () => {
  checkGradients((x, gamma, beta) => layerNorm(x!, gamma!, beta!, 1e-5), {
    x: wave([2, 3, 4], 1),
    gamma: wave([4], 2),
    beta: wave([4], 3)
  })
})

test("layer norm without beta", () => {
  checkGradients((x, gamma) => layerNorm(x!, gamma!), { x: wave([2, 3, 4], 1), gamma: wave([4], 2) })
})

test("rotary positions: gradients, and products that depend on the distance alone", () => {
  checkGradients((x) => rotary(as3(x!), { heads: 2, theta: 100 }), { x: wave([2, 5, 8], 1) })
  tf.tidy(() => {
    const one = tf.tensor1d([0.3, -1, 2, 0.5])
    const same = tf.tile(tf.reshape(one, [1, 1, 4]), [1, 9, 1]) as tf.Tensor3D
    const turned = tf.squeeze(rotary(same, { heads: 1, theta: 10_000 })) as tf.Tensor2D
    const products = tf.matMul(turned, turned, false, true).arraySync() as Array<Array<number>>
    for (let i = 1; i < 9; i++)
      for (let j = 1; j < 9; j++) expect(products[i]![j]!).toBeCloseTo(products[i - 1]![j - 1]!, 4)
    expect(products[0]![3]!).not.toBeCloseTo(products[0]![0]!, 2)
  })
})

test("local attention: gradients, and in stretches the same as with a band of the whole", () => {
  const inputs = () => ({ q: wave([2, 5, 4], 1), k: wave([2, 5, 4], 2), v: wave([2, 5, 4], 3) })
  const mask = [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]
  checkGradients((q, k, v) => attention(as3(q!), as3(k!), as3(v!), { heads: 2, mask, window: 1 }), inputs())
  const band = (tokens: number) =>
    tf.tensor3d(
      Array.from({ length: 2 * tokens ** 2 }, (_, at) =>
        Math.abs((at % tokens) - (Math.floor(at / tokens) % tokens)) <= 3 ? 0 : -1e9
      ),
      [2, tokens, tokens]
    )
  const long = () => ({ q: wave([2, 150, 4], 1, 3), k: wave([2, 150, 4], 2, 3), v: wave([2, 150, 4], 3) })
  const masked = Array.from({ length: 300 }, (_, at) => (at < 280 ? 1 : 0))
  const run = (options: { window: number } | { bias: tf.Tensor3D }) => {
    const variables = tf.tidy(() =>
      Object.fromEntries(Object.entries(long()).map(([name, x]) => [name, tf.variable(x)]))
    )
    const f = () =>
      attention(as3(variables.q!), as3(variables.k!), as3(variables.v!), { heads: 2, mask: masked, ...options })
    const weights = wave([2, 150, 4], 7)
    // Padding sees nothing but padding there.
    const kept = tf.tensor3d(masked, [2, 150, 1])
    const plain = tf.tidy(() => tf.mul(f(), kept).dataSync())
    const { grads } = variableGrads(() => tf.sum(tf.mul(f(), tf.mul(weights, kept))) as tf.Scalar, variables)
    return [plain, ...["q", "k", "v"].map((name) => grads[name]!.dataSync())]
  }
  tf.tidy(() => {
    const [cut, whole] = [run({ window: 3 }), run({ bias: band(150) })]
    for (const [i, numbers] of whole.entries()) close(cut[i]!, numbers, 1e-5)
  })
})

test("local attention leaves no stretch of a long text behind", async () => {
  const x = as3(wave([1, 150, 4], 1))
  await leakCheck(() => attention(x, x, x, { heads: 2, window: 3 }).dispose())
  x.dispose()
})

test("disentangled attention: gradients, and the golden number of its specification", () => {
  const rowOf = (distance: number) => Math.max(0, Math.min(7, 4 - distance))
  const options = { heads: 2, rowOf, scale: 0.4 }
  checkGradients(
    (q, k, query, key) => disentangledBias(as3(q!), as3(k!), { query: as2(query!), key: as2(key!) }, options),
    {
      ...{ q: wave([2, 3, 4], 1), k: wave([2, 3, 4], 2), query: wave([8, 4], 3), key: wave([8, 4], 4) }
    }
  )
  // f(shape, s)[n] = sin(0.9 n + s) / 2; buckets 4, longest 8, the last token masked.
  const f = (shape: Array<number>, s: number) =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, n) => 0.5 * Math.sin(0.9 * n + s)),
      shape
    )
  tf.tidy(() => {
    const project = (x: tf.Tensor, s: number) =>
      tf.add(tf.matMul(as2(x), as2(f([4, 4], s)), false, true), f([4], s + 0.1))
    const x = f([6, 4], 0.1)
    const distances = layerNorm(f([8, 4], 12), tf.ones([4]), tf.zeros([4]), 1e-7)
    const [q, k, v] = [11, 11.2, 11.4].map((s) => as3(tf.reshape(project(x, s), [1, 6, 4]))) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D
    ]
    const tables = { query: as2(project(distances, 11)), key: as2(project(distances, 11.2)) }
    const scale = 1 / Math.sqrt(3 * 2)
    // b(r) = sign(r) (ceil(ln(|r| / 2) / ln(7 / 2)) + 2) beyond 2, cut to 0..7.
    const logarithmic = (distance: number) => {
      const far = Math.abs(distance)
      const bucket = far <= 2 ? far : Math.ceil(Math.log(far / 2) / Math.log(7 / 2)) + 2
      return Math.max(0, Math.min(7, 4 - Math.sign(distance) * bucket))
    }
    const bias = disentangledBias(q, k, tables, { heads: 2, rowOf: logarithmic, scale })
    const context = attention(q, k, v, { heads: 2, mask: [1, 1, 1, 1, 1, 0], bias, scale })
    close(context.dataSync().slice(0, 4), [-0.590668, 0.009634, 0.30044, 0.509818], 2e-6)
  })
})

test("gelu", () => checkGradients((x) => gelu(x!), { x: wave([12], 1, 3) }))

test("softmax", () => checkGradients((x) => softmax(x!), { x: wave([3, 5], 1, 2) }))

test("residual, also of a tensor with itself", () => {
  checkGradients((x, y) => residual(x!, y!), { x: wave([2, 3], 1), y: wave([2, 3], 2) })
  checkGradients((x) => residual(x!, x!), { x: wave([2, 3], 1) })
})

test("dropout", () => checkGradients((x) => dropout(x!, 0.4, key), { x: wave([4, 5], 1) }))

for (const [name, maxScores] of Object.entries({ "in one piece": undefined, "in chunks": 18, "head by head": 1 })) {
  test(`attention ${name}, with key mask and dropout`, () => {
    const inputs = () => ({ q: wave([2, 3, 4], 1), k: wave([2, 3, 4], 2), v: wave([2, 3, 4], 3) })
    const options = { heads: 2, mask: [1, 1, 0, 1, 1, 1], ...(maxScores && { maxScores }) }
    checkGradients((q, k, v) => attention(as3(q!), as3(k!), as3(v!), options), inputs())
    checkGradients((q, k, v) => attention(as3(q!), as3(k!), as3(v!), { ...options, causal: true }), inputs())
    const dropped = { ...options, dropout: { rate: 0.3, key } }
    checkGradients((q, k, v) => attention(as3(q!), as3(k!), as3(v!), dropped), inputs())
  })

  for (const [whose, rows] of Object.entries({ "that all texts share": 2, "of each text's own": 4 })) {
    test(`attention ${name}, with a bias ${whose}`, () => {
      const inputs = () => ({
        q: wave([2, 3, 4], 1),
        k: wave([2, 3, 4], 2),
        v: wave([2, 3, 4], 3),
        bias: wave([rows, 3, 3], 4, 2)
      })
      const options = {
        heads: 2,
        mask: [1, 1, 0, 1, 1, 1],
        dropout: { rate: 0.3, key },
        ...(maxScores && { maxScores })
      }
      checkGradients(
        (q, k, v, bias) => attention(as3(q!), as3(k!), as3(v!), { ...options, bias: as3(bias!) }),
        inputs()
      )
    })
  }
}

test("attention with a bias: a score is moved by it, in one kernel as off it", () => {
  tf.tidy(() => {
    const [q, k, v] = [1, 2, 3].map((phase) => as3(wave([2, 3, 4], phase))) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]
    const bias = tf.tensor3d([0, -1e9, -1e9, -1e9, 0, -1e9, -1e9, -1e9, 0, ...Array(9).fill(0)], [2, 3, 3])
    const got = attention(q, k, v, { heads: 2, bias }).dataSync()
    const plain = attention(q, k, v, { heads: 2 }).dataSync()
    // The first head sees its own token only, the second one is as before.
    const own = v.dataSync()
    close(
      got,
      Array.from(got, (_, i) => (i % 4 < 2 ? own[i]! : plain[i]!)),
      1e-5
    )
    close(attention(q, k, v, { heads: 2, bias, maxScores: 9 }).dataSync(), got, 1e-5)
  })
})

test("causal attention: a token's output is that of the text cut after it", () => {
  const cut = (x: tf.Tensor3D, tokens: number) => tf.slice(x, [0, 0, 0], [-1, tokens, -1])
  tf.tidy(() => {
    const [q, k, v] = [1, 2, 3].map((phase) => as3(wave([2, 5, 4], phase))) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]
    const whole = attention(q, k, v, { heads: 2, causal: true })
    for (let tokens = 1; tokens <= 5; tokens++) {
      const short = attention(cut(q, tokens), cut(k, tokens), cut(v, tokens), { heads: 2 })
      const last = (x: tf.Tensor3D) => tf.slice(x, [0, tokens - 1, 0], [-1, 1, -1]).dataSync()
      last(whole).forEach((value, i) => {
        expect(value).toBeCloseTo(last(short)[i]!, 5)
      })
    }
  })
})

test("a composition shares and frees gradients rightly", () => {
  checkGradients(
    (x, kernel) => {
      const y = gelu(linear(x!, kernel!))
      const z = residual(y, residual(x!, linear(y, kernel!)))
      return tf.mul(tf.add(z, x!), tf.reshape(tf.reshape(y, [12]), [3, 4]))
    },
    { x: wave([3, 4], 1), kernel: wave([4, 4], 2, 0.5) }
  )
})

test("the numbers do not depend on how attention is cut", () => {
  tf.tidy(() => {
    const [q, k, v] = [1, 2, 3].map((phase) => wave([3, 5, 6], phase) as tf.Tensor3D) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D
    ]
    const all = [undefined, 100, 50, 10, 1].map((maxScores) =>
      attention(q, k, v, { heads: 3, dropout: { rate: 0.5, key }, ...(maxScores && { maxScores }) }).dataSync()
    )
    // A product of one row is summed in another order.
    for (const some of all) close(some, all[0]!, 1e-6)
  })
})
