import { differentiable, isRecording } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { hasKernel, hasProducts } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { softmaxGradient } from "./activations.ts"
import { type DropoutKey, dropped } from "./dropout.ts"
import { biasGradient, fusedAttention, isFull, keptAttention, unseenBias } from "./fusedAttention.ts"

export interface AttentionOptions {
  /** `hidden` is split into this many heads. */
  readonly heads: number
  /** 1 for a key that may be attended to, 0 for padding; row by row [batch * tokens]. Default: all. */
  readonly mask?: ArrayLike<number>
  /** Multiplies the products of queries and keys. Default `1 / sqrt(hidden / heads)`. */
  readonly scale?: number
  /** Added to the scores before the softmax: `[heads, tokens, tokens]`, the same for every text, or `[batch * heads, tokens, tokens]`. Gradients reach it. */
  readonly bias?: tf.Tensor3D
  /** Token t attends to tokens 0..t only, as a left-to-right language model does. Default: to all. */
  readonly causal?: boolean
  /**
   * A token attends to those at most this far from it, either way (Beltagy et al. 2020). A text of more than twice the window's width is cut into
   * stretches, so that scores grow with its length and not with its square; it takes no `bias`. Default: to all.
   */
  readonly window?: number
  /** Dropout on the attention weights. Default: none. */
  readonly dropout?: { readonly rate: number; readonly key: DropoutKey }
  /**
   * Most scores [heads, tokens, tokens] held in one tensor, as a count of numbers. Beyond it heads, and a head's queries, are worked off in parts,
   * and the backward pass computes the weights again instead of keeping them. Default 2^23 (32 MiB); one query's are the least.
   */
  readonly maxScores?: number
}

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017): `softmax(scale q k^T + bias + mask) v` per head.
 *
 * With n = batch * heads, up to `maxScores` the weights [n, tokens, tokens] are kept for the backward pass; beyond it the peak
 * is three tensors of `maxScores` numbers at a time, whatever the batch. A row whose keys are
 * all masked attends to all of them evenly.
 *
 * @param q [batch, tokens, hidden], as k and v
 * @returns [batch, tokens, hidden]
 */
export const attention = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, options: AttentionOptions): tf.Tensor3D => {
  const [batch, tokens, hidden] = q.shape
  const { bias, causal = false, heads, mask, maxScores = 2 ** 23, scale = 1 / Math.sqrt(hidden / heads) } = options
  if (hidden % heads !== 0) throw new EngineError(`attention: hidden ${hidden} does not divide into ${heads} heads`)
  for (const other of [k, v]) {
    if (!tf.util.arraysEqual(other.shape, q.shape)) {
      throw new EngineError(`attention: q [${q.shape}], k [${k.shape}], v [${v.shape}] must have one shape`)
    }
  }
  if (mask && mask.length !== batch * tokens) {
    throw new EngineError(`attention: the mask has ${mask.length} entries, not batch x tokens = ${batch * tokens}`)
  }
  if (options.window !== undefined && tokens > stretchOf(options.window)) return stretched(q, k, v, options)
  const rows = batch * heads
  if (bias && (bias.size / tokens ** 2 !== bias.shape[0] || ![heads, rows].includes(bias.shape[0]))) {
    throw new EngineError(`attention: the bias [${bias.shape}] is not [${heads} or ${rows}, ${tokens}, ${tokens}]`)
  }
  const size = Math.max(1, Math.floor(maxScores / tokens ** 2))
  const chunks = split(rows, bias ? fitting(size, bias.shape[0]) : size)
  if (chunks.length === 1 && !options.dropout?.rate && !isRecording() && hasKernel("FusedAttention")) {
    return fusedAttention(q, k, v, { bias, heads, causal, mask, scale, window: options.window })
  }
  const split3 = (x: tf.Tensor) => splitHeads(x as tf.Tensor3D, heads)
  const unseen = unseenBias(tokens, options.causal, options.window)
  // A head whose scores are too many by themselves goes by some of its queries at a time.
  const pieces = split(tokens, size === 1 ? Math.max(1, Math.floor(maxScores / tokens)) : tokens)
  if (chunks.length * pieces.length === 1 && hasProducts("AttentionWeights")) {
    return tf.tidy(() => {
      const padding = mask && keyBias(mask, batch, tokens, heads)
      const limits = unseen && tf.tensor3d(unseen, [1, tokens, tokens])
      return keptAttention(q, k, v, { bias, dropout: options.dropout, heads, padding, scale, unseen: limits })
    })
  }

  return differentiable<tf.Tensor3D, "q" | "k" | "v" | "bias">({ q, k, v, ...(bias && { bias }) } as Inputs, (save) => {
    const [qh, kh, vh] = [tf.mul(split3(q), scale) as tf.Tensor3D, split3(k), split3(v)] // [batch * heads, tokens, d]
    const padding = mask && keyBias(mask, batch, tokens, heads) // [batch * heads, 1, tokens]
    // Of the matrices [chunk, queries, tokens], the largest there are, only the weights outlive this.
    const weigh = (q: tf.Tensor3D, k: tf.Tensor3D, addends: Addends, chunk: Part, queries: Part) =>
      tf.tidy(() => {
        const own = cut(cut(q, chunk), queries, 1)
        const scores: tf.Tensor3D = tf.matMul(own, cut(k, chunk), false, true) // [chunk, queries, tokens]
        const ownBias = addends.bias && cut(biasPart(addends.bias, chunk), queries, 1)
        const biased = ownBias ? addBias(scores, ownBias) : scores
        const seen: tf.Tensor3D = addends.padding ? tf.add(biased, cut(addends.padding, chunk)) : biased
        const limits = unseen?.subarray(queries.start * tokens, (queries.start + queries.size) * tokens)
        return tf.softmax(limits ? tf.add(seen, tf.tensor3d(limits, [1, queries.size, tokens])) : seen) as tf.Tensor3D
      })
    const drop = (x: tf.Tensor3D, chunk: Part, queries: Part): tf.Tensor3D =>
      options.dropout && options.dropout.rate > 0
        ? dropped(x, options.dropout.rate, options.dropout.key, chunk.start * tokens ** 2 + queries.start * tokens)
        : x

    const kept = chunks.length * pieces.length === 1
    const whole = kept ? weigh(qh, kh, { bias, padding }, chunks[0]!, pieces[0]!) : undefined
    const outputs = chunks.map((chunk) => {
      const attended = pieces.map((queries) =>
        tf.tidy((): tf.Tensor3D => {
          const weights = whole ?? weigh(qh, kh, { bias, padding }, chunk, queries)
          return tf.matMul(drop(weights, chunk, queries), cut(vh, chunk))
        })
      )
      return join(attended, 1)
    })
    // What the weights are computed from again, where they are not kept.
    const addends = whole ? [] : [padding, bias].filter((addend) => addend !== undefined)
    save(qh, kh, vh, ...(whole ? [whole] : addends))

    const gradient = (dy: tf.Tensor3D, saved: ReadonlyArray<tf.Tensor>) => {
      const [qh, kh, vh, ...rest] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, ...Array<tf.Tensor3D>]
      const kept = whole && rest[0]!
      const again = kept ? {} : { padding: padding && rest[0], bias: bias && rest.at(-1) }
      const dyh = split3(dy)
      const dbias: Array<Array<tf.Tensor3D>> = [] // by the part of the bias, by queries
      const parts = chunks.map((chunk) => {
        const at = bias ? (chunk.start % bias.shape[0]) / chunks[0]!.size : 0
        let sums: ReadonlyArray<tf.Tensor3D> = []
        const dq = pieces.map((queries, piece) => {
          const [dq, dk, dv, own] = tf.tidy(() => {
            const weights = kept ?? weigh(qh, kh, again, chunk, queries)
            const d = cut(cut(dyh, chunk), queries, 1)
            const dv = tf.matMul(drop(weights, chunk, queries), d, true, false)
            const ds = tf.tidy(() => {
              const dw: tf.Tensor3D = tf.matMul(d, cut(vh, chunk), false, true)
              return softmaxGradient(drop(dw, chunk, queries), weights) as tf.Tensor3D
            })
            const dq = tf.mul(tf.matMul(ds, cut(kh, chunk)), scale)
            const dk = tf.matMul(ds, cut(cut(qh, chunk), queries, 1), true, false)
            return [dq, dk, dv, ...(bias ? [biasGradient(ds, bias.shape[0])] : [])] as Array<tf.Tensor3D>
          })
          sums = added(sums, [dk!, dv!])
          if (bias) {
            dbias[at] ??= []
            dbias[at][piece] = added(dbias[at][piece] ? [dbias[at][piece]] : [], [own!])[0]!
          }
          return dq!
        })
        return [join(dq, 1), ...sums]
      })
      const [dq, dk, dv] = [0, 1, 2].map((i) => mergeHeads(join(parts.map((p) => p[i]!)), heads))
      return { q: () => dq!, k: () => dk!, v: () => dv!, bias: () => join(dbias.map((pieces) => join(pieces, 1))) }
    }
    return { value: mergeHeads(join(outputs), heads), gradient }
  })
}

type Inputs = Record<"q" | "k" | "v" | "bias", tf.Tensor>

/** What is added to the scores. */
interface Addends {
  readonly bias?: tf.Tensor3D | undefined
  readonly padding?: tf.Tensor3D | undefined
}

/** The most rows up to `size` of which a chunk covers whole repeats of a bias of `period` rows, or a part that does not cross its end. */
const fitting = (size: number, period: number): number => {
  if (size >= period) return size - (size % period)
  let divisor = size
  while (period % divisor !== 0) divisor--
  return divisor
}

/** Some of the rows, or of the queries. */
interface Part {
  readonly start: number
  readonly size: number
}

/** The rows of the bias that stand beside a part of the rows of the scores: as many, or all of it, to be repeated. */
const biasPart = (bias: tf.Tensor3D, { start, size }: Part): tf.Tensor3D =>
  size >= bias.shape[0] ? bias : tf.slice(bias, [start % bias.shape[0], 0, 0], [size, -1, -1])

/** `scores + bias`, the bias repeated along the rows. */
const addBias = (scores: tf.Tensor3D, bias: tf.Tensor3D): tf.Tensor3D => {
  if (scores.shape[0] === bias.shape[0]) return tf.add(scores, bias)
  const repeated = tf.reshape(scores, [-1, ...bias.shape])
  return tf.reshape(tf.add(repeated, bias), scores.shape)
}

/** 0 for keys, -1e9 for padding: [batch * heads, 1, tokens]; undefined where nothing is padding. */
const keyBias = (mask: ArrayLike<number>, batch: number, tokens: number, heads: number): tf.Tensor3D | undefined => {
  if (isFull(mask)) return undefined
  const bias = new Float32Array(batch * heads * tokens)
  for (let row = 0; row < batch * heads; row++) {
    const from = Math.floor(row / heads) * tokens
    for (let t = 0; t < tokens; t++) if (mask[from + t] === 0) bias[row * tokens + t] = -1e9
  }
  return tf.tensor3d(bias, [batch * heads, 1, tokens])
}

const split = (count: number, size: number): Array<Part> =>
  Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    start: i * size,
    size: Math.min(size, count - i * size)
  }))

const cut = (x: tf.Tensor3D, { start, size }: Part, axis: 0 | 1 = 0): tf.Tensor3D => {
  if (size === x.shape[axis]) return x
  return axis === 0 ? tf.slice(x, [start, 0, 0], [size, -1, -1]) : tf.slice(x, [0, start, 0], [-1, size, -1])
}

/** The parts one after the other. */
const join = (parts: ReadonlyArray<tf.Tensor3D>, axis: 0 | 1 = 0): tf.Tensor3D => {
  if (parts.length === 1) return parts[0]!
  const whole = tf.concat([...parts], axis)
  tf.dispose([...parts])
  return whole
}

/** Sums so far, and one more of each; takes both over. */
const added = (sums: ReadonlyArray<tf.Tensor3D>, more: ReadonlyArray<tf.Tensor3D>): ReadonlyArray<tf.Tensor3D> =>
  more.map((one, i) => {
    const before = sums[i]
    if (before === undefined) return one
    const sum: tf.Tensor3D = tf.add(before, one)
    tf.dispose([before, one])
    return sum
  })

/** [batch, tokens, heads * d] -> [batch * heads, tokens, d] */
export const splitHeads = (x: tf.Tensor3D, heads: number): tf.Tensor3D => {
  const [batch, tokens, hidden] = x.shape
  const apart = tf.transpose(tf.reshape(x, [batch, tokens, heads, hidden / heads]), [0, 2, 1, 3])
  return tf.reshape(apart, [batch * heads, tokens, hidden / heads])
}

/** [batch * heads, tokens, d] -> [batch, tokens, heads * d] */
const mergeHeads = (x: tf.Tensor3D, heads: number): tf.Tensor3D => {
  const [rows, tokens, d] = x.shape
  const together = tf.transpose(tf.reshape(x, [rows / heads, heads, tokens, d]), [0, 2, 1, 3])
  return tf.reshape(together, [rows / heads, tokens, heads * d])
}

/** Tokens that are worked off at once: the inner half of them sees its whole window. */
const stretchOf = (window: number): number => Math.max(4 * window, 64)

/** Local attention of a long text: stretches that overlap by the window, of each the tokens whose window lies within it. */
const stretched = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, options: AttentionOptions): tf.Tensor3D => {
  const { dropout, mask } = options
  const window = options.window!
  const [batch, tokens] = q.shape
  if (options.bias) throw new EngineError(`attention: ${tokens} tokens with a window of ${window} take no bias`)
  const stretch = stretchOf(window)
  const inner = stretch - 2 * window
  const outputs = Array.from({ length: Math.ceil(tokens / inner) }, (_, index) =>
    tf.tidy(() => {
      const start = index * inner
      const from = Math.max(0, start - window)
      const size = Math.min(tokens, start + inner + window) - from
      const cut = (x: tf.Tensor3D) => tf.slice(x, [0, from, 0], [-1, size, -1])
      const seen =
        mask &&
        Array.from({ length: batch }, (_, row) =>
          Array.prototype.slice.call(mask, row * tokens + from, row * tokens + from + size)
        ).flat()
      const site = dropout && `${dropout.key.site}/${index}`
      const attended = attention(cut(q), cut(k), cut(v), {
        ...options,
        ...(seen && { mask: seen }),
        ...(dropout && { dropout: { ...dropout, key: { ...dropout.key, site: site! } } })
      })
      return tf.slice(attended, [0, start - from, 0], [-1, Math.min(inner, tokens - start), -1])
    })
  )
  return join(outputs, 1)
}
