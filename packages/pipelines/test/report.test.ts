import { expect, test } from "bun:test"
import { markText } from "@nuner/core"
import { markdownTable, Progress } from "@nuner/pipelines"
import { Effect } from "effect"

test("entities are marked in place", () => {
  const text = "😀 Ada met Bob."
  const spans = [
    { start: 3, end: 6, type: "person" },
    { start: 11, end: 14, type: "person" }
  ]
  expect(markText(text, spans)).toBe("😀 [Ada|person] met [Bob|person].")
})

test("tables line up, numbers to the right", () => {
  expect(
    markdownTable(
      ["k", "8"],
      [
        ["base", "1.5"],
        ["NuNER", "22.5"]
      ]
    )
  ).toBe(["| k     |    8 |", "| ----- | ---: |", "| base  |  1.5 |", "| NuNER | 22.5 |"].join("\n"))
})

const report = (terminal: boolean): Promise<string> => {
  let written = ""
  let clock = 0
  return Effect.gen(function* () {
    const progress = yield* Progress
    for (let done = 1; done <= 100; done++) {
      clock += 500
      progress.update({ stage: "train", done, total: 100, note: "loss 1" })
    }
    progress.say("train done")
    return written
  }).pipe(
    Effect.provide(
      Progress.to(
        (text) => {
          written += text
        },
        terminal,
        () => clock
      )
    ),
    Effect.runPromise
  )
}

test("elsewhere than on a terminal: a plain line every ten seconds, with the time that is left", async () => {
  const lines = (await report(false)).trim().split("\n")
  expect(lines).toHaveLength(5)
  expect(lines[0]).toMatch(/^train +\[#+-+\] +21 % 21\/100 \d+ s left loss 1$/)
  expect(lines.at(-1)).toBe("train done")
})

test("on a terminal: one line, drawn again and again", async () => {
  const written = await report(true)
  expect(written.split("\r").length).toBeGreaterThan(100)
  expect(written.split("\n")).toHaveLength(2)
})
