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

const report = (terminal: boolean, { columns = 200, from = 0 } = {}): Promise<string> => {
  let written = ""
  let clock = 0
  return Effect.gen(function* () {
    const progress = yield* Progress
    for (let done = from + 1; done <= 100; done++) {
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
        () => clock,
        () => columns
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

test("on a terminal: no line is as wide as it is, so that none wraps", async () => {
  const lines = (await report(true, { columns: 40 })).split("\r\u001b[2K").slice(1, -1)
  expect(Math.max(...lines.map((line) => line.length))).toBe(39)
})

test("of work that went on, the time that is left goes by what was done since", async () => {
  const [line] = (await report(false, { from: 50 })).split("\n")
  // Half a second each.
  expect(line).toContain("71/100 15 s left")
})
