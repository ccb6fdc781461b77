/** Plain text as Markdown that shows it as it is. */
export const escaped = (text: string): string =>
  text.replaceAll("<", "&lt;").replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("_", "\\_")

/** A Markdown table. A cell with code in it is Markdown already, any other is plain text. */
export const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const cell = (text: string) => (text.includes("`") ? text.replaceAll("|", "\\|") : escaped(text))
  return [line(header), line(header.map(() => "---")), ...rows.map((cells) => line(cells.map(cell)))].join("\n")
}
