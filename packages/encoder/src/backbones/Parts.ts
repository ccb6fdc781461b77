/**
 * What backbones are composed of. A backbone is written once, over values of any kind `X`, and read in three ways: as the tensors of a forward
 * pass (`tensorParts`), as the nodes of an ONNX graph (`onnxParts`), and as the list of its parameters (`specParts`).
 *
 * A value is `[rows, tokens, width]`. Names are those of the checkpoint, without the prefix that a model with a head gives them: `x.weight`,
 * `x.bias`. Sizes that are not given are the config's.
 */
export interface Parts<X> {
  /** The row of a table for each token's id. */
  words(name: string, width: number): X
  /** The row of a table for each token's position, counted as the backbone says. */
  positions(name: string, width: number): X
  /** The row of a table of so many types for each token's type: 0. */
  types(name: string, rows: number, width: number): X
  /** A whole table, as the one text of a batch: `[1, rows, width]`. */
  table(name: string, rows: number, width: number): X
  /** `x W + b`, `width` numbers wide. @param bias default true */
  linear(name: string, x: X, width: number, bias?: boolean): X
  /** LayerNorm (Ba et al. 2016). @param bias default true */
  norm(name: string, x: X, bias?: boolean): X
  /** The exact one, with erf. */
  gelu(x: X): X
  add(x: X, y: X): X
  multiply(x: X, y: X): X
  /** Cuts the width into so many equal pieces. */
  split(x: X, count: number): ReadonlyArray<X>
  /** Queries or keys turned by their positions (Su et al. 2021). */
  rotary(x: X, theta: number): X
  /** In training only; `site` names the place in the network. */
  dropout(site: string, x: X): X
  /** `softmax(scale q k^T + bias) v` per head, padding left out, with dropout on the weights. */
  attention(site: string, q: X, k: X, v: X, options?: PartsAttention<X>): X
  /** A table's row of one number a head for each pair of tokens, by their distance: a bias for `attention`. */
  relativeBias(name: string, buckets: DistanceBuckets): X
  /** What contents say to distances and distances to contents, a bias for `attention`; `tables` hold a row for each bucket. */
  disentangledBias(
    q: X,
    k: X,
    tables: { readonly query: X; readonly key: X },
    buckets: DistanceBuckets,
    scale: number
  ): X
}

export interface PartsAttention<X> {
  /** Added to the scores. */
  readonly bias?: X | undefined
  /** Multiplies the products of queries and keys. Default `1 / sqrt(hidden / heads)`. */
  readonly scale?: number
  /** A token attends to those at most this far from it. Default: to all. */
  readonly window?: number
}

/** A coarse measure of how far a key stands from a query. */
export interface DistanceBuckets {
  readonly count: number
  /** From this distance on, either way, the bucket is the same. */
  readonly reach: number
  /** The bucket of `key - query`, for distances of up to `reach`. */
  bucketOf(distance: number): number
}
