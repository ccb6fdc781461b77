import { expect, test } from "bun:test"
import type { tf } from "@nuner/engine"
import { tempDir } from "./tempDir.ts"
import type { OptionChanges } from "./trainingChanges.ts"

type Options = Readonly<Record<string, unknown>>

export interface TrainingUnderTest {
  /** Of every option but `checkpointLayers`, which only saves memory. */
  readonly changes: OptionChanges
  /** Refuses an option that there is not, with the names of those that there are. */
  readonly decode: (options: never) => unknown
  /** What comes of a run: see `trainingOutcome`. */
  readonly outcome: (options: Options) => Promise<string>
}

/** Tests that every option of a training is in its table, and that each changes what comes of a run: one that is ignored does not. */
export const optionTests = (name: string, { changes, decode, outcome }: TrainingUnderTest): void => {
  test(`${name}: every option is in the table`, () => {
    let known: ReadonlyArray<string> = []
    try {
      decode({ tokens: 1, noSuchOption: 1 } as never)
    } catch (error) {
      known = (error as { readonly remedy: string }).remedy.replace("options: ", "").split(", ")
    }
    expect(Object.keys(changes).toSorted()).toEqual(known.filter((option) => option !== "checkpointLayers").toSorted())
  })

  const plain = new Map<string, string>()
  for (const [option, { beside = {}, to }] of Object.entries(changes)) {
    test(`${name}: ${option} changes a run`, async () => {
      const key = JSON.stringify(beside)
      if (!plain.has(key)) plain.set(key, await outcome(beside))
      expect((await outcome({ ...beside, [option]: to })) === plain.get(key)).toBe(false)
    })
  }
}

/**
 * Everything that a run tells, times and places aside, and the weights that it leaves.
 *
 * @param options `checkpoint: true` stands for a directory of the run's own
 */
export const trainingOutcome = async (
  parameters: Readonly<Record<string, tf.Tensor>>,
  { checkpoint, ...options }: Options,
  run: (options: object) => AsyncIterable<object>
): Promise<string> => {
  using directory = tempDir()
  const kept = checkpoint === true ? { checkpoint: { directory: directory.path, every: 100 } } : {}
  const events = await Array.fromAsync(run({ ...options, ...kept }))
  const untimed = (key: string, value: unknown) => (/^(seconds|tokensPerSecond|path)$/.test(key) ? undefined : value)
  const weights = Object.values(parameters).map((parameter) => [...parameter.dataSync()])
  return JSON.stringify([events, weights], untimed)
}
