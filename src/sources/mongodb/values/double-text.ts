/*
 * The text of a finite double: the fewest digits that read back as the same value, always with a decimal point or an exponent, so that a
 * reader can tell a double from an integer. The layout is that of Java's Double.toString, as in Debezium's messages: `1.0`, `1.0E7`,
 * `1.2E-4`; with an exponent below 0.001 and from ten million on.
 */

const SMALLEST_PLAIN = 1e-3
const SMALLEST_SCIENTIFIC = 1e7

export function doubleText(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (size >= SMALLEST_PLAIN && size < SMALLEST_SCIENTIFIC)
    return Number.isInteger(value) ? `${value}.0` : String(value)
  const text = value.toExponential()
  const mark = text.indexOf('e')
  const digits = text.slice(0, mark)
  return `${digits}${digits.includes('.') ? '' : '.0'}E${text.slice(text[mark + 1] === '+' ? mark + 2 : mark + 1)}`
}
