/** The package's first import: where there is no Bun it says so, before something fails that only Bun has. */
if (process.versions.bun === undefined)
  throw new Error("@nuner/pipelines runs under Bun alone: install it from https://bun.sh")
