// Kernels over float32 vectors, in AssemblyScript: what ONNX Runtime has no operator for, in one pass over memory instead of one for each
// operation. `bun scripts/vectorKernels.ts` compiles them into src/vector/module.ts.
//
// A kernel works on `units` (numbers or rows) from number `start` of the whole call on; addresses are those of its own first unit. Loops over
// numbers may read and write up to a whole vector of four.

function bytesOf(numbers: i32): usize {
  return (<usize>numbers) << 2
}

function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b)
}

function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b)
}

function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b)
}

function all(value: f32): v128 {
  return f32x4.splat(value)
}

function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
}

/**
 * AdamW's update of p and both moments: `m <- b1 m + n1 g; v <- b2 v + n2 g^2; p <- decay p - rate m / (sqrt(v) + eps)`. Every operation rounds as
 * single ones do.
 */
export function adamw(
  _start: i32,
  units: i32,
  p: usize,
  m: usize,
  v: usize,
  g: usize,
  b1: f32,
  n1: f32,
  b2: f32,
  n2: f32,
  eps: f32,
  rate: f32,
  decay: f32
): void {
  for (let i: usize = 0, bytes = bytesOf(units); i < bytes; i += 16) {
    const gradient = v128.load(g + i)
    const mean = add(mul(v128.load(m + i), all(b1)), mul(gradient, all(n1)))
    const square = add(mul(v128.load(v + i), all(b2)), mul(mul(gradient, gradient), all(n2)))
    const move = mul(f32x4.div(mean, add(f32x4.sqrt(square), all(eps))), all(rate))
    v128.store(m + i, mean)
    v128.store(v + i, square)
    v128.store(p + i, sub(mul(v128.load(p + i), all(decay)), move))
  }
}

/** "lowbias32", as `mix` of nn/random.ts, of four numbers. */
function mix(bits: v128): v128 {
  bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 16)), i32x4.splat(0x21f0aaad))
  bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 15)), i32x4.splat(0x735a2d97))
  return v128.xor(bits, i32x4.shr_u(bits, 15))
}

function randomBits(counters: v128, keyA: i32, keyB: i32): v128 {
  return mix(i32x4.add(mix(v128.xor(counters, i32x4.splat(keyA))), i32x4.splat(keyB)))
}

/**
 * `y = x kept` where a number stays, 0 where it is dropped: where its 16 random bits are below the threshold. Number i of a mask has the bits of the
 * key's counter i >> 1, the lower half for an even i; the first number here is number `offset + start` of its mask.
 */
export function dropout(
  start: i32,
  units: i32,
  x: usize,
  y: usize,
  offset: i32,
  keyA: i32,
  keyB: i32,
  threshold: i32,
  kept: f32
): void {
  const first = offset + start
  if ((first & 1) === 1) {
    for (let i: i32 = 0; i < units; i++) {
      const number = first + i
      const bits = i32x4.extract_lane(randomBits(i32x4.splat(number >> 1), keyA, keyB), 0)
      const own = ((number & 1) === 0 ? bits : bits >>> 16) & 0xffff
      const at = <usize>(i << 2)
      store<f32>(y + at, own >= threshold ? load<f32>(x + at) * kept : 0)
    }
    return
  }
  let counters = i32x4.add(i32x4.splat(first >> 1), i32x4(0, 1, 2, 3))
  const limit = i16x8.splat(<i16>threshold)
  for (let i: usize = 0, bytes = bytesOf(units); i < bytes; i += 32) {
    const stays = i16x8.ge_u(randomBits(counters, keyA, keyB), limit)
    v128.store(y + i, v128.and(mul(v128.load(x + i), all(kept)), i32x4.extend_low_i16x8_s(stays)))
    if (i + 16 < bytes) {
      v128.store(y + i, v128.and(mul(v128.load(x + i + 16), all(kept)), i32x4.extend_high_i16x8_s(stays)), 16)
    }
    counters = i32x4.add(counters, i32x4.splat(4))
  }
}

/** 2^x for x <= 0, within 1e-7 of itself down to 2^-126: 2^n of the nearest n, and a polynomial in what is left, at most 1 / 2. */
function exp2(x: v128): v128 {
  x = f32x4.pmax(x, all(-126))
  // A number this large keeps whole ones in its last bits.
  const rounded = add(x, all(12582912))
  const r = sub(x, sub(rounded, all(12582912)))
  let p = all(1.326472731e-3)
  p = add(mul(p, r), all(9.671512991e-3))
  p = add(mul(p, r), all(5.5507335812e-2))
  p = add(mul(p, r), all(2.40222424269e-1))
  p = add(mul(p, r), all(6.93147003651e-1))
  p = add(mul(p, r), all(1))
  return i32x4.add(p, i32x4.shl(rounded, 23))
}

/**
 * `dx = dy (Phi(x) + x phi(x))`, the gradient of GELU with erf, given `y = x Phi(x)` as well: where x is not next to 0, Phi is their quotient.
 */
export function geluGrad(_start: i32, units: i32, dy: usize, x: usize, y: usize, dx: usize): void {
  for (let i: usize = 0, bytes = bytesOf(units); i < bytes; i += 16) {
    const z = v128.load(x + i)
    // e^(-z^2 / 2) as a power of 2.
    const e = exp2(mul(mul(z, z), all(<f32>(-0.5 * Math.LOG2E))))
    const phi = v128.bitselect(all(0.5), f32x4.div(v128.load(y + i), z), f32x4.lt(f32x4.abs(z), all(1e-20)))
    const slope = add(phi, mul(mul(z, all(0.3989422804014327)), e))
    v128.store(dx + i, mul(v128.load(dy + i), slope))
  }
}

/**
 * Gradients of layer normalisation from rows of x with their mean and 1 / deviation: of x row by row; of gamma and beta added to sums over all rows.
 */
export function layerNormGrad(
  _start: i32,
  units: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  mean: usize,
  rstd: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  width: i32
): void {
  const row = bytesOf(width)
  const whole = row & ~15
  const share = <f32>1 / <f32>width
  for (let unit: i32 = 0; unit < units; unit++) {
    const m = load<f32>(mean)
    const r = load<f32>(rstd)
    let sums = all(0)
    let products = all(0)
    for (let i: usize = 0; i < whole; i += 16) {
      const d = v128.load(dy + i)
      const normal = mul(sub(v128.load(x + i), all(m)), all(r))
      const scaled = mul(d, v128.load(gamma + i))
      sums = add(sums, scaled)
      products = add(products, mul(scaled, normal))
      v128.store(dgamma + i, add(v128.load(dgamma + i), mul(d, normal)))
      v128.store(dbeta + i, add(v128.load(dbeta + i), d))
    }
    let sum = sumOf(sums)
    let product = sumOf(products)
    for (let i = whole; i < row; i += 4) {
      const d = load<f32>(dy + i)
      const normal = (load<f32>(x + i) - m) * r
      sum += d * load<f32>(gamma + i)
      product += d * load<f32>(gamma + i) * normal
      store<f32>(dgamma + i, load<f32>(dgamma + i) + d * normal)
      store<f32>(dbeta + i, load<f32>(dbeta + i) + d)
    }
    sum *= share
    product *= share
    for (let i: usize = 0; i < whole; i += 16) {
      const normal = mul(sub(v128.load(x + i), all(m)), all(r))
      const centred = sub(sub(mul(v128.load(dy + i), v128.load(gamma + i)), all(sum)), mul(normal, all(product)))
      v128.store(dx + i, mul(centred, all(r)))
    }
    for (let i = whole; i < row; i += 4) {
      const normal = (load<f32>(x + i) - m) * r
      store<f32>(dx + i, (load<f32>(dy + i) * load<f32>(gamma + i) - sum - normal * product) * r)
    }
    dy += row
    x += row
    dx += row
    mean += 4
    rstd += 4
  }
}

/** `dx = y (dy - sum(dy y))` in each row, y being a softmax. */
export function softmaxGrad(_start: i32, units: i32, dy: usize, y: usize, dx: usize, width: i32): void {
  const row = bytesOf(width)
  const whole = row & ~15
  for (let unit: i32 = 0; unit < units; unit++) {
    let sums = all(0)
    for (let i: usize = 0; i < whole; i += 16) sums = add(sums, mul(v128.load(dy + i), v128.load(y + i)))
    let sum = sumOf(sums)
    for (let i = whole; i < row; i += 4) sum += load<f32>(dy + i) * load<f32>(y + i)
    for (let i: usize = 0; i < whole; i += 16)
      v128.store(dx + i, mul(v128.load(y + i), sub(v128.load(dy + i), all(sum))))
    for (let i = whole; i < row; i += 4) store<f32>(dx + i, load<f32>(y + i) * (load<f32>(dy + i) - sum))
    dy += row
    y += row
    dx += row
  }
}

/** Rows `start` to `start + units` of y: each the sum of the rows of x, of which there are `count`, whose id it is. */
export function segmentSum(start: i32, units: i32, x: usize, ids: usize, y: usize, count: i32, width: i32): void {
  const row = bytesOf(width)
  const whole = row & ~15
  // Not `memory.fill`, which refuses what the memory has not grown to.
  for (let at = y, end = y + row * units; at < end; at += 4) store<f32>(at, 0)
  for (let i: i32 = 0; i < count; i++, ids += 4, x += row) {
    const unit = load<i32>(ids) - start
    if (unit < 0 || unit >= units) continue
    const to = y + row * unit
    for (let j: usize = 0; j < whole; j += 16) v128.store(to + j, add(v128.load(to + j), v128.load(x + j)))
    for (let j = whole; j < row; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(x + j))
  }
}
