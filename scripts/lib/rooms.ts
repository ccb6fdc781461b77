/** The house's import table (docs/architecture.md): a package, and the packages of ours that it may import. */
export const rooms: Record<string, ReadonlyArray<string>> = {
  core: [],
  annotator: ["core"],
  aligner: ["core"],
  sampler: ["core"],
  engine: ["core"],
  mini: [],
  "mini-concepts": [],
  encoder: ["core", "engine", "mini", "mini-concepts"],
  trainer: ["core", "engine", "encoder", "sampler"],
  metrics: ["core"],
  classifier: ["core", "engine", "encoder", "metrics"],
  tadner: ["core", "engine", "encoder", "metrics"],
  zeroshot: ["core", "engine", "encoder", "sampler", "trainer", "metrics"],
  miner: ["core"],
  report: ["core", "metrics"],
  review: ["core", "encoder", "classifier", "metrics"],
  pipelines: [
    "core",
    "annotator",
    "aligner",
    "sampler",
    "engine",
    "encoder",
    "trainer",
    "classifier",
    "tadner",
    "zeroshot",
    "miner",
    "metrics",
    "report",
    "review"
  ],
  testing: ["core", "engine"]
}

/** Published packages, each after the ones it imports. */
export const publishOrder: ReadonlyArray<string> = Object.keys(rooms).filter((room) => room !== "testing")
