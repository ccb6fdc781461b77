import { rng } from "@nuner/core"
import { EigenvalueDecomposition, Matrix } from "ml-matrix"
import { UMAP } from "umap-js"
import { type Html, html, json } from "./html.ts"

export interface Concept {
  readonly name: string
  readonly count: number
}

export interface MapInput {
  readonly concepts: ReadonlyArray<Concept>
  /** A vector a concept, `[concepts, width]`. */
  readonly vectors: Float32Array
  /** Of the layout. */
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { readonly done: number; readonly of: number }) => void) | undefined
}

/** A concept's place, in [0, 1], and its colour: red, green and blue in [0, 255]. */
export interface PlacedConcept extends Concept {
  readonly x: number
  readonly y: number
  readonly colour: readonly [number, number, number]
}

/** Principal components that are kept before the layout. */
const COMPONENTS = 50

/**
 * Concepts laid out by their vectors as in the paper's Figure 6: principal components (50), then UMAP (McInnes et al. 2018) in two dimensions for
 * places, and in three for colours.
 *
 * @throws the signal's reason
 */
export const placeConcepts = async (input: MapInput): Promise<Array<PlacedConcept>> => {
  const { concepts, onProgress, seed, signal, vectors } = input
  if (concepts.length < 4)
    return concepts.map((concept, i) => ({ ...concept, x: i / 4, y: 0.5, colour: [0, 114, 178] }))
  const rows = principal(vectors, concepts.length)
  const nNeighbors = Math.min(15, concepts.length - 1)
  const layout = async (nComponents: number, from: number, shared?: UMAP) => {
    const random = rng(seed)
    const umap = new UMAP({ nComponents, nNeighbors, random: () => random.next() })
    // The neighbours are the same for both.
    if (shared !== undefined) umap.setPrecomputedKNN(...neighboursOf(shared))
    const epochs = umap.initializeFit(rows)
    for (let epoch = 0; epoch < epochs; epoch++) {
      umap.step()
      if (epoch % 10 !== 0) continue
      signal?.throwIfAborted()
      onProgress?.({ done: from * epochs + epoch, of: 2 * epochs })
      await new Promise((resolve) => setTimeout(resolve))
    }
    return { umap, places: scaled(umap.getEmbedding(), nComponents) }
  }
  const flat = await layout(2, 0)
  const { places: colours } = await layout(3, 1, flat.umap)
  return concepts.map((concept, i) => ({
    ...concept,
    x: flat.places[i]![0]!,
    y: flat.places[i]![1]!,
    colour: colours[i]!.map((value) => Math.round(70 + 150 * value)) as [number, number, number]
  }))
}

/** What a fit found: its library keeps them to itself, and takes them back by `setPrecomputedKNN`. */
const neighboursOf = (umap: UMAP): [Array<Array<number>>, Array<Array<number>>] => {
  const { knnDistances, knnIndices } = umap as unknown as {
    readonly knnIndices: Array<Array<number>>
    readonly knnDistances: Array<Array<number>>
  }
  return [knnIndices, knnDistances]
}

/** The first principal components of rows, `[rows, components]`. */
const principal = (values: Float32Array, count: number): Array<Array<number>> => {
  const width = values.length / count
  const mean = new Float64Array(width)
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / count
  const sums = new Float64Array(width * width)
  const row = new Float64Array(width)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < width; j++) row[j] = values[i * width + j]! - mean[j]!
    for (let j = 0; j < width; j++) {
      for (let k = 0; k <= j; k++) sums[j * width + k]! += row[j]! * row[k]!
    }
  }
  const covariance = Matrix.zeros(width, width)
  for (let j = 0; j < width; j++) {
    for (let k = 0; k <= j; k++) {
      covariance.set(j, k, sums[j * width + k]! / count)
      covariance.set(k, j, sums[j * width + k]! / count)
    }
  }
  // By ascending eigenvalue: the last columns are the first components.
  const axes = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).eigenvectorMatrix
  const components = Math.min(COMPONENTS, width)
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: components }, (_, c) => {
      let sum = 0
      for (let j = 0; j < width; j++) sum += (values[i * width + j]! - mean[j]!) * axes.get(j, width - 1 - c)
      return sum
    })
  )
}

const scaled = (points: ReadonlyArray<ReadonlyArray<number>>, dimensions: number): Array<Array<number>> => {
  const axes = Array.from({ length: dimensions }, (_, d) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const point of points) {
      low = Math.min(low, point[d]!)
      high = Math.max(high, point[d]!)
    }
    return { low, extent: high - low || 1 }
  })
  return points.map((point) => axes.map(({ extent, low }, d) => (point[d]! - low) / extent))
}

/** The map on a canvas: disks by log frequency, colour by the layout in three dimensions; drag, zoom, hover and search. The most frequent stand in a list as well. */
export const conceptMap = (placed: ReadonlyArray<PlacedConcept>): Html => {
  const short = (value: number) => Number(value.toFixed(4))
  const data = placed.map(({ colour, count, name, x, y }) => [name, count, short(x), short(y), ...colour])
  const most = placed.toSorted((a, b) => b.count - a.count).slice(0, 200)
  return html`<div class="map"><label>find <input type="search"></label> <output aria-live="polite"></output>
<canvas width="960" height="640" tabindex="0" role="img" aria-label="map of ${placed.length} concepts; the list below names the most frequent"></canvas>
<script type="application/json">${json(data)}</script></div>
<details><summary>the most frequent concepts</summary><p>${most.map(({ count, name }) => `${name} ${count}`).join(", ")}</p></details>`
}

/** Runs in the page. */
export const drawMaps = (): void => {
  for (const box of document.querySelectorAll<HTMLElement>(".map")) {
    const canvas = box.querySelector("canvas")!
    const context = canvas.getContext("2d")!
    const told = box.querySelector("output")!
    const search = box.querySelector("input")!
    type Row = [name: string, count: number, x: number, y: number, red: number, green: number, blue: number]
    const rows: Array<Row> = JSON.parse(box.querySelector("script")!.textContent!)
    let [scale, left, top] = [1, 0, 0]
    const margin = 20
    const placeOf = ([, , x, y]: Row): [number, number] => [
      margin + (x - left) * scale * (canvas.width - 2 * margin),
      margin + (y - top) * scale * (canvas.height - 2 * margin)
    ]
    const radiusOf = ([, count]: Row) => (1.2 + 1.3 * Math.log(count)) * Math.sqrt(scale)
    const draw = () => {
      context.clearRect(0, 0, canvas.width, canvas.height)
      const wanted = search.value.trim().toLowerCase()
      let found = 0
      for (const row of rows) {
        const [x, y] = placeOf(row)
        const fits = wanted !== "" && row[0].toLowerCase().includes(wanted)
        if (fits) found++
        context.globalAlpha = wanted === "" ? 0.7 : fits ? 1 : 0.12
        context.fillStyle = `rgb(${row[4]} ${row[5]} ${row[6]})`
        context.beginPath()
        context.arc(x, y, radiusOf(row), 0, 7)
        context.fill()
      }
      context.globalAlpha = 1
      context.fillStyle = getComputedStyle(canvas).color
      context.font = "12px system-ui, sans-serif"
      const names =
        wanted === ""
          ? rows.toSorted((a, b) => b[1] - a[1]).slice(0, 30)
          : rows.filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, 60)
      for (const row of names) {
        const [x, y] = placeOf(row)
        context.textAlign = x > canvas.width - 140 ? "right" : "left"
        context.fillText(row[0], x, y)
      }
      if (wanted !== "") told.textContent = `${found} concepts`
    }
    const at = (event: MouseEvent): [number, number] => {
      const { height, left, top, width } = canvas.getBoundingClientRect()
      return [((event.clientX - left) / width) * canvas.width, ((event.clientY - top) / height) * canvas.height]
    }
    const zoom = (factor: number, x: number, y: number) => {
      const next = Math.max(1, Math.min(40, scale * factor))
      left += ((x - margin) / (canvas.width - 2 * margin)) * (1 / scale - 1 / next)
      top += ((y - margin) / (canvas.height - 2 * margin)) * (1 / scale - 1 / next)
      scale = next
      draw()
    }
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault()
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...at(event))
    })
    canvas.addEventListener("keydown", (event) => {
      const step = 0.1 / scale
      if (event.key === "+") zoom(1.3, canvas.width / 2, canvas.height / 2)
      else if (event.key === "-") zoom(1 / 1.3, canvas.width / 2, canvas.height / 2)
      else if (event.key === "ArrowLeft") left -= step
      else if (event.key === "ArrowRight") left += step
      else if (event.key === "ArrowUp") top -= step
      else if (event.key === "ArrowDown") top += step
      else return
      event.preventDefault()
      draw()
    })
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons === 1) {
        left -= event.movementX / scale / canvas.clientWidth
        top -= event.movementY / scale / canvas.clientHeight
        draw()
        return
      }
      const [x, y] = at(event)
      let [best, nearest] = [14, undefined as Row | undefined]
      for (const row of rows) {
        const [px, py] = placeOf(row)
        const distance = Math.hypot(px - x, py - y)
        if (distance < best) [best, nearest] = [distance, row]
      }
      if (nearest !== undefined) told.textContent = `${nearest[0]}, ${nearest[1]} times`
    })
    search.addEventListener("input", draw)
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)
    draw()
  }
}
