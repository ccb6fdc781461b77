import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Postgres } from "./Postgres.ts"

const PROGRAM = "/usr/sbin/pgbouncer"

export const hasPgBouncer = existsSync(PROGRAM)

/** A pool in front of a Postgres, in transaction mode (Debian's package `pgbouncer`). */
export const startPgBouncer = async (postgres: Postgres, settings: ReadonlyArray<string>) => {
  const directory = mkdtempSync(join(tmpdir(), "nuner-pgbouncer-"))
  chmodSync(directory, 0o777)
  const host = new URL(postgres.url).searchParams.get("host")
  const lines = [
    ...["[databases]", `postgres = host=${host} dbname=postgres user=tester`, "[pgbouncer]", "listen_addr="],
    ...[`unix_socket_dir=${directory}`, "listen_port=6432", "auth_type=any", "pool_mode=transaction", ...settings]
  ]
  writeFileSync(join(directory, "pgbouncer.ini"), `${lines.join("\n")}\n`)
  const user = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
  const command = [...user, PROGRAM, join(directory, "pgbouncer.ini")]
  const server = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" })
  for (let i = 0; i < 100 && !existsSync(join(directory, ".s.PGSQL.6432")); i++) await Bun.sleep(50)
  return {
    url: `postgres://tester@localhost:6432/postgres?host=${directory}`,
    stop: async () => {
      server.kill("SIGTERM")
      await server.exited
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
