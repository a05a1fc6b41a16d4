import { styleText } from 'node:util'
import type { Style } from '../../model/style.ts'

/** ANSI colours, or none: piped text stays plain. */
export function styleFor(color: boolean): Style {
  // `wantsColor` decides whether the output is coloured, not Node's own detection.
  const paint = (format: keyof Style) => (text: string) =>
    color && text !== '' ? styleText(format, text, { validateStream: false }) : text
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  }
}

/** Whether to colour text on this output. See https://no-color.org */
export function wantsColor(
  output: { readonly isTerminal: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return output.isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}
