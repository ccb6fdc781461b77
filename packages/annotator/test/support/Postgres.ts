import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * A real Postgres for one test run: its own data in a temporary directory, only a unix socket there, run by an
 * unprivileged user, gone afterwards.
 */
export class Postgres {
  readonly url: string
  private readonly directory: string
  private readonly server: Bun.Subprocess

  private readonly bin: string

  private constructor(bin: string, directory: string, server: Bun.Subprocess) {
    this.bin = bin
    this.directory = directory
    this.server = server
    this.url = `postgres://tester@localhost/postgres?host=${directory}`
  }

  static async start(): Promise<Postgres> {
    const bin = findBinaries()
    if (bin === undefined) throw new Error("no Postgres here (Debian: apt-get install postgresql)")
    const directory = mkdtempSync(join(tmpdir(), "nuner-postgres-"))
    const data = join(directory, "data")
    chmodSync(directory, 0o755)
    const user = unprivileged(directory)
    const initialised = Bun.spawnSync([
      ...user,
      join(bin, "initdb"),
      ...[
        "--pgdata",
        data,
        "--username",
        "tester",
        "--auth",
        "trust",
        "--no-sync",
        "--encoding",
        "UTF8",
        "--locale",
        "C"
      ]
    ])
    if (!initialised.success) throw new Error(`initdb: ${initialised.stderr.toString()}`)
    const settings = ["listen_addresses=", "fsync=off", "max_connections=100", "shared_buffers=64MB"]
    const server = Bun.spawn(
      [...user, join(bin, "postgres"), "-D", data, "-k", directory, ...settings.flatMap((setting) => ["-c", setting])],
      { stdout: "ignore", stderr: "ignore" }
    )
    const ready = () => Bun.spawnSync([join(bin, "pg_isready"), "-q", "-h", directory]).success
    for (let i = 0; i < 200 && !ready(); i++) await Bun.sleep(50)
    return new Postgres(bin, directory, server)
  }

  /** All that is in it, as SQL. */
  dump(): string {
    return Bun.spawnSync([
      join(this.bin, "pg_dump"),
      "-h",
      this.directory,
      "-U",
      "tester",
      "postgres"
    ]).stdout.toString()
  }

  async stop(): Promise<void> {
    this.server.kill("SIGINT")
    await this.server.exited
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Debian keeps them out of the path. */
const findBinaries = (): string | undefined => {
  const root = "/usr/lib/postgresql"
  const versions = existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : []
  const inPath = Bun.which("initdb")
  return [...versions, ...(inPath === null ? [] : [join(inPath, "..")])].find(
    (bin) => existsSync(join(bin, "initdb")) && existsSync(join(bin, "postgres"))
  )
}

/** Postgres refuses to run as root: then as nobody. */
const unprivileged = (directory: string): Array<string> => {
  if (process.getuid?.() !== 0) return []
  const nobody = 65534
  chownSync(directory, nobody, nobody)
  return ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"]
}

/** Whether tests that need a Postgres can run; elsewhere they are skipped, save where NUNER_REQUIRE says that they must not be. */
export const hasPostgres = findBinaries() !== undefined
if (!hasPostgres && process.env.NUNER_REQUIRE === "postgres") {
  throw new Error("Postgres is required here and is not installed (Debian: apt-get install postgresql)")
}
