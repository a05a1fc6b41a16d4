import { readFileSync } from 'node:fs'
import { stdout } from 'node:process'

// Prints the last frame of a recorded terminal as SVG. To create the README's pictures, run this, and the same for `mysql --for 28s`:
//   script -qc "stty cols 80 rows 30; npm run --silent demo -- --for 45s" recording
//   node tools/terminal-picture.ts recording > docs/demo.svg

const ESCAPE = String.fromCharCode(27)
const STYLE = new RegExp(String.raw`(${ESCAPE}\[[\d;]*m)`, 'gu')
const CURSOR_UP = new RegExp(String.raw`${ESCAPE}\[\d+A\r?`, 'u')

/** Each run of words is positioned separately, since not every SVG viewer keeps more than one space. */
const WORDS = /\S+(?: \S+)*/gu

const CELL_WIDTH = 8.4
const CELL_HEIGHT = 18
const MARGIN = 14
const PLAIN = '#d6deeb'
const COLORS: { readonly [code: string]: string } = { 31: '#ff6e67', 32: '#7fdb8a', 33: '#f5c04a', 36: '#6ac7e0' }

interface Style {
  readonly color: string
  readonly bold: boolean
  readonly dim: boolean
}

const START: Style = { color: PLAIN, bold: false, dim: false }

/** Frames are drawn over each other: the cursor moves up, the lines are rewritten, and the rest is cleared. */
function lastFrame(recording: string): readonly string[] {
  const frames = recording.split(CURSOR_UP)
  const frame = frames.at(-1)?.split(`${ESCAPE}[J`)[0] ?? ''
  return frame
    .split(/\r?\n/u)
    .map((line) => line.replaceAll(`${ESCAPE}[K`, '').replaceAll('\r', ''))
    .filter((line, index, lines) => line !== '' || index < lines.length - 1)
}

function restyled(style: Style, code: string): Style {
  if (code === '1') return { ...style, bold: true }
  if (code === '2') return { ...style, dim: true }
  if (code === '22') return { ...style, bold: false, dim: false }
  if (code === '39') return { ...style, color: PLAIN }
  if (code === '0' || code === '') return START
  return { ...style, color: COLORS[code] ?? style.color }
}

function lineOf(line: string, row: number): string {
  const y = MARGIN + (row + 1) * CELL_HEIGHT - 5
  let style = START
  let column = 0
  return line
    .split(STYLE)
    .map((piece) => {
      if (piece.startsWith(`${ESCAPE}[`)) {
        style = piece.slice(2, -1).split(';').reduce(restyled, style)
        return ''
      }
      const start = column
      column += [...piece].length
      return Array.from(piece.matchAll(WORDS), ({ 0: words, index }) => {
        const x = MARGIN + (start + [...piece.slice(0, index)].length) * CELL_WIDTH
        return run(words, { x, y, style })
      }).join('')
    })
    .join('')
}

function run(piece: string, at: { readonly x: number; readonly y: number; readonly style: Style }): string {
  const { color, bold, dim } = at.style
  const style = `fill="${color}"${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.65"' : ''}`
  const text = piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const width = ([...piece].length * CELL_WIDTH).toFixed(1)
  return `<text x="${at.x.toFixed(1)}" y="${at.y}" textLength="${width}" ${style}>${text}</text>\n`
}

function picture(lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => [...line.replaceAll(STYLE, '')].length))
  const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN)
  const height = lines.length * CELL_HEIGHT + 2 * MARGIN
  const font = `font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14"`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font}>
<rect width="100%" height="100%" rx="8" fill="#11182a"/>
${lines.map(lineOf).join('')}</svg>
`
}

stdout.write(picture(lastFrame(readFileSync(process.argv[2] ?? '', 'utf8'))))
