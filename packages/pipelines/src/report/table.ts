/** A Markdown table with columns padded so that it also reads well on a terminal. The first column is left-aligned, the others right. */
export const markdownTable = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((cell, column) =>
    Math.max(3, Bun.stringWidth(cell), ...rows.map((row) => Bun.stringWidth(row[column] ?? "")))
  )
  const pad = (cell: string, column: number) => {
    const space = " ".repeat(Math.max(0, widths[column]! - Bun.stringWidth(cell)))
    return column === 0 ? cell + space : space + cell
  }
  const line = (cells: ReadonlyArray<string>) => `| ${head.map((_, i) => pad(cells[i] ?? "", i)).join(" | ")} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  return [line(head), rule, ...rows.map(line)].join("\n")
}
