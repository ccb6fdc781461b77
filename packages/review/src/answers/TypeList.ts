import { existsSync, readFileSync } from "node:fs"
import { type Entity, InputError, writeJson } from "@nuner/core"
import { Schema } from "effect"

const Kept = Schema.Struct({
  types: Schema.Array(Schema.NonEmptyString),
  renamed: Schema.Array(Schema.Struct({ from: Schema.Array(Schema.String), to: Schema.NonEmptyString }))
})

/** The types of a review and how they were renamed, kept in a file. */
export class TypeList {
  readonly #path: string
  #types: ReadonlyArray<string>
  #renamed: (typeof Kept)["Type"]["renamed"]

  private constructor(path: string, { renamed, types }: (typeof Kept)["Type"]) {
    this.#path = path
    this.#types = types
    this.#renamed = renamed
  }

  /** What the file keeps; none where there is no file. */
  static open(path: string): TypeList {
    const kept = existsSync(path)
      ? Schema.decodeUnknownSync(Kept)(JSON.parse(readFileSync(path, "utf8")))
      : { types: [], renamed: [] }
    return new TypeList(path, kept)
  }

  get names(): ReadonlyArray<string> {
    return this.#types
  }

  /** Also these, after those that it has. The file has them after the next change. */
  include(types: Iterable<string>): void {
    this.#types = [...new Set([...this.#types, ...types])]
  }

  /** @throws InputError for what names no type */
  add(type: string): Promise<unknown> {
    this.include([named(type)])
    return this.#keep()
  }

  /** Several names become one. @returns the new name of a type @throws InputError for what names no type */
  async rename(from: ReadonlyArray<string>, to: string): Promise<(type: string) => string> {
    const renaming = { from, to: named(to) }
    this.#renamed = [...this.#renamed, renaming]
    this.#types = [...new Set(this.#types.map(renamed([renaming])))]
    await this.#keep()
    return renamed([renaming])
  }

  /** Entities under the names that their types have by now. */
  current(entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> {
    const name = renamed(this.#renamed)
    return entities.map((entity) => ({ ...entity, type: name(entity.type) }))
  }

  #keep(): Promise<unknown> {
    return writeJson(this.#path, { types: this.#types, renamed: this.#renamed })
  }
}

/** One renaming after the other. */
const renamed =
  (renamings: (typeof Kept)["Type"]["renamed"]) =>
  (type: string): string =>
    renamings.reduce((name, { from, to }) => (from.includes(name) ? to : name), type)

const named = (type: string): string => {
  const name = type.trim()
  if (name === "" || name === "O") throw new InputError({ source: "type", reason: `"${name}" names no type` })
  return name
}
