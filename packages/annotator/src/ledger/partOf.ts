/** A job's requests fall into so many parts; a part is what one worker holds and others leave alone. */
export const PARTS = 64

export const ALL_PARTS: ReadonlyArray<number> = Array.from({ length: PARTS }, (_, part) => part)

/** The part that a request belongs to, 0 to 63, by its content address: the same in every run and on every machine. */
export const partOf = (address: string): number => {
  let hash = 0
  for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) | 0
  return (hash >>> 0) % PARTS
}
