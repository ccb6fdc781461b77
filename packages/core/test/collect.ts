/** All that a reader yields. */
export const collect = async <A>(items: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

/** The message of what a reader, or a promise, fails with. */
export const failure = async (work: AsyncIterable<unknown> | Promise<unknown>): Promise<string> => {
  try {
    await (Symbol.asyncIterator in work ? collect(work) : work)
  } catch (error) {
    return `${(error as { _tag?: string })._tag}: ${(error as Error).message}`
  }
  return "did not fail"
}
