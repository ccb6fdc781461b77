import { HttpError } from "./HttpError.ts"

export interface PredictRequest {
  readonly texts: ReadonlyArray<string>
  /** Whether one text was asked, by `text`: the answer is then its entities, not a list of such. */
  readonly single: boolean
  readonly minScore: number
}

export interface Limits {
  /** UTF-16 units of a text. */
  readonly maxTextLength: number
  /** Texts of a request. */
  readonly maxTexts: number
  /** Bytes of a request's body. */
  readonly maxBody: number
}

/** @throws HttpError 400 for what is no such request, 413 for one beyond the limits */
export const readRequest = async (request: Request, limits: Limits): Promise<PredictRequest> => {
  const body = parse(await readBody(request, limits.maxBody))
  const stray = Object.keys(body).find((field) => !["text", "texts", "minScore"].includes(field))
  if (stray !== undefined) throw new HttpError(400, `unknown field "${stray}" (fields: text, texts, minScore)`)
  const { text, texts, minScore = 0 } = body
  if ((text === undefined) === (texts === undefined)) throw new HttpError(400, 'give either "text" or "texts"')
  const list: unknown = texts ?? [text]
  if (!Array.isArray(list) || !list.every((item): item is string => typeof item === "string")) {
    throw new HttpError(400, text === undefined ? '"texts" must be a list of strings' : '"text" must be a string')
  }
  if (typeof minScore !== "number" || !(minScore >= 0 && minScore <= 1)) {
    throw new HttpError(400, '"minScore" must be a number in 0..1')
  }
  if (list.length > limits.maxTexts) {
    throw new HttpError(413, `${list.length} texts are more than the ${limits.maxTexts} of a request`)
  }
  const long = list.findIndex(({ length }) => length > limits.maxTextLength)
  if (long >= 0) {
    const which = text === undefined ? `texts[${long}]` : "text"
    throw new HttpError(
      413,
      `${which} has ${list[long]!.length} UTF-16 units, at most ${limits.maxTextLength} are allowed`
    )
  }
  return { texts: list, single: text !== undefined, minScore }
}

const parse = (bytes: Uint8Array): Record<string, unknown> => {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new HttpError(400, "the body is not JSON in UTF-8")
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HttpError(400, 'the body must be a JSON object: {"text": "..."} or {"texts": ["..."]}')
  }
  return value as Record<string, unknown>
}

/** Reads no further than the limit, whatever Content-Length says. */
const readBody = async (request: Request, limit: number): Promise<Uint8Array> => {
  const tooLarge = () => new HttpError(413, `the body is larger than ${limit} bytes`)
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge()
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > limit) throw tooLarge()
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
