import { SPAN_ABSENT, SPAN_NULL, SPAN_UNAVAILABLE } from '../../../model/table.ts'
import { malformed } from './protocol-error.ts'

/*
 * The hot path: finds the values of a row without copying them or allocating anything per value.
 *
 * Grammar:
 *   tuple   count:int16 value*count
 *   value   'n'                          NULL
 *         | 'u'                          unchanged, stored out of line and left out of the log
 *         | 't' length:int32 byte*length the value as text
 */

const NULL = 0x6e
const UNCHANGED = 0x75
const TEXT = 0x74

/** Where the last tuple that was read ends. It is a second return value that needs no new object. */
export interface TupleEnd {
  at: number
}

/**
 * Returns the spans of the tuple at `start`, two numbers for each column. `blank` has the required length. Throws unless the tuple ends by
 * `end` and has as many columns as `blank` has room for. `messageStart` is used in errors.
 */
export function readTuple(
  bytes: Buffer,
  start: number,
  end: number,
  blank: readonly number[],
  messageStart: number,
  tupleEnd: TupleEnd,
): number[] {
  if (end - start < 2) throw tupleError(bytes, messageStart, start, 'it ends too early')
  const count = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
  if (count * 2 !== blank.length) {
    throw tupleError(bytes, messageStart, start, `${count} columns instead of ${blank.length / 2}`)
  }
  const spans = blank.slice()
  let at = start + 2
  for (let i = 0; i < spans.length; i += 2) {
    const kind = at < end ? bytes[at] : -1
    at++
    if (kind === TEXT) {
      const from = at + 4
      const length = from <= end ? int32(bytes, at) : -1
      if (length < 0 || length > end - from) throw tupleError(bytes, messageStart, at, 'a value of impossible length')
      at = from + length
      spans[i] = from
      spans[i + 1] = at
    } else if (kind === NULL) spans[i] = SPAN_NULL
    else if (kind === UNCHANGED) spans[i] = SPAN_UNAVAILABLE
    else throw tupleError(bytes, messageStart, at - 1, 'no kind of value that the protocol has')
  }
  tupleEnd.at = at
  return spans
}

/** Reads four bytes, most significant first, as a signed number. The caller has checked that they exist. */
export function int32(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

/** A key-only old row has NULL in every column outside the key. Those values are absent, not NULL. */
export function leaveKeyOnly(spans: number[], identity: readonly boolean[]): void {
  for (const [column, isIdentity] of identity.entries()) if (!isIdentity) spans[2 * column] = SPAN_ABSENT
}

/** For the old row of a partition that logs only its key, read as its root's row: what is NULL in it was not logged. */
export function leaveLoggedOnly(spans: number[]): void {
  for (let i = 0; i < spans.length; i += 2) if (spans[i] === SPAN_NULL) spans[i] = SPAN_ABSENT
}

/** Whether each value in the old key is also in the new row. Both are in `bytes`. */
export function sameKey(bytes: Buffer, key: readonly number[], row: readonly number[]): boolean {
  for (let i = 0; i < key.length; i += 2) {
    const start = key[i] ?? SPAN_ABSENT
    if (start === SPAN_ABSENT) continue
    const other = row[i] ?? SPAN_ABSENT
    if (start < 0 || other < 0) {
      if (start !== other) return false
    } else if (bytes.compare(bytes, other, row[i + 1], start, key[i + 1]) !== 0) return false
  }
  return true
}

function tupleError(bytes: Buffer, messageStart: number, at: number, wrong: string): Error {
  return malformed(String.fromCharCode(bytes[messageStart] ?? 0), at - messageStart, wrong)
}
