import { join } from "node:path"

/** An encoder to compare, and how a word's vector is read from it (its `phi`). */
export interface ComparedEncoder {
  readonly name: string
  readonly directory: string
  readonly phi: "last" | "last4"
}

/** One call of `nuner tadner`. */
export interface Step {
  /** Its folder, too. */
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** Of a call that runs episodes: what the tables say of it. */
  readonly episodes?: {
    readonly table: "main" | "switches" | "long"
    readonly encoder: string
    readonly variation: string
    readonly file: string
  }
}

export interface PlanInput {
  /** The folder of real data. */
  readonly data: string
  readonly folder: string
  readonly encoders: ReadonlyArray<ComparedEncoder>
  /** Episodes of the table of switches. */
  readonly subset: number
}

/** Small encoders need higher rates than BERT-base's 3e-5; chosen on episodes of the development split. */
const sourceRate = "5e-4"
const adaptRate = "1e-3"
const modes = ["published", "corrected"] as const
export const files = ["inter 3", "inter 5", "intra 3", "intra 5"] as const
/** What the tables of switches are made on. */
export const switchFile = "inter 3"
/** The episodes of that file in which a sentence is cut off: what becomes of long sentences matters to no other. */
export const longEpisodes = (folder: string): string => join(folder, "long.jsonl")

/** The steps of the run, in order. */
export const plan = ({ data, encoders, folder, subset }: PlanInput): ReadonlyArray<Step> => {
  const root = join(data, "few-nerd-format")
  const at = (name: string) => join(folder, name)
  const partsOf = (file: string) => file.split(" ") as [split: string, n: string]
  const modelOf = ({ name }: ComparedEncoder, split: string, kind: string) => `${name}-${split}-${kind}`

  const train = (encoder: ComparedEncoder, split: string, kind: string, ...options: Array<string>): Step => {
    const name = modelOf(encoder, split, kind)
    const shared = ["--learning-rate", sourceRate, "--type-names", "few-tk", ...options]
    const data = ["train", join(root, split, "train.txt"), "--encoder", encoder.directory]
    return { name, args: [...data, "--out", at(name), ...shared] }
  }

  const run = (
    episodes: NonNullable<Step["episodes"]>,
    { phi }: ComparedEncoder,
    model: string,
    ...options: Array<string>
  ): Step => {
    const { encoder, file, table, variation } = episodes
    const [split, n] = partsOf(file)
    const name = `${table}/${encoder}/${split}-${n}/${variation.replaceAll(/[^\w]+/g, "-")}`
    const input = table === "long" ? longEpisodes(folder) : join(root, `episodes_${split}`, `test_${n}_1.jsonl`)
    const shared = ["--learning-rate", adaptRate, "--type-names", "few-tk"]
    const read = options.includes("--phi") ? [] : ["--phi", phi]
    const args = ["episodes", input, "--model", at(model), "--out", at(name), ...shared, ...read, ...options]
    return { name, args, episodes }
  }

  const inModes = (file: string): Array<Step> => {
    const [split] = partsOf(file)
    return modes.flatMap((mode) =>
      encoders.map((encoder) => {
        const episodes = { table: "main", encoder: encoder.name, variation: mode, file } as const
        return run(episodes, encoder, modelOf(encoder, split, mode), "--mode", mode)
      })
    )
  }

  /** Published, with one switch flipped. What needs no run of its own is read from the records of the published mode. */
  const flipped = (): Array<Step> => {
    const [split] = partsOf(switchFile)
    const published = ["--mode", "published"]
    const few = [...published, "--limit", String(subset)]
    const flip = (encoder: ComparedEncoder, variation: string, kind: string, ...options: Array<string>): Step => {
      const episodes = { table: "switches", encoder: encoder.name, variation, file: switchFile } as const
      return run(episodes, encoder, modelOf(encoder, split, kind), ...few, ...options)
    }
    const first = encoders[0]!
    const flipLong = (variation: string, ...options: Array<string>): Step => {
      const episodes = { table: "long", encoder: first.name, variation, file: switchFile } as const
      return run(episodes, first, modelOf(first, split, "published"), ...published, ...options)
    }
    const right = ["--lose-adjacent-singletons", "off"]
    const tags = ["--mode", "published", "--scheme", "BIOES"]
    return [
      flip(first, "dropout off in stage 2", "published", "--type-dropout", "off"),
      flipLong("truncated, but not misaligned", "--misalign", "off"),
      flipLong("windows", "--long", "windows"),
      flip(first, "no type-aware filter", "published", "--filter", "off"),
      train(first, split, "bioes", ...tags, ...right),
      flip(first, "BIOES", "bioes", ...right),
      train(first, split, "lossy", ...tags),
      flip(first, "BIOES as the published helper writes it", "lossy"),
      ...encoders.map((encoder) => {
        const other = encoder.phi === "last" ? "last4" : "last"
        return flip(encoder, `phi ${other} instead of ${encoder.phi}`, "published", "--phi", other)
      })
    ]
  }

  return ["inter", "intra"].flatMap((split) => [
    ...modes.flatMap((mode) => encoders.map((encoder) => train(encoder, split, mode, "--mode", mode))),
    ...files
      .filter((file) => partsOf(file)[0] === split)
      .flatMap((file) => [...inModes(file), ...(file === switchFile ? flipped() : [])])
  ])
}
