/** What a drawing is made of: strings of SVG, in pixels from the top left. */
export type Shape = string

/** Width of a letter of the pictures' font. */
export const letter = 7.83

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
const n = (value: number): string => String(Math.round(value * 10) / 10)

type Style = "soft" | "strong" | "on" | ""

/** A line of text whose base line is at y. */
export const text = (x: number, y: number, words: string, style: Style = "", anchor = "start"): Shape =>
  `<text x="${n(x)}" y="${n(y)}" class="${style}" text-anchor="${anchor}" xml:space="preserve">${escaped(words)}</text>`

/** A box of a colour of the palette (0 to 5), or without one; `opacity` of its colour. */
export const box = (x: number, y: number, width: number, height: number, colour?: number, opacity = 1): Shape =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="4" class="${colour === undefined ? "box" : `c${colour % 6}`}"${opacity < 1 ? ` opacity="${n(opacity)}"` : ""}/>`

/** A box with words in its middle. */
export const labelled = (x: number, y: number, width: number, height: number, words: string): Shape =>
  box(x, y, width, height) + text(x + width / 2, y + height / 2 + 5, words, "strong", "middle")

export const arrow = (x1: number, y1: number, x2: number, y2: number): Shape =>
  `<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}" marker-end="url(#head)" class="line"/>`

/** A whole picture, in the reader's light or dark. */
export const picture = (title: string, width: number, height: number, shapes: ReadonlyArray<Shape>): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>${escaped(title)}</title>
<style>text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1d1f24}.soft{fill:#565b66}.strong{font-weight:700}.on{fill:#fff}.paper{fill:#fdfcfa}.box{fill:none;stroke:#8a8f99}.line{stroke:#565b66;fill:none}.head{fill:#565b66}.c0{fill:#b4531f}.c1{fill:#1f6fb4}.c2{fill:#1e7a45}.c3{fill:#8a3fa8}.c4{fill:#866409}.c5{fill:#10706f}@media(prefers-color-scheme:dark){text{fill:#e7e6e2}.soft{fill:#a9adb6}.on{fill:#fff}.paper{fill:#17181b}.line{stroke:#a9adb6}.head{fill:#a9adb6}}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
<rect width="100%" height="100%" class="paper"/>
${shapes.join("\n")}
</svg>
`
