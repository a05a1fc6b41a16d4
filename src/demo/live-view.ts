import type { Style } from '../model/style.ts'
import type { DemoOutput, DemoView } from './demo-view.ts'
import { screenLines } from './screen.ts'

const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
const CLEAR_LINE = '\u001B[K'
const CLEAR_BELOW = '\u001B[J'
const CLEAR_ALL = '\u001B[2J\u001B[H'

/** Draws the picture on a terminal, each time over the previous one. The last one stays. */
export function liveView(output: DemoOutput, paint: Style, unicode: boolean): DemoView {
  let drawn = 0
  let size = ''
  const draw = (lines: readonly string[]): void => {
    const now = `${output.columns}x${output.rows}`
    // After a resize the terminal has wrapped the lines again, so their position is unknown.
    const back = size !== now && size !== '' ? CLEAR_ALL : up(drawn)
    size = now
    const most = output.rows === null ? lines.length : Math.max(1, output.rows - 1)
    const shown = lines.slice(0, most)
    drawn = shown.length
    output.write(`${HIDE_CURSOR}${back}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`)
  }
  return {
    note: (text) => draw([` ${text}`]),
    show: (state) => draw(screenLines(state, { columns: output.columns, paint, unicode })),
    beat: () => undefined,
    end: () => output.write(`${SHOW_CURSOR}\n`),
  }
}

function up(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}A\r`
}
