import type { Output } from '../program/command.ts'

const ESC = '\u001B['
/** The terminal's alternate screen, with the cursor hidden and without line wrapping. */
const OPEN = `${ESC}?1049h${ESC}?25l${ESC}?7l`
const CLOSE = `${ESC}?7h${ESC}?25h${ESC}?1049l`
const HOME = `${ESC}H`
const CLEAR = `${ESC}2J`
const CLEAR_LINE = `${ESC}K`
const CLEAR_BELOW = `${ESC}J`
/** Synchronized output: a terminal that supports it shows everything between the two at once. */
const [BEGIN, END] = [`${ESC}?2026h`, `${ESC}?2026l`]

/**
 * A whole terminal to draw on. Each picture replaces the one before. Disposing restores what was on the terminal, with the last picture
 * below it.
 */
export class TerminalScreen implements Disposable {
  readonly #output: Output
  readonly #stopListening: () => void
  readonly #paint: (columns: number, rows: number) => readonly string[]
  #last: readonly string[] = []
  #open = true

  /** `paint` returns the lines of the picture for a size. They contain no line breaks. */
  constructor(output: Output, paint: (columns: number, rows: number) => readonly string[]) {
    this.#output = output
    this.#paint = paint
    output.write(OPEN)
    this.#stopListening = output.onResize(() => this.#draw(CLEAR))
    this.#draw(CLEAR)
  }

  draw(): void {
    this.#draw('')
  }

  #draw(first: string): void {
    const { columns, rows } = this.#output
    this.#last = this.#paint(columns, rows)
    const text = this.#last.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')
    this.#output.write(`${BEGIN}${first}${HOME}${text}${CLEAR_BELOW}${END}`)
  }

  [Symbol.dispose](): void {
    if (!this.#open) return
    this.#open = false
    this.#stopListening()
    this.#output.write(`${CLOSE}${this.#last.join('\n')}\n`)
  }
}
