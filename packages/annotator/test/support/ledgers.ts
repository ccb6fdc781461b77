import { afterAll, beforeAll, describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SQL } from "bun"
import { hasPostgres, Postgres } from "./Postgres.ts"

/** A place for a new, empty ledger each time it is called. */
export type NewLedger = () => Promise<string>

/** Runs the same tests over every kind of ledger: the port's conformance suite. */
export const overLedgers = (name: string, tests: (newLedger: NewLedger) => void): void => {
  describe(`${name}: SQLite`, () => {
    const directory = mkdtempSync(join(tmpdir(), "nuner-ledger-"))
    afterAll(() => rmSync(directory, { recursive: true }))
    let n = 0
    tests(async () => join(directory, `${n++}.sqlite`))
  })

  describe.skipIf(!hasPostgres)(`${name}: Postgres`, () => {
    let postgres: Postgres | undefined
    beforeAll(async () => {
      postgres = await Postgres.start()
    })
    afterAll(() => postgres?.stop())
    let n = 0
    tests(() => newDatabase(postgres!, `test${n++}`))
  })
}

export const newDatabase = async (postgres: Postgres, name: string): Promise<string> => {
  const path = `${new URL(postgres.url).searchParams.get("host")}/.s.PGSQL.5432`
  const sql = new SQL({ adapter: "postgres", path, username: "tester", database: "postgres", max: 1 })
  await sql.unsafe(`create database ${name}`)
  await sql.close()
  return postgres.url.replace("/postgres?", `/${name}?`)
}
