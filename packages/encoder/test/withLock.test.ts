import { expect, test } from "bun:test"
import { readdirSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { rng } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import { withLock } from "../src/hub/withLock.ts"

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test("of many that find a dead holder's lock one after the other has it, and nothing stays", async () => {
  using dir = tempDir()
  const dead = Bun.spawn(["true"])
  await dead.exited
  const random = rng("locks")
  const races = Array.from({ length: 60 }, async (_, race) => {
    const path = dir.file(`lock-${race}`)
    writeFileSync(path, `${hostname()} ${dead.pid}`)
    let inside = 0
    let most = 0
    const body = async () => {
      most = Math.max(most, ++inside)
      await wait(5)
      inside--
    }
    const takers = Array.from({ length: 6 }, async () => {
      await wait(random.int(20))
      await withLock(path, body)
    })
    await Promise.all(takers)
    return most
  })
  expect(Math.max(...(await Promise.all(races)))).toBe(1)
  expect(readdirSync(dir.path)).toEqual([])
})
