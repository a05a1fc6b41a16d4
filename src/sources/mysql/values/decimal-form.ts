import type { JsonWriter } from '../../../model/table.ts'
import { unreachable } from '../../../model/unreachable.ts'
import { unscaledWriter, writeDouble } from '../../../values/decimal.ts'
import type { DecimalHandlingMode } from '../../../values/value-modes.ts'
import { throughText } from './charset/through-text.ts'
import { decimalDigits, decimalWriter } from './decimal-value.ts'

/** Writes DECIMAL in the given decimal.handling.mode. */
export function decimalForm(precision: number, scale: number, mode: DecimalHandlingMode): JsonWriter {
  switch (mode) {
    case 'string':
      return decimalWriter(precision, scale)
    case 'double':
      return throughText(decimalDigits(precision, scale), writeDouble)
    case 'precise':
      return throughText(decimalDigits(precision, scale), unscaledWriter(scale))
    default:
      return unreachable(mode)
  }
}
