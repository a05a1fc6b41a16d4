import { styleText } from 'node:util'
import type { Style } from '../../model/style.ts'

/** ANSI colours, or none: text that is piped stays plain. */
export function styleFor(color: boolean): Style {
  // Whether the output takes colours is decided by `wantsColor`, not by what Node finds.
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

/** Should text to this output be coloured? https://no-color.org */
export function wantsColor(
  output: { readonly isTerminal: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return output.isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}
