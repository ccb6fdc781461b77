export {
  type ChartLine,
  type ChartPoint,
  colours,
  type LineChart,
  lineChart,
  type ReliabilityBin,
  reliabilityChart
} from "./chart.ts"
export { type Concept, conceptMap, type MapInput, type PlacedConcept, placeConcepts } from "./conceptMap.ts"
export { facts, figure } from "./facts.ts"
export { Html, html } from "./html.ts"
export { legend } from "./legend.ts"
export { page, type Section } from "./page.ts"
export { type ShownSentence, sentences } from "./sentences.ts"
export { table } from "./table.ts"
