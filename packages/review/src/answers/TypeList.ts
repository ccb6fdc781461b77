import { existsSync, readFileSync } from "node:fs"
import { decodeJson, type Entity, InputError, writeJson } from "@nuner/core"
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

  /** What the file keeps; none where there is no file. @throws InputError for a damaged file */
  static open(path: string): TypeList {
    if (!existsSync(path)) return new TypeList(path, { types: [], renamed: [] })
    return new TypeList(
      path,
      decodeJson(Kept, readFileSync(path, "utf8"), { source: path, remedy: "remove it: the answers' types stay" })
    )
  }

  get names(): ReadonlyArray<string> {
    return this.#types
  }

  /** Also these, after those that it has. The file has them after the next change. */
  include(types: Iterable<string>): void {
    this.#types = [...new Set([...this.#types, ...types])]
  }

  /** @throws InputError for what names no type */
  async add(type: string): Promise<void> {
    return this.#become([...new Set([...this.#types, named(type)])], this.#renamed)
  }

  /** Several names become one. @returns the new name of a type @throws InputError for what names no type */
  async rename(from: ReadonlyArray<string>, to: string): Promise<(type: string) => string> {
    const renaming = { from, to: named(to) }
    await this.#become([...new Set(this.#types.map(renamed([renaming])))], [...this.#renamed, renaming])
    return renamed([renaming])
  }

  /** Entities under the names that their types have by now. */
  current(entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> {
    const name = renamed(this.#renamed)
    return entities.map((entity) => ({ ...entity, type: name(entity.type) }))
  }

  /** In the file first. */
  async #become(types: ReadonlyArray<string>, renamed: (typeof Kept)["Type"]["renamed"]): Promise<void> {
    await writeJson(this.#path, { types, renamed })
    this.#types = types
    this.#renamed = renamed
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
