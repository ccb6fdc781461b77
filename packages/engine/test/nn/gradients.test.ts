import { expect, test } from "bun:test"
import { close } from "@nuner/testing"
import { attention, dropout, embedding, gelu, layerNorm, linear, residual, softmax, tf } from "../../src/index.ts"
import { checkGradients } from "../lib/checkGradients.ts"
import { testEngine } from "../lib/engine.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

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
    const all = [undefined, 100, 50, 1].map((maxScores) =>
      attention(q, k, v, { heads: 3, dropout: { rate: 0.5, key }, ...(maxScores && { maxScores }) }).dataSync()
    )
    for (const some of all) expect(some).toEqual(all[0]!)
  })
})
