import { OffbeatError } from '../model/error.ts'
import { exactBytesInWords } from '../model/figures.ts'
import type { ChangeEvent } from '../model/log-event.ts'
import type { MessageLimit } from '../model/message.ts'
import type { Row } from '../model/table.ts'

interface LargestValue {
  readonly column: string
  readonly bytes: number
  readonly row: 'old' | 'new'
}

/** `bytes`: the size of the message, or of the part that was written. */
export function messageTooLarge(change: ChangeEvent, limit: MessageLimit, bytes: number): OffbeatError {
  const largest = largestValue(change)
  const value =
    largest === null
      ? ''
      : `; its largest value is in the column ${largest.column} of the ${largest.row} row, ${exactBytesInWords(largest.bytes)} as the server sends it`
  return new OffbeatError('MESSAGE_TOO_LARGE', {
    message: `its message is larger than ${limit.of} can take`,
    found: `a message of at least ${exactBytesInWords(bytes)}${value}`,
    expected: `at most ${exactBytesInWords(limit.bytes)} for key and value together`,
    details: {
      messageBytes: bytes,
      limitBytes: limit.bytes,
      ...(largest === null ? {} : { column: largest.column, valueBytes: largest.bytes, row: largest.row }),
    },
  })
}

function largestValue({ table, before, after }: ChangeEvent): LargestValue | null {
  // A document is one value, so the message's size is enough.
  if (table.document !== undefined) return null
  let largest: LargestValue | null = null
  for (const [index, { name }] of table.columns.entries()) {
    for (const [row, from] of [['new', after] as const, ['old', before] as const]) {
      const bytes = from === null ? 0 : valueBytes(from, index)
      if (bytes > (largest?.bytes ?? 0)) largest = { column: name, bytes, row }
    }
  }
  return largest
}

function valueBytes({ spans }: Row, index: number): number {
  const start = spans[2 * index] ?? -1
  return start < 0 ? 0 : (spans[2 * index + 1] ?? start) - start
}
