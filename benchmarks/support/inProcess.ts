/**
 * What `bun <script> <argument>` prints last, decoded from JSON: a measurement in a process of its own, whose memory and clock are no other's.
 *
 * @throws Error where the process fails
 */
export const inProcess = async <A>(
  script: string,
  argument: string,
  environment: Readonly<Record<string, string>> = {}
): Promise<A> => {
  const env = { ...process.env, ...environment }
  const child = Bun.spawn([process.execPath, script, argument], { env, stdout: "pipe", stderr: "inherit" })
  const output = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${script} ${argument} failed`)
  return JSON.parse(output.trim().split("\n").at(-1)!) as A
}
