/** Wall time; with NUNER_BENCH_CLOCK=processor processor time, for a busy machine and NUNER_THREADS=1. */
export const clock = process.env.NUNER_BENCH_CLOCK === "processor" ? "processor" : "wall"

/** Milliseconds of that clock. */
export const now = (): number => {
  if (clock === "wall") return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}
